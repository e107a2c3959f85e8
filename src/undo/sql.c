/* How listed rows and rows of the target are joined. Keys are compared as their types do, so that
 * the index of the key serves. */
#include "internal.h"

#include "idmigrate/memory.h"

void
undo_sql_target(struct strbuf *sql, const struct undo_table *table)
{
    plan_sql_target_name(sql, table->plan);
}

void
undo_sql_rows(struct strbuf *sql, const struct undo_table *table, const char *rows)
{
    strbuf_printf(sql, "idmigrate.undo_row AS %s", rows);
    if (table->key_count == 0)
        strbuf_printf(sql, ", pg_temp.idmigrate_seen AS %s_seen", rows);
}

void
undo_sql_of_table(struct strbuf *sql, const struct undo *undo, const struct undo_table *table,
                  const char *rows)
{
    strbuf_printf(sql, "%s.run_id = '%s' AND %s.table_no = %d", rows, undo->run_id, rows,
                  table->stored->table_no);
}

/* t."a" = (u.target_key)::integer AND ...; of a key of several columns part by part. */
static void
add_key_match(struct strbuf *sql, const struct catalog_column *const *key, size_t count,
              const char *rows, const char *alias)
{
    for (size_t i = 0; i < count; i++) {
        strbuf_printf(sql, "%s%s.", i > 0 ? " AND " : "", alias);
        db_quote_identifier(sql, key[i]->name);
        plan_sql_equals(sql, &key[i]->type);
        if (count == 1)
            strbuf_printf(sql, "(%s.target_key)", rows);
        else
            strbuf_printf(sql, "(%s.target_key::pg_catalog.jsonb ->> %zu)", rows, i);
        strbuf_printf(sql, "::%s", key[i]->type.text_plain);
    }
}

void
undo_sql_match(struct strbuf *sql, const struct undo_table *table, const char *rows,
               const char *alias)
{
    if (table->key_count > 0)
        add_key_match(sql, table->key, table->key_count, rows, alias);
    else
        strbuf_printf(
            sql,
            "%s_seen.table_no = %s.table_no AND %s_seen.row_no = %s.row_no AND %s.tableoid "
            "= %s_seen.relation AND %s.ctid = %s_seen.place",
            rows, rows, rows, rows, alias, rows, alias, rows);
}

void
undo_sql_match_former(struct strbuf *sql, const struct undo_table *table, const char *rows,
                      const char *alias)
{
    add_key_match(sql, table->former_key, table->former_key_count, rows, alias);
}

void
undo_sql_columns(struct strbuf *sql, const struct undo_table *table)
{
    for (size_t i = 0; i < table->column_count; i++) {
        strbuf_add_string(sql, ", t.");
        db_quote_identifier(sql, table->columns[i]->name);
    }
}

void
undo_sql_tenant(struct strbuf *sql, const struct undo_table *table)
{
    if (table->tenant == NULL) {
        strbuf_add_string(sql, "NULL::text");
        return;
    }
    strbuf_add_string(sql, "t.");
    db_quote_identifier(sql, table->tenant->name);
    strbuf_add_string(sql, "::text");
}

bool
undo_count(struct undo *undo, const char *sql, int64_t *count, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    if (!db_query(undo->target, sql, 0, NULL, &result, err))
        return false;
    *count = db_result_rows(result) > 0 ? db_result_int64(result, 0, 0) : 0;
    return true;
}
