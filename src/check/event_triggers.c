/*
 * Event triggers of the target that refuse the statements a run needs beside COPY: tables of its
 * own, temporary ones, and changes of constraints. They fire for owners too, and what they say
 * would come half-way. So these statements are tried, under savepoints, where there are such
 * triggers at all.
 */
#include "internal.h"

#include "idmigrate/memory.h"
#include "idmigrate/sql.h"

#include <string.h>

#define PROBE "idmigrate_probe"

static const char temporary[] = "CREATE TEMPORARY TABLE " PROBE " AS SELECT 1 AS id;"
                                "CREATE UNIQUE INDEX ON pg_temp." PROBE " (id);"
                                "ALTER TABLE pg_temp." PROBE " ADD PRIMARY KEY (id);"
                                "DROP TABLE pg_temp." PROBE;
static const char schema[] = "CREATE SCHEMA " PROBE ";"
                             "CREATE TABLE " PROBE ".probe (id integer PRIMARY KEY)";

/* The server's own refusals have findings of their own. */
static bool
is_told_elsewhere(const struct error *failed)
{
    return strcmp(failed->sqlstate, "42501") == 0 && strstr(failed->text, "permission denied");
}

static void
report(struct check *check, const struct db_result *triggers, const char *what,
       const struct error *failed)
{
    CLEANUP(strbuf_release) struct strbuf names = STRBUF_INIT, disable = STRBUF_INIT;
    size_t count = db_result_rows(triggers);
    for (size_t i = 0; i < count; i++) {
        strbuf_printf(&names, "%s%s (function %s)", i > 0 ? ", " : "",
                      db_result_text(triggers, i, 0), db_result_text(triggers, i, 1));
        strbuf_add_string(&disable, i > 0 ? "; " : "");
        strbuf_add_string(&disable, "ALTER EVENT TRIGGER ");
        db_quote_identifier(&disable, db_result_text(triggers, i, 0));
        strbuf_add_string(&disable, " DISABLE");
    }
    struct finding *finding = findings_add(
        check->findings, "E-EVENT-TRIGGER", NULL, NULL,
        "event trigger%s %s of the target %s %s: %s", count == 1 ? "" : "s", names.data,
        count == 1 ? "refuses" : "fire, and one refuses", what, failed->text);
    finding_set_hint(finding,
                     "let its function pass the role %s, or a superuser disable it for the time of "
                     "the run: %s",
                     db_identity(check->in->target)->role, disable.data);
}

static bool
try_statements(struct check *check, const struct db_result *triggers, const char *sql,
               const char *what, bool *refused, struct error *err)
{
    struct db *target = check->in->target;
    struct error failed = ERROR_INIT;
    db_savepoint(target, PROBE);
    if (!db_execute(target, sql, &failed) && check_must_stop(&failed)) {
        *err = failed;
        return false;
    }
    *refused = failed.is_set && !is_told_elsewhere(&failed);
    if (*refused)
        report(check, triggers, what, &failed);
    return db_savepoint_rollback(target, PROBE, err);
}

bool
event_triggers_check(struct check *check, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *triggers = NULL;
    bool refused = false;
    if (!db_query(check->in->target, sql_query_check_event_triggers, 0, NULL, &triggers, err))
        return false;
    if (db_result_rows(triggers) == 0)
        return true;
    if (check->can_stage && !try_statements(check, triggers, temporary,
                                            "temporary tables, which a run needs", &refused, err))
        return false;
    check->can_stage = check->can_stage && !refused;
    return refused || !check->in->target_catalog->can_create_schema ||
           try_statements(check, triggers, schema, "the tables in which a run keeps its state",
                          &refused, err);
}
