/*
 * Which columns can hold an ID, and how they are selected. Arrays, composites and hstore are
 * selected as JSON, which tells their elements, fields and keys apart whatever their own syntax;
 * everything else as the text that COPY gives.
 */
#include "internal.h"

#include "idmigrate/memory.h"

#include <string.h>

enum { FIRST_USER_OID = 16384 };

static bool
is_one_of(const char *name, const char *const *names)
{
    for (; *names != NULL; names++)
        if (strcmp(name, *names) == 0)
            return true;
    return false;
}

static bool
is_number(const char *type)
{
    static const char *const numbers[] = {"smallint", "integer", "bigint", "numeric", NULL};
    return is_one_of(type, numbers);
}

/* A built-in type by its name, whether on its own or as an element. */
static bool
can_hold(const struct scan_request *request, const char *type)
{
    static const char *const texts[] = {"text", "character varying", "character", "bpchar",
                                        "name", "\"char\"",          "json",      "jsonb",
                                        "xml",  "tsvector",          "jsonpath",  NULL};
    if (is_one_of(type, texts))
        return true;
    if (strcmp(type, "uuid") == 0)
        return scan_finder_wants_uuids(request->finder);
    return is_number(type) && scan_finder_wants_numbers(request->finder);
}

static bool
choose_form(const struct scan_request *request, const struct catalog_type *type,
            struct field *field)
{
    const char *base = type->base_text_plain;
    bool is_user = type->base_oid >= FIRST_USER_OID;
    *field = (struct field){.form = FIELD_TEXT};
    if (type->element_oid != 0) {
        field->form = FIELD_LIST;
        /* Labels of enums are looked at once, among the definitions. */
        return type->element_oid >= FIRST_USER_OID ? type->label_count == 0
                                                   : can_hold(request, type->element_text);
    }
    if (type->structure != NULL || type->category == 'C') {
        field->form = FIELD_LIST;
        return true;
    }
    if (strcmp(base, "bytea") == 0) {
        field->form = FIELD_BYTES;
        return request->bytes;
    }
    if (is_user && strcmp(type->name, "hstore") == 0)
        field->form = FIELD_LIST;
    else if (strcmp(base, "json") == 0 || strcmp(base, "jsonb") == 0)
        field->form = FIELD_JSON;
    else if (strcmp(base, "bpchar") == 0 || strcmp(base, "character") == 0)
        field->form = FIELD_PADDED;
    field->has_escapes = strcmp(base, "json") == 0;
    if (is_user)
        return type->label_count == 0 && (type->category == 'S' || type->category == 'U');
    return can_hold(request, base);
}

/* ---- what else is known of a column ---- */

static bool
is_among(const int *columns, size_t count, size_t column)
{
    for (size_t i = 0; i < count; i++)
        if (columns[i] >= 0 && (size_t)columns[i] == column)
            return true;
    return false;
}

static char *
describe_foreign_key(const struct catalog_table *table, size_t column)
{
    for (size_t i = 0; i < table->foreign_key_count; i++) {
        const struct catalog_foreign_key *key = &table->foreign_keys[i];
        for (size_t c = 0; c < key->column_count; c++)
            if (key->columns[c] >= 0 && (size_t)key->columns[c] == column)
                return memory_printf("%s.%s (%s)", key->other_schema, key->other_table,
                                     key->other_columns[c]);
    }
    return NULL;
}

static char *
name_indexes(const struct catalog_table *table, size_t column)
{
    struct strbuf names = STRBUF_INIT;
    for (size_t i = 0; i < table->index_count; i++) {
        const struct catalog_index *index = &table->indexes[i];
        if (is_among(index->columns, index->key_count, column))
            strbuf_printf(&names, "%s%s", names.length > 0 ? ", " : "", index->name);
    }
    return names.length > 0 ? strbuf_take(&names) : NULL;
}

static char *
name_unique_index(const struct catalog_table *table, size_t column)
{
    for (size_t i = 0; i < table->index_count; i++)
        if (table->indexes[i].is_unique &&
            is_among(table->indexes[i].columns, table->indexes[i].key_count, column))
            return memory_strdup(table->indexes[i].name);
    return NULL;
}

static void
fill_column(const struct catalog_table *from, size_t number, const struct field *field,
            struct scan_column *column)
{
    const struct catalog_type *type = &from->columns[number].type;
    *column = (struct scan_column){
        .name = memory_strdup(from->columns[number].name),
        .type = memory_strdup(type->text),
        .is_json = field->form == FIELD_JSON,
        .is_array = type->element_oid != 0 && type->structure == NULL,
        .is_composite =
            field->form == FIELD_LIST && !(type->element_oid != 0 && type->structure == NULL),
        .is_bytes = field->form == FIELD_BYTES,
        .foreign_key = describe_foreign_key(from, number),
        .indexes = name_indexes(from, number),
        .unique_index = name_unique_index(from, number),
    };
}

static void
note_forbidden(const struct scan_request *request, const struct catalog_table *from,
               const struct strbuf *names, bool is_all, struct scan_result *result)
{
    CLEANUP(strbuf_release) struct strbuf grant = STRBUF_INIT;
    CLEANUP(memory_free_string)
    char *name = memory_printf("%s.%s", from->schema, from->name);
    CLEANUP(memory_free_string)
    char *reason = is_all ? memory_strdup("the role may not read it")
                          : memory_printf("the role may not read its columns %s", names->data);
    strbuf_add_string(&grant, "GRANT USAGE ON SCHEMA ");
    db_quote_identifier(&grant, from->schema);
    strbuf_add_string(&grant, " TO ");
    db_quote_identifier(&grant, db_identity(request->db)->role);
    strbuf_add_string(&grant, "; GRANT SELECT ON ");
    db_quote_name(&grant, from->schema, from->name);
    strbuf_add_string(&grant, " TO ");
    db_quote_identifier(&grant, db_identity(request->db)->role);
    gap_add(&result->gaps, &result->gap_count, name, reason, grant.data);
}

void
columns_choose(const struct scan_request *request, const struct catalog_table *from,
               struct scan_table *table, struct field **fields, struct scan_result *result)
{
    CLEANUP(strbuf_release) struct strbuf forbidden = STRBUF_INIT;
    table->columns = memory_zalloc((from->column_count + 1) * sizeof *table->columns);
    table->others = memory_zalloc((from->column_count + 1) * sizeof *table->others);
    *fields = memory_zalloc((from->column_count + 1) * sizeof **fields);
    for (size_t i = 0; i < from->column_count; i++) {
        struct field *field = &(*fields)[table->column_count];
        if (!choose_form(request, &from->columns[i].type, field))
            table->others[table->other_count++] = memory_strdup(from->columns[i].name);
        else if (from->columns[i].can_select)
            fill_column(from, i, field, &table->columns[table->column_count++]);
        else
            strbuf_printf(&forbidden, "%s%s", forbidden.length > 0 ? ", " : "",
                          from->columns[i].name);
    }
    if (forbidden.length > 0)
        note_forbidden(request, from, &forbidden, table->column_count == 0, result);
}

void
columns_select(struct strbuf *sql, const struct scan_table *table, const struct field *fields)
{
    for (size_t i = 0; i < table->column_count; i++) {
        bool is_list = fields[i].form == FIELD_LIST;
        strbuf_add_string(sql, i > 0 ? ", " : "");
        strbuf_add_string(sql, is_list ? "pg_catalog.to_jsonb(" : "");
        db_quote_identifier(sql, table->columns[i].name);
        strbuf_add_string(sql, is_list ? ")" : "");
    }
}
