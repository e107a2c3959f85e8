/*
 * The SELECT expression of one column: its text must be what the target would print for the stored
 * value.
 *
 * So that a row's digest can be compared with the target at any later time, casts are done by the
 * source, to the target's type. Length modifiers of strings are left out (an explicit cast to
 * varchar(3) cuts silently; the target raises), and char(n) is padded by hand. numeric and the time
 * types get their modifier, since the target would print 1.5 as 1.50.
 */
#include "internal.h"

#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

static bool
is_type(const struct catalog_type *type, const char *base)
{
    return strcmp(type->base_text_plain, base) == 0;
}

static bool
is_base_builtin(const struct catalog_type *type)
{
    return type->base_oid < 16384;
}

static bool
is_string(const struct catalog_type *type)
{
    return is_type(type, "text") || is_type(type, "character varying") || is_type(type, "bpchar") ||
           is_type(type, "name");
}

static bool
is_time(const struct catalog_type *type)
{
    return type->category == 'D' || type->category == 'T';
}

static bool
is_naive_time(const struct catalog_type *type)
{
    return is_type(type, "timestamp without time zone") || is_type(type, "date");
}

static bool
is_zoned_time(const struct catalog_type *type)
{
    return is_type(type, "timestamp with time zone");
}

/* Scale of a numeric modifier (PostgreSQL, numeric.c: 11 bits, signed since 15); precision in the
 * upper half. */
int
plan_numeric_scale(int32_t modifier)
{
    return (((modifier - 4) & 0x7ff) ^ 1024) - 1024;
}

static int
numeric_precision(int32_t modifier)
{
    return ((modifier - 4) >> 16) & 0xffff;
}

/* The type to cast to, with the modifiers that do not cut. */
char *
plan_cast_name(const struct catalog_type *type)
{
    if (is_type(type, "numeric") && type->modifier >= 4)
        return memory_printf("numeric(%d,%d)", numeric_precision(type->modifier),
                             plan_numeric_scale(type->modifier));
    if (is_time(type) && type->kind != 'd')
        return memory_strdup(type->text);
    return memory_strdup(type->base_text_plain);
}

static bool
is_narrower_string(const struct catalog_type *from, const struct catalog_type *to)
{
    return is_string(to) && to->modifier >= 0 &&
           (from->modifier < 0 || from->modifier > to->modifier);
}

static bool
can_fail(const struct catalog_type *from, const struct catalog_type *to)
{
    if (from->base_oid == to->base_oid || is_string(to))
        return false;
    if (is_string(from))
        return true;
    return (is_type(from, "bigint") && (is_type(to, "integer") || is_type(to, "smallint"))) ||
           (is_type(from, "integer") && is_type(to, "smallint")) ||
           (is_type(from, "json") && is_type(to, "jsonb"));
}

/* Composite values go by the position of their parts: what was the first name may become the last.
 */
static void
judge_structure(struct plan *plan, const struct plan_table *table, const struct plan_column *column)
{
    const struct catalog_type *from = &column->source->type, *to = &column->target->type;
    if (from->structure == NULL || to->structure == NULL ||
        strcmp(from->structure, to->structure) == 0)
        return;
    struct finding *finding =
        findings_add(&plan->findings, "E-TYPE-MISMATCH", table->label, column->target->name,
                     "%s to %s: the parts are (%s) in the source and (%s) in the target",
                     from->text, to->text, from->structure, to->structure);
    finding_set_hint(finding, "values go by position: give the types the same parts in the same "
                              "order, or build the value with \"sql\"");
}

/* What the pair of types would do to values, as findings; only for values that pass without a
 * look-up. What only the rows can tell becomes a condition over them. */
static void
judge_types(struct plan *plan, const struct plan_table *table, struct plan_column *column,
            const char *base, const char *zone)
{
    const struct catalog_type *from = &column->source->type, *to = &column->target->type;
    bool allowed = column->spec != NULL && column->spec->allow_narrowing != NULL;
    const char *loss = plan_sure_loss(from, to);
    struct strbuf condition = STRBUF_INIT;

    judge_structure(plan, table, column);
    if (!allowed && loss == NULL && plan_add_loss(&condition, base, from, to, zone))
        column->loss = strbuf_take(&condition);
    strbuf_release(&condition);

    if (loss != NULL && !allowed) {
        struct finding *finding =
            findings_add(&plan->findings, "E-NARROWING", table->label, column->target->name,
                         "%s to %s: %s", from->text, to->text, loss);
        finding_set_hint(finding,
                         "widen the target column, or say \"allow_narrowing\": \"reason\"");
    } else if (is_narrower_string(from, to) && !allowed) {
        findings_add(&plan->findings, "W-NARROWING", table->label, column->target->name,
                     "%s to %s: the target refuses values that are longer", from->text, to->text);
    } else if (can_fail(from, to)) {
        findings_add(&plan->findings, "W-CAST-CAN-FAIL", table->label, column->target->name,
                     "%s to %s: not every value can be cast", from->text, to->text);
    }
}

/* Appends `base` cast from one type to the other. `from` is NULL when nothing is known about it (an
 * expression). */
static void
add_cast(struct strbuf *sql, const char *base, const struct catalog_type *from,
         const struct catalog_type *to, const char *zone)
{
    CLEANUP(memory_free_string) char *name = plan_cast_name(to);
    if (!is_base_builtin(to)) {
        strbuf_printf(sql, "(%s)::text", base);
    } else if (is_type(to, "bpchar") && to->modifier >= 4) {
        int length = to->modifier - 4;
        strbuf_printf(sql,
                      "CASE WHEN pg_catalog.length((%s)::text) < %d THEN "
                      "pg_catalog.rpad((%s)::text, %d) ELSE (%s)::text END",
                      base, length, base, length, base);
    } else if (from != NULL && is_naive_time(from) && is_zoned_time(to)) {
        strbuf_printf(sql, "((%s)::timestamp AT TIME ZONE ", base);
        db_quote_literal(sql, zone);
        strbuf_printf(sql, ")::%s", name);
    } else if (from != NULL && is_zoned_time(from) && is_naive_time(to)) {
        strbuf_printf(sql, "((%s) AT TIME ZONE ", base);
        db_quote_literal(sql, zone);
        strbuf_printf(sql, ")::%s", name);
    } else if (from != NULL && is_base_builtin(from) && from->base_oid == to->base_oid &&
               (from->modifier == to->modifier || to->modifier < 0)) {
        strbuf_add_string(sql, base);
    } else if (from != NULL && !is_base_builtin(from) && !is_string(to)) {
        strbuf_printf(sql, "(%s)::text::%s", base, name);
    } else {
        strbuf_printf(sql, "(%s)::%s", base, name);
    }
}

static void
add_constant(struct strbuf *sql, const struct mapping_column *spec, const struct catalog_type *to)
{
    if (spec->value == NULL) {
        strbuf_add_string(sql, "NULL::text");
        return;
    }
    struct strbuf literal = STRBUF_INIT;
    db_quote_literal(&literal, spec->value);
    /* Through text, so that the cast to the target's type sees a value and not an untyped constant.
     */
    strbuf_printf(&literal, "::text");
    add_cast(sql, literal.data, NULL, to, "UTC");
    strbuf_release(&literal);
}

/* Whether the program changes the text itself, so that the source must give the value before any
 * cast to an ID's type. */
static bool
is_looked_up(const struct mapping_column *spec)
{
    return spec != NULL && (spec->resolve_count > 0 || spec->value_count > 0);
}

void
plan_select_expression(struct plan *plan, const struct plan_table *table,
                       struct plan_column *column)
{
    const struct mapping_column *spec = column->spec;
    const struct catalog_type *to = &column->target->type;
    const char *zone = table->spec->timezone ? table->spec->timezone : plan->mapping->timezone;
    struct strbuf sql = STRBUF_INIT, base = STRBUF_INIT;

    if (column->source != NULL) {
        strbuf_add_string(&base, "t.");
        db_quote_identifier(&base, column->source->name);
    } else if (spec->origin == MAPPING_SQL) {
        strbuf_printf(&base, "(%s\n)", spec->sql);
    }

    if (spec != NULL && spec->origin == MAPPING_VALUE) {
        add_constant(&sql, spec, to);
    } else if (spec != NULL && spec->origin == MAPPING_UUID) {
        strbuf_add_string(&sql, "NULL::text");
    } else if (is_looked_up(spec)) {
        strbuf_printf(&sql, "(%s)::text", base.data);
    } else {
        if (column->source != NULL)
            judge_types(plan, table, column, base.data, zone ? zone : "UTC");
        add_cast(&sql, base.data, column->source ? &column->source->type : NULL, to,
                 zone ? zone : "UTC");
    }
    strbuf_release(&base);
    column->select = strbuf_take(&sql);
}
