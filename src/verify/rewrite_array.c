/* Array literals (PostgreSQL documentation, "Array Input and Output Syntax") and plain text. */
#include "rewrite.h"

#include "idmigrate/memory.h"

#include <string.h>
#include <strings.h>

void
rewrite_text(struct strbuf *out, const struct finder *finder, struct span value)
{
    struct finding_place place;
    size_t done = 0;
    while (finder_next(finder, value, done, &place)) {
        strbuf_add(out, value.data + done, place.start - done);
        strbuf_add(out, place.new_id.data, place.new_id.length);
        done = place.start + place.length;
    }
    strbuf_add(out, value.data + done, value.length - done);
}

struct array {
    struct strbuf *out;
    const struct finder *finder;
    struct span text;
    size_t at;
    struct strbuf element, rewritten;
};

static bool
is_array_space(char c)
{
    return c != '\0' && strchr(" \t\n\r\v\f", c) != NULL;
}

static bool
wants_quotes(struct span element)
{
    if (element.length == 0 || (element.length == 4 && strncasecmp(element.data, "NULL", 4) == 0))
        return true;
    for (size_t i = 0; i < element.length; i++)
        if (element.data[i] != '\0' && strchr("\"\\{}, \t\n\r\v\f", element.data[i]) != NULL)
            return true;
    return false;
}

static void
write_element(struct strbuf *out, struct span element)
{
    if (!wants_quotes(element)) {
        strbuf_add(out, element.data, element.length);
        return;
    }
    strbuf_add_char(out, '"');
    for (size_t i = 0; i < element.length; i++) {
        if (element.data[i] == '"' || element.data[i] == '\\')
            strbuf_add_char(out, '\\');
        strbuf_add_char(out, element.data[i]);
    }
    strbuf_add_char(out, '"');
}

/* One element's text as it stands, [start, at); its value is in array->element. */
static void
finish_element(struct array *array, size_t start)
{
    struct span value = span_of_buffer(&array->element);
    strbuf_reset(&array->rewritten);
    rewrite_text(&array->rewritten, array->finder, value);
    if (span_equal(value, span_of_buffer(&array->rewritten)))
        strbuf_add(array->out, array->text.data + start, array->at - start);
    else
        write_element(array->out, span_of_buffer(&array->rewritten));
}

static bool
take_quoted(struct array *array)
{
    size_t start = array->at++;
    strbuf_reset(&array->element);
    for (; array->at < array->text.length; array->at++) {
        char c = array->text.data[array->at];
        if (c == '"') {
            array->at++;
            finish_element(array, start);
            return true;
        }
        if (c == '\\' && ++array->at < array->text.length)
            c = array->text.data[array->at];
        strbuf_add_char(&array->element, c);
    }
    return false;
}

static bool
take_bare(struct array *array)
{
    size_t start = array->at, end = array->at;
    strbuf_reset(&array->element);
    for (; array->at < array->text.length; array->at++) {
        char c = array->text.data[array->at];
        if (c == '"')
            return false;
        if (c == ',' || c == '{' || c == '}')
            break;
        bool is_space = is_array_space(c);
        if (c == '\\' && ++array->at < array->text.length)
            c = array->text.data[array->at];
        strbuf_add_char(&array->element, c);
        end = is_space ? end : array->at + 1;
    }
    if (end == start)
        return false;
    /* Space behind a bare element is no part of it. */
    strbuf_truncate(&array->element, array->element.length - (array->at - end));
    array->at = end;
    finish_element(array, start);
    return true;
}

static bool
take_array(struct array *array)
{
    size_t depth = 0;
    bool wants_item = true; /* an element or a sub-array may come, not a comma */
    do {
        if (array->at >= array->text.length)
            return false;
        char c = array->text.data[array->at];
        if (is_array_space(c) || c == '{' || c == '}' || c == ',') {
            if (c == '{' && !wants_item)
                return false;
            if (c == '}' && depth == 0)
                return false;
            depth += c == '{';
            depth -= c == '}';
            wants_item = is_array_space(c) ? wants_item : c != '}';
            strbuf_add_char(array->out, c);
            array->at++;
        } else {
            if (!wants_item || depth == 0 || !(c == '"' ? take_quoted(array) : take_bare(array)))
                return false;
            wants_item = false;
        }
    } while (depth > 0);
    return true;
}

enum rewrite_result
rewrite_array(struct strbuf *out, const struct finder *finder, struct span value)
{
    struct array array = {.out = out,
                          .finder = finder,
                          .text = value,
                          .element = STRBUF_INIT,
                          .rewritten = STRBUF_INIT};
    /* Lower bounds: [0:2]={...} */
    const char *brace = memchr(value.data, '{', value.length);
    bool good = brace != NULL;
    if (good) {
        array.at = (size_t)(brace - value.data);
        strbuf_add(out, value.data, array.at);
        good = take_array(&array);
    }
    for (; good && array.at < value.length; array.at++) {
        good = is_array_space(value.data[array.at]);
        strbuf_add_char(out, value.data[array.at]);
    }
    strbuf_release(&array.element);
    strbuf_release(&array.rewritten);
    return good ? REWRITE_DONE : REWRITE_NOT_VALID;
}
