/* Reading an ID map from a file: which format it has, and what is wrong with the file as a whole.
 */
#include "file.h"

#include "idmigrate/memory.h"
#include "map.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_NAME_LIST = 300 };

void
file_add_name(struct strbuf *list, const char *name, size_t length)
{
    if (list->length > LONGEST_NAME_LIST)
        return;
    strbuf_add_string(list, list->length == 0 ? "" : ", ");
    if (length > LONGEST_NAME_LIST || memchr(name, '@', length) != NULL)
        strbuf_add_string(list, "(a value)");
    else
        strbuf_add(list, name, length);
    if (list->length > LONGEST_NAME_LIST)
        strbuf_add_string(list, ", ...");
}

/* A file that starts with '{' is one object when no columns are named, and NDJSON otherwise. */
static enum idmap_file_format
format_of(const struct idmap_file *file, const struct input *input)
{
    size_t i = 0;
    if (file->format != IDMAP_AUTO)
        return file->format;
    while (i < input->length && strchr(" \t\r\n", input->data[i]) != NULL)
        i++;
    char first = i < input->length ? input->data[i] : '\0';
    if (first == '[')
        return IDMAP_JSON;
    if (first == '{')
        return file->old_column == NULL ? IDMAP_JSON : IDMAP_NDJSON;
    return IDMAP_CSV;
}

static bool
read_open_file(struct idmap *map, const struct idmap_file *file, struct input *input,
               struct error *err)
{
    uint64_t count = 0;
    if (!input_next(input, err))
        return false;
    if (input->length == 0) {
        error_set(err, EXIT_INPUT, "the file is empty");
        return error_hint(err, "a CSV file with a header, a JSON array or object, or NDJSON");
    }
    enum idmap_file_format format = format_of(file, input);
    map->place_word = format == IDMAP_JSON ? "element" : "line";
    bool is_read = format == IDMAP_JSON     ? file_read_json(map, file, input, &count, err)
                   : format == IDMAP_NDJSON ? file_read_ndjson(map, file, input, &count, err)
                                            : file_read_csv(map, file, input, &count, err);
    if (is_read && count == 0)
        return error_set(err, EXIT_INPUT, "the file holds no pairs of IDs");
    return is_read;
}

bool
idmap_read_file(struct idmap *map, const struct idmap_file *file, struct digest *digest,
                struct error *err)
{
    CLEANUP(input_close) struct input input = INPUT_INIT;
    assert(!map->is_frozen && (file->old_column == NULL) == (file->new_column == NULL));
    free(map->origin);
    map->origin = memory_strdup(file->path);
    bool is_open = input_open(&input, file->path, err) ||
                   error_hint(err, "paths in a mapping are relative to the mapping file");
    if (!is_open || !read_open_file(map, file, &input, err)) {
        CLEANUP(memory_free_string) char *name = idmap_describe(map);
        return error_context(err, "%s", name);
    }
    if (digest != NULL)
        *digest = input_digest(&input);
    return true;
}
