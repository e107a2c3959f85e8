/* The parts of idmigrate idmap check, diff and stats. */
#ifndef IDMIGRATE_CMD_IDMAP_PARTS_H
#define IDMIGRATE_CMD_IDMAP_PARTS_H

#include "progress.h"
#include "table_map.h"
#include "workspace.h"

#include "idmigrate/idmap_facts.h"
#include "idmigrate/scan.h"
#include "idmigrate/store.h"
#include "idmigrate/strbuf.h"
#include "idmigrate/weigh.h"

/* ---- given_maps.c: what an operand names ---- */

/*
 * FILE[:OLD,NEW] and table:NAME[:OLD,NEW] are one map; MAPPING all of a mapping, MAPPING:NAME one
 * of them; run:RUN those that a run keeps in the target, run:RUN:NAME one.
 */
struct given_map {
    const struct idmap *map;
    const struct mapping_ids *spec; /* or NULL */
    struct map_place place;
    const char *path;                    /* of a file, or NULL */
    const char *shown;                   /* the file, or the table, or NULL */
    const char *old_column, *new_column; /* of a file or table, or NULL */
    struct db *side;                     /* that a table is read through, open */
    const struct idmap_format *old_format, *new_format;
    bool old_is_guessed, new_is_guessed; /* by what most IDs look like */
};
struct given_maps {
    const char *operand;
    const struct option_list *instead; /* NAME=FILE in place of maps of a mapping; or NULL */
    struct workspace workspace;        /* of a mapping or a run: it; always the formats */
    struct idmap *own;                 /* of a file or table */
    struct table_map_side own_side;    /* of the table */
    struct given_map *maps;
    size_t count;
    bool is_of_run;
};
#define GIVEN_MAPS_INIT                                                                            \
    {                                                                                              \
        .workspace = WORKSPACE_INIT, .own_side = TABLE_MAP_SIDE_INIT                               \
    }
bool given_maps_load(const char *operand, const struct connection_options *connections,
                     struct given_maps *given, struct error *err);
/* On standard error, for each file that everybody can read: where nothing else judges them. */
void given_maps_warn_of_modes(const struct given_maps *given);
void given_maps_release(struct given_maps *given);

/* kept_maps.c: an ID map of a run that is no longer kept is an error (EXIT_NOT_CHECKED); `only`
 * names one of them, or is NULL. */
bool kept_maps_check(const struct workspace *workspace, const struct store_run *run,
                     const char *only, struct error *err);

/* ---- the parts of a check, in the order of their calls ---- */

struct idmap_check_settings {
    struct connection_options connections;
    struct option_list maps; /* NAME=FILE */
    const char *old_format, *new_format, *environment, *progress;
    bool strict, json, all;
};

struct idmap_check {
    const struct idmap_check_settings *settings;
    struct given_maps given;
    struct idmap_traits *traits;
    struct findings findings;    /* `table` is the ID map's name, or the target's table */
    struct idmap_chains *chains; /* by map */
    struct weigh weigh;
    struct workspace sides; /* of a mapping: the databases that are looked at */
    size_t weighed;         /* sources */
    bool keys_were_looked_at;
};
#define IDMAP_CHECK_INIT                                                                           \
    {                                                                                              \
        .given = GIVEN_MAPS_INIT, .findings = FINDINGS_INIT, .weigh = WEIGH_INIT,                  \
        .sides = WORKSPACE_INIT                                                                    \
    }

/* idmap_judge.c: what the maps show by themselves. */
bool idmap_judge(struct idmap_check *check, struct error *err);
/* Rows that lack an ID: once it is known whether they are weighed. */
void idmap_judge_holes(struct idmap_check *check);
/* idmap_environment.c: IDs of more than one environment, or of none. */
bool idmap_judge_environments(struct idmap_check *check, struct error *err);
/* idmap_manifest.c: what the manifests beside the files say. */
void idmap_judge_manifests(struct idmap_check *check);
/* idmap_weigh.c: what IDs without a partner own. */
bool idmap_weigh(struct idmap_check *check, struct error *err);
/* idmap_keys.c: unique keys of the target that many-to-one pairs break. */
bool idmap_look_at_keys(struct idmap_check *check, struct error *err);
/* idmap_show.c */
void idmap_show(const struct idmap_check *check, enum exit_status status, struct strbuf *text);

#endif
