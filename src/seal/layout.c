/*
 * The layout of an event: its columns in the order of the table, each as the bytes of PostgreSQL's
 * binary format where these are fixed for good, and as the text that the server prints everywhere
 * else. It is stored with each seal, so that a column that is added later changes no seal that is
 * there.
 */
#include "idmigrate/memory.h"
#include "internal.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* Types whose binary format is the same on every server that is supported. Text is its own. */
static const struct {
    const char *type, *form;
} forms[] = {
    {"uuid", "uuid"},
    {"boolean", "boolean"},
    {"smallint", "smallint"},
    {"integer", "integer"},
    {"bigint", "bigint"},
    {"bytea", "bytea"},
    {"timestamp with time zone", "timestamptz"},
    {"timestamp without time zone", "timestamp"},
    {"date", "date"},
    {"json", "json"},
    {"jsonb", "jsonb"},
};

static const char *
form_of(const char *type)
{
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        if (strcmp(forms[i].type, type) == 0)
            return forms[i].form;
    return "text";
}

/* IDs are UUIDs or texts: the order of a number's bytes is not that of numbers. */
static const char *
form_of_column(const struct log_table *table, const struct log_column *column)
{
    const char *form = form_of(column->type);
    return column == table->parts[LOG_ID] && strcmp(form, "uuid") != 0 ? "text" : form;
}

static char *
make_text(const struct log_table *table)
{
    const struct log_column *stream = table->parts[LOG_RUN_ID];
    bool has_stream = stream != NULL && strcmp(stream->type, "uuid") == 0;
    json_t *columns = json_array();
    for (size_t i = 0; i < table->count; i++)
        json_array_append_new(columns, json_pack("[ss]", table->columns[i].name,
                                                 form_of_column(table, &table->columns[i])));
    json_t *root = json_pack("{ss ss ss? so}", "id", table->parts[LOG_ID]->name, "time",
                             table->parts[LOG_RECORDED_AT]->name, "stream",
                             has_stream ? stream->name : NULL, "columns", columns);
    char *text = json_dumps(root, JSON_COMPACT);
    json_decref(root);
    if (text == NULL)
        memory_exhausted();
    return text;
}

struct seal_layout *
seal_layout_new(const struct log_table *table)
{
    CLEANUP(memory_free_string) char *text = make_text(table);
    return seal_layout_parse(text);
}

static int
find_name(const struct seal_layout *layout, const char *name)
{
    for (size_t i = 0; name != NULL && i < layout->count; i++)
        if (strcmp(layout->names[i], name) == 0)
            return (int)i;
    return -1;
}

static bool
read_columns(struct seal_layout *layout, json_t *columns)
{
    layout->names = memory_zalloc((json_array_size(columns) + 1) * sizeof *layout->names);
    layout->forms = memory_zalloc((json_array_size(columns) + 1) * sizeof *layout->forms);
    for (size_t i = 0; i < json_array_size(columns); i++) {
        json_t *column = json_array_get(columns, i);
        const char *name = json_string_value(json_array_get(column, 0));
        const char *form = json_string_value(json_array_get(column, 1));
        if (name == NULL || form == NULL)
            return false;
        layout->names[layout->count] = memory_strdup(name);
        layout->forms[layout->count++] = memory_strdup(form);
    }
    return layout->count > 0;
}

struct seal_layout *
seal_layout_parse(const char *text)
{
    CLEANUP(seal_layout_free) struct seal_layout *layout = memory_zalloc(sizeof *layout);
    struct seal_layout *made = NULL;
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    layout->text = memory_strdup(text);
    if (read_columns(layout, json_object_get(root, "columns"))) {
        layout->id = find_name(layout, json_string_value(json_object_get(root, "id")));
        layout->time = find_name(layout, json_string_value(json_object_get(root, "time")));
        layout->stream = find_name(layout, json_string_value(json_object_get(root, "stream")));
        if (layout->id >= 0 && layout->time >= 0) {
            made = layout;
            layout = NULL;
        }
    }
    json_decref(root);
    return made;
}

void
seal_layout_free(struct seal_layout **layout)
{
    if (*layout == NULL)
        return;
    for (size_t i = 0; i < (*layout)->count; i++) {
        free((*layout)->names[i]);
        free((*layout)->forms[i]);
    }
    free((*layout)->names);
    free((*layout)->forms);
    free((*layout)->text);
    free(*layout);
    *layout = NULL;
}

bool
seal_layout_fits(const struct seal_layout *layout, const struct log_table *table, char **problem)
{
    for (size_t i = 0; i < layout->count; i++) {
        const struct log_column *column = log_table_find(table, layout->names[i]);
        if (column == NULL)
            *problem = memory_printf("column %s is gone", layout->names[i]);
        else if (strcmp(layout->forms[i], "text") != 0 &&
                 strcmp(layout->forms[i], form_of(column->type)) != 0)
            *problem = memory_printf("column %s was %s and is %s", layout->names[i],
                                     layout->forms[i], column->type);
        else
            continue;
        return false;
    }
    return true;
}

int
seal_layout_find(const struct seal_layout *layout, const char *name, const char *form)
{
    int found = find_name(layout, name);
    return found >= 0 && strcmp(layout->forms[found], form) == 0 ? found : -1;
}

void
seal_layout_add_column(struct strbuf *sql, const struct log_table *table, const char *name,
                       const char *form)
{
    const struct log_column *column = log_table_find(table, name);
    bool is_text = column != NULL && (strcmp(column->type, "text") == 0 ||
                                      strcmp(column->type, "character varying") == 0);
    strbuf_add_string(sql, "e.");
    db_quote_identifier(sql, name);
    if (strcmp(form, "text") == 0 && !is_text)
        strbuf_add_string(sql, "::pg_catalog.text");
}

void
seal_layout_add_order(struct strbuf *sql, const struct log_table *table,
                      const struct seal_layout *layout)
{
    strbuf_add_string(sql, " ORDER BY e.");
    db_quote_identifier(sql, layout->names[layout->time]);
    strbuf_add_string(sql, ", ");
    seal_layout_add_column(sql, table, layout->names[layout->id], layout->forms[layout->id]);
    if (strcmp(layout->forms[layout->id], "text") == 0)
        strbuf_add_string(sql, " COLLATE \"C\"");
}
