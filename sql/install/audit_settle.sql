-- The log becomes :"owner"'s with all its partitions: :"schema".:"table", :'log' in one text.
DO $settle$
DECLARE
    relation regclass;
BEGIN
    FOR relation IN
        SELECT c.oid FROM pg_catalog.pg_class AS c
        WHERE (c.oid = :'log'::regclass
               OR c.oid IN (SELECT t.relid FROM pg_catalog.pg_partition_tree(:'log'::regclass) AS t))
          AND pg_catalog.pg_get_userbyid(c.relowner) <> :'owner'
    LOOP
        EXECUTE pg_catalog.format('ALTER TABLE %s OWNER TO %I', relation, :'owner');
    END LOOP;
END
$settle$
