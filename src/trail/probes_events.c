/* What the events themselves show. */
#include "filter.h"
#include "probes.h"

#include "idmigrate/memory.h"

#include <inttypes.h>
#include <string.h>

/* SELECT <what> FROM <log> AS e <rest> */
static bool
ask(const struct probing *probing, const char *what, const char *rest, struct db_result **result,
    struct error *err)
{
    const struct log_table *table = probing->request->table;
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    strbuf_printf(&sql, "SELECT %s FROM ", what);
    db_quote_name(&sql, table->schema, table->table);
    strbuf_printf(&sql, " AS e %s", rest);
    return db_query(probing->request->db, sql.data, 0, NULL, result, err);
}

static char *
column_text(const struct probing *probing, enum log_part part)
{
    struct strbuf text = STRBUF_INIT;
    trail_add_column(&text, probing->request->table->parts[part]);
    return strbuf_take(&text);
}

bool
probe_events_recorded(struct probing *probing, struct evidence *evidence, struct error *err)
{
    CLEANUP(memory_free_string) char *time = column_text(probing, LOG_RECORDED_AT);
    CLEANUP(memory_free_string)
    char *what =
        memory_printf("pg_catalog.count(*), pg_catalog.min(%s), pg_catalog.max(%s)", time, time);
    CLEANUP(db_result_free) struct db_result *result = NULL;
    if (!ask(probing, what, "", &result, err))
        return false;
    int64_t count = db_result_int64(result, 0, 0);
    if (count == 0)
        evidence_set(evidence, EVIDENCE_FAILED, "the log holds no events");
    else
        evidence_set(evidence, EVIDENCE_PROVED, "%" PRId64 " events, recorded from %.19s to %.19s",
                     count, db_result_text(result, 0, 1), db_result_text(result, 0, 2));
    return true;
}

bool
probe_who_what_when(struct probing *probing, struct evidence *evidence, struct error *err)
{
    static const enum log_part parts[] = {LOG_ACTOR_ID, LOG_ACTION, LOG_RESOURCE_TYPE,
                                          LOG_RESOURCE_ID, LOG_RECORDED_AT};
    CLEANUP(strbuf_release) struct strbuf missing = STRBUF_INIT;
    (void)err;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (probing->request->table->parts[parts[i]] == NULL)
            strbuf_printf(&missing, "%s%s", missing.length > 0 ? ", " : "",
                          log_part_name(parts[i]));
    if (missing.length > 0)
        evidence_set(evidence, EVIDENCE_FAILED, "there is no column for %s", missing.data);
    else
        evidence_set(evidence, EVIDENCE_PROVED, "each event has actor, action, resource and time");
    return true;
}

bool
probe_actors_known(struct probing *probing, struct evidence *evidence, struct error *err)
{
    const struct log_table *table = probing->request->table;
    CLEANUP(db_result_free) struct db_result *result = NULL;
    if (table->parts[LOG_ACTOR_ID] == NULL) {
        evidence_set(evidence, EVIDENCE_FAILED, "there is no column for actor_id");
        return true;
    }
    CLEANUP(memory_free_string) char *actor = column_text(probing, LOG_ACTOR_ID);
    CLEANUP(memory_free_string)
    char *type = table->parts[LOG_ACTOR_TYPE] != NULL ? column_text(probing, LOG_ACTOR_TYPE)
                                                      : memory_strdup("''");
    /* The system acts without an ID. */
    CLEANUP(memory_free_string)
    char *where = memory_printf("WHERE (%s IS NULL OR %s::pg_catalog.text IN ('', 'unknown')) AND "
                                "%s <> 'system'",
                                actor, actor, type);
    if (!ask(probing, "pg_catalog.count(*)", where, &result, err))
        return false;
    int64_t count = db_result_int64(result, 0, 0);
    if (count > 0)
        evidence_set(evidence, EVIDENCE_FAILED, "%" PRId64 " events do not tell who acted", count);
    else
        evidence_set(evidence, EVIDENCE_PROVED,
                     "each event that is not the system's names who "
                     "acted");
    return true;
}

bool
probe_reading_recorded(struct probing *probing, struct evidence *evidence, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    if (probing->request->table->parts[LOG_ACTION] == NULL) {
        evidence_set(evidence, EVIDENCE_NOT_CHECKED, "there is no column for action");
        return true;
    }
    CLEANUP(memory_free_string) char *action = column_text(probing, LOG_ACTION);
    CLEANUP(memory_free_string) char *time = column_text(probing, LOG_RECORDED_AT);
    /* That this report is made is recorded too, and is no review of the log. */
    CLEANUP(memory_free_string)
    char *where = memory_printf("WHERE %s IN ('AUDIT_LOG_READ', 'AUDIT_LOG_EXPORTED') AND %s >= "
                                "pg_catalog.now() - interval '90 days'",
                                action, time);
    if (!ask(probing, "pg_catalog.count(*)", where, &result, err))
        return false;
    int64_t count = db_result_int64(result, 0, 0);
    if (count == 0)
        evidence_set(evidence, EVIDENCE_NOT_CHECKED,
                     "no use of the log was recorded in the last 90 days: it was not read, or not "
                     "with idmigrate");
    else
        evidence_set(evidence, EVIDENCE_PROVED,
                     "%" PRId64 " uses of the log were recorded in the last 90 days", count);
    return true;
}

/* Names of keys under which people keep what is personal, and a value that is there in full. */
static const char personal[] =
    "'\"[^\"]*(e-?mail|passw|phone|address|ssn|credit|secret|birth)[^\"]*\": *"
    "(?!\"\\[REDACTED\\]\"|\"\"|null|\\{\\}|\\[\\])'";

static bool
add_documents(const struct probing *probing, struct strbuf *condition)
{
    static const enum log_part parts[] = {LOG_OLD_VALUES, LOG_NEW_VALUES, LOG_METADATA};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (probing->request->table->parts[parts[i]] == NULL)
            continue;
        CLEANUP(memory_free_string) char *column = column_text(probing, parts[i]);
        strbuf_printf(condition, "%s%s::pg_catalog.text ~* %s", condition->length > 0 ? " OR " : "",
                      column, personal);
    }
    return condition->length > 0;
}

bool
probe_no_personal_values(struct probing *probing, struct evidence *evidence, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf condition = STRBUF_INIT;
    CLEANUP(strbuf_release) struct strbuf what = STRBUF_INIT;
    CLEANUP(strbuf_release) struct strbuf rest = STRBUF_INIT;
    CLEANUP(db_result_free) struct db_result *result = NULL;
    if (!add_documents(probing, &condition)) {
        evidence_set(evidence, EVIDENCE_PROVED, "events hold no documents");
        return true;
    }
    CLEANUP(memory_free_string) char *time = column_text(probing, LOG_RECORDED_AT);
    strbuf_printf(&what, "pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE %s)",
                  condition.data);
    strbuf_printf(&rest, "WHERE %s >= pg_catalog.now() - interval '90 days'", time);
    if (!ask(probing, what.data, rest.data, &result, err))
        return false;
    int64_t looked_at = db_result_int64(result, 0, 0), found = db_result_int64(result, 0, 1);
    if (looked_at == 0)
        evidence_set(evidence, EVIDENCE_NOT_CHECKED, "no events in the last 90 days");
    else if (found > 0)
        evidence_set(evidence, EVIDENCE_FAILED,
                     "%" PRId64 " of %" PRId64 " events of the last 90 days hold values under keys "
                     "such as email, phone or address that are not redacted",
                     found, looked_at);
    else
        evidence_set(evidence, EVIDENCE_PROVED,
                     "none of %" PRId64 " events of the last 90 days holds a value under keys such "
                     "as email, phone or address",
                     looked_at);
    return true;
}
