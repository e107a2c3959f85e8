/*
 * The file of roots: what the seals were, kept where the database's administrator cannot rewrite
 * it. One line of JSON for each seal, {"log", "seal", "hash", "statement", "signature"}; lines are
 * only ever added, each by one write, and synced before the sealing is told as done.
 */
#include "idmigrate/memory.h"
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LONGEST_LINE = 64 * 1024 };

static bool
fail(const char *path, size_t line, const char *what, struct error *err)
{
    return error_set(err, EXIT_INPUT, "roots file %s, line %zu: %s", path, line, what);
}

static bool
read_hex(json_t *value, unsigned char *bytes, size_t size)
{
    CLEANUP(memory_free_string) char *text = NULL;
    if (!json_is_string(value))
        return false;
    text = memory_printf("\\x%s", json_string_value(value));
    return seal_read_hex(text, strlen(text), bytes, size);
}

/* A line says what it is the hash of: one that was changed contradicts itself. */
static bool
read_root(json_t *line, struct seal_root *root)
{
    CLEANUP(merkle_hasher_free) struct merkle_hasher *hasher = merkle_hasher_new();
    const char *statement = json_string_value(json_object_get(line, "statement"));
    json_t *signature = json_object_get(line, "signature");
    *root = (struct seal_root){.number = json_integer_value(json_object_get(line, "seal"))};
    if (root->number < 1 || statement == NULL ||
        !read_hex(json_object_get(line, "hash"), root->hash.bytes, MERKLE_SIZE))
        return false;
    struct merkle_hash hash = merkle_plain(hasher, statement, strlen(statement));
    root->is_signed = read_hex(signature, root->signature, sizeof root->signature);
    return merkle_equal(&hash, &root->hash) && (json_is_null(signature) || root->is_signed);
}

static bool
take_line(const char *path, const char *log, const char *text, size_t length, size_t number,
          struct seal_roots *roots, struct error *err)
{
    struct seal_root root;
    if (length == 0 || text[length - 1] != '\n') {
        fail(path, number, "it is longer than a line can be, or was not written whole", err);
        return error_hint(err, "if the last line was cut by a crash, remove it: it is added again");
    }
    json_t *line = json_loadb(text, length, JSON_REJECT_DUPLICATES, NULL);
    const char *of = json_string_value(json_object_get(line, "log"));
    bool is_other = of != NULL && strcmp(of, log) != 0;
    bool good = of != NULL && read_root(line, &root);
    json_decref(line);
    if (!good)
        return fail(path, number, "this is no seal, or it was changed", err);
    if (is_other)
        return true;
    if (roots->count > 0 && roots->items[roots->count - 1].number >= root.number)
        return fail(path, number, "seals are not in their order", err);
    *ARRAY_ADD(roots->items, roots->count, roots->capacity) = root;
    return true;
}

bool
seal_roots_load(const char *path, const char *log, bool may_be_missing, struct seal_roots *roots,
                struct error *err)
{
    FILE *file = fopen(path, "re");
    char *line = memory_alloc(LONGEST_LINE);
    bool good = true;
    if (file == NULL && !(may_be_missing && errno == ENOENT))
        good =
            error_set(err, EXIT_INPUT, "roots file %s cannot be read: %s", path, strerror(errno));
    for (size_t number = 1; good && file != NULL && fgets(line, LONGEST_LINE, file) != NULL;
         number++)
        good = take_line(path, log, line, strlen(line), number, roots, err);
    if (good && file != NULL && ferror(file))
        good = error_set(err, EXIT_INPUT, "roots file %s cannot be read", path);
    if (file != NULL)
        fclose(file);
    free(line);
    return good;
}

void
seal_roots_release(struct seal_roots *roots)
{
    free(roots->items);
    *roots = (struct seal_roots)SEAL_ROOTS_INIT;
}

/* ---- adding ---- */

static void
add_line(struct strbuf *lines, const struct seal *seal)
{
    CLEANUP(strbuf_release) struct strbuf statement = STRBUF_INIT;
    CLEANUP(strbuf_release) struct strbuf signature = STRBUF_INIT;
    char hash[MERKLE_HEX_SIZE];
    seal_state(seal, &statement);
    seal_add_hex(&signature, seal->signature, sizeof seal->signature);
    merkle_to_hex(&seal->hash, hash);
    json_t *line = json_pack("{ss sI ss ss ss?}", "log", seal->log, "seal",
                             (json_int_t)seal->number, "hash", hash, "statement", statement.data,
                             "signature", seal->is_signed ? signature.data + 2 : NULL);
    char *text = json_dumps(line, JSON_COMPACT);
    json_decref(line);
    if (text == NULL)
        memory_exhausted();
    strbuf_add_string(lines, text);
    strbuf_add_char(lines, '\n');
    free(text);
}

/* The file's last seal must be of this chain: a file of another database is not gone on with. */
static bool
check_last(const char *path, const struct seal_roots *roots, const struct seal_chain *chain,
           struct error *err)
{
    if (roots->count == 0)
        return true;
    const struct seal_root *last = &roots->items[roots->count - 1];
    for (size_t i = 0; i < chain->count; i++)
        if (chain->seals[i].number == last->number &&
            merkle_equal(&chain->seals[i].hash, &last->hash))
            return true;
    error_set(err, EXIT_DIFFERENT,
              "roots file %s: seal %" PRId64 " in it is not the one in the database", path,
              last->number);
    return error_hint(err,
                      "either the file is of another database, or the seals there were "
                      "changed: idmigrate audit verify --roots %s",
                      path);
}

/* The folder's entry of a new file is made to last too. */
static bool
sync_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    CLEANUP(memory_free_string)
    char *folder = slash == NULL   ? memory_strdup(".")
                   : slash == path ? memory_strdup("/")
                                   : memory_strndup(path, (size_t)(slash - path));
    int opened = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = opened >= 0 && fsync(opened) == 0;
    if (opened >= 0)
        close(opened);
    return good;
}

static bool
write_lines(int file, const struct strbuf *lines)
{
    for (size_t done = 0; done < lines->length;) {
        ssize_t wrote = write(file, lines->data + done, lines->length - done);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return false;
        done += (size_t)wrote;
    }
    return fsync(file) == 0;
}

bool
seal_roots_append(const char *path, const struct seal_chain *chain, struct error *err)
{
    CLEANUP(seal_roots_release) struct seal_roots roots = SEAL_ROOTS_INIT;
    CLEANUP(strbuf_release) struct strbuf lines = STRBUF_INIT;
    if (chain->count == 0)
        return true;
    int file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    bool good = file >= 0 && flock(file, LOCK_EX) == 0;
    if (good && seal_roots_load(path, chain->seals[0].log, false, &roots, err) &&
        check_last(path, &roots, chain, err)) {
        int64_t last = roots.count > 0 ? roots.items[roots.count - 1].number : 0;
        for (size_t i = 0; i < chain->count; i++)
            if (chain->seals[i].number > last)
                add_line(&lines, &chain->seals[i]);
        good = write_lines(file, &lines) && (last > 0 || sync_folder(path));
    }
    int cause = errno;
    if (file >= 0)
        close(file);
    if (!good && !err->is_set)
        error_set(err, EXIT_STOPPED, "roots file %s cannot be written: %s", path, strerror(cause));
    return !err->is_set;
}
