/* Statements built from a plan. Identifiers are quoted here and nowhere else. */
#include "internal.h"

#include <inttypes.h>
#include <string.h>

void
plan_sql_source_name(struct strbuf *sql, const struct plan_table *table)
{
    db_quote_name(sql, table->source->schema, table->source->name);
}

void
plan_sql_target_name(struct strbuf *sql, const struct plan_table *table)
{
    db_quote_name(sql, table->target->schema, table->target->name);
}

/* Whether a cast to text gives something else than COPY does: char(n) without its blanks, true and
 * false in full, an address with its mask. */
static bool
is_cast_otherwise(const struct catalog_type *type)
{
    static const char *const types[] = {"bpchar", "boolean", "inet"};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (strcmp(type->base_text_plain, types[i]) == 0)
            return true;
    return false;
}

static void
add_printed(struct strbuf *sql, const struct catalog_column *column, const char *alias)
{
    bool is_otherwise = is_cast_otherwise(&column->type);
    strbuf_printf(sql, "%s%s.", is_otherwise ? "pg_catalog.format('%s', " : "", alias);
    db_quote_identifier(sql, column->name);
    strbuf_add_string(sql, is_otherwise ? ")" : "::text");
}

void
plan_sql_key_text(struct strbuf *sql, const struct catalog_column *const *columns, size_t count,
                  const char *alias)
{
    bool single = count == 1;
    strbuf_add_string(sql, single ? "" : "pg_catalog.jsonb_build_array(");
    for (size_t i = 0; i < count; i++) {
        strbuf_add_string(sql, i > 0 ? ", " : "");
        add_printed(sql, columns[i], alias);
    }
    strbuf_add_string(sql, single ? "" : ")::text");
}

void
plan_sql_target_columns(struct strbuf *sql, const struct plan_table *table)
{
    for (size_t i = 0; i < table->column_count; i++) {
        strbuf_add_string(sql, i > 0 ? ", " : "");
        db_quote_identifier(sql, table->columns[i].target->name);
    }
}

static void
add_text_of(struct strbuf *sql, const char *column)
{
    strbuf_add_string(sql, "t.");
    db_quote_identifier(sql, column);
    strbuf_add_string(sql, "::text");
}

void
plan_sql_codec(struct strbuf *sql, const struct plan_table *table)
{
    if (table->codec == PLAN_CODEC_BINARY)
        strbuf_add_string(sql, " (FORMAT binary)");
}

/* All fields of a source row, in the order of struct plan_table. */
static void
add_fields(struct strbuf *sql, const struct plan_table *table)
{
    for (size_t i = 0; i < table->column_count; i++) {
        strbuf_add_string(sql, i > 0 ? ", " : "");
        strbuf_add_string(sql, table->columns[i].select);
    }
    for (size_t i = 0; i < table->source_key_count; i++) {
        strbuf_add_string(sql, ", ");
        add_text_of(sql, table->source_key_names[i]);
    }
    for (size_t i = 0; i < table->column_count; i++) {
        if (table->columns[i].from_field < 0)
            continue;
        strbuf_add_string(sql, ", ");
        add_text_of(sql, table->columns[i].source->name);
    }
    if (table->winner_field >= 0) {
        strbuf_add_string(sql, ", ");
        add_text_of(sql, table->spec->winner_by);
    }
}

static void
add_where(struct strbuf *sql, const struct plan_table *table, bool first)
{
    if (table->spec->where != NULL)
        /* The newline ends a comment inside the condition. */
        strbuf_printf(sql, "%s (%s\n)", first ? " WHERE" : " AND", table->spec->where);
}

bool
plan_reads_leaves(const struct plan_table *table)
{
    const struct catalog_table *source = table->source;
    bool reads = source->kind != 'v' && source->kind != 'f';
    for (size_t i = 0; i < source->leaf_count; i++)
        reads = reads && source->leaves[i].can_select;
    return reads;
}

/* The columns of the table itself: an inheriting one may have more, in another order. */
static void
add_all_of(struct strbuf *sql, const struct plan_table *table, const struct catalog_leaf *leaf)
{
    strbuf_add_string(sql, "SELECT ");
    for (size_t i = 0; i < table->source->column_count; i++) {
        strbuf_add_string(sql, i > 0 ? ", " : "");
        db_quote_identifier(sql, table->source->columns[i].name);
    }
    strbuf_add_string(sql, " FROM ONLY ");
    db_quote_name(sql, leaf->schema, leaf->name);
}

/*
 * The whole table: an ordinary one is read leaf by leaf, because a table that inherits from it and
 * is mapped on its own does not belong to it.
 */
static void
add_from_whole(struct strbuf *sql, const struct plan_table *table)
{
    const struct catalog_table *source = table->source;
    strbuf_add_string(sql, " FROM ");
    if (source->kind != 'r') {
        plan_sql_source_name(sql, table);
    } else if (source->leaf_count <= 1) {
        strbuf_add_string(sql, "ONLY ");
        plan_sql_source_name(sql, table);
    } else {
        for (size_t i = 0; i < source->leaf_count; i++) {
            strbuf_add_string(sql, i > 0 ? " UNION ALL " : "(");
            add_all_of(sql, table, &source->leaves[i]);
        }
        strbuf_add_char(sql, ')');
    }
    strbuf_add_string(sql, " AS t");
}

/* Types whose own order is the same whatever the collation and the settings of the server. */
static bool
has_order(const struct catalog_type *type)
{
    static const char *const types[] = {"smallint",
                                        "integer",
                                        "bigint",
                                        "numeric",
                                        "uuid",
                                        "date",
                                        "timestamp without time zone",
                                        "timestamp with time zone"};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (strcmp(type->base_text_plain, types[i]) == 0)
            return true;
    return false;
}

void
plan_sql_key(struct strbuf *sql, const struct catalog_column *column)
{
    if (has_order(&column->type)) {
        strbuf_add_string(sql, "t.");
        db_quote_identifier(sql, column->name);
    } else {
        add_text_of(sql, column->name);
        strbuf_add_string(sql, " COLLATE \"C\"");
    }
}

static void
add_key_limit(struct strbuf *sql, const struct catalog_column *column, const char *operator,
              const char * limit)
{
    plan_sql_key(sql, column);
    strbuf_printf(sql, " %s ", operator);
    db_quote_literal(sql, limit);
    strbuf_printf(sql, "::%s", has_order(&column->type) ? column->type.base_text_plain : "text");
}

static void
add_key_range(struct strbuf *sql, const struct plan_range *range)
{
    if (range->first_key != NULL)
        add_key_limit(sql, range->key, ">=", range->first_key);
    if (range->first_key != NULL && range->end_key != NULL)
        strbuf_add_string(sql, " AND ");
    if (range->end_key != NULL)
        add_key_limit(sql, range->key, "<", range->end_key);
    if (range->first_key == NULL && range->end_key == NULL) {
        plan_sql_key(sql, range->key);
        strbuf_add_string(sql, " IS NULL");
    }
}

/* FROM ... WHERE ... of a part of the table. */
static void
add_from_range(struct strbuf *sql, const struct plan_table *table, const struct plan_range *range)
{
    const struct catalog_leaf *leaf = range != NULL ? range->leaf : NULL;
    bool has_blocks = leaf != NULL && (leaf->kind == 'r' || leaf->kind == 'm');
    bool has_keys = range != NULL && range->key != NULL;

    if (leaf != NULL) {
        strbuf_add_string(sql, " FROM ONLY ");
        db_quote_name(sql, leaf->schema, leaf->name);
        strbuf_add_string(sql, " AS t");
    } else {
        add_from_whole(sql, table);
    }
    if (has_keys) {
        strbuf_add_string(sql, " WHERE ");
        add_key_range(sql, range);
    } else if (has_blocks) {
        strbuf_printf(sql, " WHERE t.ctid >= '(%" PRId64 ",0)'::tid", range->first_block);
        if (range->end_block >= 0)
            strbuf_printf(sql, " AND t.ctid < '(%" PRId64 ",0)'::tid", range->end_block);
    }
    add_where(sql, table, !has_keys && !has_blocks);
    if (range != NULL && range->condition != NULL)
        strbuf_printf(sql, "%s %s",
                      has_keys || has_blocks || table->spec->where != NULL ? " AND" : " WHERE",
                      range->condition);
}

void
plan_sql_copy_out(struct strbuf *sql, const struct plan_table *table,
                  const struct plan_range *range)
{
    strbuf_add_string(sql, "COPY (SELECT ");
    add_fields(sql, table);
    add_from_range(sql, table, range);
    strbuf_add_string(sql, ") TO STDOUT");
    plan_sql_codec(sql, table);
}

void
plan_sql_select_range(struct strbuf *sql, const struct plan_table *table,
                      const struct plan_range *range, const char *expressions)
{
    strbuf_printf(sql, "SELECT %s", expressions);
    add_from_range(sql, table, range);
}

void
plan_sql_select_source(struct strbuf *sql, const struct plan_table *table, const char *expressions)
{
    plan_sql_select_range(sql, table, NULL, expressions);
}

void
plan_sql_copy_in(struct strbuf *sql, const struct plan_table *table)
{
    strbuf_add_string(sql, "COPY ");
    plan_sql_target_name(sql, table);
    strbuf_add_string(sql, " (");
    plan_sql_target_columns(sql, table);
    strbuf_add_string(sql, ") FROM STDIN");
    plan_sql_codec(sql, table);
}

void
plan_sql_copy_target(struct strbuf *sql, const struct plan_table *table)
{
    strbuf_add_string(sql, "COPY (SELECT ");
    plan_sql_target_columns(sql, table);
    strbuf_add_string(sql, " FROM ");
    plan_sql_target_name(sql, table);
    strbuf_add_string(sql, ") TO STDOUT");
    plan_sql_codec(sql, table);
}

void
plan_sql_equals(struct strbuf *sql, const struct catalog_type *type)
{
    strbuf_printf(sql, " %s ", type->equals != NULL ? type->equals : "=");
}
