/* What is no row: privileges on the target database, who else is there, and how much room a run
 * will need. */
#include "internal.h"

#include "idmigrate/memory.h"
#include "idmigrate/sql.h"
#include "idmigrate/store.h"

#include <inttypes.h>
#include <string.h>

static bool
needs_default_audit_table(const struct plan *plan)
{
    for (size_t i = 0; i < plan->mapping->table_count; i++)
        if (!plan->mapping->tables[i].audit_self)
            return plan->audit == NULL && plan->audit_is_default;
    return false;
}

/* The schema may be there and not be ours to read: `failed` then says so, and the transaction goes
 * on. */
static bool
ask_store(struct check *check, bool *is_installed, struct error *failed, struct error *err)
{
    struct db *target = check->in->target;
    db_savepoint(target, "idmigrate_store");
    if (!store_is_installed(target, is_installed, failed) && check_must_stop(failed)) {
        *err = *failed;
        return false;
    }
    return db_savepoint_rollback(target, "idmigrate_store", err);
}

static bool
check_schema(struct check *check, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    const struct db_identity *target = db_identity(check->in->target);
    const char *schema = check->plan->mapping->audit.schema;
    struct error version = ERROR_INIT;
    bool is_installed = false;
    if (!ask_store(check, &is_installed, &version, err))
        return false;
    if (version.is_set) {
        struct finding *finding =
            findings_add(check->findings, "E-STATE-VERSION", NULL, NULL, "%s", version.text);
        finding_set_hint(finding, "%s", version.hint);
    } else if (!is_installed && !check->in->target_catalog->can_create_schema) {
        struct finding *finding = findings_add(
            check->findings, "E-PRIVILEGE-SCHEMA", NULL, NULL,
            "the role %s may not create the schema idmigrate, in which runs keep their state",
            target->role);
        CLEANUP(strbuf_release) struct strbuf database = STRBUF_INIT, role = STRBUF_INIT;
        db_quote_identifier(&database, target->database);
        db_quote_identifier(&role, target->role);
        finding_set_hint(
            finding,
            "GRANT CREATE ON DATABASE %s TO %s, or let an administrator run what `idmigrate check "
            "--ddl` prints",
            database.data, role.data);
    }
    if (!needs_default_audit_table(check->plan))
        return true;
    if (!db_query(check->in->target, sql_query_check_schema_create, 1, &schema, &result, err))
        return false;
    if (db_result_rows(result) == 0 || !db_result_bool(result, 0, 0)) {
        struct finding *finding = findings_add(
            check->findings, "E-PRIVILEGE-SCHEMA", check->plan->mapping->audit.table, NULL,
            "the role %s may not create the audit table in schema %s", target->role, schema);
        finding_set_hint(finding,
                         "GRANT CREATE ON SCHEMA \"%s\" TO \"%s\", or let an administrator run "
                         "what `idmigrate check --ddl` prints",
                         schema, target->role);
    }
    return true;
}

static bool
check_sessions(struct check *check, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    if (!db_query(check->in->target, sql_query_check_sessions, 0, NULL, &result, err))
        return false;
    int64_t count = db_result_int64(result, 0, 0);
    if (count == 0)
        return true;
    struct finding *finding =
        findings_add(check->findings, "W-IN-USE", NULL, NULL,
                     "%" PRId64 " other session%s connected to the target database", count,
                     count == 1 ? " is" : "s are");
    finding_set_hint(finding, "what they write meanwhile may collide; stop the application, or "
                              "accept that checks can go out of date");
    const char *names = db_result_text(result, 0, 1);
    if (names != NULL)
        finding_add_sample(finding, names);
    return true;
}

bool
check_server(struct check *check, struct error *err)
{
    const struct db_identity *target = db_identity(check->in->target);
    if (!check->can_stage) {
        struct finding *finding =
            findings_add(check->findings, "N-TEMP", NULL, NULL,
                         "the role %s may not make temporary tables: unique keys, foreign keys, "
                         "checks and merges were not looked at",
                         target->role);
        finding_set_hint(finding, "GRANT TEMPORARY ON DATABASE \"%s\" TO \"%s\"", target->database,
                         target->role);
    }
    return check_schema(check, err) && check_sessions(check, err);
}

/* ---- room ---- */

/*
 * Measured on PostgreSQL 15: a million rows of 294 bytes of COPY text with four b-tree indexes, two
 * of them unique, and one event for each in the default audit table. Rows took 272 MB, their
 * indexes 118 MB and their WAL 615 MB; events 431 MB, their three indexes 138 MB and their WAL 735
 * MB. Whole-page images after a checkpoint come on top, up to as much again on a server that writes
 * little else.
 */
enum {
    ROW_OVERHEAD = 28, /* bytes of a row's header and pointer */
    INDEX_ENTRY = 40,  /* bytes */
    WAL_OVERHEAD =
        20, /* bytes of WAL for a row beside its data: COPY writes many rows in one record */
    WAL_INDEX_ENTRY = 85, /* bytes of WAL */
    EVENT_BYTES = 450,    /* bytes of an event in its table */
    EVENT_INDEXES = 3
};

static void
estimate(struct check *check, const struct plan_table *table)
{
    struct check_table *counts = &check->tables[table->number];
    int64_t rows = counts->rows, indexes = (int64_t)table->target->index_count;
    int64_t events = table->spec->audit_self ? 0 : rows;
    counts->disk_rows = counts->source_bytes + rows * (ROW_OVERHEAD + indexes * INDEX_ENTRY);
    counts->disk_events = events * (EVENT_BYTES + EVENT_INDEXES * INDEX_ENTRY);
    counts->disk_wal = counts->source_bytes + rows * (WAL_OVERHEAD + indexes * WAL_INDEX_ENTRY) +
                       events * (EVENT_BYTES + WAL_OVERHEAD + EVENT_INDEXES * WAL_INDEX_ENTRY);
}

void
check_disk(struct check *check)
{
    enum { MEGABYTE = 1024 * 1024 };
    int64_t rows = 0, events = 0, wal = 0;
    for (size_t i = 0; i < check->plan->table_count; i++) {
        if (!check_is_usable(&check->plan->tables[i]))
            continue;
        estimate(check, &check->plan->tables[i]);
        rows += check->tables[i].disk_rows;
        events += check->tables[i].disk_events;
        wal += check->tables[i].disk_wal;
    }
    struct finding *finding = findings_add(
        check->findings, "N-DISK-FREE", NULL, NULL,
        "the run needs about %" PRId64 " MB for rows, %" PRId64 " MB for audit events and %" PRId64
        " MB for WAL; the server does not tell how much is free: not checked",
        rows / MEGABYTE + 1, events / MEGABYTE + 1, wal / MEGABYTE + 1);
    finding_set_hint(finding, "compare with the free space of the server's disks; WAL is kept "
                              "longer with replication slots and archiving");
}
