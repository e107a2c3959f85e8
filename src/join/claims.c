/* Evidence: which old ID something names for a new one, and what it is worth together. */
#include "internal.h"

#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

void
pairing_add_claim(struct pairing *pairing, uint32_t old_party, uint32_t new_party,
                  enum join_method method)
{
    *ARRAY_ADD(pairing->claims, pairing->claim_count, pairing->claim_capacity) =
        (struct claim){old_party, new_party, method};
}

void
pairing_release(struct pairing *pairing)
{
    side_release(&pairing->sides[PROVIDER_OLD]);
    side_release(&pairing->sides[PROVIDER_NEW]);
    free(pairing->claims);
    free(pairing->failed);
    pairing->claims = NULL;
    pairing->failed = NULL;
}

/* Whoever is known only by the external ID of somebody else is that one. */
static void
find_aliases(struct side *side)
{
    for (size_t i = 0; i < side->count; i++) {
        struct party *party = &side->parties[i];
        if ((party->flags & PARTY_LISTED) != 0 || side->by_external_id.count == 0)
            continue;
        uint32_t other = side_find_external(side, party->id, strlen(party->id));
        if (other != NOBODY && other != (uint32_t)i &&
            (side->parties[other].flags & PARTY_IS_ALIAS) == 0)
            party->flags |= PARTY_IS_ALIAS;
    }
}

/* Whom an ID that the new side keeps stands for on the old side. */
static uint32_t
find_linked(struct pairing *pairing, struct kept_texts *texts, const struct join_settings *settings,
            const char *id)
{
    struct side *side = &pairing->sides[PROVIDER_OLD];
    size_t length = strlen(id);
    uint32_t found = side_find(side, id, length);
    if (found == NOBODY)
        found = side_find_external(side, id, length);
    if (found == NOBODY &&
        provider_has_format(settings->kinds, PROVIDER_OLD, pairing->entity, id, length))
        found = side_find_or_add(side, texts, id, length);
    return side_resolve(side, found);
}

static void
collect_links(struct pairing *pairing, struct kept_texts *texts,
              const struct join_settings *settings)
{
    struct side *side = &pairing->sides[PROVIDER_NEW];
    for (uint32_t i = 0; i < side->count; i++) {
        const struct party *party = &side->parties[i];
        if (party->external_id != NULL && !settings->ignore_external_ids) {
            uint32_t linked = find_linked(pairing, texts, settings, party->external_id);
            if (linked != NOBODY)
                pairing_add_claim(pairing, linked, i, JOIN_BY_EXTERNAL_ID);
            else
                pairing->counts.foreign_external_ids++;
        }
        if (party->old_id != NULL) {
            uint32_t linked = find_linked(pairing, texts, settings, party->old_id);
            if (linked != NOBODY)
                pairing_add_claim(pairing, linked, i, JOIN_BY_METADATA);
        }
    }
}

static int
compare_claims(const void *first, const void *second)
{
    const struct claim *a = first, *b = second;
    if (a->old_party != b->old_party)
        return a->old_party < b->old_party ? -1 : 1;
    if (a->method != b->method)
        return a->method < b->method ? -1 : 1;
    return a->new_party < b->new_party ? -1 : a->new_party > b->new_party;
}

void
pairing_collect(struct pairing *pairing, struct kept_texts *texts,
                const struct join_settings *settings)
{
    find_aliases(&pairing->sides[PROVIDER_OLD]);
    for (size_t i = 0; i < pairing->claim_count; i++)
        pairing->claims[i].old_party =
            side_resolve(&pairing->sides[PROVIDER_OLD], pairing->claims[i].old_party);
    collect_links(pairing, texts, settings);
    if (pairing->claim_count > 1)
        qsort(pairing->claims, pairing->claim_count, sizeof *pairing->claims, compare_claims);
}

const struct claim *
pairing_claims_of(const struct pairing *pairing, uint32_t old_party, size_t *count)
{
    size_t low = 0, high = pairing->claim_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (pairing->claims[middle].old_party < old_party)
            low = middle + 1;
        else
            high = middle;
    }
    *count = 0;
    while (low + *count < pairing->claim_count &&
           pairing->claims[low + *count].old_party == old_party)
        ++*count;
    return *count > 0 ? pairing->claims + low : NULL;
}

/* Once there is a list of the new side, evidence about a new ID that is not on it is stale: that
 * one was deleted, or belongs to another environment. */
static bool
is_stale(const struct pairing *pairing, const struct claim *claim)
{
    const struct side *side = &pairing->sides[PROVIDER_NEW];
    return side->listed > 0 && (side->parties[claim->new_party].flags & PARTY_LISTED) == 0;
}

/* What the claims of one old party come to: by hand before all else; otherwise all of them must
 * name the same. */
static void
weigh(struct pairing *pairing, uint32_t old_party, const struct claim *claims, size_t count)
{
    struct party *party = &pairing->sides[PROVIDER_OLD].parties[old_party];
    const struct claim *best = NULL;
    for (size_t i = 0; i < count; i++) {
        if (is_stale(pairing, &claims[i])) {
            pairing->counts.stale_evidence++;
            party->other = claims[i].new_party;
            party->cause = JOIN_NEW_MISSING;
            continue;
        }
        if (best == NULL)
            best = &claims[i];
        bool is_overruled = best->method == JOIN_BY_HAND && claims[i].method != JOIN_BY_HAND;
        pairing->counts.overruled += is_overruled && claims[i].new_party != best->new_party;
        if (claims[i].new_party != best->new_party && !is_overruled) {
            party->cause = JOIN_TWO_NEW;
            party->other = best->new_party;
            return;
        }
    }
    if (best == NULL)
        return;
    party->cause = JOIN_JOINED;
    party->partner = best->new_party;
    party->method = (uint8_t)best->method;
    if (best->method == JOIN_BY_HAND)
        party->flags |= PARTY_BY_HAND;
}

/* Of several that have one new ID, those that a hand file names share it on purpose; one other may
 * be there beside them. */
static void
part_those_who_share(struct pairing *pairing)
{
    struct side *old_side = &pairing->sides[PROVIDER_OLD],
                *new_side = &pairing->sides[PROVIDER_NEW];
    /* The new party's `other` is the first that had it, `method` how many there are (2: several).
     */
    for (uint32_t i = 0; i < old_side->count; i++) {
        const struct party *party = &old_side->parties[i];
        if (party->partner == NOBODY || (party->flags & PARTY_BY_HAND) != 0)
            continue;
        struct party *partner = &new_side->parties[party->partner];
        partner->method = partner->other == NOBODY ? 1 : 2;
        if (partner->other == NOBODY)
            partner->other = i;
    }
    for (uint32_t i = 0; i < old_side->count; i++) {
        struct party *party = &old_side->parties[i];
        if (party->partner == NOBODY || (party->flags & PARTY_BY_HAND) != 0 ||
            new_side->parties[party->partner].method < 2)
            continue;
        party->cause = JOIN_SHARED_NEW;
        party->other = party->partner;
        party->partner = NOBODY;
    }
}

/* An external ID is what the new side itself says; a log or a map that gives that one to somebody
 * else too is about an account which was there before. */
static void
prefer_links(struct pairing *pairing)
{
    struct side *old_side = &pairing->sides[PROVIDER_OLD],
                *new_side = &pairing->sides[PROVIDER_NEW];
    for (uint32_t i = 0; i < old_side->count; i++) {
        const struct party *party = &old_side->parties[i];
        if (party->partner != NOBODY &&
            (party->method == JOIN_BY_EXTERNAL_ID || party->method == JOIN_BY_METADATA))
            new_side->parties[party->partner].flags |= PARTY_IS_LINKED;
    }
    for (uint32_t i = 0; i < old_side->count; i++) {
        struct party *party = &old_side->parties[i];
        if (party->partner == NOBODY ||
            (party->method != JOIN_BY_MAP && party->method != JOIN_BY_LOG) ||
            (new_side->parties[party->partner].flags & PARTY_IS_LINKED) == 0)
            continue;
        party->cause = JOIN_LINKED_ELSEWHERE;
        party->other = party->partner;
        party->partner = NOBODY;
    }
}

void
pairing_decide(struct pairing *pairing, const struct join_settings *settings)
{
    struct side *old_side = &pairing->sides[PROVIDER_OLD],
                *new_side = &pairing->sides[PROVIDER_NEW];
    (void)settings;
    for (size_t i = 0; i < pairing->claim_count;) {
        size_t count = 1;
        uint32_t old_party = pairing->claims[i].old_party;
        while (i + count < pairing->claim_count &&
               pairing->claims[i + count].old_party == old_party)
            count++;
        weigh(pairing, old_party, pairing->claims + i, count);
        i += count;
    }
    prefer_links(pairing);
    part_those_who_share(pairing);
    for (uint32_t i = 0; i < new_side->count; i++)
        new_side->parties[i].other = NOBODY;
    for (uint32_t i = 0; i < old_side->count; i++)
        if (old_side->parties[i].partner != NOBODY)
            new_side->parties[old_side->parties[i].partner].partner = i;
}
