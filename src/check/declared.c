/* What the mapping declares and only the source can confirm: that a "key" tells rows apart, that a
 * time zone is known. */
#include "internal.h"

#include "idmigrate/memory.h"

#include <string.h>

/* ---- keys ---- */

/* Rows whose key another row has too, and rows without one. As text, as it is compared later. */
static void
add_key_question(struct strbuf *sql, const struct plan_table *table)
{
    CLEANUP(strbuf_release) struct strbuf list = STRBUF_INIT, expression = STRBUF_INIT;
    for (size_t i = 0; i < table->source_key_count; i++) {
        strbuf_add_string(&list, i > 0 ? ", t." : "t.");
        db_quote_identifier(&list, table->source_key_names[i]);
        strbuf_add_string(&list, "::text");
    }
    strbuf_printf(&expression, "pg_catalog.count(*) AS rows, pg_catalog.num_nulls(%s) AS nulls",
                  list.data);
    strbuf_add_string(sql, "SELECT COALESCE(pg_catalog.sum(rows) FILTER (WHERE rows > 1), 0)"
                           "::bigint, COALESCE(pg_catalog.sum(rows) FILTER (WHERE nulls > 0), 0)"
                           "::bigint FROM (");
    plan_sql_select_source(sql, table, expression.data);
    strbuf_printf(sql, " GROUP BY %s) AS keys", list.data);
}

bool
declared_check_key(struct check *check, const struct plan_table *table, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    CLEANUP(db_result_free) struct db_result *result = NULL;
    struct error failed = ERROR_INIT;
    if (table->spec->key_count == 0 || table->source_key_count == 0)
        return true;
    add_key_question(&sql, table);
    /* A table that cannot be read was told already. */
    if (!check_try(check->in->sources[table->spec->source], sql.data, &result, &failed, err))
        return false;
    if (result == NULL)
        return true;
    int64_t shared = db_result_int64(result, 0, 0), nulls = db_result_int64(result, 0, 1);
    if (shared + nulls == 0)
        return true;
    struct finding *finding =
        findings_add(check->findings, "E-KEY-NOT-UNIQUE", table->label, NULL,
                     "\"key\" does not tell rows apart: rows %s",
                     shared == 0 ? "have NULL in it" : "share it with others");
    finding_set_hint(finding, "name columns that no two rows share and that are never NULL, or "
                              "leave \"key\" out: rows are then told apart by their content");
    finding->rows = shared > nulls ? shared : nulls;
    return true;
}

/* ---- time zones ---- */

static bool
check_zone(struct check *check, int source, const char *zone, const char *table, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    CLEANUP(db_result_free) struct db_result *result = NULL;
    struct error failed = ERROR_INIT;
    if (zone == NULL)
        return true;
    strbuf_add_string(&sql, "SELECT pg_catalog.now() AT TIME ZONE ");
    db_quote_literal(&sql, zone);
    if (!check_try(check->in->sources[source], sql.data, &result, &failed, err))
        return false;
    if (!failed.is_set)
        return true;
    struct finding *finding = findings_add(check->findings, "E-TIMEZONE", table, NULL,
                                           "\"timezone\": source %s does not know the zone \"%s\"",
                                           check->plan->mapping->sources[source].name, zone);
    finding_set_hint(finding, "names are those of the IANA database, such as Europe/Berlin; the "
                              "source lists what it knows in pg_timezone_names");
    return true;
}

bool
declared_check_zones(struct check *check, struct error *err)
{
    const struct mapping *mapping = check->plan->mapping;
    for (size_t i = 0; i < mapping->source_count; i++)
        if (!check_zone(check, (int)i, mapping->timezone, NULL, err))
            return false;
    for (size_t i = 0; i < check->plan->table_count; i++) {
        const struct plan_table *table = &check->plan->tables[i];
        const char *zone = table->spec->timezone;
        bool is_inherited =
            zone != NULL && mapping->timezone != NULL && strcmp(zone, mapping->timezone) == 0;
        if (!is_inherited && !check_zone(check, table->spec->source, zone, table->label, err))
            return false;
    }
    return true;
}
