/*
 * idmigrate idmap build: an ID map from what the providers and their tools give.
 *
 * Only reads files and tables, and writes the files of --output, each whole or not at all, the
 * manifest last. Interrupting it is harmless.
 */
#include "build.h"
#include "steps.h"

#include "idmigrate/memory.h"
#include "idmigrate/sql.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct build_settings settings;

static const struct option_spec options[] = {
    {"output", 'o', "DIR",
     "write users, organizations, memberships, unmatched and manifest.json there (default: only "
     "say what would be in them)",
     OPTION_TEXT, &settings.output},
    {"format", 'f', "FORMAT", "csv (default) or ndjson", OPTION_TEXT, &settings.format},
    {"hand", 0, "FILE[:OLD,NEW]",
     "pairs that a person has settled: they come before all evidence; also table:NAME[:OLD,NEW]",
     OPTION_LIST, &settings.hands},
    {"map", 0, "FILE[:OLD,NEW]",
     "a plain map, with the names of its columns; also table:NAME[:OLD,NEW]", OPTION_LIST,
     &settings.maps},
    {"source", 's', "URI", "the database that tables are of (or IDMIGRATE_SOURCE)", OPTION_LIST,
     &settings.connections.sources},
    {"roles", 0, "FILE",
     "what the old roles are on the new side; writes user_role_assignments.csv with what is owed",
     OPTION_TEXT, &settings.roles},
    {"keys", 0, "KEYS", "what of the old side is an old ID: id (default), external-id, or both",
     OPTION_TEXT, &settings.keys},
    {"unverified-email", 0, NULL,
     "join by e-mail addresses that are not verified on both sides, too", OPTION_FLAG,
     &settings.unverified_email},
    {"organization-names", 0, NULL,
     "join organizations by a name that is there once on each side, too", OPTION_FLAG,
     &settings.by_name},
    {"foreign-external-ids", 0, NULL, "external IDs of the new side are no old IDs", OPTION_FLAG,
     &settings.foreign_external_ids},
    {"environment", 0, "NAME", "a word for the manifest: production, staging", OPTION_TEXT,
     &settings.environment},
    {"kinds", 0, "FILE", "more kinds of files, as in mappings/exports.json", OPTION_TEXT,
     &settings.kinds},
    {"force", 0, NULL, "write over files that idmigrate did not write, or that were changed since",
     OPTION_FLAG, &settings.force},
    {"json", 0, NULL, "print JSON", OPTION_FLAG, &settings.json},
    {NULL, 0, NULL, NULL, OPTION_FLAG, NULL},
};

static bool
check_options(struct error *err)
{
    if (settings.format != NULL && strcmp(settings.format, "csv") != 0 &&
        strcmp(settings.format, "ndjson") != 0)
        return error_set(err, EXIT_USAGE, "--format is csv or ndjson");
    if (settings.keys != NULL && strcmp(settings.keys, "id") != 0 &&
        strcmp(settings.keys, "external-id") != 0 && strcmp(settings.keys, "both") != 0)
        return error_set(err, EXIT_USAGE, "--keys is id, external-id or both");
    return true;
}

static unsigned
chosen_keys(void)
{
    if (settings.keys == NULL || strcmp(settings.keys, "id") == 0)
        return JOIN_KEY_ID;
    return strcmp(settings.keys, "both") == 0 ? JOIN_KEY_ID | JOIN_KEY_EXTERNAL_ID
                                              : JOIN_KEY_EXTERNAL_ID;
}

static bool
load_kinds(const struct idmap_formats *formats, struct provider_kinds **kinds, struct error *err)
{
    json_error_t where;
    if (settings.kinds == NULL)
        return provider_kinds_new(embedded_exports_json, NULL, NULL, formats, kinds, err);
    CLEANUP(json_decrefp)
    json_t *extra = json_load_file(settings.kinds, JSON_REJECT_DUPLICATES, &where);
    if (extra == NULL && where.line < 1)
        return error_set(err, EXIT_INPUT, "--kinds %s: cannot be read", settings.kinds);
    if (extra == NULL)
        return error_set(err, EXIT_INPUT, "--kinds %s: line %d, column %d: not valid JSON",
                         settings.kinds, where.line, where.column);
    CLEANUP(memory_free_string) char *text = json_dumps(extra, JSON_COMPACT);
    return provider_kinds_new(embedded_exports_json, text, settings.kinds, formats, kinds, err);
}

/* What the reader says of a file that is no text, or torn where it begins: a picture may lie among
 * exports, but so may an export that nobody unpacked, or half of one. */
static bool
is_no_text(const struct build_input *input)
{
    static const char *const words[] = {"UTF",
                                        "NUL byte",
                                        "compressed",
                                        "in the middle of a record",
                                        "a line ends inside a text",
                                        "an object where none can be"};
    for (size_t i = 0; !input->is_read && i < sizeof words / sizeof words[0]; i++)
        if (strstr(input->why_not, words[i]) != NULL)
            return true;
    return false;
}

/* What could not be joined, read or understood is for somebody to look at. */
static enum exit_status
judge(const struct build_inputs *inputs, const struct join *join)
{
    enum exit_status status = join_is_whole(join) ? EXIT_DONE : EXIT_DIFFERENT;
    if (build_has_no_old_side(join) || build_has_open_pages(inputs) ||
        build_has_short_lists(inputs))
        status = exit_status_worse(status, EXIT_NOT_CHECKED);
    for (size_t i = 0; i < inputs->count; i++)
        if (is_no_text(&inputs->items[i]))
            status = exit_status_worse(status, EXIT_NOT_CHECKED);
    return status;
}

/* A folder of exports may hold hundreds of files. */
static void
warn_of_modes(const struct build_inputs *inputs)
{
    const struct build_input *first = NULL;
    size_t count = 0;
    for (size_t i = 0; i < inputs->count; i++) {
        const struct build_input *input = &inputs->items[i];
        if (input->table.shown != NULL || idmap_exposed_mode(input->path) == 0)
            continue;
        first = count++ == 0 ? input : first;
    }
    if (count == 0)
        return;
    fprintf(stderr, "warning: everybody on this machine can read %s (mode %04o)", first->shown,
            idmap_exposed_mode(first->path));
    if (count > 1)
        fprintf(stderr, " and %zu more of the inputs", count - 1);
    fputs("\nhint: exports and ID maps are personal data: chmod 600\n", stderr);
}

static bool
print(const struct build_result *result)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
    if (settings.json) {
        CLEANUP(json_decrefp) json_t *json = build_json(result);
        CLEANUP(memory_free_string) char *dumped = json_dumps(json, JSON_INDENT(2));
        strbuf_printf(&text, "%s\n", dumped);
    } else {
        build_print(&text, result);
    }
    output_print(&text);
    return true;
}

static enum exit_status
run(char **operands, struct error *err)
{
    CLEANUP(idmap_formats_free) struct idmap_formats *formats = NULL;
    CLEANUP(provider_kinds_free) struct provider_kinds *kinds = NULL;
    CLEANUP(join_free) struct join *join = NULL;
    CLEANUP(build_inputs_release) struct build_inputs inputs = BUILD_INPUTS_INIT;

    if (!check_options(err) || !connection_check_options(&settings.connections, err) ||
        !idmap_formats_new(embedded_formats_json, NULL, NULL, &formats, err) ||
        !load_kinds(formats, &kinds, err) ||
        !build_find_inputs(operands, &settings, &inputs, err) ||
        !build_check_output(&settings, err))
        return err->code;
    fprintf(stderr, "inputs       %zu, read only\n", inputs.count);
    if (settings.output != NULL)
        fprintf(stderr, "output       %s\n", settings.output);
    warn_of_modes(&inputs);

    join = join_new(&(struct join_settings){.kinds = kinds,
                                            .keys = chosen_keys(),
                                            .unverified_email = settings.unverified_email,
                                            .by_name = settings.by_name,
                                            .ignore_external_ids = settings.foreign_external_ids});
    if ((settings.roles != NULL && !join_read_roles(join, settings.roles, err)) ||
        !build_read_inputs(&inputs, kinds, &settings.connections, join, err) ||
        !join_decide(join, err) || steps_are_interrupted(err))
        return err->code;
    build_count_joined(&inputs, join);
    struct build_result result = {&settings, &inputs, join, judge(&inputs, join)};
    if (settings.output != NULL && !build_write(&result, err))
        return err->code;
    print(&result);
    return result.status;
}

const struct command cmd_idmap_build = {
    .name = "idmap build",
    .arguments = "FILE...",
    .summary = "joins the exports of both providers to maps of users, organizations, memberships",
    .description =
        "Reads exports, API pages, packages, logs and plain maps, told apart by what is in them "
        "(folders are looked into; table:[SCHEMA.]NAME[:OLD,NEW] is a table or view of a "
        "database), and joins old and new IDs: by a hand file, external ID, "
        "metadata, plain map, log line, verified e-mail address, in this order and never by a "
        "guess between two. Each pair says how it was found and how sure that is; what has no "
        "partner is listed with its cause. The same inputs give the same bytes. Exit status 0 "
        "when all is joined, 5 when something is not, 3 for an input that is wrong, 6 when a file "
        "in a folder could not be read as text, no input tells of the old side, or a list is not "
        "whole: its last page is in no input, or its total is more than all inputs have.",
    .options = options,
    .least = 1,
    .most = 1000000,
    .run = run,
};
