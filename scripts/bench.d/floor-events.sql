-- The floor: the indexes of the finished audit log.
ALTER TABLE floor.audit_logs ADD PRIMARY KEY (id, recorded_at);
CREATE INDEX ON floor.audit_logs (resource_id, resource_type);
CREATE INDEX ON floor.audit_logs (tenant_id, recorded_at);
