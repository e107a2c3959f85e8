-- State of idmigrate in the target: runs, ledger, rejects, ID maps as used, merges, results of verification.
-- Purpose: everything that is needed to resume, verify and report from any machine. Created once, by its owner, in one
-- transaction; idmigrate.version says which version of this file made it. Nothing is granted to PUBLIC. Where the role
-- of the migration may not create schemas, an administrator runs this file (psql -1 -f) after SET ROLE to that role, or
-- as another role that then grants it USAGE on the schema and all privileges on its tables and its function.
CREATE SCHEMA idmigrate;
REVOKE ALL ON SCHEMA idmigrate FROM PUBLIC;

CREATE TABLE idmigrate.version (
    version integer PRIMARY KEY,
    installed_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    tool_version text NOT NULL
);
INSERT INTO idmigrate.version (version, tool_version) VALUES (3, 'by hand');

-- What keeps the default audit log append-only, see audit_logs.sql.
CREATE FUNCTION idmigrate.refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    RAISE EXCEPTION 'audit events cannot be changed or removed (% on %.%)', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;
REVOKE ALL ON FUNCTION idmigrate.refuse_change() FROM PUBLIC;

-- One execution of a mapping, from its first statement to its last resume.
CREATE TABLE idmigrate.run (
    run_id uuid PRIMARY KEY,
    name text NOT NULL,                       -- the mapping's name
    state text NOT NULL CHECK (state IN ('running', 'stopped', 'done', 'undoing', 'undone')),
    exit_status integer,                      -- of the last attempt, null while it runs
    outcome text,                             -- one line: why it stopped, or what was done
    mapping_path text NOT NULL,
    mapping_text text NOT NULL,
    mapping_digest text NOT NULL,             -- 128-bit digests are 32 hexadecimal digits, everywhere
    idmap_digests jsonb NOT NULL,             -- ID map name -> digest of its pairs
    tool_version text NOT NULL,
    operator text NOT NULL,                   -- operating system user and host
    ticket text,
    approved_by text,
    sources jsonb NOT NULL,                   -- source name -> host, port, database, role, version, system identifier
    target jsonb NOT NULL,
    settings jsonb NOT NULL,                  -- options of the first attempt; "later": of those after it
    attempts integer NOT NULL DEFAULT 1,
    start_lsn pg_lsn,                         -- before the first write
    end_lsn pg_lsn,
    started_at timestamptz NOT NULL,
    finished_at timestamptz,
    closed_at timestamptz,                    -- what an undo would need was forgotten
    updated_at timestamptz NOT NULL
);

-- Under which names the sources' snapshot can be had while a run is carried out; a name is good while its holder lives.
CREATE TABLE idmigrate.snapshot (
    run_id uuid NOT NULL REFERENCES idmigrate.run,
    source_name text NOT NULL,
    name text NOT NULL,                       -- of pg_export_snapshot()
    PRIMARY KEY (run_id, source_name, name)
);

-- What is said to a run while it is carried out (idmigrate set), and why it waits. Null: as the attempt was begun; 0: no limit.
CREATE TABLE idmigrate.control (
    run_id uuid PRIMARY KEY REFERENCES idmigrate.run,
    is_paused boolean NOT NULL DEFAULT false,
    jobs integer,
    waiting text,                             -- why no chunk is begun now
    max_rows_rate bigint,                     -- source rows a second
    max_bytes_rate bigint,                    -- bytes of them a second
    max_lag_bytes bigint,                     -- of WAL that a replica has still to replay
    max_lag_ms bigint,
    max_wal_rate bigint,                      -- bytes of WAL a second
    max_slot_bytes bigint,                    -- of WAL that a replication slot holds back
    changed_at timestamptz,
    changed_by text
);

-- One table entry of the mapping within a run.
CREATE TABLE idmigrate.run_table (
    run_id uuid NOT NULL REFERENCES idmigrate.run,
    table_no integer NOT NULL,                -- position in the mapping
    step integer NOT NULL,                    -- order of execution
    label text NOT NULL,
    source_name text NOT NULL,
    source_schema text NOT NULL,
    source_table text NOT NULL,
    target_schema text NOT NULL,
    target_table text NOT NULL,
    state text NOT NULL CHECK (state IN ('pending', 'running', 'done')),
    pass integer NOT NULL DEFAULT 0,          -- raised each time a changed source is reconciled
    codec text NOT NULL DEFAULT 'text' CHECK (codec IN ('text', 'binary')), -- format of COPY; digests of rows are over it
    columns jsonb NOT NULL,                   -- how each target column was filled: [{"to", "from", "how", "reason"}]
    dropped jsonb NOT NULL,                   -- source column -> reason
    rows_estimated bigint,                    -- of the source, -1 unknown
    target_rows_before bigint NOT NULL,       -- exact, before the first write
    structure jsonb NOT NULL,                 -- indexes, constraints, policies, triggers of the target table before the first write
    column_counts jsonb,                      -- ID column -> resolved, already, literals, nulled, kept, rewritten
    decision_digest text,                     -- of the keys by which rows were decided on (on_conflict)
    started_at timestamptz,
    finished_at timestamptz,
    PRIMARY KEY (run_id, table_no)
);

-- The ledger: one row per chunk, committed with the chunk's rows and events.
CREATE TABLE idmigrate.chunk (
    run_id uuid NOT NULL,
    table_no integer NOT NULL,
    chunk_no integer NOT NULL,
    pass integer NOT NULL,
    state text NOT NULL CHECK (state IN ('pending', 'done', 'superseded')),
    kind text NOT NULL CHECK (kind IN ('range', 'key', 'whole', 'part', 'retry')),
    leaf_schema text,                         -- range: the relation that holds the rows
    leaf_table text,
    leaf_oid oid,
    file_node oid,
    first_block bigint,                       -- range: half open [first_block, end_block)
    end_block bigint,
    key_column text,                          -- key: half open [first_key, end_key); NULL: no limit;
    first_key text,                           -- both NULL: the rows whose key is NULL
    end_key text,
    part integer,                             -- part: rows whose source key digest modulo parts is this
    parts integer,
    announced integer NOT NULL DEFAULT 0,     -- how often it was begun, counted before, where the target is foreign
    rows_read bigint,
    rows_written bigint,
    rows_merged bigint,
    rows_skipped bigint,
    rows_rejected bigint,
    rows_unchanged bigint,                    -- of the above: were there already when a changed source was reconciled
    rows_updated bigint,                      -- of the written: replaced what an earlier pass wrote
    rows_removed bigint,                      -- rows of an earlier pass taken back
    rows_retried bigint,                      -- retry: rejects taken from other chunks, whose first events stay
    source_digest text,                       -- sum of the digests of the source rows read
    source_bytes bigint,
    column_counts jsonb,
    started_at timestamptz,
    finished_at timestamptz,
    PRIMARY KEY (run_id, table_no, chunk_no),
    FOREIGN KEY (run_id, table_no) REFERENCES idmigrate.run_table,
    -- Nothing is silent: a chunk that does not add up cannot be committed.
    CONSTRAINT chunk_adds_up CHECK (
        state <> 'done' OR
        (rows_read IS NOT NULL AND source_digest IS NOT NULL AND
         rows_read = rows_written + rows_merged + rows_skipped + rows_rejected))
);

-- Source rows that were not written, with the reason. The key is needed to find the row again; reports show its digest.
CREATE TABLE idmigrate.reject (
    run_id uuid NOT NULL,
    table_no integer NOT NULL,
    source_key text NOT NULL,
    target_key text NOT NULL,                 -- as far as it is known, for children of the row
    chunk_no integer NOT NULL,
    reason_code text NOT NULL,
    column_name text,                         -- target column
    old_id text,                              -- the ID that did not resolve
    sqlstate text,
    constraint_name text,
    source_digest text,                       -- of the source row
    event_id uuid,
    recorded_at timestamptz NOT NULL,
    reject_no integer NOT NULL,               -- tells rows without a key apart
    PRIMARY KEY (run_id, table_no, chunk_no, reject_no),
    FOREIGN KEY (run_id, table_no) REFERENCES idmigrate.run_table
);

-- The ID maps as the run used them.
CREATE TABLE idmigrate.idmap (
    run_id uuid NOT NULL, -- of idmigrate.run, in whose transaction it is written: a million checks would say nothing
    map text COLLATE "C" NOT NULL,
    old_id text COLLATE "C" NOT NULL,
    new_id text COLLATE "C" NOT NULL,
    PRIMARY KEY (run_id, map, old_id, new_id)
);

-- Source rows that do not become a row of their own: decided before loading, by rule.
CREATE TABLE idmigrate.merge (
    run_id uuid NOT NULL,
    table_no integer NOT NULL,
    source_key text NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('merged', 'skipped')),
    target_key text NOT NULL,                 -- the key it would have had
    survivor_key text NOT NULL,               -- key of the target row that stands for it
    survivor text NOT NULL CHECK (survivor IN ('existing', 'migrated')),
    updates boolean NOT NULL,                 -- this row's values go into the survivor (on_conflict update)
    PRIMARY KEY (run_id, table_no, source_key),
    FOREIGN KEY (run_id, table_no) REFERENCES idmigrate.run_table
);

-- Rows that were skipped with their parent, by the key they would have had: their own children are skipped too.
CREATE TABLE idmigrate.skip (
    run_id uuid NOT NULL,
    table_no integer NOT NULL,
    target_key text NOT NULL,
    PRIMARY KEY (run_id, table_no, target_key),
    FOREIGN KEY (run_id, table_no) REFERENCES idmigrate.run_table
);

-- What on_conflict "update" replaced in rows that were there before the run: kept for an undo, in the same transaction.
-- These are values of the application, personal data among them: readable by the owner of this schema alone, and gone
-- when the run is undone or closed (idmigrate undo --close).
CREATE TABLE idmigrate.former_row (
    run_id uuid NOT NULL,
    table_no integer NOT NULL,
    target_key text NOT NULL,
    former jsonb NOT NULL,                    -- column -> text, before the run changed it first
    written jsonb NOT NULL,                   -- column -> text, after the run changed it last
    reason_code text,                         -- why the undo left the row as it is
    detail text,
    PRIMARY KEY (run_id, table_no, target_key),
    FOREIGN KEY (run_id, table_no) REFERENCES idmigrate.run_table
);

-- One undo of a run: begun once, resumed as often as needed. Its ID is the run ID of its audit events.
CREATE TABLE idmigrate.undo (
    run_id uuid PRIMARY KEY REFERENCES idmigrate.run,
    undo_id uuid NOT NULL UNIQUE,
    state text NOT NULL CHECK (state IN ('running', 'stopped', 'done')),
    operator text NOT NULL,
    attempts integer NOT NULL DEFAULT 1,
    started_at timestamptz NOT NULL,
    finished_at timestamptz
);

-- How far it is, table by table: what is taken back is counted in the transaction that does it.
CREATE TABLE idmigrate.undo_table (
    run_id uuid NOT NULL REFERENCES idmigrate.undo,
    table_no integer NOT NULL,
    state text NOT NULL CHECK (state IN ('pending', 'listed', 'done')),
    rows_listed bigint NOT NULL DEFAULT 0,    -- rows that the run wrote or changed, by its events
    next_row bigint NOT NULL DEFAULT 0,       -- of undo_row: up to here they are dealt with
    rows_removed bigint NOT NULL DEFAULT 0,
    rows_restored bigint NOT NULL DEFAULT 0,
    rows_refused bigint NOT NULL DEFAULT 0,   -- changed by the application, or referred to by its rows
    rows_gone bigint NOT NULL DEFAULT 0,      -- deleted by the application since
    started_at timestamptz,
    finished_at timestamptz,
    PRIMARY KEY (run_id, table_no),
    FOREIGN KEY (run_id, table_no) REFERENCES idmigrate.run_table,
    CONSTRAINT undo_adds_up CHECK (
        state <> 'done' OR rows_listed = rows_removed + rows_restored + rows_refused + rows_gone)
);

-- The rows to be taken back, listed from the audit events; of a table that is done only those that were refused.
CREATE TABLE idmigrate.undo_row (
    run_id uuid NOT NULL,
    table_no integer NOT NULL,
    row_no bigint NOT NULL,
    source_key text NOT NULL,                 -- digest, as in the event
    row_digest text NOT NULL,                 -- of the row as written
    resource_id text NOT NULL,                -- the key as the event shows it
    target_key text,                          -- the key itself, as long as it is needed
    reason_code text,                         -- why the undo left the row as it is
    detail text,
    PRIMARY KEY (run_id, table_no, row_no)    -- no foreign key: looking it up would take longer than the list
);

-- Indexes and constraints that were taken away from empty tables before loading, with all that is needed to bring them back. What a
-- run has set aside and not brought back can be brought back by the run itself or by `idmigrate restore`.
CREATE TABLE idmigrate.set_aside (
    run_id uuid NOT NULL REFERENCES idmigrate.run,
    item_no integer NOT NULL,
    state text NOT NULL CHECK (state IN ('kept', 'aside', 'built', 'back')),   -- built: there, but not yet what it was
    kind text NOT NULL CHECK (kind IN ('table', 'index', 'constraint', 'foreign key')),
    reason text CHECK (reason IS NOT NULL OR state <> 'kept'),                -- why it was kept: it stayed where it is
    schema_name text NOT NULL,
    table_name text NOT NULL,
    name text NOT NULL,                       -- of the index or constraint; '' for a table that keeps all of them
    table_oid oid NOT NULL,
    top integer NOT NULL,                     -- item whose partition it is, directly or not; its own number otherwise
    depth integer NOT NULL,                   -- how far below
    tablespace text NOT NULL,                 -- '' is the database's own
    description jsonb,                        -- all that the catalogue said about it; null of a table
    drop_sql text,                            -- null: it goes with the top
    build_sql text,                           -- what takes long, null for nothing
    shape_sql text,                           -- then makes it the constraint that it was
    attach_sql text,                          -- then attaches it to the index above
    finish_sql text NOT NULL,                 -- comments, statistics targets, marks
    validate_sql text,                        -- foreign key that comes back unproved: proves it
    may_be_violated boolean NOT NULL,         -- by rows
    is_alone boolean NOT NULL,                -- nothing else may be done to the table meanwhile
    violation text,                           -- where rows that violate it are found (set_aside_list.sql)
    weight integer NOT NULL,                  -- work per row, for the order
    catalog_row jsonb,                        -- row of the catalogue query, for plans that are made meanwhile
    set_aside_at timestamptz NOT NULL,
    back_at timestamptz,
    PRIMARY KEY (run_id, item_no)
);

-- Results of verification, one row per check and table.
CREATE TABLE idmigrate.verification (
    run_id uuid NOT NULL REFERENCES idmigrate.run,
    verification_no integer NOT NULL,
    item_no integer NOT NULL,
    check_name text NOT NULL,
    table_no integer,
    label text,
    verdict text NOT NULL CHECK (verdict IN ('equal', 'different', 'not checked')),
    looked_at bigint NOT NULL,
    found bigint NOT NULL,                    -- differences
    detail text NOT NULL,                     -- one line
    differences jsonb NOT NULL,               -- [{"key", "column", "expected", "found"}], limited
    is_partial boolean NOT NULL,              -- there are more differences than listed
    verified_at timestamptz NOT NULL,
    tool_version text NOT NULL,
    PRIMARY KEY (run_id, verification_no, item_no)
);

-- Seals of an audit log: each is the root of a Merkle tree (RFC 6962, SHA-256) over the events of one month and one
-- stream within a range of (recorded_at, id), and names the seal before it, so that none can be changed, removed or
-- put in between. A stream is a run (its events have its ID) or, null, everything else. What is hashed and signed is the
-- text that mappings/seals.md describes, made of these columns; nothing here changes once it is written.
CREATE TABLE idmigrate.seal (
    log text COLLATE "C" NOT NULL,            -- schema.table, quoted where SQL wants it
    seal_no bigint NOT NULL CHECK (seal_no > 0),
    month date NOT NULL,                      -- its first day, UTC; that of every event in it
    stream uuid,
    after_time timestamptz,                   -- events behind (after_time, after_id); null: from the first one
    after_id text COLLATE "C",                -- null: behind all events of that time
    to_time timestamptz NOT NULL,             -- up to (to_time, to_id), that one too
    to_id text COLLATE "C",                   -- null: all events of that time
    events bigint NOT NULL CHECK (events >= 0),
    root bytea NOT NULL CHECK (pg_catalog.octet_length(root) = 32),
    leaves_digest bytea NOT NULL CHECK (pg_catalog.octet_length(leaves_digest) = 32), -- of the list below
    layout text NOT NULL,                     -- columns of an event in their order, with how each becomes bytes
    reason text,                              -- of events that were recorded behind a seal, and accepted
    sealed_at timestamptz NOT NULL,
    tool_version text NOT NULL,
    previous bytea NOT NULL CHECK (pg_catalog.octet_length(previous) = 32), -- hash of the seal before, 0 of the first
    hash bytea NOT NULL CHECK (pg_catalog.octet_length(hash) = 32),
    signature bytea,                          -- Ed25519, over the same text as the hash
    signer text,                              -- SHA-256 of the public key, hexadecimal
    PRIMARY KEY (log, seal_no)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON idmigrate.seal
    FOR EACH ROW EXECUTE FUNCTION idmigrate.refuse_change();
ALTER TABLE idmigrate.seal ENABLE ALWAYS TRIGGER append_only;
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON idmigrate.seal
    FOR EACH STATEMENT EXECUTE FUNCTION idmigrate.refuse_change();
ALTER TABLE idmigrate.seal ENABLE ALWAYS TRIGGER append_only_truncate;

-- The leaves of a seal's tree in their order, so that a proof needs no events, and an event that was changed or removed
-- can be named: 4,096 of them a part (the last one has fewer), each (time: 8 bytes, microseconds since 2000-01-01 UTC;
-- hash: 32 bytes; length of the ID: 2 bytes; ID). They go when their month is pruned.
CREATE TABLE idmigrate.seal_leaves (
    log text COLLATE "C" NOT NULL,
    seal_no bigint NOT NULL,
    part integer NOT NULL,                    -- from 0
    events integer NOT NULL,
    root bytea NOT NULL,                      -- of these leaves alone: a subtree of the seal's
    first_time timestamptz NOT NULL,
    last_time timestamptz NOT NULL,
    leaves bytea NOT NULL,
    PRIMARY KEY (log, seal_no, part),
    FOREIGN KEY (log, seal_no) REFERENCES idmigrate.seal
);
ALTER TABLE idmigrate.seal_leaves ALTER COLUMN leaves SET STORAGE EXTERNAL; -- hashes do not compress

-- Seals whose month was dropped by retention: the root stays, events and leaves are gone. The certificate is an event of
-- the same log, which tells what was removed, by which policy, and by whom.
CREATE TABLE idmigrate.seal_pruned (
    log text COLLATE "C" NOT NULL,
    seal_no bigint NOT NULL,
    certificate uuid NOT NULL,                -- ID of the event
    pruned_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    PRIMARY KEY (log, seal_no),
    FOREIGN KEY (log, seal_no) REFERENCES idmigrate.seal
);
