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

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

struct json_reader {
    const struct idmap_file *file;
    struct idmap *map;
    struct error *err;
    uint64_t *count;
    uint64_t line;
    uint64_t element, element_line; /* of the element that is being read, from 1 */
    struct strbuf slice;            /* its bytes so far, after the bracket it will be parsed in */

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

static void
release_json(json_t **json)
{
    json_decref(*json);
}

/* ---- one record
 * -----------------------------------------------------------------------------------------------
 */

/* jansson's text goes on with a part of the file, which may be anybody's address: that is left out.
 */
static bool
fail_syntax(const json_error_t *where, struct error *err)
{
    const char *end = strstr(where->text, " near ");
    int length = end != NULL ? (int)(end - where->text) : (int)strlen(where->text);
    if (json_error_code(where) == json_error_null_character ||
        json_error_code(where) == json_error_null_byte_in_key)
        return error_set(err, EXIT_INPUT, "a text holds \\u0000");
    return error_set(err, EXIT_INPUT, "not valid JSON: %.*s", length, where->text);
}

struct id_text {
    const char *text;
    size_t length;
    char digits[24]; /* of an ID that is written as a number */
};

static bool
read_id(const char *name, const json_t *value, struct id_text *id, struct error *err)
{
    if (json_is_string(value)) {
        id->text = json_string_value(value);
        id->length = json_string_length(value);
        return true;
    }
    if (!json_is_integer(value))
        return error_set(err, EXIT_INPUT, "\"%.200s\" is %s", name,
                         json_is_null(value) ? "null" : "neither a text nor a whole number");
    id->length = (size_t)snprintf(id->digits, sizeof id->digits, "%lld",
                                  (long long)json_integer_value(value));
    id->text = id->digits;
    return true;
}

static bool
fail_no_member(json_t *record, const char *name, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf names = STRBUF_INIT;
    const char *key;
    json_t *ignored;
    json_object_foreach(record, key, ignored)
    {
        file_add_name(&names, key, strlen(key));
    }
    error_set(err, EXIT_INPUT, "has no \"%s\"", name);
    return error_hint(err, "found: %s", names.data);
}

static bool
add_record(struct json_reader *reader, json_t *record, uint64_t place)
{
    const char *names[] = {reader->file->old_column, reader->file->new_column};
    struct id_text ids[2] = {{.text = NULL}, {.text = NULL}};
    if (!json_is_object(record))
        return error_set(reader->err, EXIT_INPUT, "is not an object");
    for (size_t i = 0; i < 2; i++) {
        const json_t *value = json_object_get(record, names[i]);
        if (value == NULL)
            return fail_no_member(record, names[i], reader->err);
        if (!read_id(names[i], value, &ids[i], reader->err))
            return false;
    }
    ++*reader->count;
    return idmap_add(reader->map, ids[0].text, ids[0].length, ids[1].text, ids[1].length, place,
                     reader->err);
}

/* The one member of an object: "old": "new". */
static bool
add_member(struct json_reader *reader, json_t *object)
{
    void *member = json_object_iter(object);
    const char *old_id = json_object_iter_key(member);
    struct id_text new_id = {.text = NULL};
    if (!read_id(old_id, json_object_iter_value(member), &new_id, reader->err))
        return error_hint(reader->err, "an object maps old to new IDs; for a list of records, "
                                       "use an array and name \"old_column\", \"new_column\"");
    ++*reader->count;
    return idmap_add(reader->map, old_id, strlen(old_id), new_id.text, new_id.length,
                     reader->element, reader->err);
}

/* ---- cutting
 * --------------------------------------------------------------------------------------------------
 */

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
    CLEANUP(release_json)
    json_t *whole =
        json_loadb(reader->slice.data, reader->slice.length, JSON_REJECT_DUPLICATES, &where);
    if (whole == NULL)
        return fail_syntax(&where, reader->err);
    if (json_is_object(whole))
        return add_member(reader, whole);
    return add_record(reader, json_array_get(whole, 0), reader->element);
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

static bool
finish(struct json_reader *reader)
{
    if (reader->state == AFTER)
        return true;
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
                                 .slice = STRBUF_INIT};
    bool is_read = true;
    while (is_read && input->length > 0)
        is_read = feed_block(&reader, input->data, input->length) && input_next(input, err);
    is_read = is_read && finish(&reader);
    strbuf_release(&reader.slice);
    return is_read;
}

/* ---- NDJSON
 * ---------------------------------------------------------------------------------------------------
 */

static bool
read_line(struct json_reader *reader)
{
    json_error_t where;
    struct strbuf *line = &reader->slice;
    if (strspn(line->data, " \t\r") == line->length)
        return true;
    CLEANUP(release_json)
    json_t *record =
        json_loadb(line->data, line->length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &where);
    if (record == NULL)
        fail_syntax(&where, reader->err);
    if (record == NULL || !add_record(reader, record, reader->line))
        return error_context(reader->err, "line %" PRIu64, reader->line);
    return true;
}

static bool
feed_lines(struct json_reader *reader, const char *data, size_t length)
{
    while (length > 0) {
        const char *end = memchr(data, '\n', length);
        size_t part = end != NULL ? (size_t)(end - data) : length;
        strbuf_add(&reader->slice, data, part);
        if (reader->slice.length > INPUT_LONGEST_RECORD)
            return input_fail_too_long("line", reader->line, reader->err);
        if (end == NULL)
            return true;
        if (!read_line(reader))
            return false;
        strbuf_reset(&reader->slice);
        reader->line++;
        data = end + 1;
        length -= part + 1;
    }
    return true;
}

bool
file_read_ndjson(struct idmap *map, const struct idmap_file *file, struct input *input,
                 uint64_t *count, struct error *err)
{
    struct json_reader reader = {
        .file = file, .map = map, .err = err, .count = count, .line = 1, .slice = STRBUF_INIT};
    if (file->old_column == NULL) {
        error_set(err, EXIT_INPUT, "is NDJSON, but its columns are not named");
        return error_hint(err, "say \"old_column\" and \"new_column\"");
    }
    bool is_read = true;
    while (is_read && input->length > 0)
        is_read = feed_lines(&reader, input->data, input->length) && input_next(input, err);
    is_read = is_read && read_line(&reader);
    strbuf_release(&reader.slice);
    return is_read;
}
