/*
 * An export and its manifest. Both are written under another name and renamed when they are whole:
 * a file of that name is never a part of an export.
 */
#include "export.h"

#include "idmigrate/memory.h"
#include "idmigrate/sha256.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
    const char *name;
    trail_renders *render;
} formats[] = {
    [TRAIL_NDJSON] = {"ndjson", NULL},
    [TRAIL_CSV] = {"csv", trail_csv_render},
    [TRAIL_WORKOS] = {"workos", trail_workos_render},
};

bool
trail_find_format(const char *name, enum trail_format *format)
{
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        if (strcmp(formats[i].name, name) == 0) {
            *format = (enum trail_format)i;
            return true;
        }
    return false;
}

void
trail_manifest_release(struct trail_manifest *manifest)
{
    free(manifest->first);
    free(manifest->last);
    manifest->first = manifest->last = NULL;
}

/* ---- files ---- */

struct output {
    const struct trail_export *request;
    struct trail_manifest *manifest;
    char *temporary; /* until it is renamed */
    FILE *file;
    struct sha256 *sha256;
    struct strbuf text;
};

static bool
fail(const char *path, struct error *err)
{
    return error_set(err, EXIT_NOT_CHECKED, "%s cannot be written: %s", path, strerror(errno));
}

static void
output_release(struct output *output)
{
    if (output->file != NULL)
        fclose(output->file);
    if (output->temporary != NULL)
        unlink(output->temporary);
    free(output->temporary);
    sha256_free(&output->sha256);
    strbuf_release(&output->text);
}

/* For its owner alone: it holds what people did. */
static bool
open_output(struct output *output, const char *path, struct error *err)
{
    output->temporary = memory_printf("%s.part", path);
    int file = open(output->temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
                    S_IRUSR | S_IWUSR);
    output->file = file >= 0 ? fdopen(file, "w") : NULL;
    output->sha256 = sha256_new();
    return output->file != NULL || fail(path, err);
}

static bool
write_text(struct output *output, struct error *err)
{
    size_t length = output->text.length;
    sha256_add(output->sha256, output->text.data, length);
    output->manifest->bytes += (int64_t)length;
    bool good = fwrite(output->text.data, 1, length, output->file) == length;
    strbuf_reset(&output->text);
    return good || fail(output->temporary, err);
}

static bool
close_output(struct output *output, const char *path, struct error *err)
{
    bool good = fflush(output->file) == 0 && fsync(fileno(output->file)) == 0;
    good = fclose(output->file) == 0 && good;
    output->file = NULL;
    if (!good || rename(output->temporary, path) != 0)
        return fail(path, err);
    free(output->temporary);
    output->temporary = NULL;
    return true;
}

/* ---- events ---- */

static bool
take(void *context, const struct trail_event *event, struct error *err)
{
    struct output *output = context;
    const struct trail_export *request = output->request;
    trail_renders *render = formats[request->format].render;
    if (render != NULL) {
        render(&output->text, request, event, output->manifest);
    } else {
        trail_add_json(&output->text, request->table, event);
        strbuf_add_char(&output->text, '\n');
    }
    if (output->text.length == 0)
        return true;
    output->manifest->events++;
    if (output->manifest->first == NULL)
        output->manifest->first = memory_strdup(event->parts[LOG_ID]);
    free(output->manifest->last);
    output->manifest->last = memory_strdup(event->parts[LOG_ID]);
    return write_text(output, err);
}

static bool
write_events(const struct trail_export *request, struct trail_manifest *manifest, struct error *err)
{
    CLEANUP(output_release)
    struct output output = {.request = request, .manifest = manifest, .text = STRBUF_INIT};
    if (!open_output(&output, request->path, err))
        return false;
    if (request->format == TRAIL_CSV) {
        trail_csv_header(&output.text, request->table);
        if (!write_text(&output, err))
            return false;
    }
    if (!trail_read(request->db, request->table, request->filter, take, &output, err))
        return false;
    sha256_end(output.sha256, manifest->sha256);
    return close_output(&output, request->path, err);
}

/* ---- the manifest ---- */

static json_t *
manifest_json(const struct trail_export *request, const struct trail_manifest *manifest)
{
    const struct db_identity *identity = db_identity(request->db);
    const char *slash = strrchr(request->path, '/');
    CLEANUP(memory_free_string) char *filter = trail_describe_filter(request->filter);
    return json_pack(
        "{si ss ss ss sI sI ss ss? ss? so sI sI sI s{ss ss ss} ss}", "version", 1, "file",
        slash != NULL ? slash + 1 : request->path, "format", formats[request->format].name, "log",
        request->table->name, "events", (json_int_t)manifest->events, "bytes",
        (json_int_t)manifest->bytes, "sha256", manifest->sha256, "first_event", manifest->first,
        "last_event", manifest->last, "filter", json_loads(filter, 0, NULL),
        "left_out_without_organization", (json_int_t)manifest->left_out, "shortened_events",
        (json_int_t)manifest->shortened, "guarded_cells", (json_int_t)manifest->guarded, "database",
        "database", identity->database, "system_identifier", identity->system_identifier, "role",
        identity->role, "tool", "idmigrate " IDMIGRATE_VERSION);
}

static bool
write_manifest(const struct trail_export *request, struct trail_manifest *manifest,
               struct error *err)
{
    struct trail_manifest ignored = {.events = 0};
    CLEANUP(output_release)
    struct output output = {.request = request, .manifest = &ignored, .text = STRBUF_INIT};
    CLEANUP(memory_free_string) char *path = memory_printf("%s.manifest.json", request->path);
    json_t *root = manifest_json(request, manifest);
    char *text = json_dumps(root, JSON_INDENT(2));
    json_decref(root);
    if (text == NULL)
        memory_exhausted();
    strbuf_add_string(&output.text, text);
    strbuf_add_char(&output.text, '\n');
    free(text);
    return open_output(&output, path, err) && write_text(&output, err) &&
           close_output(&output, path, err);
}

bool
trail_export(const struct trail_export *request, struct trail_manifest *manifest, struct error *err)
{
    if (!request->may_replace && access(request->path, F_OK) == 0) {
        error_set(err, EXIT_REFUSED, "%s is there already", request->path);
        return error_hint(err, "--force writes over it");
    }
    return write_events(request, manifest, err) && write_manifest(request, manifest, err);
}
