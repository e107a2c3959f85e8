/* Foreign keys of a table that was written, and references that only the mapping knows: no row
 * without its parent, whether the constraint was validated or not. */
#include "work.h"

#include "idmigrate/memory.h"

#include <inttypes.h>

static void
add_columns_equal(struct strbuf *sql, const struct plan_table *table,
                  const struct catalog_foreign_key *key)
{
    for (size_t i = 0; i < key->column_count; i++) {
        strbuf_add_string(sql, i > 0 ? " AND p." : "p.");
        db_quote_identifier(sql, key->other_columns[i]);
        plan_sql_equals(sql, &table->target->columns[key->columns[i]].type);
        strbuf_add_string(sql, "c.");
        db_quote_identifier(sql, table->target->columns[key->columns[i]].name);
    }
}

/* MATCH SIMPLE: a row with a NULL in the key refers to nothing. As a condition, and not as a filter
 * of the count, it is an anti-join, which costs a tenth. */
static void
make_query(struct strbuf *sql, const struct plan_table *table,
           const struct catalog_foreign_key *key)
{
    strbuf_add_string(sql, "SELECT pg_catalog.count(*) FROM ");
    plan_sql_target_name(sql, table);
    strbuf_add_string(sql, " AS c WHERE NOT EXISTS (SELECT FROM ");
    db_quote_name(sql, key->other_schema, key->other_table);
    strbuf_add_string(sql, " AS p WHERE ");
    add_columns_equal(sql, table, key);
    strbuf_add_string(sql, ")");
    for (size_t i = 0; i < key->column_count; i++) {
        strbuf_add_string(sql, " AND c.");
        db_quote_identifier(sql, table->target->columns[key->columns[i]].name);
        strbuf_add_string(sql, " IS NOT NULL");
    }
}

static bool
check_key(struct verify *v, const struct plan_table *table, const struct catalog_foreign_key *key,
          const struct mapping_reference *logical, struct check *check, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    CLEANUP(db_result_free) struct db_result *result = NULL;
    struct error problem = ERROR_INIT;
    make_query(&sql, table, key);
    if (!copy_query(v->in->target, sql.data, 0, NULL, &result, &problem)) {
        check_give_up(check, "%s: %s", key->name, problem.text);
        return copy_error_is_local(&problem) || (*err = problem, false);
    }
    int64_t orphans = db_result_int64(result, 0, 0);
    check->looked_at += 1;
    if (orphans == 0)
        return true;
    if (logical != NULL && logical->dangling != NULL) {
        check_note(check, "%s: %" PRId64 " rows without one, as the mapping allows", key->name,
                   orphans);
        return true;
    }
    CLEANUP(memory_free_string)
    char *found = memory_printf("%" PRId64 " rows without one", orphans);
    CLEANUP(memory_free_string)
    char *expected =
        memory_printf("a row of %s for every row that refers to one", key->other_table);
    check_difference_text(check, SPAN_NULL, key->name, expected, found);
    check->found += orphans - 1;
    return true;
}

bool
foreign_keys_check(struct verify *v, const struct plan_table *table, struct error *err)
{
    struct check check;
    const struct mapping_reference *logical;
    int64_t not_validated = 0;
    bool good = true;
    check_init(&check, "foreign_keys", table, v->in->difference_limit);
    check.is_used = plan_refers_count(table) > 0;
    for (size_t i = 0; good && i < plan_refers_count(table); i++) {
        const struct catalog_foreign_key *key = plan_refers_at(table, i, &logical);
        good = check_key(v, table, key, logical, &check, err);
        not_validated += !key->is_validated;
    }
    check_note(&check, "%zu foreign keys", table->target->foreign_key_count);
    if (table->logical_count > 0)
        check_note(&check, "%zu references that the mapping names", table->logical_count);
    if (not_validated > 0)
        check_note(&check, "%" PRId64 " of them were NOT VALID before the run", not_validated);
    check_finish(&check, &v->checks);
    return good;
}
