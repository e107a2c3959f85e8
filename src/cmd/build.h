/* Parts of `idmap build`: its inputs, and what it writes and says. */
#ifndef IDMIGRATE_CMD_BUILD_H
#define IDMIGRATE_CMD_BUILD_H

#include "command.h"
#include "table_map.h"

#include "idmigrate/join.h"
#include "idmigrate/strbuf.h"

#include <jansson.h>

struct build_settings {
    struct connection_options connections;
    const char *output, *format, *keys, *roles, *environment, *kinds;
    struct option_list hands, maps;
    bool unverified_email, by_name, foreign_external_ids, force, json;
};

/* Whom the records of one tally are about, until it is decided how many of them are joined. */
struct build_who {
    uint32_t number;
    uint8_t entity, side;
};
struct build_came {
    struct build_who *who;
    size_t count, capacity;
    uint64_t joined;
};

struct build_input {
    char *path;
    char *shown; /* without the folders above what was named */
    enum build_role { BUILD_DATA, BUILD_HAND, BUILD_MAP } role;
    char *old_column, *new_column; /* of BUILD_HAND and BUILD_MAP, or NULL */
    struct table_map table;        /* instead of a file; its `shown` is NULL otherwise */
    bool is_found;                 /* in a folder */
    bool is_read;
    char *why_not;
    struct provider_file file;
    struct build_came came[PROVIDER_MOST_KINDS]; /* as the tallies of `file` */
    uint64_t pairs;                              /* of a file whose columns were named */
    uint64_t open_pages; /* that say that more follow, of lists whose last page no input has */
    uint64_t not_listed; /* that are in no input, though it says how many its list has */
    size_t same_as;      /* the input with the same bytes before it, or itself */
};

struct build_inputs {
    struct build_input *items;
    size_t count, capacity;
};
#define BUILD_INPUTS_INIT                                                                          \
    {                                                                                              \
        .items = NULL                                                                              \
    }

/* All files of the operands, sorted; folders are looked into, but not the one that is written to.
 */
bool build_find_inputs(char **operands, const struct build_settings *settings,
                       struct build_inputs *inputs, struct error *err);
bool build_read_inputs(struct build_inputs *inputs, const struct provider_kinds *kinds,
                       const struct connection_options *connections, struct join *join,
                       struct error *err);
/* Whether its columns are known, so that it holds pairs and nothing else. */
bool build_is_of_pairs(const struct build_input *input);
/* How many of each file's records are joined; after join_decide(). */
void build_count_joined(struct build_inputs *inputs, const struct join *join);
void build_inputs_release(struct build_inputs *inputs);

struct build_result {
    const struct build_settings *settings;
    const struct build_inputs *inputs;
    const struct join *join;
    enum exit_status status;
};

/* Refuses (EXIT_REFUSED) to write over files that are none of idmigrate's. */
bool build_check_output(const struct build_settings *settings, struct error *err);
bool build_write(const struct build_result *result, struct error *err);

/* Whether of some list the last page is missing. */
bool build_has_open_pages(const struct build_inputs *inputs);
/* Or that are shorter than they say. */
bool build_has_short_lists(const struct build_inputs *inputs);
/* Whether nobody of the old side was named at all: then "all joined" would say nothing. */
bool build_has_no_old_side(const struct join *join);
void build_print(struct strbuf *out, const struct build_result *result);
/* Without what differs between two runs over the same inputs. */
json_t *build_json(const struct build_result *result);

#endif
