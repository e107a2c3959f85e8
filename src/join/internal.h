/*
 * How the two sides are held while they are joined.
 *
 * A party is a user or an organization of one side; a pairing is the two sides of one entity with
 * the evidence between them. Numbers are positions in arrays, NOBODY is none.
 */
#ifndef JOIN_INTERNAL_H
#define JOIN_INTERNAL_H

#include "idmigrate/join.h"

#define NOBODY UINT32_MAX

/* ---- texts: kept until the end, one behind the other ---- */

struct kept_texts {
    char **blocks;
    size_t count, capacity;
    size_t used, size; /* of the last block */
};
const char *kept_add(struct kept_texts *texts, const char *text, size_t length);
void kept_release(struct kept_texts *texts);

/* ---- index: from a hash to the numbers that have it ---- */

struct index_slot {
    uint32_t hash, number; /* NOBODY: empty */
};
struct index {
    struct index_slot *slots;
    size_t count, capacity;
};
void index_add(struct index *index, uint64_t hash, uint32_t number);
/* Begins with *cursor = 0; NOBODY at the end. The caller compares what the numbers stand for. */
uint32_t index_next(const struct index *index, uint64_t hash, size_t *cursor);
void index_release(struct index *index);
uint64_t index_hash(const char *text, size_t length);

/* ---- one side ---- */

enum party_flag {
    PARTY_LISTED = 1,
    PARTY_IS_DELETED = 2,
    PARTY_IS_SKIPPED = 4,
    PARTY_HAS_FAILED = 8,
    PARTY_BY_HAND = 16, /* joined by hand: may share its partner */
    PARTY_MEETS_DRY_RUN = 32,
    PARTY_IS_GIVEN = 64,   /* named by a map, a log or a hand file */
    PARTY_IS_LINKED = 256, /* of the new side: says itself whose it is */
    PARTY_IS_ALIAS = 128   /* its ID is the external ID of another one of its side */
};

struct party {
    const char *id, *external_id; /* external_id, old_id: NULL when there is none */
    const char *old_id;           /* of the new side: the old ID in its metadata */
    int64_t created, updated;
    uint32_t partner, other; /* `other` is of the other side: what the cause is about */
    uint32_t first_address;
    uint16_t flags;
    uint8_t method, cause;
};

struct address {
    struct digest digest;
    uint32_t party, next; /* `next` of the party */
    uint32_t same; /* the next one with this digest, once side_index_addresses() was called */
    bool is_primary, is_verified;
};

struct side {
    struct party *parties;
    size_t count, capacity, listed;
    struct address *addresses;
    size_t address_count, address_capacity;
    struct index by_id, by_external_id, by_address;
    int64_t newest;
};

uint32_t side_find(const struct side *side, const char *id, size_t length);
/* The party with this external ID; NOBODY where it is none, or several. One that is deleted has it
 * only where nobody else does. */
uint32_t side_find_external(const struct side *side, const char *id, size_t length);
/* Whether the external ID of a party means that one alone. */
bool side_external_id_is_key(const struct side *side, uint32_t number);
/* Whom a number stands for: an alias for the one who has that external ID. */
uint32_t side_resolve(const struct side *side, uint32_t number);
uint32_t side_find_or_add(struct side *side, struct kept_texts *texts, const char *id,
                          size_t length);
/* Takes over what a record says about one of its side. */
uint32_t side_take(struct side *side, struct kept_texts *texts,
                   const struct provider_record *record);
/* Makes it known who has which address; after the last record. */
void side_index_addresses(struct side *side);
/* The first with this digest, or NOBODY; the others follow by `same`. */
uint32_t side_find_address(const struct side *side, const struct digest *digest);
void side_release(struct side *side);

/* ---- evidence ---- */

struct claim {
    uint32_t old_party, new_party;
    enum join_method method;
};

struct pairing {
    enum provider_entity entity;
    struct side sides[2];
    struct claim *claims; /* sorted by old party, then method, when decided */
    size_t claim_count, claim_capacity;
    struct digest *failed; /* addresses that an import could not create */
    size_t failed_count, failed_capacity;
    struct join_counts counts;
};

void pairing_add_claim(struct pairing *pairing, uint32_t old_party, uint32_t new_party,
                       enum join_method method);
/* From what the new side keeps; then `claims` is sorted. */
void pairing_collect(struct pairing *pairing, struct kept_texts *texts,
                     const struct join_settings *settings);
void pairing_decide(struct pairing *pairing, const struct join_settings *settings);
void pairing_decide_addresses(struct pairing *pairing, const struct join_settings *settings);
void pairing_find_causes(struct pairing *pairing, const struct join_settings *settings,
                         int64_t newest_new, int64_t newest_old);
void pairing_count(struct pairing *pairing, unsigned keys);
/* The claims of an old party: the first, and how many. */
const struct claim *pairing_claims_of(const struct pairing *pairing, uint32_t old_party,
                                      size_t *count);
void pairing_release(struct pairing *pairing);

/* ---- memberships ---- */

struct member {
    const char *id; /* or NULL: where a file does not tell it */
    uint32_t user, organization;
    uint32_t new_organization; /* of the old side, where a file names it; NOBODY */
    const char *other;         /* a new ID that the cause is about, or NULL */
    const char *roles;         /* each with a zero behind, and an empty one at the end */
    int64_t updated;
    uint32_t partner;
    uint8_t cause, method;
    uint16_t flags;
};

/* A pair that a map, a log or a hand file names; resolved when it is decided. */
struct member_claim {
    const char *old_id, *new_id;
    uint32_t old_member, new_member;
    enum join_method method;
    bool is_dry_run;
};

struct members {
    struct member *items;
    size_t count, capacity, listed;
    struct index by_ends, by_id;
};

uint32_t members_add_claim(struct join *join, struct provider_text old_id,
                           struct provider_text new_id, enum join_method method);
/* For those that their ends do not join; after that is decided. */
void members_decide_claims(struct join *join);
bool members_claim_is_joined(const struct join *join, uint32_t number);
uint32_t members_find_id(const struct members *members, const char *id, size_t length);
uint32_t members_add(struct members *members, struct member member);
uint32_t members_take(struct join *join, const struct provider_record *record);
void members_decide(struct join *join);
void members_release(struct members *members);
/* Of the new side, or NOBODY. */
uint32_t members_new_user(const struct join *join, const struct member *member);
uint32_t members_new_organization(const struct join *join, const struct member *member);
/* The member with these ends, or NOBODY. */
uint32_t members_find(const struct members *members, uint32_t user, uint32_t organization);

/* ---- roles ---- */

struct role {
    char *old_role;
    char **new_roles;
    size_t new_count;
    uint64_t line;
};

struct assignment {
    uint32_t new_user, new_organization;
    const char *role;
    bool is_there; /* and so not owed */
};

struct role_table {
    struct role *roles;
    size_t count, capacity;
    struct assignment *owed; /* sorted, once */
    size_t owed_count, owed_capacity;
    struct join_role_count *unknown;
    size_t unknown_count, unknown_capacity;
    struct join_roles counts;
};

/* Adds a new role, or none (NULL), of an old one. */
bool roles_declare(struct join *join, const char *old_role, const char *new_role,
                   struct error *err);
bool roles_read_csv(struct join *join, const char *text, size_t length, struct error *err);
void roles_decide(struct join *join);
void roles_release(struct role_table *table);

/* What a kind of file says of where it comes from. */
struct environment {
    const struct provider_kind *kind;
    const char *name;
};

struct join {
    struct join_settings settings;
    struct kept_texts texts;
    struct pairing users, organizations;
    struct members members[2];
    struct join_counts member_counts;
    struct member_claim *member_claims;
    size_t member_claim_count, member_claim_capacity;
    struct role_table roles;
    struct environment *environments;
    size_t environment_count, environment_capacity;
    struct join_imports imports;
    struct join_taken last;
    int64_t newest;
    uint64_t dry_run_count;
};

struct pairing *join_pairing(struct join *join, enum provider_entity entity);

#endif
