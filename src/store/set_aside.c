/* What was taken away from empty tables before loading, until it is back. */
#include "idmigrate/memory.h"
#include "idmigrate/sql.h"
#include "idmigrate/store.h"
#include "parameter.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void
add_text(struct strbuf *lines, const char *text)
{
    strbuf_add_char(lines, '\t');
    store_copy_text(lines, text);
}

static void
add_number(struct strbuf *lines, int64_t number)
{
    strbuf_printf(lines, "\t%" PRId64, number);
}

/* In the order of the columns of store_put_asides.sql. */
static void
add_item(struct strbuf *lines, const char *run_id, const struct store_aside *item, const char *now)
{
    strbuf_add_string(lines, run_id);
    add_number(lines, item->item_no);
    add_text(lines, item->state);
    add_text(lines, item->kind);
    add_text(lines, item->reason);
    add_text(lines, item->schema);
    add_text(lines, item->table);
    add_text(lines, item->name);
    add_number(lines, item->table_oid);
    add_number(lines, item->top);
    add_number(lines, item->depth);
    add_text(lines, item->tablespace);
    add_text(lines, item->description);
    add_text(lines, item->drop_sql);
    add_text(lines, item->build_sql);
    add_text(lines, item->shape_sql);
    add_text(lines, item->attach_sql);
    add_text(lines, item->finish_sql);
    add_text(lines, item->validate_sql);
    add_text(lines, item->may_be_violated ? "t" : "f");
    add_text(lines, item->is_alone ? "t" : "f");
    add_text(lines, item->violation);
    add_number(lines, item->weight);
    add_text(lines, item->catalog_row);
    add_text(lines, now);
    strbuf_add_char(lines, '\n');
}

static bool
find_numbers(struct db *db, const char *run_id, int *first, char **now, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    CLEANUP(db_result_free) struct db_result *time = NULL;
    if (!db_query(db, sql_query_store_next_aside, 1, &run_id, &result, err) ||
        !db_query(db, "SELECT pg_catalog.now()", 0, NULL, &time, err))
        return false;
    *first = (int)db_result_int64(result, 0, 0);
    *now = memory_strdup(db_result_text(time, 0, 0));
    return true;
}

bool
store_put_asides(struct db *db, const char *run_id, struct store_aside *items, size_t count,
                 struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf lines = STRBUF_INIT;
    CLEANUP(memory_free_string) char *now = NULL;
    int first;
    int64_t rows;

    if (count == 0)
        return true;
    if (!find_numbers(db, run_id, &first, &now, err))
        return error_context(err, "what is set aside for run %s", run_id);
    for (size_t i = 0; i < count; i++) {
        items[i].item_no = first + (int)i;
        items[i].top += first;
        add_item(&lines, run_id, &items[i], now);
    }
    return (db_copy_in_begin(db, sql_query_store_put_asides, err) &&
            db_copy_in_put(db, lines.data, lines.length, err) && db_copy_in_end(db, &rows, err)) ||
           error_context(err, "what is set aside for run %s", run_id);
}

/* In the order of the columns of store_load_asides.sql. */
static void
take_item(struct store_aside *item, const struct db_result *result, size_t row)
{
    *item = (struct store_aside){
        .item_no = (int)db_result_int64(result, row, 0),
        .state = store_take_text(result, row, 1),
        .kind = store_take_text(result, row, 2),
        .reason = store_take_text(result, row, 3),
        .schema = store_take_text(result, row, 4),
        .table = store_take_text(result, row, 5),
        .name = store_take_text(result, row, 6),
        .table_oid = (uint32_t)db_result_int64(result, row, 7),
        .top = (int)db_result_int64(result, row, 8),
        .depth = (int)db_result_int64(result, row, 9),
        .tablespace = store_take_text(result, row, 10),
        .description = store_take_text(result, row, 11),
        .drop_sql = store_take_text(result, row, 12),
        .build_sql = store_take_text(result, row, 13),
        .shape_sql = store_take_text(result, row, 14),
        .attach_sql = store_take_text(result, row, 15),
        .finish_sql = store_take_text(result, row, 16),
        .validate_sql = store_take_text(result, row, 17),
        .may_be_violated = db_result_bool(result, row, 18),
        .is_alone = db_result_bool(result, row, 19),
        .violation = store_take_text(result, row, 20),
        .weight = (int)db_result_int64(result, row, 21),
        .set_aside_at = store_take_text(result, row, 22),
        .back_at = store_take_text(result, row, 23),
    };
}

bool
store_load_asides(struct db *db, const char *run_id, struct store_aside **items, size_t *count,
                  struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    *items = NULL;
    *count = 0;
    if (!db_query(db, sql_query_store_load_asides, 1, &run_id, &result, err))
        return error_context(err, "what is set aside for run %s", run_id);
    *count = db_result_rows(result);
    *items = memory_realloc_array(NULL, *count, sizeof **items);
    for (size_t i = 0; i < *count; i++)
        take_item(&(*items)[i], result, i);
    return true;
}

void
store_aside_release(struct store_aside *item)
{
    char **const texts[] = {&item->state,       &item->kind,         &item->reason,
                            &item->schema,      &item->table,        &item->name,
                            &item->tablespace,  &item->description,  &item->drop_sql,
                            &item->build_sql,   &item->shape_sql,    &item->attach_sql,
                            &item->finish_sql,  &item->validate_sql, &item->violation,
                            &item->catalog_row, &item->set_aside_at, &item->back_at};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        memory_free_string(texts[i]);
    *item = (struct store_aside){.state = NULL};
}

void
store_asides_free(struct store_aside *items, size_t count)
{
    for (size_t i = 0; i < count; i++)
        store_aside_release(&items[i]);
    free(items);
}

bool
store_set_aside_state(struct db *db, const char *run_id, int item_no, const char *state,
                      struct error *err)
{
    int64_t changed = 0;
    const char *const values[] = {run_id, STORE_NUMBER(item_no), state};
    if (!db_command(db, sql_query_store_set_aside_state, 3, values, &changed, err))
        return error_context(err, "what is set aside for run %s", run_id);
    return changed == 1 ||
           error_set(err, EXIT_BUG, "run %s set nothing aside as number %d", run_id, item_no);
}
