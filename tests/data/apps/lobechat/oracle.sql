-- What has to come out, by hand. The source stands in the schema legacy; the ID map file is in $IDMAP.
\set ON_ERROR_STOP on
SET timezone = 'UTC';
BEGIN;
CREATE SCHEMA oracle;
\set map `cat "$IDMAP"`
CREATE TABLE oracle.map AS SELECT key AS old, value AS new FROM jsonb_each_text(:'map'::jsonb);
CREATE FUNCTION oracle.new(text) RETURNS text LANGUAGE sql STABLE AS $$SELECT new FROM oracle.map WHERE old = $1$$;
CREATE FUNCTION oracle.rewritten(t text) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE m record;
BEGIN
    FOR m IN SELECT * FROM oracle.map WHERE strpos(t, old) > 0 LOOP
        t := regexp_replace(t, '(?<![[:alnum:]_])' || m.old || '(?![[:alnum:]_])', m.new, 'g');
    END LOOP;
    RETURN t;
END$$;
CREATE FUNCTION oracle.rewritten(j jsonb) RETURNS jsonb LANGUAGE sql STABLE AS $$SELECT oracle.rewritten(j::text)::jsonb$$;
SET LOCAL search_path = public;

CREATE TABLE oracle.person AS
SELECT u.*, m.new, row_number() OVER (PARTITION BY m.new ORDER BY u.updated_at DESC, u.id COLLATE "C") AS rank,
       EXISTS (SELECT FROM users t WHERE t.id = m.new) AS known
FROM legacy.users u JOIN oracle.map m ON m.old = u.id;
INSERT INTO users (id, username, email, avatar, phone, full_name, is_onboarded, email_verified_at, preference, accessed_at, created_at, updated_at)
SELECT new, username, email, oracle.rewritten(avatar), phone, full_name, is_onboarded, email_verified_at, oracle.rewritten(preference), accessed_at, created_at, updated_at
FROM oracle.person WHERE rank = 1 AND NOT known;
UPDATE users t SET preference = oracle.rewritten(p.preference), is_onboarded = p.is_onboarded FROM oracle.person p WHERE p.new = t.id AND p.rank = 1 AND p.known;

INSERT INTO user_settings (id, tts, key_vaults, general, language_model, default_agent)
SELECT DISTINCT ON (m.new) m.new, tts, key_vaults, oracle.rewritten(general), language_model, default_agent
FROM legacy.user_settings s JOIN oracle.map m ON m.old = s.id WHERE NOT EXISTS (SELECT FROM user_settings t WHERE t.id = m.new)
ORDER BY m.new, s.id COLLATE "C";

INSERT INTO user_installed_plugins
SELECT DISTINCT ON (m.new, identifier) m.new, identifier, type, oracle.rewritten(manifest), settings, created_at, updated_at
FROM legacy.user_installed_plugins p JOIN oracle.map m ON m.old = p.user_id ORDER BY m.new, identifier, updated_at DESC, p.user_id COLLATE "C";

INSERT INTO ai_providers
SELECT DISTINCT ON (id, m.new) id, m.new, name, sort, enabled, key_vaults, source, settings, updated_at
FROM legacy.ai_providers p JOIN oracle.map m ON m.old = p.user_id ORDER BY id, m.new, updated_at DESC, p.user_id COLLATE "C";
INSERT INTO ai_models
SELECT DISTINCT ON (id, provider_id, m.new) id, provider_id, m.new, display_name, enabled, pricing, context_window_tokens, released_at, updated_at
FROM legacy.ai_models p JOIN oracle.map m ON m.old = p.user_id ORDER BY id, provider_id, m.new, updated_at DESC, p.user_id COLLATE "C";

INSERT INTO session_groups SELECT id, name, sort, oracle.new(user_id), client_id FROM legacy.session_groups;

-- sessions that meet: one stays; one that is in the target already stays before all others
CREATE TABLE oracle.session AS
SELECT s.*, m.new, t.id AS there, coalesce(t.id, first_value(s.id) OVER (PARTITION BY s.slug, m.new ORDER BY s.updated_at DESC, s.id COLLATE "C")) AS stays
FROM legacy.sessions s JOIN oracle.map m ON m.old = s.user_id LEFT JOIN sessions t ON t.slug = s.slug AND t.user_id = m.new;
INSERT INTO sessions SELECT id, slug, title, type, new, group_id, client_id, pinned, created_at, updated_at FROM oracle.session WHERE id = stays;

INSERT INTO agents SELECT id, slug, title, tags, client_id, oracle.new(user_id), oracle.rewritten(chat_config), few_shots, oracle.rewritten(system_role) FROM legacy.agents;
INSERT INTO agents_to_sessions
SELECT a.agent_id, s.stays, oracle.new(a.user_id) FROM legacy.agents_to_sessions a JOIN oracle.session s ON s.id = a.session_id;
INSERT INTO topics
SELECT t.id, t.title, favorite, s.stays, oracle.new(t.user_id), t.client_id, history_summary, oracle.rewritten(metadata)
FROM legacy.topics t LEFT JOIN oracle.session s ON s.id = t.session_id;

-- messages that meet in (client_id, user_id); without client_id nobody meets
CREATE TABLE oracle.message AS
SELECT x.*, m.new, CASE WHEN client_id IS NULL THEN id
                   ELSE first_value(id) OVER (PARTITION BY client_id, m.new ORDER BY updated_at DESC, id COLLATE "C") END AS stays
FROM legacy.messages x JOIN oracle.map m ON m.old = x.user_id;
-- threads and messages refer to each other
WITH t AS (
    INSERT INTO threads
    SELECT t.id, t.title, t.type, t.status, t.topic_id, m.stays, t.parent_thread_id, oracle.new(t.user_id), t.last_active_at
    FROM legacy.threads t JOIN oracle.message m ON m.id = t.source_message_id)
INSERT INTO messages (id, role, content, metadata, model, tools, client_id, user_id, session_id, topic_id, thread_id, parent_id, quota_id, agent_id, created_at, updated_at)
SELECT x.id, x.role, oracle.rewritten(x.content), oracle.rewritten(x.metadata), x.model, oracle.rewritten(x.tools), x.client_id, x.new, s.stays, x.topic_id, x.thread_id,
       p.stays, q.stays, x.agent_id, x.created_at, x.updated_at
FROM oracle.message x LEFT JOIN oracle.session s ON s.id = x.session_id
     LEFT JOIN oracle.message p ON p.id = x.parent_id LEFT JOIN oracle.message q ON q.id = x.quota_id
WHERE x.id = x.stays;

INSERT INTO message_plugins
SELECT DISTINCT ON (m.stays) m.stays, tool_call_id, type, api_name, oracle.rewritten(arguments), oracle.rewritten(state), m.new
FROM legacy.message_plugins p JOIN oracle.message m USING (id) ORDER BY m.stays, p.id COLLATE "C";
INSERT INTO message_translates
SELECT DISTINCT ON (m.stays) m.stays, p.content, "from", "to", m.new
FROM legacy.message_translates p JOIN oracle.message m USING (id) ORDER BY m.stays, p.id COLLATE "C";
INSERT INTO global_files SELECT hash_id, file_type, size, oracle.rewritten(url), oracle.new(creator) FROM legacy.global_files;
INSERT INTO files SELECT id, oracle.new(user_id), file_type, file_hash, name, size, oracle.rewritten(url), metadata FROM legacy.files;
INSERT INTO messages_files SELECT f.file_id, m.stays, oracle.new(f.user_id) FROM legacy.messages_files f JOIN oracle.message m ON m.id = f.message_id;
COMMIT;
