/*
 * The files of a map: all of them are written before the first gets its name, so that a full disk
 * leaves what was there; and the manifest, which has the digests of the others, gets its name last.
 */
#include "build.h"

#include "idmigrate/memory.h"
#include "idmigrate/sha256.h"
#include "idmigrate/whole_file.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char manifest_name[] = "manifest.json";
static const char roles_name[] = "user_role_assignments.csv";

enum { MOST_FILES = JOIN_ENTITY_COUNT + 3 }; /* unmatched, roles, manifest */

struct out {
    const struct build_result *result;
    struct whole_file files[MOST_FILES]; /* the last one is being written */
    size_t file_count;
    struct sha256 *sha256;
    struct strbuf line;
    json_t *outputs;
    uint64_t rows;
    bool is_ndjson;
};

static void
out_release(struct out *out)
{
    for (size_t i = 0; i < out->file_count; i++)
        whole_file_release(&out->files[i]);
    sha256_free(&out->sha256);
    strbuf_release(&out->line);
    json_decref(out->outputs);
}

/* ---- where ---- */

static char *
path_of(const struct build_settings *settings, const char *name)
{
    return memory_printf("%s/%s", settings->output, name);
}

static char *
name_of(const struct out *out, const char *stem)
{
    return memory_printf("%s.%s", stem, out->is_ndjson ? "ndjson" : "csv");
}

/* The manifest that an earlier build wrote there, or NULL. */
static json_t *
read_manifest(const struct build_settings *settings)
{
    CLEANUP(memory_free_string) char *path = path_of(settings, manifest_name);
    json_t *manifest = json_load_file(path, 0, NULL);
    if (json_object_get(manifest, "idmigrate_idmap") != NULL)
        return manifest;
    json_decref(manifest);
    return NULL;
}

/* The map of one environment is not written over that of another. */
static bool
check_environment(const struct build_settings *settings, const json_t *manifest, struct error *err)
{
    const char *earlier = json_string_value(json_object_get(manifest, "environment"));
    if (earlier == NULL || settings->environment == NULL ||
        strcmp(earlier, settings->environment) == 0)
        return true;
    error_set(err, EXIT_REFUSED, "%s holds the map of \"%.100s\", and this is one of \"%.100s\"",
              settings->output, earlier, settings->environment);
    return error_hint(err, "name another folder, or say --force");
}

static const char *const output_names[] = {
    "users.csv",    "organizations.csv",    "memberships.csv",    "unmatched.csv",
    "users.ndjson", "organizations.ndjson", "memberships.ndjson", "unmatched.ndjson",
    roles_name,     manifest_name};
enum { OUTPUT_NAMES = sizeof output_names / sizeof output_names[0] };

/* A file that carries an output's name, where no manifest says that a build wrote it. */
static bool
check_strangers(const struct build_settings *settings, struct error *err)
{
    for (size_t i = 0; i < OUTPUT_NAMES; i++) {
        CLEANUP(memory_free_string) char *path = path_of(settings, output_names[i]);
        if (access(path, F_OK) != 0)
            continue;
        error_set(err, EXIT_REFUSED, "%s is there, and idmigrate did not write it", path);
        return error_hint(err, "name another folder, or say --force");
    }
    return true;
}

bool
build_check_output(const struct build_settings *settings, struct error *err)
{
    struct stat status;
    if (settings->output == NULL || stat(settings->output, &status) != 0)
        return true;
    if (!S_ISDIR(status.st_mode)) {
        error_set(err, EXIT_USAGE, "--output %s is no folder", settings->output);
        return error_hint(err, "several files are written: name a folder for them");
    }
    if (settings->force)
        return true;
    CLEANUP(json_decrefp) json_t *manifest = read_manifest(settings);
    if (manifest == NULL)
        return check_strangers(settings, err);
    return check_environment(settings, manifest, err);
}

static bool
make_folder(const struct build_settings *settings, struct error *err)
{
    if (mkdir(settings->output, S_IRWXU) == 0 || errno == EEXIST)
        return true;
    return error_set(err, EXIT_NOT_CHECKED, "%s cannot be made: %s", settings->output,
                     strerror(errno));
}

/* ---- lines ---- */

static void
put_line(struct out *out)
{
    sha256_add(out->sha256, out->line.data, out->line.length);
    fwrite(out->line.data, 1, out->line.length, out->files[out->file_count - 1].stream);
    strbuf_reset(&out->line);
}

static void
add_csv(struct strbuf *line, const char *text)
{
    strbuf_add_string(line, line->length == 0 ? "" : ",");
    if (strpbrk(text, "\",\r\n\t ") == NULL) {
        strbuf_add_string(line, text);
        return;
    }
    strbuf_add_char(line, '"');
    for (; *text != '\0'; text++) {
        strbuf_add_string(line, *text == '"' ? "\"" : "");
        strbuf_add_char(line, *text);
    }
    strbuf_add_char(line, '"');
}

static void
add_json(struct strbuf *line, const char *name, const char *text)
{
    json_t *value = json_string(text);
    CLEANUP(memory_free_string) char *quoted = json_dumps(value, JSON_ENCODE_ANY);
    strbuf_printf(line, "%s\"%s\": %s", line->length == 0 ? "{" : ", ", name, quoted);
    json_decref(value);
}

/* One line of a file with these columns; a NULL is left empty, or out. */
static void
put_row(struct out *out, const char *const *names, const char *const *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (out->is_ndjson && values[i] != NULL)
            add_json(&out->line, names[i], values[i]);
        else if (!out->is_ndjson && i == 0 && values[i] == NULL)
            strbuf_add_string(&out->line, "\"\"");
        else if (!out->is_ndjson)
            add_csv(&out->line, values[i] != NULL ? values[i] : "");
    }
    strbuf_add_string(&out->line, out->is_ndjson ? "}\n" : "\n");
    put_line(out);
    out->rows++;
}

static const char *const pair_names[] = {"old_id", "new_id", "method", "confidence"};
static const char *const gap_names[] = {"of", "side", "id", "cause", "other_id"};

static bool
put_pair(void *context, const struct join_line *line, struct error *err)
{
    const char *values[] = {line->old_id, line->new_id, join_method_name(line->method),
                            join_method_confidence(line->method)};
    put_row(context, pair_names, values, 4);
    return !err->is_set;
}

static bool
put_gap(void *context, const struct join_gap *gap, struct error *err)
{
    const char *values[] = {join_entity_name(gap->entity),
                            gap->side == PROVIDER_OLD ? "old" : "new", gap->id,
                            join_cause_name(gap->cause), gap->other};
    put_row(context, gap_names, values, 5);
    return !err->is_set;
}

/*
 * user_role_assignments.csv of @workos/migrations 2.5: its reader takes `user_id` before the other
 * two, and the organization from `org_external_id` before `org_id`, both as IDs of the new side.
 * E-mail addresses are not needed, and so are not there.
 */
static const char *const role_names[] = {"email",     "user_id", "external_id",
                                         "role_slug", "org_id",  "org_external_id"};

static bool
put_assignment(void *context, const struct join_assignment *assignment, struct error *err)
{
    struct out *out = context;
    strbuf_add_char(&out->line, ',');
    strbuf_printf(&out->line, "%s,,%s,%s,\n", assignment->new_user, assignment->role,
                  assignment->new_organization);
    put_line(out);
    out->rows++;
    return !err->is_set;
}

/* ---- files ---- */

static bool
begin(struct out *out, const char *name, const char *const *columns, size_t count,
      struct error *err)
{
    CLEANUP(memory_free_string) char *path = path_of(out->result->settings, name);
    if (out->sha256 == NULL)
        out->sha256 = sha256_new();
    struct whole_file *file = &out->files[out->file_count++];
    *file = (struct whole_file)WHOLE_FILE_INIT;
    if (!whole_file_begin(file, path, err))
        return false;
    out->rows = 0;
    for (size_t i = 0; i < count; i++)
        strbuf_printf(&out->line, "%s%s", i == 0 ? "" : ",", columns[i]);
    if (count > 0) {
        strbuf_add_char(&out->line, '\n');
        put_line(out);
    }
    return true;
}

static bool
end(struct out *out, const char *name, struct error *err)
{
    const struct whole_file *file = &out->files[out->file_count - 1];
    char hex[SHA256_HEX_SIZE];
    sha256_end(out->sha256, hex);
    json_t *output = json_object();
    json_object_set_new(output, "file", json_string(name));
    json_object_set_new(output, "sha256", json_string(hex));
    json_object_set_new(output, "rows", json_integer((json_int_t)out->rows));
    json_array_append_new(out->outputs, output);
    return whole_file_settle(file, err);
}

static bool
is_what_this_build_wrote(const struct out *out, const char *name, const char *path)
{
    char hex[SHA256_HEX_SIZE];
    size_t i;
    json_t *output;
    json_array_foreach(out->outputs, i, output)
    {
        if (strcmp(json_string_value(json_object_get(output, "file")), name) == 0)
            return sha256_of_file(path, hex) &&
                   strcmp(json_string_value(json_object_get(output, "sha256")), hex) == 0;
    }
    return false;
}

/* What a person has settled in a map by hand is not written over. A build that was killed between
 * two names is no such person: the same build again finds its own files. */
static bool
check_edited(const struct out *out, struct error *err)
{
    const struct build_settings *settings = out->result->settings;
    for (size_t i = 0; !settings->force && i < OUTPUT_NAMES; i++) {
        CLEANUP(memory_free_string) char *path = path_of(settings, output_names[i]);
        const char *complaint = manifest_complaint(path);
        if (complaint == NULL || is_what_this_build_wrote(out, output_names[i], path))
            continue;
        error_set(err, EXIT_REFUSED, "%s %s", path, complaint);
        return error_hint(err, "it was changed by hand, or a build was killed at its end: put the "
                               "pairs that you settled into a file for --hand, then say --force");
    }
    return true;
}

/* What is on the disk gets its name, in the order in which it was written. */
static bool
commit(struct out *out, struct error *err)
{
    for (size_t i = 0; i < out->file_count; i++)
        if (!whole_file_commit(&out->files[i], err))
            return false;
    return true;
}

static bool
write_map(struct out *out, enum join_entity entity, struct error *err)
{
    CLEANUP(memory_free_string) char *name = name_of(out, join_entity_name(entity));
    return begin(out, name, pair_names, out->is_ndjson ? 0 : 4, err) &&
           join_each_line(out->result->join, entity, put_pair, out, err) && end(out, name, err);
}

static bool
write_unmatched(struct out *out, struct error *err)
{
    CLEANUP(memory_free_string) char *name = name_of(out, "unmatched");
    return begin(out, name, gap_names, out->is_ndjson ? 0 : 5, err) &&
           join_each_gap(out->result->join, put_gap, out, err) && end(out, name, err);
}

static bool
write_roles(struct out *out, struct error *err)
{
    if (!join_roles(out->result->join)->is_declared)
        return true;
    return begin(out, roles_name, role_names, 6, err) &&
           join_each_assignment(out->result->join, put_assignment, out, err) &&
           end(out, roles_name, err);
}

/* Files of an earlier build that this one does not have: the manifest would not name them. */
static void
remove_others(const struct out *out)
{
    static const char *const stems[] = {"users", "organizations", "memberships", "unmatched"};
    for (size_t i = 0; i < sizeof stems / sizeof stems[0]; i++) {
        CLEANUP(memory_free_string)
        char *path = memory_printf("%s/%s.%s", out->result->settings->output, stems[i],
                                   out->is_ndjson ? "csv" : "ndjson");
        unlink(path);
    }
    CLEANUP(memory_free_string) char *roles = path_of(out->result->settings, roles_name);
    if (!join_roles(out->result->join)->is_declared)
        unlink(roles);
}

static bool
write_manifest(struct out *out, struct error *err)
{
    json_t *manifest = build_json(out->result);
    json_object_set(manifest, "outputs", out->outputs);
    CLEANUP(memory_free_string) char *text = json_dumps(manifest, JSON_INDENT(2));
    json_decref(manifest);
    if (!begin(out, manifest_name, NULL, 0, err))
        return false;
    strbuf_printf(&out->line, "%s\n", text);
    put_line(out);
    return end(out, manifest_name, err);
}

bool
build_write(const struct build_result *result, struct error *err)
{
    const struct build_settings *settings = result->settings;
    CLEANUP(out_release)
    struct out out = {.result = result,
                      .line = STRBUF_INIT,
                      .outputs = json_array(),
                      .is_ndjson =
                          settings->format != NULL && strcmp(settings->format, "ndjson") == 0};
    if (!make_folder(settings, err))
        return false;
    for (int e = 0; e < JOIN_ENTITY_COUNT; e++)
        if (!write_map(&out, (enum join_entity)e, err))
            return false;
    if (!write_unmatched(&out, err) || !write_roles(&out, err) || !write_manifest(&out, err) ||
        !check_edited(&out, err) || !commit(&out, err))
        return false;
    remove_others(&out);
    return true;
}
