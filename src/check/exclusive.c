/*
 * Indexes and constraints that an exclusive run would set aside, and those that it could not; and
 * what a run of another mapping has left without them.
 */
#include "internal.h"

#include "idmigrate/memory.h"
#include "idmigrate/sql.h"

#include <inttypes.h>
#include <string.h>

/* Columns of set_aside_list.sql. */
enum { LIST_KIND = 1, LIST_TABLE = 3, LIST_NAME = 4, LIST_REASON = 22 };

static bool
keeps(struct check *check, const struct plan_table *table, const char *what, const char *reason)
{
    struct finding *finding =
        findings_add(check->findings, "W-SET-ASIDE-KEPT", table->label, NULL,
                     "%s would stay in place while the table is loaded: %s", what, reason);
    finding_set_hint(finding, "loading is slower so; change what is in the way, or leave it");
    return true;
}

static bool
look_at_table(struct check *check, const struct plan_table *table, const char *oid, bool *goes,
              struct error *err)
{
    CLEANUP(db_result_free) struct db_result *fitness = NULL;
    CLEANUP(db_result_free) struct db_result *rows = NULL;
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    *goes = false;
    if (!db_query(check->in->target, sql_query_set_aside_fitness, 1, &oid, &fitness, err))
        return false;
    if (db_result_rows(fitness) > 0 && db_result_text(fitness, 0, 0) != NULL)
        return keeps(check, table, "everything", db_result_text(fitness, 0, 0));
    strbuf_add_string(&sql, "SELECT EXISTS (SELECT FROM ");
    plan_sql_target_name(&sql, table);
    strbuf_add_string(&sql, ")");
    if (!db_query(check->in->target, sql.data, 0, NULL, &rows, err))
        return false;
    if (db_result_bool(rows, 0, 0))
        return keeps(check, table, "everything", "it has rows");
    *goes = true;
    return true;
}

static bool
look_at_things(struct check *check, const struct plan_table *table, const char *oid,
               struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    CLEANUP(memory_free_string) char *oids = memory_printf("{%s}", oid);
    const char *value = oids;
    if (!db_query(check->in->target, sql_query_set_aside_list, 1, &value, &result, err))
        return false;
    for (size_t i = 0; i < db_result_rows(result); i++) {
        const char *reason = db_result_text(result, i, LIST_REASON);
        if (reason == NULL)
            continue;
        CLEANUP(memory_free_string)
        char *what = memory_printf("%s %s of %s", db_result_text(result, i, LIST_KIND),
                                   db_result_text(result, i, LIST_NAME),
                                   db_result_text(result, i, LIST_TABLE));
        keeps(check, table, what, reason);
    }
    return true;
}

static void
add_target_oids(struct strbuf *oids, const struct plan *plan)
{
    strbuf_add_char(oids, '{');
    for (size_t i = 0; i < plan->table_count; i++)
        if (plan->tables[i].target != NULL)
            strbuf_printf(oids, "%s%" PRIu32, oids->length > 1 ? "," : "",
                          plan->tables[i].target->oid);
    strbuf_add_char(oids, '}');
}

static bool
find_left(struct check *check, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *found = NULL;
    CLEANUP(db_result_free) struct db_result *left = NULL;
    CLEANUP(strbuf_release) struct strbuf oids = STRBUF_INIT;
    add_target_oids(&oids, check->plan);
    const char *values[] = {oids.data, check->plan->mapping->name};
    if (!db_query(check->in->target, sql_query_catalog_find_set_aside, 0, NULL, &found, err))
        return false;
    if (db_result_rows(found) == 0 || !db_result_bool(found, 0, 0))
        return true;
    if (!db_query(check->in->target, sql_query_check_set_aside, 2, values, &left, err))
        return false;
    for (size_t i = 0; i < db_result_rows(left); i++) {
        struct finding *finding = findings_add(
            check->findings, "E-SET-ASIDE-LEFT", db_result_text(left, i, 0), NULL,
            "%" PRId64 " indexes and constraints are set aside by run %s of another mapping",
            db_result_int64(left, i, 2), db_result_text(left, i, 1));
        finding_set_hint(finding, "finish that run, or bring them back: idmigrate restore %s",
                         db_result_text(left, i, 1));
    }
    return true;
}

bool
exclusive_check(struct check *check, struct error *err)
{
    if (!find_left(check, err))
        return false;
    for (size_t i = 0; i < check->plan->table_count; i++) {
        const struct plan_table *table = &check->plan->tables[i];
        bool goes = false;
        if (table->target == NULL || !table->spec->exclusive || !table->target->can_select ||
            table->target->row_security_applies)
            continue;
        CLEANUP(memory_free_string) char *oid = memory_printf("%" PRIu32, table->target->oid);
        if (!look_at_table(check, table, oid, &goes, err) ||
            (goes && !look_at_things(check, table, oid, err)))
            return false;
    }
    return true;
}
