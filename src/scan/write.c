/* What was found as JSON for programs; tests/data/report/scan.schema.json describes it. */
#include "render.h"

#include "idmigrate/memory.h"

#include <jansson.h>
#include <stdlib.h>

enum { REPORT_VERSION = 1 };

static json_t *
text(const char *value)
{
    return value != NULL ? json_string(value) : json_null();
}

static void
take_document(struct strbuf *out, json_t *document)
{
    char *written = json_dumps(document, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
    strbuf_add_string(out, written);
    strbuf_add_char(out, '\n');
    free(written);
    json_decref(document);
}

static json_t *
write_gaps(const struct scan_gap *gaps, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_pack("{s:o, s:o, s:o, s:b}", "name", text(gaps[i].name),
                                              "reason", text(gaps[i].reason), "hint",
                                              text(gaps[i].hint), "chosen", gaps[i].is_chosen));
    return list;
}

/* ---- a database ---- */

static json_t *
write_kinds(const struct scan_finder *finder)
{
    json_t *list = json_array();
    for (size_t i = 0; i < scan_finder_kind_count(finder); i++) {
        const struct scan_kind *kind = scan_finder_kind(finder, i);
        const struct idmap *map = scan_finder_map(finder, kind->map);
        json_array_append_new(
            list,
            json_pack("{s:o, s:o, s:o, s:b}", "ids", text(kind->name), "format",
                      text(kind->format != NULL ? idmap_format_describe(kind->format) : NULL),
                      "map", text(map != NULL ? idmap_name(map) : NULL), "expected", kind->is_new));
    }
    return list;
}

static json_t *
write_words(const struct scan_heading *heading)
{
    json_t *list = json_array();
    for (size_t i = 0; i < heading->word_count; i++)
        json_array_append_new(list, text(heading->words[i]));
    return list;
}

static json_t *
write_tables(const struct scan_result *result)
{
    json_t *list = json_array();
    for (size_t i = 0; i < result->table_count; i++) {
        const struct scan_table *table = &result->tables[i];
        const char kind[] = {table->kind, '\0'};
        json_t *columns = json_array();
        for (size_t c = 0; c < table->column_count; c++)
            json_array_append_new(columns, text(table->columns[c].name));
        json_array_append_new(list, json_pack("{s:o, s:o, s:s, s:I, s:b, s:b, s:o}", "schema",
                                              text(table->schema), "table", text(table->name),
                                              "kind", kind, "rows", (json_int_t)table->rows,
                                              "sampled", table->is_sampled, "read", table->was_read,
                                              "columns", columns));
    }
    return list;
}

static json_t *
write_found(const struct scan_heading *heading, const struct scan_result *result,
            const struct scan_found *found)
{
    const struct scan_table *table = &result->tables[found->table];
    const struct scan_column *column = &table->columns[found->column];
    const struct idmap *map = scan_finder_map(heading->finder, found->map);
    json_t *samples = json_array();
    for (size_t i = 0; i < found->sample_count; i++)
        json_array_append_new(samples, text(found->samples[i]));
    json_t *json = json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:b, s:b, s:o, s:o}", "schema", text(table->schema), "table",
        text(table->name), "column", text(column->name), "type", text(column->type), "path",
        text(found->path), "key", found->is_key, "whole", found->is_whole, "ids",
        text(scan_finder_kind(heading->finder, (size_t)found->kind)->name), "map",
        text(map != NULL ? idmap_name(map) : NULL));
    json_t *counts = json_pack(
        "{s:I, s:f, s:I, s:I, s:b, s:I, s:I, s:I, s:I}", "rows", (json_int_t)found->rows, "share",
        table->rows > 0 ? (double)found->rows / (double)table->rows : 0.0, "times",
        (json_int_t)found->ids, "distinct", (json_int_t)render_distinct(found), "estimated",
        found->is_estimate, "resolved", (json_int_t)found->distinct[SCAN_RESOLVED], "new",
        (json_int_t)found->distinct[SCAN_NEW], "ambiguous",
        (json_int_t)found->distinct[SCAN_AMBIGUOUS], "unknown",
        (json_int_t)found->distinct[SCAN_UNKNOWN]);
    json_object_update(json, counts);
    json_decref(counts);
    json_object_set_new(json, "foreign_key", text(column->foreign_key));
    json_object_set_new(json, "indexes", text(column->indexes));
    json_object_set_new(json, "allowed", json_boolean(found->is_allowed));
    json_object_set_new(json, "samples", samples);
    return json;
}

static json_t *
write_objects(const struct scan_result *result)
{
    json_t *list = json_array();
    for (size_t i = 0; i < result->object_count; i++) {
        const struct scan_object *object = &result->objects[i];
        json_array_append_new(list,
                              json_pack("{s:o, s:o, s:o, s:o, s:b, s:b, s:b, s:I, s:o}", "kind",
                                        text(object->kind), "schema", text(object->schema), "name",
                                        text(object->name), "found", text(object->found), "word",
                                        object->is_word, "expected", object->is_new, "allowed",
                                        object->is_allowed, "times", (json_int_t)object->times,
                                        "excerpt", text(object->excerpt)));
    }
    return list;
}

void
scan_write_result(struct strbuf *out, const struct scan_heading *heading,
                  const struct scan_result *result, enum exit_status status)
{
    const struct db_identity *identity = heading->identity;
    json_t *found = json_array();
    for (size_t i = 0; i < result->found_count; i++)
        json_array_append_new(found, write_found(heading, result, &result->found[i]));
    json_t *document = json_pack(
        "{s:i, s:s, s:{s:o, s:o, s:o, s:o}, s:o, s:o}", "report_version", REPORT_VERSION, "kind",
        "scan", "database", "host", text(identity->host), "port", text(identity->port), "name",
        text(identity->database), "role", text(identity->role), "looked_for",
        write_kinds(heading->finder), "words", write_words(heading));
    json_object_set_new(document, "rows", json_integer((json_int_t)result->rows));
    json_object_set_new(document, "sampled", json_boolean(result->is_sampled));
    json_object_set_new(document, "tables", write_tables(result));
    json_object_set_new(document, "found", found);
    json_object_set_new(document, "objects", write_objects(result));
    json_object_set_new(document, "not_checked", write_gaps(result->gaps, result->gap_count));
    json_object_set_new(document, "left", json_integer((json_int_t)result->left));
    json_object_set_new(document, "expected", json_integer((json_int_t)result->expected));
    json_object_set_new(document, "allowed", json_integer((json_int_t)result->allowed));
    json_object_set_new(document, "exit_status", json_integer((json_int_t)status));
    take_document(out, document);
}

/* ---- files ---- */

/* File names are bytes; JSON is text: what is no UTF-8 becomes '?'. */
static json_t *
path_text(const char *path)
{
    json_t *json = json_string(path);
    if (json != NULL)
        return json;
    CLEANUP(memory_free_string) char *copy = memory_strdup(path);
    for (char *c = copy; *c != '\0'; c++)
        *c = (unsigned char)*c < 0x80 ? *c : '?';
    return json_string(copy);
}

void
scan_write_files(struct strbuf *out, const struct scan_files *files, enum exit_status status)
{
    json_t *lines = json_array();
    for (size_t i = 0; i < files->line_count; i++) {
        const struct scan_line *line = &files->lines[i];
        json_array_append_new(
            lines,
            json_pack("{s:o, s:I, s:I, s:s, s:b, s:o}", "path", path_text(line->path), "line",
                      (json_int_t)line->line, "column", (json_int_t)line->column, "found",
                      line->found, "word", line->is_word, "excerpt", path_text(line->excerpt)));
    }
    json_t *gaps = json_array();
    for (size_t i = 0; i < files->gap_count; i++)
        json_array_append_new(gaps, json_pack("{s:o, s:o, s:o, s:b}", "name",
                                              path_text(files->gaps[i].name), "reason",
                                              text(files->gaps[i].reason), "hint",
                                              text(files->gaps[i].hint), "chosen", 0));
    take_document(out,
                  json_pack("{s:i, s:s, s:o, s:o, s:I, s:I, s:I, s:I, s:I, s:i}", "report_version",
                            REPORT_VERSION, "kind", "scan_files", "places", lines, "not_checked",
                            gaps, "left", (json_int_t)files->left, "allowed",
                            (json_int_t)files->allowed, "files", (json_int_t)files->files,
                            "binary_files", (json_int_t)files->binary_files, "skipped_folders",
                            (json_int_t)files->skipped_folders, "exit_status", (int)status));
}
