/*
 * JSON of any size: the outer array or object is cut into its elements here, and each element is
 * parsed by jansson.
 *
 * Cutting needs only to know strings and brackets apart; whatever else is wrong with an element,
 * jansson finds. The same code reads an object {"old": "new"}: its elements are members, and become
 * objects of one member each.
 */
#include "file.h"
#include "idmigrate/memory.h"
#include "json_record.h"

#include <inttypes.h>
#include <string.h>

enum { MOST_MEMBERS = 64 }; /* of a record that lies where a map should be */

struct json_reader {
    const struct idmap_file *file;
    struct idmap *map;
    struct error *err;
    uint64_t *count;
    uint64_t line;
    uint64_t element, element_line; /* of the element that is being read, from 1 */
    struct strbuf slice;            /* its bytes so far, after the bracket it will be parsed in */
    json_t *members;                /* the first of {"old": "new"} */

    enum { BEFORE, INSIDE, AFTER } state;
    char open, close; /* of the whole document */
    size_t depth;     /* inside the element */
    bool in_string, after_backslash, has_content;
};

static bool
is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool
fail_at_element(struct json_reader *reader)
{
    return error_context(reader->err, "line %" PRIu64 ", element %" PRIu64, reader->element_line,
                         reader->element);
}

static bool
parse_element(struct json_reader *reader)
{
    json_error_t where;
    CLEANUP(json_decrefp)
    json_t *whole =
        json_loadb(reader->slice.data, reader->slice.length, JSON_REJECT_DUPLICATES, &where);
    if (whole == NULL)
        return json_record_fail_syntax(&where, reader->err);
    ++*reader->count;
    if (json_is_object(whole) && *reader->count <= MOST_MEMBERS)
        json_object_update(reader->members, whole);
    if (json_is_object(whole))
        return json_record_add_member(reader->map, whole, reader->element, reader->err);
    return json_record_add(reader->map, reader->file, json_array_get(whole, 0), reader->element,
                           reader->err);
}

static bool
end_element(struct json_reader *reader, bool is_last)
{
    if (!reader->has_content) {
        reader->element_line = reader->line;
        if (is_last && reader->element == 1)
            return true;
        error_set(reader->err, EXIT_INPUT, "a comma without an element");
        return fail_at_element(reader);
    }
    strbuf_add_char(&reader->slice, reader->close);
    if (!parse_element(reader))
        return fail_at_element(reader);
    strbuf_truncate(&reader->slice, 1);
    reader->has_content = false;
    reader->element++;
    return true;
}

static bool
begin_document(struct json_reader *reader, char c)
{
    if (is_space(c))
        return true;
    if (c != '[' && c != '{') {
        error_set(reader->err, EXIT_INPUT, "line %" PRIu64 ": not JSON", reader->line);
        return error_hint(reader->err, "an array of objects, or one object {\"old\": \"new\"}");
    }
    if ((c == '[') != (reader->file->old_column != NULL)) {
        error_set(reader->err, EXIT_INPUT, "%s",
                  c == '[' ? "is a JSON array, but its columns are not named"
                           : "is one JSON object, but columns are named");
        return error_hint(reader->err, "\"old_column\" and \"new_column\" belong to an array of "
                                       "objects; one object {\"old\": \"new\"} has none");
    }
    reader->open = c;
    reader->close = c == '[' ? ']' : '}';
    reader->state = INSIDE;
    strbuf_add_char(&reader->slice, c);
    return true;
}

/* What one byte means for the place the reader is at. `ends` tells that it is a comma or bracket
 * after the element. */
static void
step(struct json_reader *reader, char c, bool *ends)
{
    *ends = false;
    if (reader->in_string) {
        if (reader->after_backslash)
            reader->after_backslash = false;
        else if (c == '\\')
            reader->after_backslash = true;
        else if (c == '"')
            reader->in_string = false;
    } else if (c == '"')
        reader->in_string = true;
    else if (c == '[' || c == '{')
        reader->depth++;
    else if (reader->depth == 0)
        *ends = c == ',' || c == ']' || c == '}';
    else if (c == ']' || c == '}')
        reader->depth--;
}

static bool
end_at(struct json_reader *reader, char c)
{
    if (!end_element(reader, c != ','))
        return false;
    if (c == ',')
        return true;
    reader->state = AFTER;
    return c == reader->close ||
           error_set(reader->err, EXIT_INPUT, "line %" PRIu64 ": \"%c\" instead of \"%c\"",
                     reader->line, c, reader->close);
}

/* Reads the bytes of elements from `data`; `used` tells how far: to the end, or behind the last
 * bracket. */
static bool
feed_elements(struct json_reader *reader, const char *data, size_t length, size_t *used)
{
    size_t start = 0, i = 0;
    for (; i < length && reader->state == INSIDE; i++) {
        bool ends;
        if (!reader->has_content && !is_space(data[i]) && strchr(",]}", data[i]) == NULL) {
            reader->has_content = true;
            reader->element_line = reader->line;
        }
        step(reader, data[i], &ends);
        if (ends) {
            strbuf_add(&reader->slice, data + start, i - start);
            if (!end_at(reader, data[i]))
                return false;
            start = i + 1;
        }
        reader->line += data[i] == '\n';
    }
    strbuf_add(&reader->slice, data + start, i - start);
    *used = i;
    return reader->slice.length <= INPUT_LONGEST_RECORD ||
           input_fail_too_long("element", reader->element, reader->err);
}

static bool
feed_block(struct json_reader *reader, const char *data, size_t length)
{
    size_t i = 0;
    while (i < length) {
        if (reader->state == INSIDE) {
            size_t used;
            if (!feed_elements(reader, data + i, length - i, &used))
                return false;
            i += used;
            continue;
        }
        if (reader->state == BEFORE && !begin_document(reader, data[i]))
            return false;
        if (reader->state == AFTER && !is_space(data[i])) {
            error_set(reader->err, EXIT_INPUT, "line %" PRIu64 ": more text after the end",
                      reader->line);
            return error_hint(reader->err, "one JSON document; for one object a line, say "
                                           "\"format\": \"ndjson\"");
        }
        reader->line += data[i] == '\n';
        i++;
    }
    return true;
}

/* A record would become a map of its names. */
static bool
check_members(struct json_reader *reader)
{
    if (*reader->count > MOST_MEMBERS || !json_record_has_names(reader->members))
        return true;
    error_set(reader->err, EXIT_INPUT,
              "is one record with names of columns, and no map "
              "{\"old\": \"new\", ...}");
    return error_hint(reader->err, "write one record a line, and name the columns of the old and "
                                   "the new ID");
}

static bool
finish(struct json_reader *reader)
{
    if (reader->state == AFTER)
        return check_members(reader);
    if (reader->state == BEFORE)
        return error_set(reader->err, EXIT_INPUT, "the file is empty");
    error_set(reader->err, EXIT_INPUT,
              "line %" PRIu64 ", element %" PRIu64 ": the file ends in "
              "the middle",
              reader->line, reader->element);
    return error_hint(reader->err, "was it copied whole?");
}

bool
file_read_json(struct idmap *map, const struct idmap_file *file, struct input *input,
               uint64_t *count, struct error *err)
{
    struct json_reader reader = {.file = file,
                                 .map = map,
                                 .err = err,
                                 .count = count,
                                 .line = 1,
                                 .element = 1,
                                 .element_line = 1,
                                 .slice = STRBUF_INIT,
                                 .members = json_object()};
    bool is_read = true;
    while (is_read && input->length > 0)
        is_read = feed_block(&reader, input->data, input->length) && input_next(input, err);
    is_read = is_read && finish(&reader);
    strbuf_release(&reader.slice);
    json_decref(reader.members);
    return is_read;
}
