/*
 * idmigrate scan: IDs and words of a provider that nobody remembered, in a database, or in files.
 *
 * Reads only; --draft writes one new file. Interrupting it is harmless.
 */
#include "scan_parts.h"
#include "steps.h"

#include "idmigrate/memory.h"

#include <stdio.h>
#include <string.h>

static struct scan_settings settings;

static const struct option_spec options[] = {
    {"source", 's', "URI",
     "the database to scan; with --mapping also NAME=URI, NAME (a source's, or \"target\"); "
     "otherwise IDMIGRATE_SOURCE",
     OPTION_LIST, &settings.connections.sources},
    {"mapping", 'm', "MAPPING", "take ID maps, formats and connections from a mapping", OPTION_TEXT,
     &settings.mapping},
    {"ids", 0, "FILE[:OLD,NEW]",
     "an ID map: CSV with its columns of old and new IDs, or JSON; table:[SCHEMA.]NAME[:OLD,NEW] "
     "is "
     "a table of the database that is scanned, and with files of IDMIGRATE_SOURCE or the target",
     OPTION_TEXT, &settings.ids},
    {"format", 'f', "NAME",
     "IDs of this format of mappings/formats.json, several times if need be (default for a "
     "database: those that begin with something of their own)",
     OPTION_LIST, &settings.formats},
    {"provider", 'p', "NAME", "formats and words of a provider in mappings/providers.json",
     OPTION_LIST, &settings.providers},
    {"word", 'w', "WORD", "a word: in files, and in names and definitions of a database",
     OPTION_LIST, &settings.words},
    {"allow", 'a', "FILE",
     "what may stay: [{\"path\": GLOB, \"pattern\": REGEX, \"reason\": TEXT}, ...]; in a database "
     "the path is schema.table.column",
     OPTION_TEXT, &settings.allow},
    {"exclude", 'x', "GLOB", "leave out files, or tables (schema.table)", OPTION_LIST,
     &settings.excludes},
    {"sample", 0, "N|P%", "read N rows, or P percent of the blocks, of each table (default: all)",
     OPTION_TEXT, &settings.sample},
    {"bytea", 0, NULL, "look into bytea columns too, as text", OPTION_FLAG, &settings.bytes},
    {"foreign", 0, NULL, "read foreign tables too", OPTION_FLAG, &settings.foreign},
    {"draft", 'd', "FILE", "write a mapping for what was found; \"?\" where a person must choose",
     OPTION_TEXT, &settings.draft},
    {"target", 't', "URI", "with --draft: the new database, whose tables and columns are matched",
     OPTION_TEXT, &settings.connections.target},
    {"force", 0, NULL, "--draft may write over a file", OPTION_FLAG, &settings.force},
    {"fail-on-found", 0, NULL,
     "exit status 5 when old IDs or words are left in the database, 6 when only a sample was read",
     OPTION_FLAG, &settings.fail_on_found},
    {"json", 0, NULL, "print JSON", OPTION_FLAG, &settings.json},
    {"progress", 0, "STYLE", "auto, bar, plain, json or none", OPTION_TEXT, &settings.progress},
    {NULL, 0, NULL, NULL, OPTION_FLAG, NULL},
};

static bool
refuse_for_files(struct error *err)
{
    if (settings.connections.sources.count > 0)
        return error_set(err, EXIT_USAGE, "either --source or files: one at a time");
    if (settings.draft != NULL || settings.sample != NULL || settings.bytes || settings.foreign)
        return error_set(err, EXIT_USAGE,
                         "--draft, --sample, --bytea and --foreign are about a database");
    return true;
}

static void
warn_of_unused(const struct scan_allow *allow)
{
    for (size_t i = 0; i < allow->count; i++)
        if (scan_allow_unused(allow, i) != NULL)
            fprintf(stderr, "warning: allow list /%zu (%s) allows nothing that is there\n", i,
                    scan_allow_unused(allow, i));
}

static bool
scan_in_files(char **operands, struct scan_looked_for *looked_for, enum exit_status *status,
              struct error *err)
{
    CLEANUP(scan_files_release) struct scan_files files = SCAN_FILES_INIT;
    CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
    struct scan_files_request request = {.paths = (const char *const *)operands,
                                         .finder = looked_for->finder,
                                         .words = looked_for->words,
                                         .allow = &looked_for->allow,
                                         .excludes = settings.excludes.items,
                                         .exclude_count = settings.excludes.count};
    fputs("files       ", stderr);
    for (; operands[request.path_count] != NULL; request.path_count++)
        fprintf(stderr, " %s", operands[request.path_count]);
    fputs(", read only\n", stderr);
    if (!scan_files(&request, &files, err))
        return false;
    *status = scan_files_judge(&files);
    if (settings.json)
        scan_write_files(&text, &files, *status);
    else
        scan_print_files(&text, &files);
    output_print(&text);
    return true;
}

static enum exit_status
run(char **operands, struct error *err)
{
    CLEANUP(scan_wanted_release) struct scan_looked_for looked_for = SCAN_LOOKED_FOR_INIT;
    enum exit_status status = EXIT_DONE;
    bool in_files = operands[0] != NULL;

    if ((in_files && !refuse_for_files(err)) ||
        !connection_check_options(&settings.connections, err) ||
        !scan_draft_check(&settings, err) ||
        !scan_wanted_load(&settings, in_files, &looked_for, err) ||
        !(in_files ? scan_in_files(operands, &looked_for, &status, err)
                   : scan_in_database(&settings, &looked_for, &status, err)))
        return err->code;
    warn_of_unused(&looked_for.allow);
    return status;
}

const struct command cmd_scan = {
    .name = "scan",
    .arguments = "[PATH...]",
    .summary = "IDs and words that nobody remembered, in a database or in files",
    .description = "Reads every column that can hold text of every table, and all names and "
                   "definitions, and lists where IDs of known formats and of ID maps are: share "
                   "of rows, different IDs, how many the map resolves, inside what. Writes "
                   "nothing but the file of --draft. With files and folders the same for source "
                   "code and documents. Exit status of a database 0, 6 when something could not "
                   "be looked at, with --fail-on-found 5 when something is left; of files 5 when "
                   "something is left, 6 when something could not be read, otherwise 0.",
    .options = options,
    .least = 0,
    .most = 1000000,
    .run = run,
};
