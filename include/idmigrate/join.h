/*
 * Old IDs and new ones joined, from what the records of both sides say.
 *
 * Users and organizations are joined by the first of these that speaks, never by a guess: a hand
 * file; the external ID that the new side keeps; the old ID in its metadata; a plain map; a line of
 * an import's log; the primary e-mail address, then another one, verified on both sides; where it
 * is allowed, an address that is not verified, or an organization's name that is there once.
 * Evidence of which two pieces name two new IDs joins nothing, and neither does evidence that gives
 * one new ID to two old ones, unless a hand file says so. What stays without a partner has a cause.
 *
 * Memory: about 130 bytes and the IDs for each user of either side. E-mail addresses are held as
 * digests.
 */
#ifndef IDMIGRATE_JOIN_H
#define IDMIGRATE_JOIN_H

#include "idmigrate/error.h"
#include "idmigrate/idmap.h"
#include "idmigrate/providers.h"
#include "idmigrate/strbuf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum join_entity { JOIN_USERS, JOIN_ORGANIZATIONS, JOIN_MEMBERSHIPS, JOIN_ENTITY_COUNT };

/* In the order in which they are asked. */
enum join_method {
    JOIN_BY_NOTHING,
    JOIN_BY_HAND,
    JOIN_BY_EXTERNAL_ID,
    JOIN_BY_METADATA,
    JOIN_BY_MAP,
    JOIN_BY_LOG,
    JOIN_BY_EMAIL,
    JOIN_BY_OTHER_EMAIL,
    JOIN_BY_UNVERIFIED_EMAIL,
    JOIN_BY_NAME,
    JOIN_BY_BOTH_ENDS, /* a membership whose user and organization are joined */
    JOIN_METHOD_COUNT
};

enum join_cause {
    JOIN_JOINED,
    JOIN_DELETED,
    JOIN_ABSENT,
    JOIN_AFTER_EXPORT,
    JOIN_OTHER_ENVIRONMENT,
    JOIN_NO_EMAIL,
    JOIN_UNVERIFIED_EMAIL,
    JOIN_DUPLICATE_EMAIL,
    JOIN_DUPLICATE_NAME,
    JOIN_LINKED_ELSEWHERE,
    JOIN_TWO_NEW,
    JOIN_SHARED_NEW,
    JOIN_NEW_MISSING,
    JOIN_DRY_RUN,
    JOIN_SKIPPED,
    JOIN_FAILED,
    JOIN_NOT_IMPORTED,
    JOIN_END_NOT_JOINED,
    JOIN_CAUSE_COUNT
};

enum join_keys { JOIN_KEY_ID = 1, JOIN_KEY_EXTERNAL_ID = 2 };

struct join_settings {
    const struct provider_kinds *kinds; /* borrowed, outlives the join */
    unsigned keys;                      /* what of the old side becomes an old ID of the map */
    bool unverified_email, by_name;
    bool ignore_external_ids; /* on the new side they are something else than old IDs */
};

struct join;
struct join *join_new(const struct join_settings *settings);
void join_free(struct join **join); /* for CLEANUP too */

/* A provider_sink whose context is the join. */
bool join_take(void *join, const struct provider_record *record, struct error *err);
/* Of whom the record was that was taken last; once all is decided, whether that one is joined. */
struct join_taken {
    enum join_entity entity;
    enum provider_side side;
    uint32_t number; /* UINT32_MAX: of nobody */
};
struct join_taken join_last_taken(const struct join *join);
bool join_is_joined(const struct join *join, const struct join_taken *taken);
/* The same for a file that a person wrote: only pairs may be in it, and they come before all other
 * evidence. */
bool join_take_by_hand(void *join, const struct provider_record *record, struct error *err);
/* Pairs of a table, or of a file whose columns were named: JOIN_BY_HAND or JOIN_BY_MAP. The map is
 * frozen with IDMAP_AMBIGUOUS_KEEP: that an old ID has two new ones is evidence like any other. */
bool join_take_map(struct join *join, const struct idmap *map, enum join_method method,
                   struct error *err);
/*
 * What becomes of the old side's roles: {"old role": "new role" | ["new role", ...] | null}, as
 * JSON, or as CSV with the old role and a new one, or nothing, in each row. There is no default.
 */
bool join_read_roles(struct join *join, const char *path, struct error *err);

/* Joins all that was taken. An error (EXIT_INPUT) where the two sides have nothing to do with each
 * other. */
bool join_decide(struct join *join, struct error *err);

/* ---- results ---- */

struct join_counts {
    uint64_t old_count, new_count;   /* that were taken */
    uint64_t old_listed, new_listed; /* of them, from complete lists */
    uint64_t joined, joined_absent;  /* pairs; of them, with an old ID that no list has */
    uint64_t by_method[JOIN_METHOD_COUNT];
    uint64_t causes[JOIN_CAUSE_COUNT]; /* of old IDs without a partner */
    uint64_t keys_left_out;            /* external IDs that are somebody else's ID as well */
    uint64_t keys_missing;         /* joined, but without an external ID when only those are keys */
    uint64_t new_only;             /* listed new IDs without a partner */
    uint64_t foreign_external_ids; /* of the new side that are no old IDs */
    uint64_t overruled;            /* pieces of evidence that a hand file says otherwise of */
    uint64_t ends_not_named;       /* memberships whose user or organization no file tells */
    uint64_t stale_evidence;       /* names new IDs that the lists do not have */
};
const struct join_counts *join_counts(const struct join *join, enum join_entity entity);

struct join_role_count {
    const char *role;
    uint64_t count;
};
struct join_roles {
    bool is_declared;
    uint64_t wanted, there, owed; /* role assignments */
    uint64_t owed_memberships,
        several; /* memberships with an assignment owed; with more than one */
    uint64_t
        without_end; /* whose user or organization has no partner, so that nothing is owed yet */
    uint64_t
        without_membership; /* of those owed, where the membership is not known on the new side */
    const struct join_role_count *unknown; /* in the order of their names */
    size_t unknown_count;
};
const struct join_roles *join_roles(const struct join *join);

/* What the summaries of imports say. */
struct join_imports {
    int64_t duplicates; /* users that were there before, and so have no external ID */
    int64_t failed;
    uint64_t dry_runs; /* summaries of an import that only tried */
};
const struct join_imports *join_imports(const struct join *join);

int64_t join_newest(const struct join *join);         /* time that the records tell, or 0 */
uint64_t join_dry_run_count(const struct join *join); /* IDs that were refused */
bool join_is_whole(const struct join *join);          /* nothing stayed without a partner or role */

const char *join_entity_name(enum join_entity entity); /* "users" */
const char *join_method_name(enum join_method method);
const char *join_method_confidence(enum join_method method);
const char *join_cause_name(enum join_cause cause);  /* "no-email" */
const char *join_cause_words(enum join_cause cause); /* what it means */

/* ---- lines of the files, sorted by the bytes of the old ID ---- */

struct join_line {
    const char *old_id, *new_id;
    enum join_method method;
};
typedef bool join_line_sink(void *context, const struct join_line *line, struct error *err);
bool join_each_line(const struct join *join, enum join_entity entity, join_line_sink *sink,
                    void *context, struct error *err);

struct join_gap {
    enum join_entity entity;
    enum provider_side side;
    const char *id;
    enum join_cause cause; /* JOIN_JOINED: a new ID that nobody of the old side has */
    const char *other;     /* an ID that the cause is about, or NULL */
};
typedef bool join_gap_sink(void *context, const struct join_gap *gap, struct error *err);
bool join_each_gap(const struct join *join, join_gap_sink *sink, void *context, struct error *err);

struct join_assignment {
    const char *new_user, *new_organization, *role;
};
typedef bool join_assignment_sink(void *context, const struct join_assignment *assignment,
                                  struct error *err);
bool join_each_assignment(const struct join *join, join_assignment_sink *sink, void *context,
                          struct error *err);

#endif
