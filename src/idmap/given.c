/* FILE[:OLD,NEW]: what somebody who names a file leaves unsaid is read from its beginning. */
#include "idmigrate/idmap_facts.h"

#include "file.h"
#include "json_record.h"

#include "idmigrate/memory.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct names {
    char **items;
    size_t count, capacity;
    bool are_doubtful; /* of a record, or the old IDs of a map */
};

static void
names_add(struct names *names, const char *text, size_t length)
{
    *ARRAY_ADD(names->items, names->count, names->capacity) = memory_strndup(text, length);
}

static void
names_release(struct names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->items[i]);
    free(names->items);
}

/* ---- the beginning of a file ---- */

static char
guess_delimiter(const char *line, size_t length)
{
    static const char candidates[] = ",;\t|";
    char best = ',';
    size_t most = 0;
    for (const char *c = candidates; *c != '\0'; c++) {
        size_t count = 0;
        for (size_t i = 0; i < length; i++)
            count += line[i] == *c;
        if (count > most) {
            most = count;
            best = *c;
        }
    }
    return best;
}

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* A header's names hold no quotes themselves; the reader proper says what is wrong with others. */
static void
read_header(const char *line, size_t length, char delimiter, struct names *names)
{
    size_t start = 0;
    bool is_quoted = false;
    for (size_t i = 0; i <= length; i++) {
        if (i < length && line[i] == '"')
            is_quoted = !is_quoted;
        if (i < length && (line[i] != delimiter || is_quoted))
            continue;
        size_t end = i;
        /* Blanks around a field are none of it, as for the reader proper. */
        while (start < end && is_blank(line[start]))
            start++;
        while (end > start && is_blank(line[end - 1]))
            end--;
        bool has_quotes = end - start >= 2 && line[start] == '"' && line[end - 1] == '"';
        names_add(names, line + start + has_quotes, end - start - 2 * (size_t)has_quotes);
        start = i + 1;
    }
}

static void
read_keys(json_t *object, struct names *names)
{
    const char *key;
    json_t *ignored;
    json_object_foreach(object, key, ignored)
    {
        names_add(names, key, strlen(key));
    }
}

static json_t *
load_object(const char *text, size_t length)
{
    json_error_t ignored;
    json_t *json = json_loadb(text, length, JSON_DISABLE_EOF_CHECK, &ignored);
    if (json_is_object(json))
        return json;
    json_decref(json);
    return NULL;
}

/* One object over several lines is {"old": "new", ...}; one whose only line ends the file may be
 * that too. */
static void
look_at_object(const char *text, size_t length, struct idmap_given *given, struct names *names)
{
    const char *end = memchr(text, '\n', length);
    size_t first = end != NULL ? (size_t)(end - text) : length;
    size_t rest = length - first;
    CLEANUP(json_decrefp) json_t *object = load_object(text, first);
    bool is_alone = rest == strspn(text + first, " \t\r\n");
    given->format = IDMAP_JSON;
    if (object == NULL)
        return;
    enum json_shape shape = is_alone ? json_record_shape(object) : JSON_SHAPE_RECORD;
    names->are_doubtful = shape == JSON_SHAPE_DOUBTFUL;
    if (shape == JSON_SHAPE_PAIRS)
        return;
    given->format = IDMAP_NDJSON;
    read_keys(object, names);
}

static void
look_at_array(const char *text, size_t length, struct idmap_given *given, struct names *names)
{
    const char *first = memchr(text, '{', length);
    given->format = IDMAP_JSON;
    if (first == NULL)
        return;
    CLEANUP(json_decrefp) json_t *object = load_object(first, length - (size_t)(first - text));
    if (object != NULL)
        read_keys(object, names);
}

static void
look_at_csv(const char *text, size_t length, struct idmap_given *given, struct names *names)
{
    size_t first = 0;
    while (first < length && text[first] != '\n' && text[first] != '\r')
        first++;
    given->format = IDMAP_CSV;
    given->delimiter = guess_delimiter(text, first);
    read_header(text, first, given->delimiter, names);
}

static void
look(const struct strbuf *text, struct idmap_given *given, struct names *names)
{
    size_t blank = strspn(text->data, " \t\r\n");
    const char *start = text->data + blank;
    size_t length = text->length - blank;
    if (*start == '{')
        look_at_object(start, length, given, names);
    else if (*start == '[')
        look_at_array(start, length, given, names);
    else
        look_at_csv(start, length, given, names);
}

/* ---- which columns ---- */

static bool
has_name(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static bool
fail_columns(const char *const *names, size_t count, const char *place, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf list = STRBUF_INIT;
    for (size_t i = 0; i < count; i++)
        file_add_name(&list, names[i], strlen(names[i]));
    return error_hint(err, "say %.200s:OLD,NEW; found: %s", place, list.data);
}

bool
idmap_choose_columns(const char *const *names, size_t count, const char *place, char **old_column,
                     char **new_column, struct error *err)
{
    static const char *const known[][2] = {
        {"old_id", "new_id"}, {"old", "new"}, {"source_id", "target_id"}};
    const char *chosen[2] = {NULL, NULL};
    for (size_t i = 0; i < sizeof known / sizeof known[0] && chosen[0] == NULL; i++)
        if (has_name(names, count, known[i][0]) && has_name(names, count, known[i][1]))
            memcpy(chosen, known[i], sizeof chosen);
    if (chosen[0] == NULL && count == 2 && strcmp(names[0], names[1]) != 0)
        memcpy(chosen, names, sizeof chosen);
    if (chosen[0] == NULL) {
        error_set(err, EXIT_INPUT, "%s: which columns hold the old and the new ID?", place);
        return fail_columns(names, count, place, err);
    }
    *old_column = memory_strdup(chosen[0]);
    *new_column = memory_strdup(chosen[1]);
    return true;
}

bool
idmap_need_columns(const char *const *names, size_t count, const char *place,
                   const char *old_column, const char *new_column, struct error *err)
{
    const char *missing = !has_name(names, count, old_column)   ? old_column
                          : !has_name(names, count, new_column) ? new_column
                                                                : NULL;
    if (missing == NULL)
        return true;
    error_set(err, EXIT_INPUT, "%s: there is no column \"%.100s\"", place, missing);
    return fail_columns(names, count, place, err);
}

static bool
fail_doubtful(const struct names *names, const char *path, struct error *err)
{
    error_set(err, EXIT_INPUT, "%s: its one line is a record or a map of %zu pairs", path,
              names->count);
    return error_hint(err,
                      "for a record name the columns, as %.200s:OLD,NEW; for a map "
                      "{\"old\": \"new\", ...} begin a new line behind the {",
                      path);
}

/* "map.csv:old,new": a path may hold colons and commas of its own, so a file of the whole name
 * comes first. */
static void
split(const char *text, struct idmap_given *given)
{
    const char *colon = strrchr(text, ':');
    const char *comma = colon != NULL ? strchr(colon, ',') : NULL;
    if (comma == NULL || comma == colon + 1 || comma[1] == '\0' || access(text, F_OK) == 0) {
        given->path = memory_strdup(text);
        return;
    }
    given->path = memory_strndup(text, (size_t)(colon - text));
    given->old_column = memory_strndup(colon + 1, (size_t)(comma - colon - 1));
    given->new_column = memory_strdup(comma + 1);
}

/* The beginning is read first, and then all of it. */
static bool
refuse_stream(const char *path, struct error *err)
{
    struct stat status;
    if (stat(path, &status) != 0 || S_ISREG(status.st_mode) || S_ISDIR(status.st_mode))
        return true;
    error_set(err, EXIT_INPUT, "%s is no regular file, and it is read more than once", path);
    return error_hint(err, "write the map into a file first, mode 0600");
}

bool
idmap_given_parse(const char *text, struct idmap_given *given, struct error *err)
{
    CLEANUP(input_close) struct input input = INPUT_INIT;
    CLEANUP(names_release) struct names names = {0};
    CLEANUP(strbuf_release) struct strbuf start = STRBUF_INIT;
    *given = (struct idmap_given){.delimiter = ','};
    split(text, given);
    if (!refuse_stream(given->path, err))
        return false;
    if (!input_open(&input, given->path, err) || !input_next(&input, err))
        return error_context(err, "ID map %s", given->path);
    strbuf_add(&start, input.data, input.length);
    look(&start, given, &names);
    bool wants_names =
        given->old_column == NULL && (given->format != IDMAP_JSON || names.count > 0);
    if (wants_names && names.are_doubtful)
        return fail_doubtful(&names, given->path, err);
    if (input.length > 0 && wants_names &&
        !idmap_choose_columns((const char *const *)names.items, names.count, given->path,
                              &given->old_column, &given->new_column, err))
        return false;
    /* One object that is asked for columns is a record, not a map. */
    if (given->old_column != NULL && given->format == IDMAP_JSON && start.data[0] == '{')
        given->format = IDMAP_NDJSON;
    return true;
}

void
idmap_given_release(struct idmap_given *given)
{
    free(given->path);
    free(given->old_column);
    free(given->new_column);
    *given = (struct idmap_given)IDMAP_GIVEN_INIT;
}

struct idmap_file
idmap_given_file(const struct idmap_given *given)
{
    return (struct idmap_file){.path = given->path,
                               .format = given->format,
                               .old_column = given->old_column,
                               .new_column = given->new_column,
                               .delimiter = given->delimiter};
}
