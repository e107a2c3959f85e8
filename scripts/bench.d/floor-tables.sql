-- The floor: tables without indexes to copy into, as a server-side copy of finished data would have them.
CREATE SCHEMA floor;
CREATE TABLE floor.meetings (LIKE app.meetings INCLUDING DEFAULTS);
CREATE TABLE floor.audit_logs (LIKE app.audit_logs INCLUDING DEFAULTS);
