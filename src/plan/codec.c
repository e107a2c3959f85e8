/*
 * Which format of COPY a table may go by, both ways: binary where it is safe, text elsewhere.
 *
 * In the binary format nothing tells what bytes mean: between unequal types they become another
 * value without an error (jsonb into text stores its version byte). So a value may pass that way
 * only when the SELECT gives exactly the target's type, when that type has the same number on every
 * server, and when its bytes are the same each time the server sends the value, since the digest of
 * a row is taken over them. The last is known of the types below and of no other: an array may say
 * that it holds NULLs when it does not any more; composites and arrays hold the OIDs of their
 * parts; an empty tsquery is sent but not read; xml is sent as it was written or anew; what money
 * means depends on the locale. Types that
 * send and read their text, enums first, are as good as text.
 *
 * Where the program looks into a value (keys, references, IDs, JSON), it must know how to read the
 * bytes: that is the value's wire.
 */
#include "internal.h"

#include "idmigrate/memory.h"

#include <string.h>

/* OIDs of src/include/catalog/pg_type.dat, which never change. */
static const struct wire_type {
    uint32_t oid;
    enum plan_wire wire;
} wire_types[] = {
    {16, PLAN_WIRE_BOOL},     /* bool */
    {17, PLAN_WIRE_OPAQUE},   /* bytea */
    {19, PLAN_WIRE_TEXT},     /* name */
    {20, PLAN_WIRE_INT8},     /* int8 */
    {21, PLAN_WIRE_INT2},     /* int2 */
    {23, PLAN_WIRE_INT4},     /* int4 */
    {25, PLAN_WIRE_TEXT},     /* text */
    {26, PLAN_WIRE_OPAQUE},   /* oid */
    {114, PLAN_WIRE_TEXT},    /* json */
    {600, PLAN_WIRE_OPAQUE},  /* point */
    {601, PLAN_WIRE_OPAQUE},  /* lseg */
    {602, PLAN_WIRE_OPAQUE},  /* path */
    {603, PLAN_WIRE_OPAQUE},  /* box */
    {604, PLAN_WIRE_OPAQUE},  /* polygon */
    {628, PLAN_WIRE_OPAQUE},  /* line */
    {650, PLAN_WIRE_OPAQUE},  /* cidr */
    {700, PLAN_WIRE_OPAQUE},  /* float4 */
    {701, PLAN_WIRE_OPAQUE},  /* float8 */
    {718, PLAN_WIRE_OPAQUE},  /* circle */
    {774, PLAN_WIRE_OPAQUE},  /* macaddr8 */
    {829, PLAN_WIRE_OPAQUE},  /* macaddr */
    {869, PLAN_WIRE_OPAQUE},  /* inet */
    {1042, PLAN_WIRE_TEXT},   /* bpchar */
    {1043, PLAN_WIRE_TEXT},   /* varchar */
    {1082, PLAN_WIRE_OPAQUE}, /* date */
    {1083, PLAN_WIRE_OPAQUE}, /* time */
    {1114, PLAN_WIRE_OPAQUE}, /* timestamp */
    {1184, PLAN_WIRE_OPAQUE}, /* timestamptz */
    {1186, PLAN_WIRE_OPAQUE}, /* interval */
    {1266, PLAN_WIRE_OPAQUE}, /* timetz */
    {1560, PLAN_WIRE_OPAQUE}, /* bit */
    {1562, PLAN_WIRE_OPAQUE}, /* varbit */
    {1700, PLAN_WIRE_OPAQUE}, /* numeric */
    {2950, PLAN_WIRE_UUID},   /* uuid */
    {3220, PLAN_WIRE_OPAQUE}, /* pg_lsn */
    {3614, PLAN_WIRE_OPAQUE}, /* tsvector */
    {3802, PLAN_WIRE_JSONB},  /* jsonb */
    {3904, PLAN_WIRE_OPAQUE}, /* int4range */
    {3906, PLAN_WIRE_OPAQUE}, /* numrange */
    {3908, PLAN_WIRE_OPAQUE}, /* tsrange */
    {3910, PLAN_WIRE_OPAQUE}, /* tstzrange */
    {3912, PLAN_WIRE_OPAQUE}, /* daterange */
    {3926, PLAN_WIRE_OPAQUE}, /* int8range */
    {4451, PLAN_WIRE_OPAQUE}, /* int4multirange */
    {4532, PLAN_WIRE_OPAQUE}, /* nummultirange */
    {4533, PLAN_WIRE_OPAQUE}, /* tsmultirange */
    {4534, PLAN_WIRE_OPAQUE}, /* tstzmultirange */
    {4535, PLAN_WIRE_OPAQUE}, /* datemultirange */
    {4536, PLAN_WIRE_OPAQUE}, /* int8multirange */
};

static const char *const names[] = {[PLAN_CODEC_TEXT] = "text", [PLAN_CODEC_BINARY] = "binary"};

const char *
plan_codec_name(enum plan_codec codec)
{
    return names[codec];
}

bool
plan_codec_from_name(const char *name, enum plan_codec *codec)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (name != NULL && strcmp(name, names[i]) == 0) {
            *codec = (enum plan_codec)i;
            return true;
        }
    return false;
}

/* False for a type that must not pass as bytes. */
static bool
find_wire(const struct catalog_type *type, enum plan_wire *wire)
{
    *wire = PLAN_WIRE_TEXT;
    if (type->is_sent_as_text)
        return true;
    for (size_t i = 0; i < sizeof wire_types / sizeof wire_types[0]; i++)
        if (wire_types[i].oid == type->base_oid) {
            *wire = wire_types[i].wire;
            return true;
        }
    return false;
}

static bool
is_looked_up(const struct plan_column *column)
{
    const struct mapping_column *spec = column->spec;
    return spec != NULL && (column->resolve_count > 0 || spec->value_count > 0 ||
                            spec->default_kind != MAPPING_DEFAULT_NONE);
}

static bool
is_generated(const struct plan_column *column)
{
    return column->spec != NULL && column->spec->origin == MAPPING_UUID;
}

static bool
is_rewritten(const struct plan_column *column)
{
    return column->matcher != NULL || column->rewrite_count > 0;
}

/* As the server prints it. */
static bool
is_uuid(const char *text, size_t length)
{
    if (length != 36)
        return false;
    for (size_t i = 0; i < length; i++) {
        bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (is_dash ? text[i] != '-' : strchr("0123456789abcdef", text[i]) == NULL)
            return false;
    }
    return true;
}

static bool
are_uuids(const struct idmap *map)
{
    for (size_t i = 0; i < idmap_count(map); i++) {
        const struct idmap_pair *pair = idmap_pair_at(map, i);
        if (!is_uuid(pair->new_id, pair->new_length))
            return false;
    }
    return true;
}

static bool
are_literals_uuids(char *const *literals, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!is_uuid(literals[i], strlen(literals[i])))
            return false;
    return true;
}

/* Whether all that a look-up can give is a UUID; the server's own words are wanted for one that is
 * none. */
static bool
gives_uuids(const struct plan *plan, const struct plan_column *column)
{
    const struct mapping_column *spec = column->spec;
    return column->resolve_count > 0 && spec->value_count == 0 &&
           spec->default_kind == MAPPING_DEFAULT_NONE &&
           spec->unresolved != MAPPING_UNRESOLVED_KEEP &&
           are_literals_uuids(spec->literals, spec->literal_count) &&
           are_literals_uuids(plan->mapping->literals, plan->mapping->literal_count) &&
           are_uuids(column->resolve[column->resolve_count - 1]);
}

/* Why the column cannot pass as bytes, or NULL. */
static const char *
judge_column(const struct plan *plan, struct plan_column *column)
{
    enum plan_wire wire;
    column->target_wire = column->source_wire = PLAN_WIRE_TEXT;
    if (!find_wire(&column->target->type, &wire))
        return "its bytes are not known to be the same on both sides each time they are sent";
    column->target_wire = wire;
    column->source_wire = is_looked_up(column) || is_generated(column) ? PLAN_WIRE_TEXT : wire;
    if (wire == PLAN_WIRE_TEXT || (!is_looked_up(column) && !is_generated(column) &&
                                   (!is_rewritten(column) || wire == PLAN_WIRE_JSONB)))
        return NULL;
    if (is_rewritten(column))
        return "it is rewritten as text";
    if (wire == PLAN_WIRE_UUID && (is_generated(column) || gives_uuids(plan, column)))
        return NULL;
    return "what is looked up is text, and must become another type";
}

static void
refuse(struct plan_table *table, const struct plan_column *column, const char *why)
{
    if (table->text_reason == NULL)
        table->text_reason = memory_printf("column %s (%s): %s", column->target->name,
                                           column->target->type.text, why);
}

static void
need_readable(struct plan_table *table, int position, const char *why)
{
    if (position >= 0 && table->columns[position].target_wire == PLAN_WIRE_OPAQUE)
        refuse(table, &table->columns[position], why);
}

/* What the program must be able to read, or to write, itself. */
static void
judge_use(struct plan_table *table)
{
    for (size_t i = 0; i < table->target_key_count; i++)
        need_readable(table, table->target_key[i], "a key is kept as text");
    for (size_t i = 0; i < table->reference_count; i++)
        for (size_t j = 0; j < table->references[i].count; j++)
            need_readable(table, table->references[i].columns[j],
                          "a reference is compared as text");
    need_readable(table, table->tenant, "the tenant of events is text");
    for (size_t i = 0; i < table->column_count; i++)
        if (table->columns[i].spec != NULL && table->columns[i].spec->allow_ids != NULL)
            need_readable(table, (int)i, "it may hold IDs, which are looked for in text");
}

/* A dry run feeds the columns that the target would draw from sequences, with numbers. */
static void
judge_drawn(struct plan_table *table)
{
    for (size_t i = 0; i < table->target->column_count; i++) {
        const struct catalog_column *column = &table->target->columns[i];
        uint32_t oid = column->type.base_oid;
        if (column->sequence != NULL && plan_find_column(table, column->name) < 0 &&
            oid != PLAN_OID_INT2 && oid != PLAN_OID_INT4 && oid != PLAN_OID_INT8 &&
            table->text_reason == NULL)
            table->text_reason =
                memory_printf("column %s (%s): it is drawn from a sequence and is no integer",
                              column->name, column->type.text);
    }
}

static const char *
judge_kind(const struct plan_table *table)
{
    if (table->spec->has_on_conflict)
        return "rows that meet in a key are compared as text";
    if (table->spec->audit_self)
        return "its rows are their own audit events";
    if (table->source_key_count == 0 || table->target_key_count == 0)
        return "without a key its rows are known by their text";
    return NULL;
}

static void
judge(const struct plan *plan, struct plan_table *table)
{
    const char *why = judge_kind(table);
    if (why != NULL)
        table->text_reason = memory_strdup(why);
    for (size_t i = 0; i < table->column_count; i++) {
        struct plan_column *column = &table->columns[i];
        why = judge_column(plan, column);
        if (why != NULL)
            refuse(table, column, why);
    }
    judge_use(table);
    judge_drawn(table);
}

void
plan_judge_codecs(struct plan *plan)
{
    for (size_t i = 0; i < plan->table_count; i++) {
        struct plan_table *table = &plan->tables[i];
        if (table->source != NULL && table->target != NULL)
            judge(plan, table);
    }
}

bool
plan_set_codec(struct plan *plan, size_t number, enum plan_codec codec, struct error *err)
{
    struct plan_table *table = &plan->tables[number];
    if (codec == PLAN_CODEC_BINARY && table->text_reason != NULL)
        return error_set(err, EXIT_REFUSED, "table %s cannot be copied in binary: %s", table->label,
                         table->text_reason);
    table->codec = codec;
    return true;
}
