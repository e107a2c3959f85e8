/*
 * The default audit table and its months.
 *
 * The default partition takes whatever no month does, so a month that cannot be made is no error:
 * only one that may be made is.
 */
#include "idmigrate/audit.h"
#include "idmigrate/memory.h"
#include "idmigrate/sql.h"
#include "idmigrate/utf8.h"
#include "log.h"

#include <string.h>

enum { LONGEST_NAME = 63 };
static const char months_ahead[] = "4"; /* this one and the next three */
static const char make_months[] = "SELECT idmigrate_audit.make_months()";

/* "audit_logs_p2026_11": cut to what the server takes, with a digest instead of what was cut so
 * that names stay apart. */
char *
audit_partition_name(const char *table, const char *suffix)
{
    char hex[DIGEST_HEX_SIZE];
    CLEANUP(memory_free_string) char *name = memory_printf("%s_%s", table, suffix);
    size_t length = strlen(name);
    if (length <= LONGEST_NAME)
        return memory_strdup(name);
    digest_to_hex(digest_bytes(table, strlen(table)), hex);
    size_t kept = LONGEST_NAME - strlen(suffix) - 10;
    kept = utf8_valid_length(table, kept);
    return memory_printf("%.*s_%.8s_%s", (int)kept, table, hex, suffix);
}

static bool
execute_filled(struct db *target, const char *text, const char *const *names, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    db_fill(&sql, text, names);
    return db_execute(target, sql.data, err);
}

static bool
create_table(struct db *target, const char *schema, const char *table, struct error *err)
{
    CLEANUP(memory_free_string) char *default_partition = audit_partition_name(table, "default");
    const char *const names[] = {
        "schema",          schema,  "table",     table, "default_partition",
        default_partition, "guard", "idmigrate", NULL};
    if (execute_filled(target, sql_install_audit_logs, names, err))
        return true;
    error_context(err, "creating the audit table %s.%s", schema, table);
    if (strcmp(err->sqlstate, "42501") == 0) {
        err->hint[0] = '\0';
        error_hint(err,
                   "GRANT CREATE ON SCHEMA %s, or have an administrator run what `idmigrate check "
                   "--ddl` prints",
                   schema);
    }
    return false;
}

void
audit_write_ddl(struct strbuf *sql, const struct plan *plan, const char *role)
{
    const struct mapping_audit *audit = &plan->mapping->audit;
    CLEANUP(memory_free_string)
    char *default_partition = audit_partition_name(audit->table, "default");
    const char *const names[] = {"schema",     audit->schema,       "table",
                                 audit->table, "default_partition", default_partition,
                                 "guard",      "idmigrate",         NULL};
    if (!plan->audit_is_default || plan->audit != NULL)
        return;
    db_fill(sql, sql_install_audit_logs, names);
    strbuf_add_string(sql, ";\n\nGRANT SELECT, INSERT ON ");
    db_quote_name(sql, audit->schema, audit->table);
    strbuf_add_string(sql, " TO ");
    db_quote_identifier(sql, role);
    strbuf_add_string(sql, ";\n");
}

static bool
month_has_events(struct db *target, const char *schema, const char *table,
                 const char *const month[2], bool *has, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    CLEANUP(db_result_free) struct db_result *result = NULL;
    const char *const names[] = {"schema", schema, "table", table, NULL};
    db_fill(&sql, sql_query_audit_month_has_events, names);
    if (!db_query(target, sql.data, 2, month, &result, err))
        return false;
    *has = db_result_bool(result, 0, 0);
    return true;
}

static bool
create_month(struct db *target, const char *schema, const char *table,
             const struct db_result *months, size_t row, struct error *err)
{
    CLEANUP(memory_free_string) char *suffix = memory_printf("p%s", db_result_text(months, row, 0));
    CLEANUP(memory_free_string) char *partition = audit_partition_name(table, suffix);
    const char *const month[] = {db_result_text(months, row, 1), db_result_text(months, row, 2)};
    const char *const names[] = {"schema",  schema,      "table",  table, "partition",
                                 partition, "from",      month[0], "to",  month[1],
                                 "guard",   "idmigrate", NULL};
    bool has_events = false;
    if (!month_has_events(target, schema, table, month, &has_events, err))
        return false;
    return has_events || execute_filled(target, sql_install_audit_partition, names, err);
}

static bool
create_months(struct db *target, const char *schema, const char *table, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *months = NULL;
    const char *const values[] = {schema, table, months_ahead};
    if (!db_query(target, sql_query_audit_missing_months, 3, values, &months, err))
        return false;
    for (size_t i = 0; i < db_result_rows(months); i++)
        if (!create_month(target, schema, table, months, i, err))
            return false;
    return true;
}

bool
audit_install(struct db *target, const struct plan *plan, struct error *err)
{
    const char *const name[] = {plan->mapping->audit.schema, plan->mapping->audit.table};
    CLEANUP(db_result_free) struct db_result *found = NULL;
    if (!plan->audit_is_default)
        return true;
    if (!db_query(target, sql_query_audit_find_table, 2, name, &found, err))
        return error_context(err, "audit table %s.%s", name[0], name[1]);
    bool is_there = db_result_rows(found) > 0;
    if (!is_there && !create_table(target, name[0], name[1], err))
        return false;
    if (is_there && db_result_bool(found, 0, 2)) /* its months belong to its owner */
        return !db_result_bool(found, 0, 3) || db_execute(target, make_months, err) ||
               error_context(err, "months of the audit table %s.%s", name[0], name[1]);
    if (is_there && (!db_result_bool(found, 0, 0) || !db_result_bool(found, 0, 1)))
        return true; /* not partitioned, or somebody else's to partition */
    return create_months(target, name[0], name[1], err) ||
           error_context(err, "months of the audit table %s.%s", name[0], name[1]);
}
