/*
 * Lines of text: what a tool wrote to its console, or a table that somebody made, with an old and a
 * new ID in each line.
 *
 * A console's lines may have colours, and whatever a CI system puts in front of them.
 */
#include "read.h"

#include "idmigrate/interrupt.h"
#include "idmigrate/memory.h"
#include "idmigrate/strbuf.h"

#include <string.h>

enum { MOST_WORDS = 64 };

bool
read_plain_pair(struct extract *extract, const struct provider_text *old_id,
                const struct provider_text *new_id, enum provider_entity of, uint64_t place,
                struct error *err)
{
    const struct provider_kind *kind = NULL;
    for (size_t i = 0; i < extract->kinds->count && kind == NULL; i++)
        if (extract->kinds->kinds[i].forms == FORM_PAIR && extract->kinds->kinds[i].of == of)
            kind = &extract->kinds->kinds[i];
    if (kind == NULL)
        return error_set(err, EXIT_BUG, "no kind for pairs of IDs");
    json_t *record = json_object();
    if (old_id->text != NULL)
        json_object_set_new(record, "old", json_stringn(old_id->text, old_id->length));
    if (new_id->text != NULL)
        json_object_set_new(record, "new", json_stringn(new_id->text, new_id->length));
    bool good = extract_record(extract, kind, record, place, err);
    json_decref(record);
    return good;
}

/* Where the literal begins that follows, or the end of the word. */
static size_t
word_length(const char *text, size_t length, const char *literal)
{
    size_t end = 0;
    while (end < length && strchr(" \t\r\n", text[end]) == NULL && text[end] != '\x1b')
        end++;
    if (*literal == '\0')
        return end;
    for (size_t i = 0; i < end; i++)
        if (strlen(literal) <= length - i && memcmp(text + i, literal, strlen(literal)) == 0)
            return i;
    return strlen(literal) <= length - end && memcmp(text + end, literal, strlen(literal)) == 0
               ? end
               : 0;
}

/* The names of a line's pattern as an object, or NULL. */
static json_t *
match(const struct provider_kind *kind, const char *line, size_t length)
{
    const char *found = memmem(line, length, kind->line[0], strlen(kind->line[0]));
    if (found == NULL)
        return NULL;
    json_t *record = json_object();
    const char *rest = found + strlen(kind->line[0]), *end = line + length;
    for (size_t i = 1; i + 1 < kind->line_count; i += 2) {
        const char *literal = kind->line[i + 1];
        size_t word = word_length(rest, (size_t)(end - rest), literal);
        if (word == 0) {
            json_decref(record);
            return NULL;
        }
        json_object_set_new(record, kind->line[i], json_stringn(rest, word));
        rest += word + strlen(literal);
    }
    return record;
}

/* What else than blanks parts the words of tables: psql's and Markdown's bars, CSV. */
static size_t
split(const char *line, size_t length, struct provider_text *words)
{
    size_t count = 0;
    for (size_t i = 0; i < length && count < MOST_WORDS;) {
        size_t start = i;
        while (i < length && memchr(" \t\r|,;\"'`=>()[]{}:", line[i], 19) == NULL)
            i++;
        if (i > start)
            words[count++] = (struct provider_text){line + start, i - start};
        else
            i++;
    }
    return count;
}

static bool
give_line(struct extract *extract, const char *line, size_t length, uint64_t number,
          struct error *err)
{
    struct provider_text words[MOST_WORDS];
    size_t old_word, new_word;
    enum provider_entity of;
    for (size_t i = 0; i < extract->kinds->count; i++) {
        const struct provider_kind *kind = &extract->kinds->kinds[i];
        json_t *record = kind->line_count > 0 ? match(kind, line, length) : NULL;
        if (record == NULL)
            continue;
        bool good = extract_record(extract, kind, record, number, err);
        json_decref(record);
        return good;
    }
    size_t count = split(line, length, words);
    if (kind_find_pair(extract->kinds, words, count, &old_word, &new_word, &of))
        return read_plain_pair(extract, &words[old_word], &words[new_word], of, number, err);
    extract->file->other_lines += count > 0;
    return true;
}

bool
read_lines_fits(const struct provider_kinds *kinds, const char *data, size_t length, bool is_log)
{
    struct provider_text words[MOST_WORDS];
    size_t old_word, new_word;
    enum provider_entity of;
    while (length > 0) {
        const char *end = memchr(data, '\n', length);
        size_t part = end != NULL ? (size_t)(end - data) : length;
        for (size_t i = 0; is_log && i < kinds->count; i++) {
            json_t *record =
                kinds->kinds[i].line_count > 0 ? match(&kinds->kinds[i], data, part) : NULL;
            json_decref(record);
            if (record != NULL)
                return true;
        }
        if (!is_log &&
            kind_find_pair(kinds, words, split(data, part, words), &old_word, &new_word, &of))
            return true;
        data += part + (end != NULL);
        length -= part + (end != NULL);
    }
    return false;
}

static bool
give_whole_line(struct extract *extract, const char *line, size_t length, uint64_t number,
                struct error *err)
{
    return give_line(extract, line, length, number, err) ||
           error_context(err, "line %llu", (unsigned long long)number);
}

bool
read_lines(struct extract *extract, struct input *input, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;
    uint64_t number = 1;
    while (input->length > 0) {
        const char *data = input->data;
        size_t length = input->length;
        if (interrupt_signal() != 0)
            return error_set(err, (enum exit_status)(128 + interrupt_signal()), "interrupted");
        while (length > 0) {
            const char *end = memchr(data, '\n', length);
            size_t part = end != NULL ? (size_t)(end - data) : length;
            strbuf_add(&line, data, part);
            if (line.length > INPUT_LONGEST_RECORD)
                return input_fail_too_long("line", number, err);
            if (end != NULL) {
                if (!give_whole_line(extract, line.data, line.length, number++, err))
                    return false;
                strbuf_reset(&line);
            }
            data += part + (end != NULL);
            length -= part + (end != NULL);
        }
        if (!input_next(input, err))
            return false;
    }
    return give_whole_line(extract, line.data, line.length, number, err);
}
