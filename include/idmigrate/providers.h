/*
 * What identity providers and their tools give: exports, API pages, packages, logs, plain maps.
 *
 * How such files look is data (mappings/exports.json): kinds, told apart by what stands in the
 * file, never by its name. A file is read record by record, whatever its size; each record is
 * given to a sink with the few values that a kind names. Everything else in the file, password
 * digests and secrets included, is never copied out of the block or record that is being read.
 * E-mail addresses and names are not kept either: a record holds their digests.
 */
#ifndef IDMIGRATE_PROVIDERS_H
#define IDMIGRATE_PROVIDERS_H

#include "idmigrate/digest.h"
#include "idmigrate/error.h"
#include "idmigrate/idmap.h"
#include "idmigrate/sha256.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum provider_side { PROVIDER_OLD, PROVIDER_NEW, PROVIDER_NO_SIDE };

enum provider_entity {
    PROVIDER_USER,
    PROVIDER_ORGANIZATION,
    PROVIDER_MEMBERSHIP,
    PROVIDER_ANY, /* a pair whose IDs tell of whom it is, if anything does */
    PROVIDER_NOTHING
};

enum provider_gives {
    PROVIDER_LIST,    /* one of all that the provider has */
    PROVIDER_MENTION, /* somebody that a tool worked on: may be gone */
    PROVIDER_DELETED,
    PROVIDER_SKIPPED, /* left out by an export, on purpose */
    PROVIDER_FAILED,  /* an import tried and could not */
    PROVIDER_PAIR,    /* an old ID and a new one */
    PROVIDER_NOTE     /* about the file as a whole */
};

enum provider_method { PROVIDER_BY_LOG, PROVIDER_BY_MAP }; /* of a pair */

enum provider_field {
    PROVIDER_ID,
    PROVIDER_EXTERNAL_ID,
    PROVIDER_OLD_ID, /* what the new side keeps beside its external ID; of a pair the old ID */
    PROVIDER_NEW_ID, /* of a pair */
    PROVIDER_OF_USER,
    PROVIDER_OF_ORGANIZATION,
    PROVIDER_OF_NEW_ORGANIZATION, /* an old side's record that names the new organization */
    PROVIDER_REASON,
    PROVIDER_ENVIRONMENT,
    PROVIDER_FIELD_COUNT
};

struct provider_text {
    const char *text; /* NULL: not there, or empty */
    size_t length;
};

struct provider_address {
    struct digest digest; /* provider_address_digest(), or of the exact name */
    bool is_primary, is_verified;
};

struct provider_kind; /* a row of mappings/exports.json */
const char *provider_kind_name(const struct provider_kind *kind);
const char *provider_kind_provider(const struct provider_kind *kind); /* or NULL */

/* Borrowed by the sink until it returns. */
struct provider_record {
    const struct provider_kind *kind;
    enum provider_side side;
    enum provider_entity of;
    enum provider_gives gives;
    enum provider_method method;
    uint64_t place; /* line, or element of the file, from 1 */
    struct provider_text fields[PROVIDER_FIELD_COUNT];
    const struct provider_address *addresses; /* of an organization: its name */
    size_t address_count;
    struct provider_text *roles;
    size_t role_count;
    int64_t created, updated, told; /* Unix time in ms; 0: not said */
    int64_t duplicates, failed;     /* a summary's; 0: none, or not said */
    bool is_dry_run;
};

/*
 * The same address written differently has the same digest: white space around it is cut, and
 * letters of any script are compared in lower case (one character to one, as of C.UTF-8). Nothing
 * else is folded: not dots, not "+tag", not Unicode normal forms.
 */
struct digest provider_address_digest(const char *address, size_t length);

/* ---- kinds ---- */

struct provider_kinds;
/* `extra_json` (or NULL) comes from `extra_place`; its kinds are tried first. `formats` is borrowed
 * and must outlive them. */
bool provider_kinds_new(const char *builtin_json, const char *extra_json, const char *extra_place,
                        const struct idmap_formats *formats, struct provider_kinds **kinds,
                        struct error *err);
void provider_kinds_free(struct provider_kinds **kinds); /* for CLEANUP too */

/* Whether an ID has the format that the kinds give to a side's users, organizations, memberships.
 */
bool provider_has_format(const struct provider_kinds *kinds, enum provider_side side,
                         enum provider_entity of, const char *id, size_t length);
/* Whether it begins as such IDs do, if these have a beginning of their own. */
bool provider_has_prefix(const struct provider_kinds *kinds, enum provider_side side,
                         enum provider_entity of, const char *id, size_t length);
/* Made up by a tool that only tried: no ID of anybody. */
bool provider_is_dry_run_id(const struct provider_kinds *kinds, const char *id, size_t length);
/* Whether a role may be written so on that side. */
bool provider_is_role(const struct provider_kinds *kinds, enum provider_side side,
                      const char *role);
/* When an ID was made, where its format tells: Unix time in ms, or 0. */
int64_t provider_time_of_id(const struct provider_kinds *kinds, enum provider_side side,
                            const char *id, size_t length);

/* Cuts white space around an ID, as reading does; an error (EXIT_INPUT) that calls it `name` where
 * nothing is left of it, or it holds what would break a line. */
bool provider_clean_id(struct provider_text *id, const char *name, struct error *err);

/* ---- reading ---- */

typedef bool provider_sink(void *context, const struct provider_record *record, struct error *err);

enum { PROVIDER_MOST_KINDS = 24 };

struct provider_tally {
    const struct provider_kind *kind;
    enum provider_entity of; /* what of it: a row may speak of a user and a membership */
    uint64_t count;
};

/* What was in a file. */
struct provider_file {
    char sha256[SHA256_HEX_SIZE];
    uint64_t bytes;
    struct provider_tally tallies[PROVIDER_MOST_KINDS];
    size_t tally_count;
    uint64_t other_lines; /* of a log or table: those that say nothing of an ID */
    /* Of lists in pages, by what they list: pages that say that more follow, and those that do not.
     */
    uint64_t open_pages[PROVIDER_ANY], last_pages[PROVIDER_ANY];
    /* Of lists whose pages say how long the whole list is: the longest of them, and the records in
     * all such pages. */
    uint64_t totals[PROVIDER_ANY], in_pages[PROVIDER_ANY];
    uint64_t torn_lines; /* of a journal: those that whoever wrote it did not get to end */
};

enum provider_recognised {
    PROVIDER_READ,
    PROVIDER_UNKNOWN,  /* no kind fits; `err` tells what was looked for */
    PROVIDER_BAD_FILE, /* of a known kind, but wrong; or `sink` failed */
};
/*
 * Reads one file. Errors name no path: the caller puts it in front. A record above 16 MB is an
 * error, and so are bytes that are no UTF-8, a record without its ID, one of no kind among known
 * ones. Byte-order mark, CRLF, white space around values, comment lines before a CSV's header are
 * fine; a CSV row may be shorter than its header, and longer only by empty fields.
 */
enum provider_recognised provider_read(const struct provider_kinds *kinds, const char *path,
                                       provider_sink *sink, void *context,
                                       struct provider_file *file, struct error *err);
/* Only the digest and length of a file, whatever is in it. */
bool provider_digest(const char *path, struct provider_file *file, struct error *err);

#endif
