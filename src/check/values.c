/*
 * What the target's types make of values that nobody casts on the way: texts that are too long,
 * labels an enum lacks, NULL where none may be, IDs that are no uuid or number, or that the type
 * would print in another form.
 */
#include "internal.h"

#include "idmigrate/memory.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static bool
is_type(const struct catalog_type *type, const char *name)
{
    return strcmp(type->base_text_plain, name) == 0;
}

/* Before triggers fill a column, NULL is no violation: only the server can tell. */
static bool
has_filling_trigger(const struct catalog_table *table)
{
    for (size_t i = 0; i < table->trigger_count; i++) {
        const struct catalog_trigger *trigger = &table->triggers[i];
        if (trigger->before && trigger->per_row && trigger->on_insert &&
            (trigger->enabled == 'O' || trigger->enabled == 'A'))
            return true;
    }
    return false;
}

static void
set_integer(struct column_facts *facts, int64_t lowest, int64_t highest)
{
    facts->form = FORM_INTEGER;
    facts->lowest = lowest;
    facts->highest = highest;
}

void
values_begin(const struct plan_table *table, struct column_facts *facts)
{
    const struct plan_column *column = facts->column;
    const struct catalog_type *type = &column->target->type;
    const struct mapping_column *spec = column->spec;
    bool is_looked_up = column->resolve_count > 0 || (spec != NULL && spec->value_count > 0);

    facts->is_not_null = column->target->not_null && !has_filling_trigger(table->target);
    facts->has_values =
        spec != NULL && spec->value_count > 0 && spec->default_kind == MAPPING_DEFAULT_NONE;
    if ((is_type(type, "character varying") || is_type(type, "character") ||
         is_type(type, "bpchar")) &&
        type->modifier >= 4)
        facts->longest = (size_t)(type->modifier - 4);
    if (is_type(type, "bpchar") && facts->longest > 0)
        facts->form = FORM_PADDED;
    else if (type->label_count > 0 && type->element_oid == 0)
        facts->form = FORM_LABEL;
    else if (is_looked_up && is_type(type, "uuid"))
        facts->form = FORM_UUID;
    else if (is_looked_up && is_type(type, "smallint"))
        set_integer(facts, INT16_MIN, INT16_MAX);
    else if (is_looked_up && is_type(type, "integer"))
        set_integer(facts, INT32_MIN, INT32_MAX);
    else if (is_looked_up && is_type(type, "bigint"))
        set_integer(facts, INT64_MIN, INT64_MAX);
}

/* ---- one value ---- */

static void
refuse(struct column_facts *facts, struct tally *tally, struct row_value value)
{
    tally_add(tally, value, facts->is_open);
    facts->is_bad = true;
}

/* Blanks behind the limit count: the server cuts them without an error, and the row is another one.
 */
static bool
is_too_long(struct row_value value, size_t longest)
{
    size_t characters = 0;
    if (value.length <= longest)
        return false;
    for (size_t i = 0; i < value.length; i++)
        characters += ((unsigned char)value.data[i] & 0xC0) != 0x80;
    return characters > longest;
}

/* What is cast on the way has its blanks already. */
static bool
is_too_short(struct row_value value, size_t length)
{
    size_t characters = 0;
    for (size_t i = 0; i < value.length; i++)
        characters += ((unsigned char)value.data[i] & 0xC0) != 0x80;
    return characters < length;
}

static void
look_label(struct column_facts *facts, struct row_value value)
{
    const struct catalog_type *type = &facts->column->target->type;
    for (size_t i = 0; i < type->label_count; i++)
        if (strlen(type->labels[i]) == value.length &&
            memcmp(type->labels[i], value.data, value.length) == 0)
            return;
    /* Labels are words of the schema, no data of a person; but what is none of them may be. */
    tally_add(&facts->label, value, facts->shows_ids);
    facts->is_bad = true;
}

static bool
is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* What uuid_in (uuid.c) takes: 32 hexadecimal digits, hyphens after any group of four, braces
 * around all of it. */
static bool
is_uuid(struct row_value value)
{
    size_t start = 0, end = value.length, digits = 0;
    if (end > 1 && value.data[0] == '{' && value.data[end - 1] == '}') {
        start++;
        end--;
    }
    for (size_t i = start; i < end; i++) {
        if (is_hex(value.data[i]))
            digits++;
        else if (value.data[i] != '-' || digits == 0 || digits % 4 != 0 ||
                 value.data[i - 1] == '-' || digits == 32)
            return false;
    }
    return digits == 32;
}

static bool
is_canonical_uuid(struct row_value value)
{
    if (value.length != 36)
        return false;
    for (size_t i = 0; i < value.length; i++) {
        bool is_hyphen = i == 8 || i == 13 || i == 18 || i == 23;
        char c = value.data[i];
        if (is_hyphen ? c != '-' : !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return false;
    }
    return true;
}

static void
look_uuid(struct column_facts *facts, struct row_value value)
{
    if (is_canonical_uuid(value))
        return;
    if (is_uuid(value))
        tally_add(&facts->not_canonical, value, facts->is_open); /* can be staged as it is */
    else
        refuse(facts, &facts->not_valid, value);
}

static void
look_integer(struct column_facts *facts, struct row_value value)
{
    char text[32], again[32], *end;
    if (value.length == 0 || value.length >= sizeof text) {
        refuse(facts, &facts->not_valid, value);
        return;
    }
    memcpy(text, value.data, value.length);
    text[value.length] = '\0';
    errno = 0;
    int64_t number = strtoll(text, &end, 10);
    if (*end != '\0' || end == text)
        refuse(facts, &facts->not_valid, value);
    else if (errno == ERANGE || number < facts->lowest || number > facts->highest)
        refuse(facts, &facts->out_of_range, value);
    else if (snprintf(again, sizeof again, "%" PRId64, number) < 0 || strcmp(again, text) != 0)
        tally_add(&facts->not_canonical, value, facts->is_open);
}

void
values_look(struct column_facts *facts, struct row_value value)
{
    if (value.data == NULL) {
        facts->nulls += facts->is_not_null;
        return;
    }
    if (facts->longest > 0 && is_too_long(value, facts->longest))
        refuse(facts, &facts->too_long, value);
    if (facts->form == FORM_PADDED && is_too_short(value, facts->longest))
        tally_add(&facts->not_canonical, value, facts->is_open);
    else if (facts->form == FORM_LABEL)
        look_label(facts, value);
    else if (facts->form == FORM_UUID)
        look_uuid(facts, value);
    else if (facts->form == FORM_INTEGER)
        look_integer(facts, value);
}

void
values_look_origin(struct column_facts *facts, struct row_value value)
{
    const struct mapping_column *spec = facts->column->spec;
    if (value.data == NULL)
        return;
    for (size_t i = 0; i < spec->value_count; i++)
        if (spec->values[i].old_value[0] == (value.length > 0 ? value.data[0] : '\0') &&
            strlen(spec->values[i].old_value) == value.length &&
            memcmp(spec->values[i].old_value, value.data, value.length) == 0)
            return;
    tally_add(&facts->unmapped, value, facts->shows_ids);
}

/* ---- report ---- */

struct value_report {
    const char *code;
    const struct tally *tally;
    const char *one, *many, *text, *hint;
};

void
values_report(struct check *check, const struct plan_table *table, const struct column_facts *facts)
{
    const struct catalog_column *target = facts->column->target;
    const char *id_hint = "correct the ID map, or the type of the target column";
    const struct value_report reports[] = {
        {"E-VALUE-UNMAPPED", &facts->unmapped, "value has", "values have",
         "no entry in \"values\", and there is no \"default\"",
         "add the values, or say \"default\": \"keep\" or {\"value\": ...}"},
        {"E-TOO-LONG", &facts->too_long, "value is", "values are", "longer than the target takes",
         "widen the target column, or shorten with \"sql\""},
        {"E-ENUM-LABEL", &facts->label, "value is", "values are", "no label of the target's enum",
         "map them with \"values\", or let the owner run ALTER TYPE ... ADD VALUE"},
        {"E-OUT-OF-RANGE", &facts->out_of_range, "number is", "numbers are",
         "out of the target's range", id_hint},
        {"E-CAST-FAILS", &facts->not_valid, "value is", "values are",
         "not valid for the target's type (22P02)", id_hint},
        {"E-ID-NOT-CANONICAL", &facts->not_canonical, "value is", "values are",
         "written in another form than the target's type prints: what is stored would differ from "
         "what was written",
         "write them in the ID map as the target prints them (a uuid in lower case, a number "
         "without leading zeros); make a char(n) that is longer than the IDs a text"},
    };
    for (size_t i = 0; i < sizeof reports / sizeof reports[0]; i++) {
        const struct value_report *report = &reports[i];
        if (report->tally->rows == 0)
            continue;
        CLEANUP(memory_free_string)
        char *count = tally_describe(report->tally, report->one, report->many);
        struct finding *finding =
            findings_add(check->findings, report->code, table->label, target->name, "%s %s: %s",
                         count, report->text, target->type.text);
        finding_set_hint(finding, "%s", report->hint);
        tally_fill(report->tally, finding);
    }
    if (facts->nulls > 0) {
        struct finding *finding =
            findings_add(check->findings, "E-NULL", table->label, target->name,
                         "NULL in a column that is NOT NULL in the target");
        finding_set_hint(
            finding, "give a value with \"sql\" (coalesce), or leave such rows out with \"where\"");
        finding->rows = facts->nulls;
    }
}
