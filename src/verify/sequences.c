/* Sequences of written columns: the next number must be past the highest one in the column. */
#include "work.h"

#include "idmigrate/memory.h"

#include <inttypes.h>

/* The catalogue gives the sequence as a quoted name already. */
static void
make_query(struct strbuf *sql, const struct plan_table *table, const struct plan_column *column)
{
    strbuf_add_string(
        sql,
        "SELECT s.last_value + CASE WHEN s.is_called THEN q.seqincrement ELSE 0 END, m.highest,"
        " m.lowest, q.seqincrement > 0, m.highest >= s.last_value + CASE WHEN s.is_called THEN"
        " q.seqincrement ELSE 0 END, m.lowest <= s.last_value + CASE WHEN s.is_called THEN"
        " q.seqincrement ELSE 0 END FROM ");
    strbuf_add_string(sql, column->target->sequence);
    strbuf_add_string(sql, " AS s, pg_catalog.pg_sequence AS q, (SELECT pg_catalog.max(");
    db_quote_identifier(sql, column->target->name);
    strbuf_add_string(sql, ") AS highest, pg_catalog.min(");
    db_quote_identifier(sql, column->target->name);
    strbuf_add_string(sql, ") AS lowest FROM ");
    plan_sql_target_name(sql, table);
    strbuf_add_string(sql, ") AS m WHERE q.seqrelid = ");
    db_quote_literal(sql, column->target->sequence);
    strbuf_add_string(sql, "::pg_catalog.regclass");
}

static bool
is_counted(const struct plan_column *column)
{
    return column->target->sequence != NULL && column->target->type.category == 'N' &&
           column->resolve_count == 0;
}

static bool
check_column(struct verify *v, const struct plan_table *table, const struct plan_column *column,
             struct check *check, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    CLEANUP(db_result_free) struct db_result *result = NULL;
    struct error problem = ERROR_INIT;
    make_query(&sql, table, column);
    if (!copy_query(v->in->target, sql.data, 0, NULL, &result, &problem)) {
        check_give_up(check, "%s: %s", column->target->name, problem.text);
        return copy_error_is_local(&problem) || (*err = problem, false);
    }
    if (db_result_rows(result) == 0) {
        check_give_up(check, "%s: there is no sequence %s", column->target->name,
                      column->target->sequence);
        return true;
    }
    check->looked_at++;
    bool rises = db_result_bool(result, 0, 3);
    if (!db_result_bool(result, 0, rises ? 4 : 5))
        return true;
    const char *bound = db_result_text(result, 0, rises ? 1 : 2);
    CLEANUP(memory_free_string) char *expected = memory_printf("the next number is past %s", bound);
    check_difference_text(check, span_of(column->target->sequence), column->target->name, expected,
                          db_result_text(result, 0, 0));
    return true;
}

bool
sequences_check(struct verify *v, const struct plan_table *table, struct error *err)
{
    struct check check;
    bool good = true;
    check_init(&check, "sequences", table, v->in->difference_limit);
    check.is_used = false;
    for (size_t i = 0; good && i < table->column_count; i++)
        if (is_counted(&table->columns[i])) {
            check.is_used = true;
            good = check_column(v, table, &table->columns[i], &check, err);
        }
    check_note(&check, "%" PRId64 " sequences", check.looked_at);
    check_finish(&check, &v->checks);
    return good;
}
