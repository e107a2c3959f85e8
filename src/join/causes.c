/* Why an old ID has no new one, and how many of each. */
#include "internal.h"

#include <string.h>

static const struct {
    const char *name, *confidence;
} methods[JOIN_METHOD_COUNT] = {
    [JOIN_BY_NOTHING] = {"nothing", "none"},
    [JOIN_BY_HAND] = {"hand", "stated"},
    [JOIN_BY_EXTERNAL_ID] = {"external-id", "high"},
    [JOIN_BY_METADATA] = {"metadata", "high"},
    [JOIN_BY_MAP] = {"map", "stated"},
    [JOIN_BY_LOG] = {"log", "medium"},
    [JOIN_BY_EMAIL] = {"email", "medium"},
    [JOIN_BY_OTHER_EMAIL] = {"other-email", "low"},
    [JOIN_BY_UNVERIFIED_EMAIL] = {"unverified-email", "low"},
    [JOIN_BY_NAME] = {"name", "low"},
    [JOIN_BY_BOTH_ENDS] = {"both-ends", "high"},
};

static const struct {
    const char *name, *words;
} causes[JOIN_CAUSE_COUNT] = {
    [JOIN_JOINED] = {"new-only", "on the new side only: signed up there, or there before"},
    [JOIN_DELETED] = {"deleted", "deleted on the old side"},
    [JOIN_ABSENT] = {"absent",
                     "named by a tool or the new side, but not in the old side's lists: deleted "
                     "there, or of another environment"},
    [JOIN_AFTER_EXPORT] = {"after-export", "created after the lists were taken: take them again"},
    [JOIN_OTHER_ENVIRONMENT] =
        {"other-environment", "the new one with this address names an old ID that the lists do not "
                              "have: another environment, or a person who signed up twice"},
    [JOIN_NO_EMAIL] = {"no-email", "no e-mail address, and nothing else that joins"},
    [JOIN_UNVERIFIED_EMAIL] = {"unverified-email",
                               "found by an e-mail address that is not verified on both sides"},
    [JOIN_DUPLICATE_EMAIL] = {"duplicate-email", "several have this address on one of the sides"},
    [JOIN_DUPLICATE_NAME] = {"duplicate-name", "several have this name on one of the sides"},
    [JOIN_LINKED_ELSEWHERE] = {"linked-elsewhere", "the new one is already somebody else's"},
    [JOIN_TWO_NEW] = {"two-new", "the evidence names two new IDs"},
    [JOIN_SHARED_NEW] = {"shared-new", "the evidence gives the same new ID to several old ones"},
    [JOIN_NEW_MISSING] = {"new-missing", "the evidence names a new ID that the lists do not have"},
    [JOIN_DRY_RUN] = {"dry-run", "the evidence is an ID that a dry run made up"},
    [JOIN_SKIPPED] = {"skipped", "the export or the import left it out"},
    [JOIN_FAILED] = {"import-failed", "the import could not create it"},
    [JOIN_NOT_IMPORTED] = {"not-imported", "nothing on the new side names it or has its address"},
    [JOIN_END_NOT_JOINED] = {"end-not-joined",
                             "its user or its organization has no partner, or is not named"},
};

const char *
join_method_name(enum join_method method)
{
    return methods[method].name;
}

const char *
join_method_confidence(enum join_method method)
{
    return methods[method].confidence;
}

const char *
join_cause_name(enum join_cause cause)
{
    return causes[cause].name;
}

const char *
join_cause_words(enum join_cause cause)
{
    return causes[cause].words;
}

const char *
join_entity_name(enum join_entity entity)
{
    static const char *const names[] = {"users", "organizations", "memberships"};
    return names[entity];
}

struct moments {
    int64_t newest_new, newest_old;
};

static int64_t
created(const struct party *party, const struct join_settings *settings)
{
    return party->created > 0
               ? party->created
               : provider_time_of_id(settings->kinds, PROVIDER_OLD, party->id, strlen(party->id));
}

static enum join_cause
cause_of(const struct pairing *pairing, const struct party *party,
         const struct join_settings *settings, const struct moments *moments)
{
    const struct side *old_side = &pairing->sides[PROVIDER_OLD];
    bool is_absent = old_side->listed > 0 && (party->flags & PARTY_LISTED) == 0;
    if ((party->flags & PARTY_MEETS_DRY_RUN) != 0)
        return JOIN_DRY_RUN;
    if (party->cause == JOIN_TWO_NEW || party->cause == JOIN_SHARED_NEW)
        return (enum join_cause)party->cause;
    if ((party->flags & PARTY_IS_DELETED) != 0)
        return JOIN_DELETED;
    if (party->cause != JOIN_JOINED)
        return (enum join_cause)party->cause;
    if (is_absent && moments->newest_old > 0 && created(party, settings) > moments->newest_old)
        return JOIN_AFTER_EXPORT;
    if (pairing->entity == PROVIDER_USER && party->first_address == NOBODY &&
        (party->flags & (PARTY_LISTED | PARTY_IS_SKIPPED)) != 0)
        return JOIN_NO_EMAIL;
    if ((party->flags & PARTY_HAS_FAILED) != 0)
        return JOIN_FAILED;
    if ((party->flags & PARTY_IS_SKIPPED) != 0)
        return JOIN_SKIPPED;
    if (is_absent)
        return JOIN_ABSENT;
    if (moments->newest_new > 0 && created(party, settings) > moments->newest_new)
        return JOIN_AFTER_EXPORT;
    return JOIN_NOT_IMPORTED;
}

/* Of whom an import told the address only. */
static void
mark_failed(struct pairing *pairing)
{
    struct side *side = &pairing->sides[PROVIDER_OLD];
    for (size_t f = 0; f < pairing->failed_count; f++)
        for (uint32_t i = side_find_address(side, &pairing->failed[f]); i != NOBODY;
             i = side->addresses[i].same)
            if (side->addresses[i].is_primary)
                side->parties[side->addresses[i].party].flags |= PARTY_HAS_FAILED;
}

void
pairing_find_causes(struct pairing *pairing, const struct join_settings *settings,
                    int64_t newest_new, int64_t newest_old)
{
    struct side *side = &pairing->sides[PROVIDER_OLD];
    struct moments moments = {newest_new, newest_old};
    mark_failed(pairing);
    for (size_t i = 0; i < side->count; i++) {
        struct party *party = &side->parties[i];
        if (party->partner != NOBODY || (party->flags & PARTY_IS_ALIAS) != 0)
            continue;
        party->cause = (uint8_t)cause_of(pairing, party, settings, &moments);
    }
}

void
pairing_count(struct pairing *pairing, unsigned keys)
{
    const struct side *old_side = &pairing->sides[PROVIDER_OLD];
    const struct side *new_side = &pairing->sides[PROVIDER_NEW];
    struct join_counts *counts = &pairing->counts;
    counts->old_listed = old_side->listed;
    counts->new_listed = new_side->listed;
    counts->new_count = new_side->count;
    for (size_t i = 0; i < old_side->count; i++) {
        const struct party *party = &old_side->parties[i];
        if ((party->flags & PARTY_IS_ALIAS) != 0)
            continue;
        counts->old_count++;
        if (party->partner == NOBODY) {
            counts->causes[party->cause]++;
            continue;
        }
        counts->joined++;
        counts->by_method[party->method]++;
        counts->keys_left_out += (keys & JOIN_KEY_EXTERNAL_ID) != 0 && party->external_id != NULL &&
                                 !side_external_id_is_key(old_side, (uint32_t)i);
        counts->keys_missing += keys == JOIN_KEY_EXTERNAL_ID && party->external_id == NULL;
        counts->joined_absent += old_side->listed > 0 && (party->flags & PARTY_LISTED) == 0;
    }
    for (size_t i = 0; i < new_side->count; i++)
        counts->new_only += new_side->parties[i].partner == NOBODY &&
                            (new_side->parties[i].flags & PARTY_LISTED) != 0;
}
