/*
 * Which tables' indexes are set aside for a run, and when they come back: a table that nothing was
 * loaded into yet, and the default audit log when it is empty. Whatever stays, stays for a reason
 * that the store keeps (idmigrate.set_aside).
 */
#include "aside.h"
#include "internal.h"

#include "idmigrate/memory.h"
#include "idmigrate/set_aside.h"
#include "idmigrate/sql.h"

#include <stdlib.h>
#include <string.h>

static bool
is_wanted(const struct migrate *m, const struct plan_table *table)
{
    return (table->spec->exclusive || m->in->exclusive) && !table->spec->never_exclusive &&
           strcmp(m->shared->tables[table->number].state, "pending") == 0;
}

/* Rows that violate what comes back must be found again by a key; merges find theirs by one. */
static const char *
reason_to_keep_keys(const struct plan_table *table)
{
    if (table->spec->has_on_conflict && table->spec->conflict != MAPPING_CONFLICT_FAIL)
        return "rows that meet others are decided on while it stands";
    if (!reconcile_is_possible(table))
        return "a row that violates it could not be taken back: that needs a key on both sides "
               "that events may show (\"key\", \"harmless\")";
    if (table->spec->audit_self)
        return "rows that are their own audit events are not taken back";
    return NULL;
}

/* Several entries of the mapping may fill one table: what holds for one holds for all. */
static bool
is_wanted_by_all(const struct migrate *m, const struct plan_table *table, const char **keeps_keys)
{
    bool wanted = true;
    *keeps_keys = NULL;
    for (size_t i = 0; i < m->plan->table_count; i++) {
        const struct plan_table *other = &m->plan->tables[i];
        if (other->target != table->target)
            continue;
        wanted = wanted && is_wanted(m, other);
        if (*keeps_keys == NULL)
            *keeps_keys = reason_to_keep_keys(other);
    }
    return wanted;
}

static bool
is_first_entry(const struct migrate *m, const struct plan_table *table)
{
    for (int i = 0; i < table->number; i++)
        if (m->plan->tables[i].target == table->target)
            return false;
    return true;
}

/* The audit log may have been made by this run: the plan does not know it then. */
static bool
find_audit_log(struct migrate *m, uint32_t *oid, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT;
    db_quote_name(&name, m->plan->mapping->audit.schema, m->plan->mapping->audit.table);
    const char *value = name.data;
    if (!db_query(m->target, "SELECT pg_catalog.to_regclass($1)::oid", 1, &value, &result, err))
        return false;
    *oid = (uint32_t)db_result_int64(result, 0, 0);
    return true;
}

bool
migrate_set_aside(struct migrate *m, struct error *err)
{
    struct set_aside_table *tables = memory_zalloc((m->plan->table_count + 1) * sizeof *tables);
    struct set_aside_request request = {.target = m->target, .run_id = m->run_id, .tables = tables};
    uint32_t audit = 0;
    bool good = true, changed = false;

    for (size_t i = 0; i < m->plan->table_count; i++) {
        const struct plan_table *table = &m->plan->tables[i];
        struct set_aside_table *entry = &tables[request.table_count];
        changed = changed || m->shared->reconciled[i];
        if (!is_first_entry(m, table) || !is_wanted_by_all(m, table, &entry->keeps_keys))
            continue;
        entry->oid = table->target->oid;
        entry->schema = table->target->schema;
        entry->name = table->target->name;
        request.table_count++;
    }
    if (m->in->dry_run || changed)
        request.table_count = 0;
    if (request.table_count > 0 && m->plan->audit_is_default)
        good = find_audit_log(m, &audit, err);
    if (good && audit != 0)
        tables[request.table_count++] =
            (struct set_aside_table){.oid = audit,
                                     .schema = m->plan->mapping->audit.schema,
                                     .name = m->plan->mapping->audit.table};
    good = good && set_aside_tables(&request, err);
    free(tables);
    return good;
}

static bool
bring_back(struct migrate *m, struct error *err)
{
    struct rebuild_request request = {
        .target = m->target,
        .run_id = m->run_id,
        .jobs = m->in->jobs,
        .open_target = m->in->open_target,
        .open_context = m->in->connections,
        .take_back = migrate_take_back_violating,
        .take_back_context = m,
        .order = migrate_order_violated,
    };
    return m->in->dry_run || rebuild_run(&request, err);
}

bool
migrate_bring_back(struct migrate *m, struct error *err)
{
    return bring_back(m, err);
}

bool
migrate_bring_back_early(struct migrate *m, struct error *err)
{
    bool changed = false;
    for (size_t i = 0; i < m->plan->table_count; i++)
        changed = changed || m->shared->reconciled[i];
    return !changed || bring_back(m, err);
}

bool
migrate_is_aside(struct migrate *m, const struct plan_table *table, const char *name, bool *aside,
                 struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    const char *values[] = {m->run_id, table->target->schema, table->target->name, name};
    if (m->in->dry_run) {
        *aside = false;
        return true;
    }
    if (!db_query(m->target, sql_query_set_aside_is_aside, 4, values, &result, err))
        return false;
    *aside = db_result_bool(result, 0, 0);
    return true;
}
