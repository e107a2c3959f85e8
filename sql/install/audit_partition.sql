-- One month of the default audit log: :"partition" of :"schema".:"table" from :'from' up to :'to' (timestamptz).
-- TRUNCATE triggers are not inherited, and ENABLE ALWAYS is a partition's own: both are set here.
CREATE TABLE :"schema".:"partition" PARTITION OF :"schema".:"table" FOR VALUES FROM (:'from') TO (:'to');
REVOKE ALL ON :"schema".:"partition" FROM PUBLIC;
ALTER TABLE :"schema".:"partition" ENABLE ALWAYS TRIGGER append_only;
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON :"schema".:"partition"
    FOR EACH STATEMENT EXECUTE FUNCTION :"guard".refuse_change();
ALTER TABLE :"schema".:"partition" ENABLE ALWAYS TRIGGER append_only_truncate
