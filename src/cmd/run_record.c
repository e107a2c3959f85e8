/* Who runs what, where: the run's own record in the store. */
#include "run.h"

#include "idmigrate/audit.h"
#include "idmigrate/memory.h"

#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>

char *
steps_describe_operator(void)
{
    char host[256] = "?";
    const char *user = getenv("SUDO_USER");
    gethostname(host, sizeof host - 1);
    if (user == NULL)
        user = getenv("USER");
    return user != NULL ? memory_printf("%s@%s", user, host)
                        : memory_printf("uid %d@%s", (int)geteuid(), host);
}

static json_t *
describe_connection(const struct db *db)
{
    const struct db_identity *identity = db_identity(db);
    return json_pack("{ss ss ss ss si ss sb}", "host", identity->host, "port", identity->port,
                     "database", identity->database, "role", identity->role, "version",
                     identity->version, "system_identifier", identity->system_identifier,
                     "is_standby", identity->is_standby);
}

static char *
dump_json(json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(value);
    return text;
}

static char *
describe_sources(const struct workspace *workspace)
{
    json_t *all = json_object();
    for (size_t i = 0; i < workspace->mapping->source_count; i++)
        json_object_set_new(all, workspace->mapping->sources[i].name,
                            describe_connection(workspace->sources[i]));
    return dump_json(all);
}

static json_t *
describe_settings(const struct run_state *state)
{
    return json_pack("{sb sb sb sb ss}", "dry_run", state->settings->dry_run, "exclusive",
                     state->settings->exclusive, "strict", state->settings->strict,
                     "accept_changes", state->settings->accept_changes, "max_rejects",
                     state->settings->max_rejects ? state->settings->max_rejects : "0");
}

bool
run_note_attempt(struct run_state *state, struct error *err)
{
    json_t *attempt = describe_settings(state);
    CLEANUP(memory_free_string) char *operator= steps_describe_operator();
    json_object_set_new(attempt, "operator", json_string(operator));
    if (state->settings->ticket != NULL)
        json_object_set_new(attempt, "ticket", json_string(state->settings->ticket));
    if (state->settings->approved_by != NULL)
        json_object_set_new(attempt, "approved_by", json_string(state->settings->approved_by));
    CLEANUP(memory_free_string) char *text = dump_json(attempt);
    return store_note_attempt(state->workspace.target, state->run.run_id, text, err);
}

static bool
server_time(struct db *db, char **text, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    if (!db_query(db, "SELECT pg_catalog.clock_timestamp()::text", 0, NULL, &result, err))
        return false;
    *text = memory_strdup(db_result_text(result, 0, 0));
    return true;
}

bool
run_describe(struct run_state *state, struct error *err)
{
    const struct mapping *mapping = state->workspace.mapping;
    char id[AUDIT_UUID_SIZE], digest[DIGEST_HEX_SIZE];
    audit_uuid7(id);
    digest_to_hex(mapping->digest, digest);
    state->run = (struct store_run){
        .run_id = memory_strdup(id),
        .name = memory_strdup(mapping->name),
        .mapping_path = memory_strdup(mapping->path),
        .mapping_text = memory_strndup(mapping->text, mapping->length),
        .mapping_digest = memory_strdup(digest),
        .idmap_digests = workspace_map_digests(&state->workspace),
        .sources = describe_sources(&state->workspace),
        .target = dump_json(describe_connection(state->workspace.target)),
        .settings = dump_json(describe_settings(state)),
        .tool_version = memory_strdup(IDMIGRATE_VERSION),
        .operator= steps_describe_operator(),
        .ticket = memory_strdup(state->settings->ticket),
        .approved_by = memory_strdup(state->settings->approved_by),
        .exit_status = -1,
        .attempts = 1,
    };
    return server_time(state->workspace.target, &state->run.started_at, err);
}
