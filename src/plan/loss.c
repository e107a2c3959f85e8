/*
 * What a cast does to values without a word: verification casts as the run does, so that nobody
 * would see it afterwards.
 *
 * Three answers for a pair of types. Lossless by the types alone: every value has its own text on
 * the other side. Lossy by the types alone: a refusal. For the rest the rows decide: a condition
 * over the source row that holds where the value changes, which `check` counts. What a cast refuses
 * aloud is no loss.
 */
#include "internal.h"

#include "idmigrate/memory.h"

#include <string.h>

static bool
is_type(const struct catalog_type *type, const char *base)
{
    return strcmp(type->base_text_plain, base) == 0;
}

static bool
is_one_of(const struct catalog_type *type, const char *const *names)
{
    for (size_t i = 0; names[i] != NULL; i++)
        if (is_type(type, names[i]))
            return true;
    return false;
}

static bool
is_string(const struct catalog_type *type)
{
    static const char *const names[] = {"text", "character varying", "bpchar", NULL};
    return is_one_of(type, names);
}

static bool
is_time(const struct catalog_type *type)
{
    return type->category == 'D' || type->category == 'T';
}

static bool
is_integer(const struct catalog_type *type)
{
    static const char *const names[] = {"smallint", "integer", "bigint", NULL};
    return is_one_of(type, names);
}

static bool
is_float(const struct catalog_type *type)
{
    return is_type(type, "double precision") || is_type(type, "real");
}

static bool
is_stamp(const struct catalog_type *type)
{
    static const char *const names[] = {"timestamp without time zone", "timestamp with time zone",
                                        NULL};
    return is_one_of(type, names);
}

static bool
is_time_of_day(const struct catalog_type *type)
{
    static const char *const names[] = {"time without time zone", "time with time zone", NULL};
    return is_one_of(type, names);
}

/* ---- by the types alone ---- */

static const char *
loss_of_digits(const struct catalog_type *from, const struct catalog_type *to)
{
    bool from_numeric = is_type(from, "numeric"), to_numeric = is_type(to, "numeric");
    if (from_numeric && to_numeric && to->modifier >= 4 &&
        (from->modifier < 4 ||
         plan_numeric_scale(from->modifier) > plan_numeric_scale(to->modifier)))
        return "digits behind the point would be rounded away";
    if (from_numeric && is_float(to))
        return "numeric digits would be lost in a floating point number";
    if (is_type(from, "double precision") && is_type(to, "real"))
        return "digits would be lost";
    if ((is_type(from, "bigint") && is_float(to)) ||
        (is_type(from, "integer") && is_type(to, "real")))
        return "digits of large numbers would be lost";
    if ((is_float(from) || from_numeric) && is_integer(to))
        return "values would be rounded to whole numbers";
    if (is_float(from) && to_numeric && to->modifier >= 4)
        return "digits behind the point would be rounded away";
    if (is_integer(from) && to_numeric && to->modifier >= 4 && plan_numeric_scale(to->modifier) < 0)
        return "digits before the point would be rounded away";
    if (is_type(from, "\"bit\"") && is_type(to, "\"bit\"") && to->modifier >= 0 &&
        from->modifier != to->modifier)
        return "the target refuses bits of another number";
    return NULL;
}

static const char *
loss_of_time(const struct catalog_type *from, const struct catalog_type *to)
{
    if (!is_time(from))
        return NULL;
    if (is_type(to, "date") && !is_type(from, "date"))
        return "the time of day would be lost";
    if (is_stamp(from) && is_time_of_day(to))
        return "the date would be lost";
    if (is_type(from, "time with time zone") && is_type(to, "time without time zone"))
        return "the time zone would be lost";
    if (from->base_oid == to->base_oid && to->modifier >= 0 &&
        (from->modifier < 0 || from->modifier > to->modifier))
        return "fractions of a second would be rounded away";
    return NULL;
}

const char *
plan_sure_loss(const struct catalog_type *from, const struct catalog_type *to)
{
    const char *digits = loss_of_digits(from, to);
    return digits != NULL ? digits : loss_of_time(from, to);
}

/* Pairs whose values all survive, or are refused aloud, whatever the modifiers are. */
static bool
is_lossless_pair(const struct catalog_type *from, const struct catalog_type *to)
{
    static const char *const pairs[][2] = {
        {"smallint", "integer"},
        {"smallint", "bigint"},
        {"smallint", "numeric"},
        {"smallint", "real"},
        {"smallint", "double precision"},
        {"integer", "smallint"},
        {"integer", "bigint"},
        {"integer", "numeric"},
        {"integer", "double precision"},
        {"integer", "oid"},
        {"bigint", "smallint"},
        {"bigint", "integer"},
        {"bigint", "numeric"},
        {"bigint", "oid"},
        {"oid", "bigint"},
        {"real", "double precision"},
        {"boolean", "integer"},
        {"date", "timestamp without time zone"},
        {"date", "timestamp with time zone"},
        {"cidr", "inet"},
        {"macaddr", "macaddr8"},
        {"jsonb", "json"},
        {"\"bit\"", "bit varying"},
        {"time without time zone", "time with time zone"},
        {"time without time zone", "interval"},
    };
    if (is_type(to, "text") || is_type(to, "character varying") || is_type(to, "bpchar"))
        return true; /* too long a text is refused; blanks behind the limit are in values.c */
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        if (is_type(from, pairs[i][0]) && is_type(to, pairs[i][1]))
            return true;
    return false;
}

/* Texts that these types do not take are refused, and two forms of one value are one value. */
static bool
takes_texts_whole(const struct catalog_type *to)
{
    static const char *const names[] = {"numeric",
                                        "timestamp with time zone",
                                        "timestamp without time zone",
                                        "time without time zone",
                                        "time with time zone",
                                        "interval",
                                        "date",
                                        "real",
                                        "double precision",
                                        "name",
                                        "\"char\"",
                                        "jsonb",
                                        "money",
                                        NULL};
    static const char *const unless_shorter[] = {"numeric", "timestamp with time zone",
                                                 "time with time zone", "interval", NULL};
    return !is_one_of(to, names) || (is_one_of(to, unless_shorter) && to->modifier < 0);
}

/* ---- by the rows ---- */

/* Members of an object that has a key twice, at any depth. */
static void
add_double_keys(struct strbuf *sql, const char *base)
{
    strbuf_printf(
        sql,
        "(WITH RECURSIVE walk (value) AS (SELECT (%s)::json UNION ALL SELECT inner_value FROM walk,"
        " LATERAL (SELECT value FROM pg_catalog.json_each(CASE WHEN "
        "pg_catalog.json_typeof(walk.value) = 'object' THEN walk.value END) UNION ALL SELECT value "
        "FROM pg_catalog.json_array_elements(CASE WHEN pg_catalog.json_typeof(walk.value) = "
        "'array' THEN walk.value END)) AS members (inner_value)) SELECT pg_catalog.bool_or((SELECT "
        "pg_catalog.count(*) <> pg_catalog.count(DISTINCT key) FROM "
        "pg_catalog.json_object_keys(CASE WHEN pg_catalog.json_typeof(walk.value) = 'object' THEN "
        "walk.value END) AS keys (key))) FROM walk)",
        base);
}

static void
add_text_condition(struct strbuf *sql, const char *base, const struct catalog_type *to)
{
    CLEANUP(memory_free_string) char *there = plan_cast_name(to);
    if (is_type(to, "date") || is_type(to, "timestamp without time zone")) {
        /* A zone behind the time would be passed over, so it is read with its zone here. */
        strbuf_printf(sql,
                      "((%s)::text::timestamptz AT TIME ZONE 'UTC') IS DISTINCT FROM "
                      "(%s)::text::%s::timestamp OR (%s)::text ~ '[.][0-9]{6}[0-9]*[1-9]'",
                      base, base, there, base);
    } else if (is_type(to, "time without time zone")) {
        /* The type takes a date and a zone too, and forgets them. */
        strbuf_printf(sql,
                      "(%s)::text::time IS DISTINCT FROM (%s)::text::%s OR (%s)::text !~* '^\\s*"
                      "[0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?\\s*([ap]m)?\\s*$'",
                      base, base, there, base);
    } else if (is_type(to, "jsonb")) {
        add_double_keys(sql, base);
    } else if (is_float(to)) {
        strbuf_printf(sql, "(%s)::numeric IS DISTINCT FROM (%s)::%s::text::numeric", base, base,
                      there);
    } else if (to->category == 'N' || is_time(to)) {
        strbuf_printf(sql, "(%s)::text::%s IS DISTINCT FROM (%s)::text::%s", base,
                      to->base_text_plain, base, there);
    } else {
        strbuf_printf(sql, "(%s)::text IS DISTINCT FROM (%s)::text::%s::text", base, base, there);
    }
}

/* There and back again. Types without an equality of their own are compared as text. */
static void
add_round_trip(struct strbuf *sql, const char *base, const struct catalog_type *from,
               const char *there)
{
    bool has_equality = strchr("NDTBI", from->category) != NULL;
    const char *text = has_equality ? "" : "::text";
    strbuf_printf(sql, "((%s)::%s::%s)%s IS DISTINCT FROM (%s)%s", base, there,
                  from->base_text_plain, text, base, text);
}

static bool
has_changing_elements(const struct catalog_type *from, const struct catalog_type *to)
{
    static const char *const names[] = {"numeric",
                                        "timestamp without time zone",
                                        "timestamp with time zone",
                                        "time without time zone",
                                        "time with time zone",
                                        "interval",
                                        NULL};
    if (to->element_oid == 0 || to->modifier < 0 || to->modifier == from->modifier ||
        to->kind == 'd')
        return false;
    for (size_t i = 0; names[i] != NULL; i++)
        if (to->element_text != NULL && strcmp(to->element_text, names[i]) == 0)
            return true;
    return false;
}

/* A naive time that the zone leaves out, or an instant that shares its local time with another. */
static void
add_zone_condition(struct strbuf *sql, const char *base, const struct catalog_type *from,
                   const char *zone)
{
    CLEANUP(strbuf_release) struct strbuf quoted = STRBUF_INIT;
    db_quote_literal(&quoted, zone);
    strbuf_printf(sql, "((%s) AT TIME ZONE %s AT TIME ZONE %s)::%s IS DISTINCT FROM (%s)", base,
                  quoted.data, quoted.data, from->base_text_plain, base);
}

/* The number of bits is refused by the target and not by the cast. */
static bool
add_bits_condition(struct strbuf *sql, const char *base, const struct catalog_type *from,
                   const struct catalog_type *to)
{
    bool is_fixed = is_type(to, "\"bit\""), is_bits = is_fixed || is_type(to, "bit varying");
    if (!is_bits || to->modifier < 0 || !(is_string(from) || from->category == 'V'))
        return false;
    strbuf_printf(sql, "pg_catalog.length((%s)::text::varbit) %s %d", base, is_fixed ? "<>" : ">",
                  to->modifier);
    return true;
}

bool
plan_add_loss(struct strbuf *sql, const char *base, const struct catalog_type *from,
              const struct catalog_type *to, const char *zone)
{
    if (from->base_oid >= 16384 || to->base_oid >= 16384)
        return false; /* through their texts */
    if (add_bits_condition(sql, base, from, to))
        return true;
    if (has_changing_elements(from, to)) {
        add_round_trip(sql, base, from, to->text);
        return true;
    }
    if (from->base_oid == to->base_oid || is_lossless_pair(from, to))
        return false;
    if (is_stamp(from) && is_stamp(to)) {
        bool is_utc = strcmp(zone, "UTC") == 0;
        if (!is_utc)
            add_zone_condition(sql, base, from, zone);
        return !is_utc;
    }
    if (is_string(from) || is_type(from, "name")) {
        bool takes_whole = takes_texts_whole(to);
        if (!takes_whole)
            add_text_condition(sql, base, to);
        return !takes_whole;
    }
    if (is_type(from, "json") && is_type(to, "jsonb")) {
        add_double_keys(sql, base);
        return true;
    }
    add_round_trip(sql, base, from, to->base_text_plain);
    return true;
}
