/* The parts of idmigrate scan, in the order in which it calls them. */
#ifndef IDMIGRATE_CMD_SCAN_PARTS_H
#define IDMIGRATE_CMD_SCAN_PARTS_H

#include "progress.h"
#include "table_map.h"
#include "workspace.h"

#include "idmigrate/scan.h"

struct scan_settings {
    struct connection_options connections;
    struct option_list formats, providers, words, excludes;
    const char *mapping, *ids, *allow, *sample, *draft, *progress;
    bool json, bytes, foreign, fail_on_found, force;
};

/* scan_wanted.c: what is looked for, as the options and the mapping say. */
struct scan_looked_for {
    struct workspace workspace; /* with a mapping: it, and the connections that its ID maps need */
    struct idmap *ids;          /* of --ids */
    char *ids_path, *ids_old, *ids_new; /* of a file */
    struct table_map ids_table;
    struct scan_finder *finder;
    struct scan_words *words;
    const char **word_list; /* for the heading */
    size_t word_count;
    struct scan_provider providers[16];
    struct scan_allow allow;
};
#define SCAN_LOOKED_FOR_INIT                                                                       \
    {                                                                                              \
        .workspace = WORKSPACE_INIT, .allow = SCAN_ALLOW_INIT                                      \
    }
bool scan_wanted_load(const struct scan_settings *settings, bool in_files,
                      struct scan_looked_for *looked_for, struct error *err);
void scan_wanted_release(struct scan_looked_for *looked_for);

/* scan_ids.c: what --ids names, into looked_for->ids. */
bool scan_ids_load(const struct scan_settings *settings, bool in_files,
                   struct scan_looked_for *looked_for, struct error *err);

/* scan_database.c */
bool scan_in_database(const struct scan_settings *settings, struct scan_looked_for *looked_for,
                      enum exit_status *status, struct error *err);
/* The connection of the database to scan, and what the mapping calls it (or "app"). */
const char *scan_source_uri(const struct scan_settings *settings, const struct mapping *mapping,
                            const char **name, struct error *err);

/* scan_draft.c: before anything is read, and when all is. */
bool scan_draft_check(const struct scan_settings *settings, struct error *err);
bool scan_draft_write(const struct scan_settings *settings,
                      const struct scan_looked_for *looked_for, const struct db *db,
                      const char *source, const struct scan_result *result, struct error *err);

#endif
