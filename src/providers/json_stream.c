/* JSON of any size as a stream of records. */
#include "json_stream.h"

#include "json_object.h"

#include "idmigrate/input.h"
#include "idmigrate/memory.h"

#include <inttypes.h>
#include <string.h>

/* An object that is larger is given in parts, if nothing is nested in it: a map. */
enum { PART = 1024 * 1024, DEEPEST = 256 };

static bool
is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void
wipe(struct strbuf *buf)
{
    if (buf->capacity > 0)
        explicit_bzero(buf->data, buf->capacity);
    strbuf_release(buf);
}

void
json_stream_release(struct json_stream *stream)
{
    wipe(&stream->outer);
    wipe(&stream->element);
}

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

static bool
emit(struct json_stream *stream, const struct strbuf *text, struct json_stream_record record,
     struct error *err)
{
    json_error_t where;
    CLEANUP(json_decrefp) json_t *json = json_object_read_plain(text->data, text->length);
    if (json == NULL)
        json =
            json_loadb(text->data, text->length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &where);
    record.json = json;
    record.number = ++stream->number;
    if (json == NULL)
        fail_syntax(&where, err);
    else if (!json_is_object(json))
        error_set(err, EXIT_INPUT, "is not an object");
    if (err->is_set || !stream->sink(stream->context, &record, err))
        return error_context(err, "line %" PRIu64 ", record %" PRIu64, record.line, record.number);
    return true;
}

static bool
fail_here(const struct json_stream *stream, const char *wrong, struct error *err)
{
    return error_set(err, EXIT_INPUT, "line %" PRIu64 ": %s", stream->line, wrong);
}

static bool
end_element(struct json_stream *stream, bool is_last, struct error *err)
{
    struct json_stream_record record = {.line = stream->element_line};
    if (!stream->has_content)
        return (is_last && !stream->after_comma) ||
               fail_here(stream, "a comma without an element", err);
    stream->after_comma = !is_last;
    stream->has_content = false;
    stream->in_lists++;
    stream->has_given = true;
    bool good = emit(stream, &stream->element, record, err);
    strbuf_reset(&stream->element);
    return good;
}

/* What is being read: an outer object, or an element. */
static struct strbuf *
current(struct json_stream *stream)
{
    return stream->state == STREAM_OBJECT ? &stream->outer : &stream->element;
}

/* There is room: json_stream_feed() has made it for the whole block. */
static void
put(struct strbuf *buf, char c)
{
    buf->data[buf->length++] = c;
}

static bool
is_one_of(const char *name, size_t length, char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (names[i][0] == *name && strlen(names[i]) == length &&
            memcmp(names[i], name, length) == 0)
            return true;
    return false;
}

static bool
has_member_name(struct json_stream *stream, char *const *names, size_t count)
{
    return stream->is_member_name && stream->text_end > stream->text_start &&
           is_one_of(current(stream)->data + stream->text_start,
                     stream->text_end - stream->text_start, names, count);
}

/* Nothing is known of the member that begins where the text ends. */
static void
begin_member(struct json_stream *stream)
{
    stream->member_start = current(stream)->length;
    stream->text_start = stream->text_end = 0;
    stream->is_member_name = false;
}

/* At a comma or bracket behind a member: takes it out when nobody wants it. The comma of one that
 * was taken out stays out too. */
static void
end_member(struct json_stream *stream, char c)
{
    struct strbuf *buf = current(stream);
    bool is_ignored = has_member_name(stream, stream->ignored, stream->ignored_count);
    if (is_ignored) {
        explicit_bzero(buf->data + stream->member_start, buf->length - stream->member_start);
        buf->length = stream->member_start;
    }
    if (c != ',' && is_ignored && buf->length > 1 && buf->data[buf->length - 1] == ',')
        buf->length--;
    if (c != ',' || !is_ignored)
        put(buf, c);
    begin_member(stream);
}

static void
begin_list(struct json_stream *stream)
{
    stream->state = STREAM_LIST;
    stream->depth = 0;
    stream->has_content = stream->after_comma = stream->is_member_name = false;
    strbuf_reset(&stream->element);
}

static bool
begin_array(struct json_stream *stream, struct error *err)
{
    stream->arrays++;
    return stream->arrays <= DEEPEST || fail_here(stream, "nested too deep", err);
}

/* A comma or the end of an outer array. Pages that were put together by hand have commas between
 * them, without an array. */
static bool
step_between_values(struct json_stream *stream, char c, struct error *err)
{
    if (stream->arrays == 0)
        return c == ',' || fail_here(stream, "\"]\" without \"[\"", err);
    if (c == ',' ? !stream->after_value : stream->after_comma)
        return fail_here(stream, "a comma without an element", err);
    stream->arrays -= c == ']';
    stream->after_value = c == ']';
    stream->after_comma = c == ',';
    return true;
}

static bool
begin(struct json_stream *stream, char c, struct error *err)
{
    if (is_space(c))
        return true;
    if (c == ',' || c == ']')
        return step_between_values(stream, c, err);
    if (c != '[' && c != '{')
        return fail_here(stream,
                         c == '}' && stream->arrays > 0 ? "\"}\" instead of \"]\""
                                                        : "neither an object nor a list",
                         err);
    if (stream->arrays > 0 && stream->after_value)
        return fail_here(stream, "a comma is missing", err);
    stream->after_value = stream->after_comma = false;
    if (c == '[')
        return begin_array(stream, err);
    stream->state = STREAM_OBJECT;
    stream->depth = 1;
    stream->outer_line = stream->line;
    stream->in_lists = 0;
    stream->is_flat = true;
    stream->has_given = false;
    strbuf_reset(&stream->outer);
    put(&stream->outer, c);
    begin_member(stream);
    return true;
}

/* A map of texts that is too long to be held comes in parts, cut at a comma between members. */
static bool
end_part(struct json_stream *stream, struct error *err)
{
    struct json_stream_record record = {.line = stream->outer_line,
                                        .is_outer = true,
                                        .in_lists = stream->in_lists,
                                        .is_part = true};
    stream->outer.data[stream->outer.length - 1] = '}'; /* instead of the comma */
    stream->has_given = true;
    if (!emit(stream, &stream->outer, record, err))
        return false;
    stream->outer.length = 1;
    begin_member(stream);
    stream->outer_line = stream->line;
    return true;
}

static bool
end_object(struct json_stream *stream, struct error *err)
{
    struct json_stream_record record = {
        .line = stream->outer_line, .is_outer = true, .in_lists = stream->in_lists};
    stream->state = STREAM_BETWEEN;
    stream->after_value = true;
    return emit(stream, &stream->outer, record, err);
}

/* Bytes of a string, up to and with its end; escapes are not looked into. */
static size_t
string_length(struct json_stream *stream, const char *data, size_t length)
{
    size_t i = 0;
    while (i < length && stream->in_string) {
        if (stream->after_backslash) {
            stream->after_backslash = false;
            i++;
            continue;
        }
        while (i < length && data[i] != '"' && data[i] != '\\')
            stream->line += data[i++] == '\n';
        if (i == length)
            break;
        stream->after_backslash = data[i] == '\\';
        stream->in_string = data[i] != '"';
        i++;
    }
    return i;
}

static bool
nest(struct json_stream *stream, char c, struct error *err)
{
    stream->depth += c == '[' || c == '{';
    stream->depth -= (c == ']' || c == '}') && stream->depth > 0;
    return stream->depth <= DEEPEST || fail_here(stream, "nested too deep", err);
}

/* The outer object goes on behind it. */
static void
end_list(struct json_stream *stream)
{
    stream->state = STREAM_OBJECT;
    stream->depth = 1;
    stream->text_start = stream->text_end = 0; /* a list's name is not among the ignored */
    stream->is_member_name = false;
    put(&stream->outer, ']');
}

static bool
step_between_elements(struct json_stream *stream, char c, struct error *err)
{
    if (c == '}')
        return fail_here(stream, "\"}\" instead of \"]\"", err);
    if (!end_element(stream, c == ']', err))
        return false;
    if (c == ']')
        end_list(stream);
    return true;
}

/* A byte that is no part of a string, directly in a record or deeper. */
static bool
step_inside(struct json_stream *stream, char c, struct error *err)
{
    struct strbuf *buf = current(stream);
    if (stream->depth == 1 && (c == ',' || c == '}')) {
        end_member(stream, c);
    } else {
        put(buf, c);
        if (stream->depth == 0)
            begin_member(stream); /* behind the bracket of an element */
        else if (c == ':' && stream->depth == 1)
            stream->is_member_name = true;
    }
    if (c == '"') {
        stream->in_string = true;
        if (stream->depth == 1 && !stream->is_member_name)
            stream->text_start = stream->text_end = buf->length;
    }
    return nest(stream, c, err);
}

static bool
step_element(struct json_stream *stream, char c, struct error *err)
{
    if (stream->depth == 0 && (c == ',' || c == ']' || c == '}'))
        return step_between_elements(stream, c, err);
    if (!stream->has_content && is_space(c))
        return true;
    if (!stream->has_content) {
        stream->has_content = true;
        stream->element_line = stream->line;
    }
    return step_inside(stream, c, err);
}

static bool
step_object(struct json_stream *stream, char c, struct error *err)
{
    if (c == '[' && stream->depth == 1 &&
        has_member_name(stream, stream->lists, stream->list_count)) {
        put(&stream->outer, c);
        stream->is_flat = false;
        begin_list(stream);
        return true;
    }
    stream->is_flat = stream->is_flat && c != '[' && c != '{';
    if (!step_inside(stream, c, err))
        return false;
    if (c == ',' && stream->depth == 1 && stream->outer.length > PART && stream->is_flat &&
        stream->outer.data[stream->outer.length - 1] == ',')
        return end_part(stream, err);
    return stream->depth > 0 || end_object(stream, err);
}

/* An object is the value of a member, or an element. */
static bool
check_place(struct json_stream *stream, char c, struct error *err)
{
    if (c == '{' && stream->state != STREAM_BETWEEN && strchr(":,[", stream->last) == NULL)
        return fail_here(stream, "an object where none can be", err);
    if (!is_space(c))
        stream->last = c;
    return true;
}

static bool
step(struct json_stream *stream, char c, struct error *err)
{
    if (stream->is_strict && !check_place(stream, c, err))
        return false;
    bool good = stream->state == STREAM_BETWEEN  ? begin(stream, c, err)
                : stream->state == STREAM_OBJECT ? step_object(stream, c, err)
                                                 : step_element(stream, c, err);
    stream->line += c == '\n';
    return good;
}

static bool
check_length(const struct json_stream *stream, struct error *err)
{
    if (stream->outer.length <= INPUT_LONGEST_RECORD &&
        stream->element.length <= INPUT_LONGEST_RECORD)
        return true;
    return input_fail_too_long("record", stream->number + 1, err);
}

/* A string is taken over as it is; directly in a record it may be a member's name. */
static size_t
feed_string(struct json_stream *stream, const char *data, size_t length)
{
    struct strbuf *buf = current(stream);
    size_t used = string_length(stream, data, length);
    memcpy(buf->data + buf->length, data, used);
    buf->length += used;
    if (!stream->in_string && stream->depth == 1 && !stream->is_member_name)
        stream->text_end = buf->length - 1;
    return used;
}

void
json_stream_drop(struct json_stream *stream, uint64_t line)
{
    explicit_bzero(stream->outer.data, stream->outer.length);
    explicit_bzero(stream->element.data, stream->element.length);
    strbuf_reset(&stream->outer);
    strbuf_reset(&stream->element);
    stream->state = STREAM_BETWEEN;
    stream->in_string = stream->after_backslash = false;
    stream->after_value = true;
    stream->line = line;
}

bool
json_stream_is_between(const struct json_stream *stream)
{
    return stream->state == STREAM_BETWEEN && stream->arrays == 0;
}

/* No text of JSON goes over the end of a line. */
static bool
check_text(struct json_stream *stream, char c, struct error *err)
{
    if (!stream->is_strict || !stream->in_string || c != '\n')
        return true;
    stream->line--;
    return fail_here(stream, "a line ends inside a text", err);
}

bool
json_stream_feed(struct json_stream *stream, const char *data, size_t length, struct error *err)
{
    /* Each byte becomes at most one byte, in one of them. */
    strbuf_reserve(&stream->outer, length + 1);
    strbuf_reserve(&stream->element, length + 1);
    for (size_t i = 0; i < length;) {
        if (stream->in_string) {
            i += feed_string(stream, data + i, length - i);
            if (!check_text(stream, data[i - 1], err))
                return false;
        } else if (!step(stream, data[i++], err))
            return false;
    }
    return check_length(stream, err);
}

bool
json_stream_end(struct json_stream *stream, struct error *err)
{
    if (json_stream_is_between(stream))
        return true;
    fail_here(stream, "the file ends in the middle of a record", err);
    return error_hint(err, "was it copied whole?");
}
