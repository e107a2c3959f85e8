/*
 * idmigrate idmap check FILE|MAPPING: whether finished ID maps can be trusted, and what they leave
 * out.
 *
 * Reads only (temporary tables of its own session in the target). Interrupting it is harmless.
 */
#include "idmap_parts.h"
#include "steps.h"

#include "idmigrate/memory.h"
#include "idmigrate/sql.h"

#include <stdlib.h>

static struct idmap_check_settings settings;

static const struct option_spec options[] = {
    {"source", 's', "[NAME=]URI",
     "weigh what IDs without a partner own here: by the columns that the mapping resolves, or, for "
     "a FILE, by the columns in which such IDs are found (or IDMIGRATE_SOURCE, or the mapping's "
     "variable)",
     OPTION_LIST, &settings.connections.sources},
    {"target", 't', "URI",
     "with a mapping: name the unique keys of this database that several old IDs with one new ID "
     "would break (or the mapping's variable, or IDMIGRATE_TARGET); for run:RUN, where the run is "
     "kept",
     OPTION_TEXT, &settings.connections.target},
    {"idmap", 0, "NAME=FILE[:OLD,NEW]",
     "with a mapping: this file in place of where it reads that map, to try a map before the "
     "mapping names it; table:[SCHEMA.]NAME[:OLD,NEW] is of the side that the mapping says \"on\" "
     "which that map is, otherwise of the target",
     OPTION_LIST, &settings.maps},
    {"old-format", 0, "NAME", "how old IDs look: a format of mappings/formats.json", OPTION_TEXT,
     &settings.old_format},
    {"new-format", 0, "NAME", "how new IDs look", OPTION_TEXT, &settings.new_format},
    {"environment", 'e', "COLUMN",
     "the column of the file or table that tells which environment a pair is of (default: "
     "environment, "
     "instance, instance_id or environment_id, where there is one)",
     OPTION_TEXT, &settings.environment},
    {"strict", 0, NULL, "IDs out of format are wrong, and not a warning", OPTION_FLAG,
     &settings.strict},
    {"json", 0, NULL, "print JSON", OPTION_FLAG, &settings.json},
    {"progress", 0, "STYLE", "auto, bar, plain, json or none", OPTION_TEXT, &settings.progress},
    {NULL, 0, NULL, NULL, OPTION_FLAG, NULL},
};

static enum exit_status
judge(const struct idmap_check *check)
{
    return findings_count(&check->findings, FINDING_REFUSAL) > 0       ? EXIT_DIFFERENT
           : findings_count(&check->findings, FINDING_NOT_CHECKED) > 0 ? EXIT_NOT_CHECKED
                                                                       : EXIT_DONE;
}

static void
release(struct idmap_check *check)
{
    weigh_release(&check->weigh);
    findings_release(&check->findings);
    idmap_traits_free(&check->traits);
    free(check->chains);
    workspace_close(&check->sides);
    given_maps_release(&check->given);
}

static enum exit_status
run(char **operands, struct error *err)
{
    CLEANUP(release) struct idmap_check check = IDMAP_CHECK_INIT;
    CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
    check.settings = &settings;
    check.given.instead = &settings.maps;
    if (!connection_check_options(&settings.connections, err) ||
        !idmap_traits_new(embedded_providers_json, &check.traits, err) ||
        !given_maps_load(operands[0], &settings.connections, &check.given, err) ||
        !idmap_judge(&check, err) || !idmap_judge_environments(&check, err))
        return err->code;
    idmap_judge_manifests(&check);
    if (!idmap_weigh(&check, err) || !idmap_look_at_keys(&check, err))
        return err->code;
    idmap_judge_holes(&check);
    enum exit_status status = judge(&check);
    idmap_show(&check, status, &text);
    output_print(&text);
    return status;
}

const struct command cmd_idmap_check = {
    .name = "idmap check",
    .arguments = "FILE|MAPPING",
    .summary = "whether ID maps can be trusted, and what they leave out",
    .description =
        "Looks at a finished ID map: FILE or FILE:OLD,NEW with the names of its columns (CSV, "
        "JSON, NDJSON), table:[SCHEMA.]NAME[:OLD,NEW] of the source, or where none is said of the "
        "target, all maps of a MAPPING, one of them (MAPPING:NAME), or those that a run keeps "
        "(run:RUN). Names old IDs with several new ones, new IDs with several old ones, chains and "
        "cycles, IDs out of format, swapped columns, stand-ins of trial runs and IDs of several "
        "environments. With --source it weighs every ID without a partner by the rows it owns. "
        "Exit status 0 when nothing is wrong, 5 when something is, 6 when something could not be "
        "looked at.",
    .options = options,
    .least = 1,
    .most = 1,
    .run = run,
};
