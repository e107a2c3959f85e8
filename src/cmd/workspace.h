/*
 * Everything a mapping names, opened: connections, catalogues, ID maps, and the plan made of them.
 */
#ifndef IDMIGRATE_CMD_WORKSPACE_H
#define IDMIGRATE_CMD_WORKSPACE_H

#include "command.h"

#include "idmigrate/catalog.h"
#include "idmigrate/db.h"
#include "idmigrate/idmap.h"
#include "idmigrate/mapping.h"
#include "idmigrate/plan.h"

enum { WORKSPACE_SOURCES = 16 };

/* The options that say how to connect; commands put CONNECTION_OPTIONS into their tables. */
struct connection_options {
    struct option_list sources; /* [NAME=]URI */
    const char *target;
};
#define CONNECTION_OPTIONS(options)                                                                \
    {"source",                                                                                     \
     's',                                                                                          \
     "[NAME=]URI",                                                                                 \
     "connection of a source; otherwise the variable that the mapping names, or "                  \
     "IDMIGRATE_SOURCE",                                                                           \
     OPTION_LIST,                                                                                  \
     &(options).sources},                                                                          \
    {                                                                                              \
        "target", 't', "URI",                                                                      \
            "connection of the target; otherwise the variable that the mapping names, or "         \
            "IDMIGRATE_TARGET",                                                                    \
            OPTION_TEXT, &(options).target                                                         \
    }

/* connection.c */
/* Refuses passwords in arguments. */
bool connection_check_options(const struct connection_options *options, struct error *err);
/* Each --source must be of a source of the mapping. */
bool connection_check_names(const struct connection_options *options, const struct mapping *mapping,
                            struct error *err);
/* The connection string of a source or, for a negative number, the target; NULL with an error.
 * Borrowed. */
const char *connection_uri(const struct connection_options *options, const struct mapping *mapping,
                           int source, struct error *err);
/* The target without a mapping: option or IDMIGRATE_TARGET. */
const char *connection_target(const struct connection_options *options, struct error *err);
/* The source without a mapping: option or IDMIGRATE_SOURCE. NULL where none is said, or with an
 * error where several are. */
const char *connection_only_source(const struct connection_options *options, struct error *err);
/* "source app: host /run, database legacy, role reader, read only" to standard error. */
void connection_announce(const struct db *db, const char *what, bool writes);

struct workspace {
    struct mapping *mapping;
    struct db *sources[WORKSPACE_SOURCES];
    struct db_transaction snapshots[WORKSPACE_SOURCES]; /* open as long as the workspace */
    struct catalog source_catalogs[WORKSPACE_SOURCES];
    bool source_is_target[WORKSPACE_SOURCES];
    struct db *target;
    struct catalog target_catalog;
    struct idmap_formats *formats;
    struct idmap **ids; /* one for each ID map of the mapping */
    struct plan *plan;
    bool keeps_ambiguous; /* an old ID with two new ones is no error of a file: who judges maps
                             wants to see all */
    const struct option_list *given_maps; /* NAME=FILE[:OLD,NEW], in place of a run's; or NULL */
};
#define WORKSPACE_INIT                                                                             \
    {                                                                                              \
        .mapping = NULL                                                                            \
    }

/*
 * Opens what the mapping (already in workspace->mapping) names and builds the plan. With `run_id`
 * the ID maps are those that the run used, from the store; otherwise they are read where the
 * mapping says. A source that cannot be reached is an error (EXIT_STOPPED).
 */
struct workspace_request {
    const struct connection_options *connections;
    enum db_side side;   /* DB_TARGET or DB_TARGET_READER */
    bool only_looks;     /* DB_TARGET, but for temporary tables only */
    const char *purpose; /* of application_name */
    const char *run_id;
    struct db *target; /* open already (taken over), or NULL */
};
/* Reads the mapping file, before anything is opened. */
bool workspace_load_mapping(struct workspace *workspace, const char *path, struct error *err);
/* --exclusive: as if the mapping said so of every table that it does not except. */
void workspace_make_exclusive(struct workspace *workspace);
bool workspace_open(struct workspace *workspace, const struct workspace_request *request,
                    struct error *err);
/* The target only, open already, for what a run left there: the plan knows the target's tables and
 * not the source's. */
bool workspace_open_target(struct workspace *workspace, struct error *err);
/* Verification has the ID maps for itself: two of a million pairs side by side are too much. The
 * workspace's find nothing from now on. */
void workspace_forget_ids(struct workspace *workspace);
void workspace_close(struct workspace *workspace);

/* maps.c */
bool workspace_load_maps(struct workspace *workspace, const char *run_id, struct error *err);
/* Opens what table and query maps are read through, and nothing else. */
bool workspace_open_map_sides(struct workspace *workspace,
                              const struct connection_options *connections, const char *purpose,
                              struct error *err);
/* What a map that is no file is read through. */
struct db *workspace_map_side(const struct workspace *workspace, const struct mapping_ids *ids);
/* Each of given_maps names a map of the mapping. */
bool workspace_check_given_maps(const struct workspace *workspace, struct error *err);
/* The file that is given in place of a map (its columns may stand behind it), or NULL. */
const char *workspace_given_file(const struct workspace *workspace, const char *name);
/* The loaded maps that are given, NULL in place of the others: one for each of the mapping's; to be
 * freed, or NULL when none is given. */
const struct idmap **workspace_given_ids(const struct workspace *workspace);
/* They are those whose digests a run recorded ({"user": digest, ...}). */
bool workspace_check_given_digests(const struct workspace *workspace, const char *recorded,
                                   struct error *err);
/* On standard error, for each file that everybody can read or that is not its manifest's; of those
 * that are given only, when the others are not read. */
void workspace_warn_of_maps(const struct workspace *workspace, bool only_given);
/* idmap_manifest.c: what is wrong between a file and the manifest that `idmap build` wrote beside
 * it, to be said behind the file's name; or NULL. */
const char *manifest_complaint(const char *path);
void maps_warn_of_mode(const char *name, const char *path);
/* {"user": "<digest of its pairs>", ...}; to be freed. Unions are made of others and left out. */
char *workspace_map_digests(const struct workspace *workspace);

/* As plan and verify want them. */
const struct catalog **
workspace_catalog_pointers(struct workspace *workspace,
                           const struct catalog *pointers[WORKSPACE_SOURCES]);

#endif
