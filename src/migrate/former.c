/*
 * What merges replace: rows that were there before the run and are changed by it (on_conflict
 * "update") leave their former values in idmigrate.former_row, in the transaction that changes
 * them, so that an undo can give them back.
 *
 * A row that is changed again, because its source was, keeps the values that it had first. What it
 * got is kept too: an undo does not touch what the application changed since.
 */
#include "internal.h"

#include "idmigrate/memory.h"

#include <stdlib.h>

static void
add_key(struct strbuf *sql, const struct plan_table *table)
{
    size_t count = table->target_key_count;
    const int *positions = table->target_key;
    /* A key that may be NULL identifies the rows that met in it all the same. */
    if (count == 0) {
        count = table->conflict_key_count;
        positions = table->conflict_key;
    }
    const struct catalog_column **key =
        memory_alloc((count + 1) * sizeof(const struct catalog_column *));
    for (size_t i = 0; i < count; i++)
        key[i] = table->columns[positions[i]].target;
    plan_sql_key_text(sql, key, count, "t");
    free(key);
}

/* The columns that are taken over, as a JSON object of texts. */
static void
add_values(struct strbuf *sql, const struct plan_table *table)
{
    strbuf_add_string(sql, "pg_catalog.jsonb_object(ARRAY[");
    for (size_t i = 0; i < table->conflict_set_count; i++) {
        strbuf_add_string(sql, i > 0 ? ", " : "");
        db_quote_literal(sql, table->columns[table->conflict_set[i]].target->name);
    }
    strbuf_add_string(sql, "]::text[], ARRAY[");
    for (size_t i = 0; i < table->conflict_set_count; i++) {
        strbuf_add_string(sql, i > 0 ? ", t." : "t.");
        db_quote_identifier(sql, table->columns[table->conflict_set[i]].target->name);
        strbuf_add_string(sql, "::text");
    }
    strbuf_add_string(sql, "]::text[])");
}

static void
add_join(struct strbuf *sql, const struct plan_table *table)
{
    strbuf_add_string(sql, " FROM pg_temp.idmigrate_stage AS s JOIN ");
    plan_sql_target_name(sql, table);
    strbuf_add_string(sql, " AS t ON ");
    stage_conflict_condition(sql, table);
}

/* The rows stay locked until they are changed: what is kept is what they had. */
bool
former_keep(struct migrate *m, const struct plan_table *table, struct error *err)
{
    struct strbuf sql = STRBUF_INIT;
    strbuf_printf(&sql,
                  "INSERT INTO idmigrate.former_row AS f (run_id, table_no, target_key, former, "
                  "written) SELECT '%s', %d, ",
                  m->run_id, table->number);
    add_key(&sql, table);
    strbuf_add_string(&sql, ", ");
    add_values(&sql, table);
    strbuf_add_string(&sql, ", '{}'");
    add_join(&sql, table);
    strbuf_add_string(&sql, " FOR UPDATE OF t ON CONFLICT (run_id, table_no, target_key)"
                            " DO UPDATE SET former = EXCLUDED.former || f.former");
    bool good =
        db_execute(m->target, sql.data, err) || error_context(err, "keeping the former values");
    strbuf_release(&sql);
    return good;
}

bool
former_note(struct migrate *m, const struct plan_table *table, struct error *err)
{
    struct strbuf sql = STRBUF_INIT;
    strbuf_add_string(&sql, "UPDATE idmigrate.former_row AS f SET written = f.written || n.written"
                            " FROM (SELECT ");
    add_key(&sql, table);
    strbuf_add_string(&sql, " AS target_key, ");
    add_values(&sql, table);
    strbuf_add_string(&sql, " AS written");
    add_join(&sql, table);
    strbuf_printf(
        &sql, ") AS n WHERE f.run_id = '%s' AND f.table_no = %d AND f.target_key = n.target_key",
        m->run_id, table->number);
    bool good =
        db_execute(m->target, sql.data, err) || error_context(err, "keeping the former values");
    strbuf_release(&sql);
    return good;
}
