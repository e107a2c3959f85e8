/*
 * FILE.part and FILE.checkpoint. A checkpoint is written after the lines that it counts are on
 * disk, so what it counts is there; lines behind it are cut off before anything is added.
 */
#include "internal.h"

#include "idmigrate/memory.h"
#include "idmigrate/sha256.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static bool
fail_file(const char *path, const char *what, struct error *err)
{
    return error_set(err, EXIT_REFUSED, "%s cannot be %s: %s", path, what, strerror(errno));
}

/* Tells keys apart without telling them. */
enum { KEY_HEX_SIZE = 17 };
static void
describe_key(const char *key, char text[KEY_HEX_SIZE])
{
    char hex[SHA256_HEX_SIZE];
    sha256_of(key, strlen(key), hex);
    memcpy(text, hex, KEY_HEX_SIZE - 1);
    text[KEY_HEX_SIZE - 1] = '\0';
}

/* ---- what an earlier request left ---- */

static bool
is_same(const json_t *checkpoint, const char *key, const char *value)
{
    const char *text = json_string_value(json_object_get(checkpoint, key));
    return text != NULL && strcmp(text, value) == 0;
}

static bool
check_same(const struct output *output, const struct fetch_request *request,
           const json_t *checkpoint, struct error *err)
{
    char key[KEY_HEX_SIZE] = "";
    describe_key(request->key, key);
    const char *other = !is_same(checkpoint, "provider", request->provider->name) ||
                                !is_same(checkpoint, "resource", request->resource->name)
                            ? "for something else"
                        : !is_same(checkpoint, "base_url", request->base_url)
                            ? "from another server"
                        : !is_same(checkpoint, "key", key) ? "with another key"
                                                           : NULL;
    if (other == NULL)
        return true;
    error_set(err, EXIT_REFUSED, "%s was begun %s", output->part, other);
    return error_hint(err, "--restart begins anew, or name another --output");
}

static void
read_position(const json_t *checkpoint, struct position *position)
{
    position->cursor = memory_strdup(json_string_value(json_object_get(checkpoint, "cursor")));
    position->previous = memory_strdup(json_string_value(json_object_get(checkpoint, "previous")));
    position->parent = memory_strdup(json_string_value(json_object_get(checkpoint, "parent")));
    position->current = memory_strdup(json_string_value(json_object_get(checkpoint, "current")));
    position->offset = (size_t)json_integer_value(json_object_get(checkpoint, "offset"));
    position->largest = (size_t)json_integer_value(json_object_get(checkpoint, "largest"));
}

static void
note_seen(struct output *output, const char *id)
{
    digest_map_put(&output->seen, digest_bytes(id, strlen(id)), 1);
}

/* The IDs of what is there already. */
static bool
read_lines(struct output *output, struct fetch_result *result, struct error *err)
{
    FILE *file = fopen(output->part, "re");
    char *line = NULL;
    size_t size = 0;
    ssize_t length;
    bool good = file != NULL;
    while (good && (length = getline(&line, &size, file)) > 0) {
        CLEANUP(json_decrefp) json_t *item = json_loadb(line, (size_t)length, 0, NULL);
        const char *id = json_string_value(json_object_get(item, "id"));
        good = id != NULL;
        if (good)
            note_seen(output, id);
        output->items += good;
    }
    free(line);
    if (file != NULL)
        fclose(file);
    result->resumed = output->items;
    if (good)
        return true;
    error_set(err, EXIT_REFUSED, "%s is not as it was left", output->part);
    return error_hint(err, "--restart begins anew");
}

static bool
go_on(struct output *output, const struct fetch_request *request, json_t *checkpoint,
      struct position *position, struct fetch_result *result, struct error *err)
{
    struct stat status;
    output->bytes = json_integer_value(json_object_get(checkpoint, "bytes"));
    if (!check_same(output, request, checkpoint, err))
        return false;
    if (fstat(output->file, &status) != 0 || status.st_size < output->bytes || output->bytes < 0) {
        error_set(err, EXIT_REFUSED, "%s is shorter than it was left", output->part);
        return error_hint(err, "--restart begins anew");
    }
    if (ftruncate(output->file, output->bytes) != 0 || lseek(output->file, 0, SEEK_END) < 0)
        return fail_file(output->part, "cut", err);
    read_position(checkpoint, position);
    return read_lines(output, result, err);
}

/* ---- opening ---- */

/* A link would lead the IDs somewhere else; two at once would mix theirs. */
static bool
open_part(struct output *output, struct error *err)
{
    output->file = open(output->part, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    if (output->file < 0 || fchmod(output->file, S_IRUSR | S_IWUSR) != 0)
        return fail_file(output->part, "written", err);
    output->is_mine = flock(output->file, LOCK_EX | LOCK_NB) == 0;
    if (output->is_mine)
        return true;
    return error_set(err, EXIT_REFUSED, "%s is being written by another process", output->part);
}

static bool
refuse_existing(const struct output *output, const struct fetch_request *request, struct error *err)
{
    if (request->overwrite || access(output->path, F_OK) != 0)
        return true;
    error_set(err, EXIT_REFUSED, "%s is there already", output->path);
    return error_hint(err, "--force writes over it when the new one is whole");
}

bool
output_open(struct output *output, const struct fetch_request *request, struct position *position,
            struct fetch_result *result, struct error *err)
{
    output->path = memory_strdup(request->path);
    output->part = memory_printf("%s.part", request->path);
    output->checkpoint = memory_printf("%s.checkpoint", request->path);
    if (!refuse_existing(output, request, err) || !open_part(output, err))
        return false;
    if (request->restart)
        unlink(output->checkpoint);
    CLEANUP(json_decrefp) json_t *checkpoint = json_load_file(output->checkpoint, 0, NULL);
    if (json_is_object(checkpoint))
        return go_on(output, request, checkpoint, position, result, err);
    if (access(output->checkpoint, F_OK) == 0) {
        error_set(err, EXIT_REFUSED, "%s cannot be read", output->checkpoint);
        return error_hint(err, "--restart begins anew");
    }
    return ftruncate(output->file, 0) == 0 || fail_file(output->part, "written", err);
}

/* ---- items ---- */

bool
output_has(const struct output *output, const char *id)
{
    uint64_t ignored;
    return digest_map_get(&output->seen, digest_bytes(id, strlen(id)), &ignored);
}

void
output_add(struct output *output, const char *id, json_t *item)
{
    char *line = json_dumps(item, JSON_COMPACT);
    note_seen(output, id);
    strbuf_add_string(&output->lines, line);
    strbuf_add_char(&output->lines, '\n');
    output->items++;
    free(line);
}

static bool
write_all(int file, const char *data, size_t length)
{
    while (length > 0) {
        ssize_t count = write(file, data, length);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return false;
        data += count;
        length -= (size_t)count;
    }
    return true;
}

static json_t *
describe(const struct output *output, const struct fetch_request *request,
         const struct position *position)
{
    char key[KEY_HEX_SIZE] = "";
    describe_key(request->key, key);
    return json_pack("{s:i, s:s, s:s, s:s, s:s, s:I, s:I, s:s?, s:s?, s:s?, s:s?, s:I, s:I}",
                     "version", 1, "provider", request->provider->name, "resource",
                     request->resource->name, "base_url", request->base_url, "key", key, "bytes",
                     (json_int_t)output->bytes, "items", (json_int_t)output->items, "cursor",
                     position->cursor, "previous", position->previous, "parent", position->parent,
                     "current", position->current, "offset", (json_int_t)position->offset,
                     "largest", (json_int_t)position->largest);
}

static bool
write_checkpoint(const struct output *output, const char *text, struct error *err)
{
    CLEANUP(memory_free_string) char *fresh = memory_printf("%s.new", output->checkpoint);
    unlink(fresh);
    int file = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    bool good = file >= 0 && write_all(file, text, strlen(text)) && fsync(file) == 0;
    if (file >= 0)
        good = close(file) == 0 && good;
    return (good && rename(fresh, output->checkpoint) == 0) ||
           fail_file(output->checkpoint, "written", err);
}

bool
output_save(struct output *output, const struct fetch_request *request,
            const struct position *position, struct error *err)
{
    if (!write_all(output->file, output->lines.data, output->lines.length) ||
        fdatasync(output->file) != 0)
        return fail_file(output->part, "written", err);
    output->bytes += (int64_t)output->lines.length;
    strbuf_reset(&output->lines);
    CLEANUP(json_decrefp) json_t *checkpoint = describe(output, request, position);
    CLEANUP(memory_free_string) char *text = json_dumps(checkpoint, JSON_INDENT(1));
    return write_checkpoint(output, text, err);
}

bool
output_finish(struct output *output, struct error *err)
{
    if (rename(output->part, output->path) != 0)
        return fail_file(output->path, "written", err);
    output->is_mine = false; /* it has its name */
    unlink(output->checkpoint);
    return true;
}

/* What holds nothing is not worth going on from. */
static void
remove_if_empty(const struct output *output)
{
    struct stat status;
    if (fstat(output->file, &status) == 0 && status.st_size == 0 &&
        access(output->checkpoint, F_OK) != 0)
        unlink(output->part);
}

void
output_release(struct output *output)
{
    if (output->file >= 0 && output->is_mine) {
        remove_if_empty(output);
        close(output->file);
    } else if (output->file >= 0) {
        close(output->file);
    }
    digest_map_release(&output->seen);
    strbuf_release(&output->lines);
    free(output->path);
    free(output->part);
    free(output->checkpoint);
    *output = (struct output)OUTPUT_INIT;
}

/* ---- positions ---- */

void
position_reset(struct position *position)
{
    free(position->cursor);
    free(position->previous);
    position->cursor = position->previous = NULL;
    position->offset = position->largest = 0;
}

void
position_release(struct position *position)
{
    position_reset(position);
    free(position->parent);
    free(position->current);
    position->parent = position->current = NULL;
}
