/*
 * The target's rules as statements over the staged rows: NOT NULL, CHECK, partitions, foreign keys,
 * unique keys and exclusion constraints.
 *
 * A statement finds what the server would refuse, or it fails and finds nothing (an expression over
 * a column that only the server fills, an operator in no search path): what is left is refused by
 * the server itself.
 */
#include "refused.h"

#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

static bool
mentions(const char *const *texts, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (texts[i] != NULL && strstr(texts[i], name) != NULL)
            return true;
    return false;
}

static int
find_fed(const struct plan_table *table, const struct catalog_column *column)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (table->columns[i].target == column)
            return (int)i;
    return -1;
}

/* A default that is a constant; one that calls something may give another value next time. */
static bool
is_constant(const char *expression)
{
    return strchr(expression, '(') == NULL;
}

static void
add_unfed(struct strbuf *sql, const struct catalog_column *column)
{
    if (column->generated != 0 && column->default_sql == NULL)
        return;
    if (column->generated == 0 && column->default_sql != NULL && !is_constant(column->default_sql))
        return;
    if (column->generated == 0 && column->has_default && column->default_sql == NULL)
        return;
    strbuf_printf(sql, ", CAST((%s) AS %s) AS ",
                  column->default_sql != NULL ? column->default_sql : "NULL",
                  column->type.text_plain);
    db_quote_identifier(sql, column->name);
}

void
sift_add_rows(struct strbuf *sql, const struct plan_table *table, const char *const *texts,
              size_t text_count)
{
    strbuf_add_string(sql, "(SELECT s.idmigrate_place, s.idmigrate_line");
    for (size_t i = 0; i < table->column_count; i++) {
        strbuf_add_string(sql, ", s.");
        db_quote_identifier(sql, table->columns[i].target->name);
    }
    for (size_t i = 0; i < table->target->column_count; i++) {
        const struct catalog_column *column = &table->target->columns[i];
        if (find_fed(table, column) < 0 && mentions(texts, text_count, column->name))
            add_unfed(sql, column);
    }
    strbuf_add_string(sql, " FROM pg_temp.idmigrate_sifted AS s) AS ");
    db_quote_identifier(sql, table->target->name);
}

static void
begin_delete(struct strbuf *sql)
{
    strbuf_add_string(sql, "DELETE FROM pg_temp.idmigrate_sifted AS d WHERE d.idmigrate_place IN "
                           "(SELECT idmigrate_place FROM ");
}

static void
end_delete(struct strbuf *sql)
{
    strbuf_add_string(sql, ") RETURNING d.idmigrate_line");
}

static void
add_rule(struct sift_rules *rules, struct strbuf *sql, struct db_place place, bool repeats)
{
    *ARRAY_ADD(rules->items, rules->count, rules->capacity) =
        (struct sift_rule){.sql = strbuf_take(sql), .place = place, .repeats = repeats};
}

static void
add_not_null(struct sift_rules *rules, const struct plan_table *table)
{
    for (size_t i = 0; i < table->column_count; i++) {
        struct strbuf sql = STRBUF_INIT;
        const struct catalog_column *column = table->columns[i].target;
        if (!column->not_null)
            continue;
        /* IS NULL would take a composite value of NULLs for NULL. */
        strbuf_add_string(&sql, "DELETE FROM pg_temp.idmigrate_sifted AS d WHERE d.");
        db_quote_identifier(&sql, column->name);
        strbuf_add_string(&sql, " IS NOT DISTINCT FROM NULL RETURNING d.idmigrate_line");
        add_rule(rules, &sql, refused_place("23502", NULL, column->name), false);
    }
}

static void
add_condition(struct sift_rules *rules, const struct plan_table *table, const char *condition,
              const char *test, const char *constraint)
{
    struct strbuf sql = STRBUF_INIT;
    begin_delete(&sql);
    sift_add_rows(&sql, table, &condition, 1);
    strbuf_printf(&sql, " WHERE (%s) %s", condition, test);
    end_delete(&sql);
    add_rule(rules, &sql, refused_place("23514", constraint, NULL), false);
}

/* "CHECK ((a > 0)) NOT VALID" -> "((a > 0))" */
static void
add_checks(struct sift_rules *rules, const struct plan_table *table)
{
    for (size_t i = 0; i < table->target->check_count; i++) {
        const struct catalog_check *check = &table->target->checks[i];
        const char *open = strchr(check->definition, '(');
        const char *close = strrchr(check->definition, ')');
        if (open == NULL || close == NULL || close < open)
            continue;
        CLEANUP(memory_free_string)
        char *condition = memory_strndup(open, (size_t)(close - open) + 1);
        add_condition(rules, table, condition, "IS FALSE", check->name);
    }
}

/* ---- foreign keys ---- */

static bool
is_same_table(const struct catalog_foreign_key *key, const struct catalog_table *table)
{
    return strcmp(key->other_table, table->name) == 0 &&
           strcmp(key->other_schema, table->schema) == 0;
}

/* Whether a table of the same step, other than this one, is referred to: its rows may be still to
 * come. */
static bool
is_of_step(const struct plan *plan, const struct plan_table *table,
           const struct catalog_foreign_key *key)
{
    for (size_t i = 0; i < plan->table_count; i++)
        if (plan->tables[i].step == table->step && plan->tables[i].target != table->target &&
            is_same_table(key, plan->tables[i].target))
            return true;
    return false;
}

static void
add_column(struct strbuf *sql, const struct plan_table *table,
           const struct catalog_foreign_key *key, size_t i)
{
    db_quote_identifier(sql, table->target->name);
    strbuf_add_char(sql, '.');
    db_quote_identifier(sql, table->target->columns[key->columns[i]].name);
}

static void
add_no_parent(struct strbuf *sql, const struct plan_table *table,
              const struct catalog_foreign_key *key, const char *parents)
{
    strbuf_printf(sql, " AND NOT EXISTS (SELECT FROM %s AS idmigrate_parent WHERE ", parents);
    for (size_t i = 0; i < key->column_count; i++) {
        strbuf_add_string(sql, i > 0 ? " AND idmigrate_parent." : "idmigrate_parent.");
        db_quote_identifier(sql, key->other_columns[i]);
        plan_sql_equals(sql, &table->target->columns[key->columns[i]].type);
        add_column(sql, table, key, i);
    }
    strbuf_add_char(sql, ')');
}

static void
add_orphan_condition(struct strbuf *sql, const struct plan_table *table,
                     const struct catalog_foreign_key *key, bool refers_to_itself)
{
    struct strbuf parents = STRBUF_INIT;
    strbuf_add_string(sql, " WHERE (");
    for (size_t i = 0; i < key->column_count; i++) {
        strbuf_add_string(sql, i > 0 ? " AND " : "");
        add_column(sql, table, key, i);
        strbuf_add_string(sql, " IS NOT NULL");
    }
    db_quote_name(&parents, key->other_schema, key->other_table);
    add_no_parent(sql, table, key, parents.data);
    if (refers_to_itself)
        add_no_parent(sql, table, key, "pg_temp.idmigrate_sifted");
    strbuf_release(&parents);
    strbuf_add_char(sql, ')');
    if (!key->is_match_full || key->column_count < 2)
        return;
    strbuf_add_string(sql, " OR pg_catalog.num_nulls(");
    for (size_t i = 0; i < key->column_count; i++) {
        strbuf_add_string(sql, i > 0 ? ", " : "");
        add_column(sql, table, key, i);
    }
    strbuf_printf(sql, ") BETWEEN 1 AND %zu", key->column_count - 1);
}

static void
add_foreign_keys(struct sift_rules *rules, const struct sift_rules_request *request)
{
    const struct plan_table *table = request->table;
    for (size_t i = 0; i < table->target->foreign_key_count; i++) {
        const struct catalog_foreign_key *key = &table->target->foreign_keys[i];
        const char **names = memory_alloc((key->column_count + 1) * sizeof *names);
        bool refers_to_itself = is_same_table(key, table->target);
        struct strbuf sql = STRBUF_INIT;
        for (size_t c = 0; c < key->column_count; c++)
            names[c] = table->target->columns[key->columns[c]].name;
        begin_delete(&sql);
        sift_add_rows(&sql, table, names, key->column_count);
        add_orphan_condition(&sql, table, key, refers_to_itself);
        end_delete(&sql);
        if (request->learns && is_of_step(request->plan, table, key))
            strbuf_release(&sql);
        else
            add_rule(rules, &sql, refused_place("23503", key->name, NULL), refers_to_itself);
        free(names);
    }
}

/* ---- unique keys ---- */

static const struct catalog_type *
key_type(const struct plan_table *table, const struct catalog_index *index, size_t k)
{
    static const struct catalog_type unknown = {.is_builtin = true};
    return index->columns[k] >= 0 ? &table->target->columns[index->columns[k]].type : &unknown;
}

static void
add_keyed_rows(struct strbuf *sql, const struct plan_table *table,
               const struct catalog_index *index)
{
    const char **texts = memory_alloc((index->key_count + 1) * sizeof *texts);
    for (size_t k = 0; k < index->key_count; k++)
        texts[k] = index->keys[k];
    texts[index->key_count] = index->predicate;
    strbuf_add_string(sql, "(SELECT idmigrate_place");
    for (size_t k = 0; k < index->key_count; k++)
        strbuf_printf(sql, ", (%s) AS idmigrate_k%zu", index->keys[k], k);
    strbuf_add_string(sql, " FROM ");
    sift_add_rows(sql, table, texts, index->key_count + 1);
    strbuf_printf(sql, " WHERE (%s)", index->predicate != NULL ? index->predicate : "true");
    for (size_t k = 0; k < index->key_count && !index->nulls_not_distinct; k++)
        strbuf_printf(sql, " AND (%s) IS NOT NULL", index->keys[k]);
    strbuf_add_string(sql, ") AS idmigrate_keys");
    free(texts);
}

void
sift_sql_unique_there(struct strbuf *sql, const struct plan_table *table,
                      const struct catalog_index *index)
{
    begin_delete(sql);
    add_keyed_rows(sql, table, index);
    strbuf_add_string(sql, " WHERE EXISTS (SELECT FROM ");
    plan_sql_target_name(sql, table);
    strbuf_add_string(sql, " AS ");
    db_quote_identifier(sql, table->target->name);
    strbuf_printf(sql, " WHERE (%s)", index->predicate != NULL ? index->predicate : "true");
    for (size_t k = 0; k < index->key_count; k++) {
        strbuf_printf(sql, " AND ((%s)", index->keys[k]);
        plan_sql_equals(sql, key_type(table, index, k));
        strbuf_printf(sql, "idmigrate_k%zu", k);
        if (index->nulls_not_distinct)
            strbuf_printf(sql, " OR (%s) IS NULL AND idmigrate_k%zu IS NULL", index->keys[k], k);
        strbuf_add_char(sql, ')');
    }
    strbuf_add_char(sql, ')');
    end_delete(sql);
}

/* Grouping compares as the type's own index does, whatever schema its operators are in. */
void
sift_sql_unique_groups(struct strbuf *sql, const struct plan_table *table,
                       const struct catalog_index *index)
{
    struct strbuf list = STRBUF_INIT;
    for (size_t k = 0; k < index->key_count; k++)
        strbuf_printf(&list, "%sidmigrate_k%zu", k > 0 ? ", " : "", k);
    strbuf_printf(sql,
                  "COPY (SELECT idmigrate_group, idmigrate_place FROM (SELECT idmigrate_place, "
                  "pg_catalog.dense_rank() OVER (ORDER BY %s) AS idmigrate_group, "
                  "pg_catalog.count(*) OVER (PARTITION BY %s) AS idmigrate_rows FROM ",
                  list.data, list.data);
    add_keyed_rows(sql, table, index);
    strbuf_add_string(sql, ") AS grouped WHERE idmigrate_rows > 1) TO STDOUT");
    strbuf_release(&list);
}

static void
add_unique(struct sift_rules *rules, const struct plan_table *table)
{
    for (size_t i = 0; i < table->target->index_count; i++) {
        const struct catalog_index *index = &table->target->indexes[i];
        struct strbuf sql = STRBUF_INIT;
        if (!index->is_unique)
            continue;
        sift_sql_unique_there(&sql, table, index);
        add_rule(rules, &sql, refused_place("23505", index->name, NULL), false);
    }
}

bool
sift_sql_exclusion(struct sift_exclusion *sql, const struct plan_table *table,
                   const struct catalog_index *index, const char *const *operators)
{
    const char *method = strstr(index->definition, " USING ");
    if (method == NULL)
        return false;
    strbuf_add_string(&sql->keys,
                      "DROP TABLE IF EXISTS pg_temp.idmigrate_excluded; CREATE TEMPORARY TABLE "
                      "idmigrate_excluded ON COMMIT DROP AS SELECT * FROM ");
    add_keyed_rows(&sql->keys, table, index);
    strbuf_printf(&sql->keys, "; CREATE INDEX ON pg_temp.idmigrate_excluded USING %.*s (",
                  (int)strcspn(method + 7, " "), method + 7);
    for (size_t k = 0; k < index->key_count; k++)
        strbuf_printf(&sql->keys, "%sidmigrate_k%zu", k > 0 ? ", " : "", k);
    strbuf_add_string(&sql->keys, "); ANALYZE pg_temp.idmigrate_excluded");

    begin_delete(&sql->there);
    strbuf_add_string(&sql->there, "pg_temp.idmigrate_excluded AS idmigrate_keys WHERE EXISTS "
                                   "(SELECT FROM ");
    plan_sql_target_name(&sql->there, table);
    strbuf_add_string(&sql->there, " AS ");
    db_quote_identifier(&sql->there, table->target->name);
    strbuf_printf(&sql->there, " WHERE (%s)", index->predicate != NULL ? index->predicate : "true");
    strbuf_add_string(&sql->pairs, "COPY (SELECT a.idmigrate_place, b.idmigrate_place FROM "
                                   "pg_temp.idmigrate_excluded AS a JOIN "
                                   "pg_temp.idmigrate_excluded AS b ON b.idmigrate_place < "
                                   "a.idmigrate_place");
    for (size_t k = 0; k < index->key_count; k++) {
        strbuf_printf(&sql->there, " AND (%s) %s idmigrate_k%zu", index->keys[k], operators[k], k);
        strbuf_printf(&sql->pairs, " AND a.idmigrate_k%zu %s b.idmigrate_k%zu", k, operators[k], k);
    }
    strbuf_add_char(&sql->there, ')');
    end_delete(&sql->there);
    /* What meets everything would be a table of its own size squared: the server finds the rest. */
    strbuf_add_string(&sql->pairs, " LIMIT 200000) TO STDOUT");
    return true;
}

/* ---- all of them ---- */

void
sift_rules_make(struct sift_rules *rules, const struct sift_rules_request *request)
{
    add_not_null(rules, request->table);
    add_checks(rules, request->table);
    if (request->partitions != NULL)
        add_condition(rules, request->table, request->partitions, "IS NOT TRUE", NULL);
    add_foreign_keys(rules, request);
    add_unique(rules, request->table);
}

void
sift_rules_release(struct sift_rules *rules)
{
    for (size_t i = 0; i < rules->count; i++)
        free(rules->items[i].sql);
    free(rules->items);
    *rules = (struct sift_rules){.items = NULL};
}
