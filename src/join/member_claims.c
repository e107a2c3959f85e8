/*
 * Pairs of memberships that a map, a log or a hand file names. The ends of a membership say whose
 * it is; such a pair counts where they are not known, or where a person says so.
 */
#include "internal.h"

#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

uint32_t
members_add_claim(struct join *join, struct provider_text old_id, struct provider_text new_id,
                  enum join_method method)
{
    uint32_t number = (uint32_t)join->member_claim_count;
    bool is_dry_run = provider_is_dry_run_id(join->settings.kinds, new_id.text, new_id.length);
    *ARRAY_ADD(join->member_claims, join->member_claim_count, join->member_claim_capacity) =
        (struct member_claim){.old_id = kept_add(&join->texts, old_id.text, old_id.length),
                              .new_id = kept_add(&join->texts, new_id.text, new_id.length),
                              .old_member = NOBODY,
                              .new_member = NOBODY,
                              .method = method,
                              .is_dry_run = is_dry_run};
    join->dry_run_count += is_dry_run;
    return number;
}

bool
members_claim_is_joined(const struct join *join, uint32_t number)
{
    uint32_t member = join->member_claims[number].old_member;
    return member != NOBODY && join->members[PROVIDER_OLD].items[member].partner != NOBODY;
}

static uint32_t
find_or_add(struct members *members, const char *id)
{
    uint32_t found = members_find_id(members, id, strlen(id));
    return found != NOBODY ? found
                           : members_add(members, (struct member){.id = id,
                                                                  .user = NOBODY,
                                                                  .organization = NOBODY,
                                                                  .new_organization = NOBODY,
                                                                  .roles = "\0",
                                                                  .partner = NOBODY,
                                                                  .cause = JOIN_NEW_MISSING,
                                                                  .flags = PARTY_IS_GIVEN});
}

static int
compare_claims(const void *first, const void *second)
{
    const struct member_claim *a = first, *b = second;
    if (a->old_member != b->old_member)
        return a->old_member < b->old_member ? -1 : 1;
    if (a->method != b->method)
        return a->method < b->method ? -1 : 1;
    return a->new_member < b->new_member ? -1 : a->new_member > b->new_member;
}

static void
leave_alone(struct join *join, struct member *member, enum join_cause cause, uint32_t other)
{
    member->partner = NOBODY;
    member->cause = (uint8_t)cause;
    member->other = other != NOBODY ? join->members[PROVIDER_NEW].items[other].id : NULL;
}

/* Those of one old membership: by hand before all else; otherwise all must name the same. */
static void
weigh(struct join *join, const struct member_claim *claims, size_t count)
{
    struct member *member = &join->members[PROVIDER_OLD].items[claims->old_member];
    const struct members *news = &join->members[PROVIDER_NEW];
    const struct member_claim *best = NULL;
    if (member->partner != NOBODY && claims->method != JOIN_BY_HAND)
        return;
    for (size_t i = 0; i < count; i++) {
        if (claims[i].is_dry_run) {
            leave_alone(join, member, JOIN_DRY_RUN, NOBODY);
            continue;
        }
        if (join->member_counts.new_listed > 0 &&
            (news->items[claims[i].new_member].flags & PARTY_LISTED) == 0) {
            join->member_counts.stale_evidence++;
            leave_alone(join, member, JOIN_NEW_MISSING, claims[i].new_member);
            continue;
        }
        best = best == NULL ? &claims[i] : best;
        bool is_overruled = best->method == JOIN_BY_HAND && claims[i].method != JOIN_BY_HAND;
        if (claims[i].new_member != best->new_member && !is_overruled) {
            leave_alone(join, member, JOIN_TWO_NEW, best->new_member);
            return;
        }
    }
    if (best == NULL)
        return;
    member->partner = best->new_member;
    member->method = (uint8_t)best->method;
    member->cause = JOIN_JOINED;
}

/* A new membership that is somebody's by its ends is no other's, unless a person says so. */
static void
part_those_who_share(struct join *join)
{
    struct members *olds = &join->members[PROVIDER_OLD], *news = &join->members[PROVIDER_NEW];
    uint32_t *seen = memory_zalloc((news->count + 1) * sizeof *seen);
    for (size_t i = 0; i < news->count; i++)
        news->items[i].partner = NOBODY;
    for (size_t i = 0; i < olds->count; i++)
        if (olds->items[i].partner != NOBODY && olds->items[i].method != JOIN_BY_HAND)
            seen[olds->items[i].partner]++;
    for (uint32_t i = 0; i < olds->count; i++) {
        struct member *member = &olds->items[i];
        if (member->partner == NOBODY)
            continue;
        if ((member->method == JOIN_BY_MAP || member->method == JOIN_BY_LOG) &&
            seen[member->partner] > 1)
            leave_alone(join, member, JOIN_SHARED_NEW, member->partner);
        else
            news->items[member->partner].partner = i;
    }
    free(seen);
}

/* The claims stay in their order: whoever named them has their numbers. */
void
members_decide_claims(struct join *join)
{
    size_t count = join->member_claim_count;
    for (size_t i = 0; i < count; i++) {
        struct member_claim *claim = &join->member_claims[i];
        claim->old_member = find_or_add(&join->members[PROVIDER_OLD], claim->old_id);
        if (!claim->is_dry_run)
            claim->new_member = find_or_add(&join->members[PROVIDER_NEW], claim->new_id);
    }
    struct member_claim *sorted = memory_alloc((count + 1) * sizeof *sorted);
    if (count > 0) {
        memcpy(sorted, join->member_claims, count * sizeof *sorted);
        qsort(sorted, count, sizeof *sorted, compare_claims);
    }
    for (size_t i = 0, same; i < count; i += same) {
        for (same = 1; i + same < count && sorted[i + same].old_member == sorted[i].old_member;)
            same++;
        weigh(join, sorted + i, same);
    }
    free(sorted);
    if (count > 0)
        part_those_who_share(join);
}
