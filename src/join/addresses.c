/*
 * Joining by e-mail address, for those whom nothing else joins; of organizations by their name.
 *
 * An address proves something only when both sides have verified it, and nobody else of either
 * side has it. An old ID whose address belongs to a new one that is somebody else's stays alone.
 */
#include "internal.h"

#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

/* Whether an address counts as proof. */
static bool
is_good(const struct address *address, bool unverified_too)
{
    return address->is_verified || unverified_too;
}

struct found {
    uint32_t party;      /* the first */
    size_t count;        /* different parties */
    bool has_unverified; /* somebody has it, but not verified */
};

static struct found
find_address(const struct side *side, const struct digest *digest, bool unverified_too)
{
    struct found found = {.party = NOBODY};
    for (uint32_t i = side_find_address(side, digest); i != NOBODY && found.count < 2;
         i = side->addresses[i].same) {
        const struct address *address = &side->addresses[i];
        if ((side->parties[address->party].flags & PARTY_IS_ALIAS) != 0)
            continue;
        if (!is_good(address, unverified_too)) {
            found.has_unverified = true;
            continue;
        }
        if (found.party == NOBODY || address->party < found.party)
            found.party = address->party;
        found.count++;
    }
    return found;
}

/* Whether a list of the old side does not have it. */
static bool
is_absent(const struct side *old_side, uint32_t old_number)
{
    return old_side->listed > 0 && (old_side->parties[old_number].flags & PARTY_LISTED) == 0;
}

/* Whether a new party says itself that it is somebody else's; and whether that one is unknown to a
 * list of the old side. */
static bool
is_linked(const struct pairing *pairing, const struct join_settings *settings,
          const struct party *new_party, uint32_t old_number, bool *is_unknown)
{
    const struct side *old_side = &pairing->sides[PROVIDER_OLD];
    const char *ids[] = {settings->ignore_external_ids ? NULL : new_party->external_id,
                         new_party->old_id};
    *is_unknown = false;
    for (size_t i = 0; i < 2; i++) {
        size_t length = ids[i] != NULL ? strlen(ids[i]) : 0;
        uint32_t other = ids[i] != NULL ? side_find(old_side, ids[i], length) : NOBODY;
        if (ids[i] != NULL && other == NOBODY)
            other = side_find_external(old_side, ids[i], length);
        if (other == NOBODY || other == old_number)
            continue;
        *is_unknown = is_absent(old_side, other);
        return true;
    }
    return false;
}

/* Joins, or keeps what stands against it; JOIN_NOT_IMPORTED: nobody has the address. */
static enum join_cause
try_address(struct pairing *pairing, const struct join_settings *settings, uint32_t old_number,
            const struct address *address, enum join_method method)
{
    struct side *new_side = &pairing->sides[PROVIDER_NEW];
    struct party *party = &pairing->sides[PROVIDER_OLD].parties[old_number];
    bool unverified_too = method == JOIN_BY_UNVERIFIED_EMAIL || method == JOIN_BY_NAME;
    bool is_unknown;
    if (!is_good(address, unverified_too))
        return find_address(new_side, &address->digest, true).count > 0 ? JOIN_UNVERIFIED_EMAIL
                                                                        : JOIN_NOT_IMPORTED;
    struct found news = find_address(new_side, &address->digest, unverified_too);
    if (news.count == 0)
        return news.has_unverified ? JOIN_UNVERIFIED_EMAIL : JOIN_NOT_IMPORTED;
    party->other = news.party;
    if (news.count > 1)
        return JOIN_DUPLICATE_EMAIL;
    struct party *new_party = &new_side->parties[news.party];
    if (new_party->partner != NOBODY)
        return is_absent(&pairing->sides[PROVIDER_OLD], new_party->partner) ? JOIN_OTHER_ENVIRONMENT
                                                                            : JOIN_LINKED_ELSEWHERE;
    if (is_linked(pairing, settings, new_party, old_number, &is_unknown))
        return is_unknown ? JOIN_OTHER_ENVIRONMENT : JOIN_LINKED_ELSEWHERE;
    if (find_address(&pairing->sides[PROVIDER_OLD], &address->digest, unverified_too).count > 1)
        return JOIN_DUPLICATE_EMAIL;
    party->partner = news.party;
    party->method = (uint8_t)method;
    party->other = NOBODY;
    new_party->partner = old_number;
    return JOIN_JOINED;
}

/* The other addresses of somebody: one that is found joins, two that lead to two do not. */
static enum join_cause
try_other_addresses(struct pairing *pairing, const struct join_settings *settings,
                    uint32_t old_number, enum join_method method)
{
    const struct side *old_side = &pairing->sides[PROVIDER_OLD];
    const struct address *only = NULL;
    uint32_t found_party = NOBODY;
    for (uint32_t i = old_side->parties[old_number].first_address; i != NOBODY;
         i = old_side->addresses[i].next) {
        const struct address *address = &old_side->addresses[i];
        if (address->is_primary || !is_good(address, method == JOIN_BY_UNVERIFIED_EMAIL))
            continue;
        struct found found = find_address(&pairing->sides[PROVIDER_NEW], &address->digest,
                                          method == JOIN_BY_UNVERIFIED_EMAIL);
        if (found.count == 0 && !found.has_unverified)
            continue;
        if (only != NULL && found.party != found_party)
            return JOIN_TWO_NEW;
        only = address;
        found_party = found.party;
    }
    return only == NULL ? JOIN_NOT_IMPORTED
                        : try_address(pairing, settings, old_number, only, method);
}

static enum join_cause
try_primary(struct pairing *pairing, const struct join_settings *settings, uint32_t old_number,
            enum join_method method)
{
    const struct side *old_side = &pairing->sides[PROVIDER_OLD];
    enum join_cause cause = JOIN_NOT_IMPORTED;
    for (uint32_t i = old_side->parties[old_number].first_address; i != NOBODY;
         i = old_side->addresses[i].next) {
        if (!old_side->addresses[i].is_primary)
            continue;
        enum join_cause found =
            try_address(pairing, settings, old_number, &old_side->addresses[i], method);
        if (found == JOIN_JOINED)
            return found;
        if (found != JOIN_NOT_IMPORTED)
            cause = found;
    }
    return cause;
}

/* Whom an address may join: nothing else has spoken, and the old side still has that one. */
static bool
is_open(const struct side *side, const struct party *party)
{
    bool is_there = side->listed == 0 || (party->flags & PARTY_LISTED) != 0;
    bool is_undecided = party->cause == JOIN_JOINED || party->cause == JOIN_NEW_MISSING;
    return party->partner == NOBODY && is_undecided && is_there &&
           (party->flags & (PARTY_IS_DELETED | PARTY_IS_ALIAS | PARTY_MEETS_DRY_RUN)) == 0;
}

/* A method goes over all before the next begins: who has the better reason comes first. */
static void
pass(struct pairing *pairing, const struct join_settings *settings, enum join_method method,
     bool is_primary, uint8_t *causes)
{
    struct side *old_side = &pairing->sides[PROVIDER_OLD];
    for (uint32_t i = 0; i < old_side->count; i++) {
        if (!is_open(old_side, &old_side->parties[i]))
            continue;
        enum join_cause cause = is_primary ? try_primary(pairing, settings, i, method)
                                           : try_other_addresses(pairing, settings, i, method);
        if (cause == JOIN_JOINED)
            causes[i] = JOIN_JOINED;
        else if (cause != JOIN_NOT_IMPORTED)
            causes[i] = (uint8_t)cause;
    }
}

void
pairing_decide_addresses(struct pairing *pairing, const struct join_settings *settings)
{
    struct side *old_side = &pairing->sides[PROVIDER_OLD];
    if (pairing->entity == PROVIDER_ORGANIZATION && !settings->by_name)
        return;
    uint8_t *causes = memory_zalloc(old_side->count + 1);
    side_index_addresses(old_side);
    side_index_addresses(&pairing->sides[PROVIDER_NEW]);
    if (pairing->entity == PROVIDER_ORGANIZATION) {
        pass(pairing, settings, JOIN_BY_NAME, true, causes);
    } else {
        pass(pairing, settings, JOIN_BY_EMAIL, true, causes);
        pass(pairing, settings, JOIN_BY_OTHER_EMAIL, false, causes);
    }
    if (pairing->entity == PROVIDER_USER && settings->unverified_email) {
        pass(pairing, settings, JOIN_BY_UNVERIFIED_EMAIL, true, causes);
        pass(pairing, settings, JOIN_BY_UNVERIFIED_EMAIL, false, causes);
    }
    for (size_t i = 0; i < old_side->count; i++) {
        bool is_name =
            causes[i] == JOIN_DUPLICATE_EMAIL && pairing->entity == PROVIDER_ORGANIZATION;
        if (old_side->parties[i].partner == NOBODY && causes[i] != JOIN_JOINED)
            old_side->parties[i].cause = is_name ? JOIN_DUPLICATE_NAME : causes[i];
    }
    free(causes);
}
