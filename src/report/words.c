/* A plan in words. */
#include "words.h"

#include <string.h>

const char *
report_words_how(const struct plan_column *column)
{
    const struct mapping_column *spec = column->spec;
    if (spec == NULL)
        return "copied";
    if (spec->resolve_count > 0)
        return "resolved";
    if (spec->rewrite != MAPPING_REWRITE_NONE)
        return "rewritten";
    if (spec->value_count > 0)
        return "values";
    static const char *const origins[] = {[MAPPING_FROM] = "copied",
                                          [MAPPING_SQL] = "expression",
                                          [MAPPING_VALUE] = "constant",
                                          [MAPPING_UUID] = "generated"};
    return origins[spec->origin];
}

const char *
report_words_match(const struct plan_column *column)
{
    static const char *const matches[] = {
        [PLAN_MAPPED] = "mapped", [PLAN_SAME_NAME] = "same_name", [PLAN_SNAKE_CASE] = "snake_case"};
    return matches[column->match];
}

const char *
report_words_unresolved(enum mapping_unresolved unresolved)
{
    static const char *const words[] = {[MAPPING_UNRESOLVED_REJECT] = "reject",
                                        [MAPPING_UNRESOLVED_NULL] = "null",
                                        [MAPPING_UNRESOLVED_KEEP] = "keep",
                                        [MAPPING_UNRESOLVED_FAIL] = "fail"};
    return words[unresolved];
}

const char *
report_words_conflict(enum mapping_conflict conflict)
{
    static const char *const words[] = {[MAPPING_CONFLICT_FAIL] = "fail",
                                        [MAPPING_CONFLICT_SKIP] = "skip",
                                        [MAPPING_CONFLICT_UPDATE] = "update"};
    return words[conflict];
}

static void
add_uuid_origin(struct strbuf *text, const struct mapping_column *spec)
{
    strbuf_add_string(text, "UUID made from ");
    if (spec->from != NULL)
        strbuf_printf(text, "\"%s\"", spec->from);
    else
        strbuf_add_string(text, "the row's key");
    if (spec->namespace != NULL)
        strbuf_printf(text, ", namespace %s", spec->namespace);
}

void
report_words_origin(struct strbuf *text, const struct plan_column *column)
{
    const struct mapping_column *spec = column->spec;
    if (spec == NULL || spec->origin == MAPPING_FROM) {
        const char *name = column->source != NULL ? column->source->name
                           : spec != NULL         ? spec->from
                                                  : NULL;
        strbuf_printf(text, "\"%s\"", name != NULL ? name : "?");
    } else if (spec->origin == MAPPING_SQL) {
        strbuf_printf(text, "expression %s", spec->sql);
    } else if (spec->origin == MAPPING_UUID) {
        add_uuid_origin(text, spec);
    } else if (spec->value == NULL) {
        strbuf_add_string(text, "constant null");
    } else {
        strbuf_printf(text, "constant '%s'", spec->value);
    }
}

/* ---- what happens to the value
 * -------------------------------------------------------------------------------- */

/* Parts of a sentence are parted by semicolons. */
static void
begin_part(struct strbuf *text)
{
    if (text->length > 0)
        strbuf_add_string(text, "; ");
}

static void
add_values(struct strbuf *text, const struct mapping_column *spec)
{
    enum { SHOWN = 3 };
    begin_part(text);
    strbuf_add_string(text, "values ");
    for (size_t i = 0; i < spec->value_count && i < SHOWN; i++) {
        const char *value = spec->values[i].new_value;
        strbuf_printf(text, "%s'%s' becomes %s%s%s", i > 0 ? ", " : "", spec->values[i].old_value,
                      value != NULL ? "'" : "", value != NULL ? value : "null",
                      value != NULL ? "'" : "");
    }
    if (spec->value_count > SHOWN)
        strbuf_printf(text, " and %zu more", spec->value_count - SHOWN);
    if (spec->default_kind == MAPPING_DEFAULT_KEEP)
        strbuf_add_string(text, ", all others are kept");
    else if (spec->default_kind == MAPPING_DEFAULT_VALUE)
        strbuf_printf(text, ", all others become %s",
                      spec->default_value != NULL ? spec->default_value : "null");
    else
        strbuf_add_string(text, ", any other rejects the row");
}

static void
add_rewrite(struct strbuf *text, const struct plan_column *column)
{
    static const char *const places[] = {[MAPPING_REWRITE_NONE] = "",
                                         [MAPPING_REWRITE_JSON] = "the strings of JSON",
                                         [MAPPING_REWRITE_TEXT] = "text",
                                         [MAPPING_REWRITE_ARRAY] = "array elements"};
    begin_part(text);
    strbuf_printf(text, "known IDs replaced inside %s (", places[column->spec->rewrite]);
    for (size_t i = 0; i < column->rewrite_count; i++)
        strbuf_printf(text, "%s%s", i > 0 ? ", " : "", idmap_name(column->rewrite[i]));
    strbuf_add_char(text, ')');
}

static void
add_resolve(struct strbuf *text, const struct plan_column *column)
{
    static const char *const otherwise[] = {[MAPPING_UNRESOLVED_REJECT] =
                                                "otherwise the row is rejected",
                                            [MAPPING_UNRESOLVED_NULL] = "otherwise null",
                                            [MAPPING_UNRESOLVED_KEEP] = "otherwise kept as it is",
                                            [MAPPING_UNRESOLVED_FAIL] = "otherwise the run stops"};
    begin_part(text);
    strbuf_add_string(text, "resolved through ");
    for (size_t i = 0; i < column->resolve_count; i++)
        strbuf_printf(text, "%s%s", i > 0 ? ", then " : "", idmap_name(column->resolve[i]));
    if (column->spec == NULL)
        return;
    strbuf_printf(text, ", %s", otherwise[column->spec->unresolved]);
    for (size_t i = 0; i < column->spec->literal_count; i++)
        strbuf_printf(text, "%s'%s'", i > 0 ? ", " : "; no IDs: ", column->spec->literals[i]);
}

/* A naive time has no meaning without a zone, so that of the mapping is said. */
static void
add_zone(struct strbuf *text, const struct plan *plan, const struct plan_table *table,
         const struct plan_column *column)
{
    const char *zone =
        table->spec->timezone != NULL ? table->spec->timezone : plan->mapping->timezone;
    bool from_naive = strstr(column->source->type.text, "without time zone") != NULL;
    bool to_naive = strstr(column->target->type.text, "without time zone") != NULL;
    if (from_naive != to_naive)
        strbuf_printf(text, " in the zone %s", zone != NULL ? zone : "UTC");
}

static void
add_type_change(struct strbuf *text, const struct plan *plan, const struct plan_table *table,
                const struct plan_column *column)
{
    if (column->source == NULL || column->source->type.text == NULL ||
        column->target->type.text == NULL ||
        strcmp(column->source->type.text, column->target->type.text) == 0)
        return;
    begin_part(text);
    strbuf_printf(text, "%s becomes %s", column->source->type.text, column->target->type.text);
    if (column->source->type.category == 'D' && column->target->type.category == 'D')
        add_zone(text, plan, table, column);
}

void
report_words_change(struct strbuf *text, const struct plan *plan, const struct plan_table *table,
                    const struct plan_column *column)
{
    if (column->spec != NULL && column->spec->value_count > 0)
        add_values(text, column->spec);
    if (column->spec != NULL && column->rewrite_count > 0)
        add_rewrite(text, column);
    if (column->resolve_count > 0)
        add_resolve(text, column);
    add_type_change(text, plan, table, column);
}

void
report_words_reason(struct strbuf *text, const struct plan_column *column)
{
    const struct mapping_column *spec = column->spec;
    if (spec == NULL)
        return;
    const char *const reasons[] = {spec->reason, spec->allow_narrowing, spec->allow_ids};
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        if (reasons[i] == NULL)
            continue;
        begin_part(text);
        strbuf_add_string(text, reasons[i]);
    }
}

/* ---- target columns that are not written
 * ---------------------------------------------------------------------- */

bool
report_words_gap_at(const struct plan_table *table, size_t index, struct report_words_gap *gap)
{
    const struct catalog_column *column = &table->target->columns[index];
    for (size_t i = 0; i < table->column_count; i++)
        if (table->columns[i].target == column)
            return false;
    *gap = (struct report_words_gap){.column = column, .filled_with = "null"};
    if (column->generated != 0 || column->identity != 0)
        gap->filled_with = "what the server generates";
    else if (column->has_default)
        gap->filled_with = "its default";
    for (size_t i = 0; i < table->spec->default_count; i++)
        if (strcmp(table->spec->defaults[i].name, column->name) == 0)
            gap->reason = table->spec->defaults[i].reason;
    return true;
}

/* A table that was not found has findings instead. */
static bool
is_found(const struct plan_table *table)
{
    return table->source != NULL && table->target != NULL;
}

size_t
report_words_order(const struct plan *plan, const struct plan_table **ordered)
{
    size_t count = 0;
    for (size_t s = 0; s < plan->step_count; s++)
        for (size_t i = 0; i < plan->steps[s].table_count; i++) {
            const struct plan_table *table = &plan->tables[plan->steps[s].tables[i]];
            if (is_found(table))
                ordered[count++] = table;
        }
    for (size_t i = 0; i < plan->table_count; i++)
        if (is_found(&plan->tables[i]) && plan->tables[i].step < 0)
            ordered[count++] = &plan->tables[i];
    return count;
}
