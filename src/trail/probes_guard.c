/* What the catalogue says about who may change events, and who sees them. */
#include "probes.h"

#include "idmigrate/memory.h"
#include "idmigrate/sql.h"

#include <inttypes.h>

enum { NAMED = 5 };

static bool
ask(const struct probing *probing, const char *sql, struct db_result **result, struct error *err)
{
    const char *const values[] = {probing->request->table->schema, probing->request->table->table};
    return db_query(probing->request->db, sql, 2, values, result, err);
}

/* "a (x), b (y) and 3 more" */
static void
list(struct strbuf *text, const struct db_result *rows)
{
    size_t count = db_result_rows(rows);
    for (size_t i = 0; i < count && i < NAMED; i++)
        strbuf_printf(text, "%s%s (%s)", i > 0 ? ", " : "", db_result_text(rows, i, 0),
                      db_result_text(rows, i, 1));
    if (count > NAMED)
        strbuf_printf(text, " and %zu more", count - NAMED);
}

bool
probe_append_only(struct probing *probing, struct evidence *evidence, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *rows = NULL;
    CLEANUP(strbuf_release) struct strbuf names = STRBUF_INIT;
    if (!ask(probing, sql_query_evidence_append_only, &rows, err))
        return false;
    list(&names, rows);
    if (db_result_rows(rows) > 0)
        evidence_set(evidence, EVIDENCE_FAILED, "no trigger always refuses changes of %s",
                     names.data);
    else
        evidence_set(evidence, EVIDENCE_PROVED,
                     "triggers refuse UPDATE, DELETE and TRUNCATE on "
                     "the log and on each of its partitions");
    return true;
}

bool
probe_nobody_may_alter(struct probing *probing, struct evidence *evidence, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *rows = NULL;
    CLEANUP(strbuf_release) struct strbuf names = STRBUF_INIT;
    if (!ask(probing, sql_query_evidence_alterers, &rows, err))
        return false;
    list(&names, rows);
    if (db_result_rows(rows) > 0)
        evidence_set(evidence, EVIDENCE_FAILED, "roles that can log in and alter it: %s",
                     names.data);
    else
        evidence_set(evidence, EVIDENCE_PROVED,
                     "no role that can log in owns the log or may change "
                     "its rows, superusers apart");
    return true;
}

bool
probe_tenants_apart(struct probing *probing, struct evidence *evidence, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *rows = NULL;
    if (probing->request->table->parts[LOG_TENANT] == NULL) {
        evidence_set(evidence, EVIDENCE_NOT_CHECKED, "events have no tenant");
        return true;
    }
    if (!ask(probing, sql_query_evidence_row_security, &rows, err))
        return false;
    if (!db_result_bool(rows, 0, 0))
        evidence_set(evidence, EVIDENCE_FAILED, "row-level security is not enabled on the log");
    else if (!db_result_bool(rows, 0, 1))
        evidence_set(evidence, EVIDENCE_FAILED,
                     "row-level security does not hold for the log's "
                     "owner: it is not forced");
    else
        evidence_set(evidence, EVIDENCE_PROVED,
                     "row-level security is forced, with %" PRId64 " policies",
                     db_result_int64(rows, 0, 2));
    return true;
}
