-- What has to come out, by hand. The source stands in the schema legacy; the ID map file is in $IDMAP.
\set ON_ERROR_STOP on
SET timezone = 'UTC';
BEGIN;
CREATE SCHEMA oracle;
\set map `cat "$IDMAP"`
CREATE TABLE oracle.map AS
SELECT split_part(l, E'\t', 3) AS old, split_part(l, E'\t', 1) AS new
FROM regexp_split_to_table(trim(E'\n' FROM :'map'), E'\n') WITH ORDINALITY AS x(l, nr) WHERE nr > 1;
CREATE FUNCTION oracle.new(text) RETURNS text LANGUAGE sql STABLE AS $$SELECT new FROM oracle.map WHERE old = $1$$;
CREATE FUNCTION oracle.rewritten(t text) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE m record;
BEGIN
    FOR m IN SELECT * FROM oracle.map WHERE strpos(t, old) > 0 LOOP
        t := regexp_replace(t, '(?:(?<![[:alnum:]_])|(?<=\\[nrt]))' || m.old || '(?![[:alnum:]_])', m.new, 'g');
    END LOOP;
    RETURN t;
END$$;
CREATE FUNCTION oracle.rewritten(j json) RETURNS json LANGUAGE sql STABLE AS $$SELECT oracle.rewritten(j::text)::json$$;
SET LOCAL search_path = "open webui";

INSERT INTO "user"
SELECT DISTINCT ON (m.new) m.new, name, email, CASE role WHEN 'user' THEN 'member' ELSE role END, oracle.rewritten(profile_image_url), api_key, oracle.rewritten(settings)::jsonb,
       oracle.rewritten(info), to_timestamp(last_active_at), to_timestamp(created_at), to_timestamp(updated_at)
FROM legacy."user" u JOIN oracle.map m ON m.old = u.id ORDER BY m.new, u.last_active_at DESC, u.id COLLATE "C";
INSERT INTO folder
SELECT DISTINCT ON (m.new, f.id) f.id, parent_id, m.new, name, oracle.rewritten(items), meta, is_expanded, to_timestamp(created_at), to_timestamp(updated_at)
FROM legacy.folder f JOIN oracle.map m ON m.old = f.user_id ORDER BY m.new, f.id, updated_at DESC, f.user_id COLLATE "C";
INSERT INTO tag
SELECT DISTINCT ON (t.id, m.new) t.id, m.new, name, meta FROM legacy.tag t JOIN oracle.map m ON m.old = t.user_id ORDER BY t.id, m.new, t.id COLLATE "C", t.user_id COLLATE "C";
INSERT INTO chat
SELECT id, oracle.new(user_id), title, oracle.rewritten(chat), share_id, archived, pinned, oracle.rewritten(meta)::jsonb, folder_id, created_at, updated_at FROM legacy.chat;
INSERT INTO "group" SELECT id, oracle.new(user_id), name, description, permissions, oracle.rewritten(user_ids), created_at, updated_at FROM legacy."group";
INSERT INTO channel
SELECT id, oracle.new(user_id), type, name, data, oracle.rewritten(access_control), created_at, updated_at, deleted_at, oracle.new(deleted_by) FROM legacy.channel;
INSERT INTO channel_member
SELECT DISTINCT ON (channel_id, m.new) id, channel_id, m.new, role, is_active, oracle.new(invited_by), last_read_at, joined_at
FROM legacy.channel_member c JOIN oracle.map m ON m.old = c.user_id ORDER BY channel_id, m.new, last_read_at DESC NULLS LAST, id COLLATE "C";
INSERT INTO message
SELECT id, oracle.new(user_id), channel_id, reply_to_id, parent_id, is_pinned, oracle.new(pinned_by), oracle.rewritten(content), data, created_at, updated_at FROM legacy.message;
INSERT INTO message_reaction
SELECT DISTINCT ON (message_id, m.new, name) id, m.new, message_id, name, created_at
FROM legacy.message_reaction r JOIN oracle.map m ON m.old = r.user_id ORDER BY message_id, m.new, name, created_at, id COLLATE "C";
INSERT INTO access_grant
SELECT DISTINCT ON (resource_type, resource_id, principal_type, principal, permission) id, resource_type, resource_id, principal_type, principal, permission, created_at
FROM (SELECT *, CASE WHEN principal_type = 'user' AND principal_id <> '*' THEN oracle.new(principal_id) ELSE principal_id END AS principal FROM legacy.access_grant) g
ORDER BY resource_type, resource_id, principal_type, principal, permission, created_at, id COLLATE "C";
INSERT INTO file
SELECT id, oracle.new(user_id), hash, filename, oracle.rewritten(path), oracle.rewritten(meta), access_control, created_at FROM legacy.file;
INSERT INTO memory SELECT id, oracle.new(user_id), content, to_timestamp(updated_at) AT TIME ZONE 'UTC' FROM legacy.memory WHERE oracle.new(user_id) IS NOT NULL;
INSERT INTO model
SELECT id, coalesce(oracle.new(user_id), user_id), base_model_id, name, oracle.rewritten(params)::jsonb, oracle.rewritten(access_control), is_active, created_at FROM legacy.model;
COMMIT;
