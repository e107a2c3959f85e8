/* What the files hold, line by line, sorted by the bytes of the old ID. */
#include "internal.h"

#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

struct lines {
    struct join_line *items;
    size_t count, capacity;
};

static void
release(struct lines *lines)
{
    free(lines->items);
}

static int
compare_lines(const void *first, const void *second)
{
    const struct join_line *a = first, *b = second;
    int order = strcmp(a->old_id, b->old_id);
    return order != 0 ? order : strcmp(a->new_id, b->new_id);
}

static void
add(struct lines *lines, const char *old_id, const char *new_id, enum join_method method)
{
    *ARRAY_ADD(lines->items, lines->count, lines->capacity) =
        (struct join_line){old_id, new_id, method};
}

static void
collect(const struct join *join, const struct pairing *pairing, struct lines *lines)
{
    const struct side *side = &pairing->sides[PROVIDER_OLD];
    unsigned keys = pairing->entity == PROVIDER_USER ? join->settings.keys : JOIN_KEY_ID;
    for (uint32_t i = 0; i < side->count; i++) {
        const struct party *party = &side->parties[i];
        if (party->partner == NOBODY || (party->flags & PARTY_IS_ALIAS) != 0)
            continue;
        const char *new_id = pairing->sides[PROVIDER_NEW].parties[party->partner].id;
        if ((keys & JOIN_KEY_ID) != 0)
            add(lines, party->id, new_id, (enum join_method)party->method);
        if ((keys & JOIN_KEY_EXTERNAL_ID) != 0 && party->external_id != NULL &&
            side_external_id_is_key(side, i))
            add(lines, party->external_id, new_id, (enum join_method)party->method);
    }
}

static void
collect_members(const struct join *join, struct lines *lines)
{
    const struct members *olds = &join->members[PROVIDER_OLD];
    for (size_t i = 0; i < olds->count; i++) {
        const struct member *member = &olds->items[i];
        const char *new_id = member->partner != NOBODY
                                 ? join->members[PROVIDER_NEW].items[member->partner].id
                                 : NULL;
        if (member->id != NULL && new_id != NULL)
            add(lines, member->id, new_id, (enum join_method)member->method);
    }
}

bool
join_each_line(const struct join *join, enum join_entity entity, join_line_sink *sink,
               void *context, struct error *err)
{
    CLEANUP(release) struct lines lines = {.items = NULL};
    if (entity == JOIN_MEMBERSHIPS)
        collect_members(join, &lines);
    else
        collect(join, entity == JOIN_USERS ? &join->users : &join->organizations, &lines);
    if (lines.count > 1)
        qsort(lines.items, lines.count, sizeof *lines.items, compare_lines);
    for (size_t i = 0; i < lines.count; i++)
        if (!sink(context, &lines.items[i], err))
            return false;
    return true;
}

struct gaps {
    struct join_gap *items;
    size_t count, capacity;
};

static void
release_gaps(struct gaps *gaps)
{
    free(gaps->items);
}

static void
add_gap(struct gaps *gaps, struct join_gap gap)
{
    *ARRAY_ADD(gaps->items, gaps->count, gaps->capacity) = gap;
}

/* Of contradicting evidence each new ID that is named is a line. */
static void
add_party(const struct pairing *pairing, struct gaps *gaps, enum join_entity entity,
          uint32_t number)
{
    const struct party *party = &pairing->sides[PROVIDER_OLD].parties[number];
    const struct party *news = pairing->sides[PROVIDER_NEW].parties;
    struct join_gap gap = {.entity = entity,
                           .side = PROVIDER_OLD,
                           .id = party->id,
                           .cause = (enum join_cause)party->cause,
                           .other = party->other != NOBODY ? news[party->other].id : NULL};
    size_t count;
    const struct claim *claims = pairing_claims_of(pairing, number, &count);
    if (gap.cause != JOIN_TWO_NEW || count == 0) {
        add_gap(gaps, gap);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        bool is_said = false;
        for (size_t j = 0; j < i && !is_said; j++)
            is_said = claims[j].new_party == claims[i].new_party;
        gap.other = news[claims[i].new_party].id;
        if (!is_said)
            add_gap(gaps, gap);
    }
}

static void
add_pairing(const struct pairing *pairing, struct gaps *gaps, enum join_entity entity)
{
    const struct side *olds = &pairing->sides[PROVIDER_OLD], *news = &pairing->sides[PROVIDER_NEW];
    for (uint32_t i = 0; i < olds->count; i++)
        if (olds->parties[i].partner == NOBODY && (olds->parties[i].flags & PARTY_IS_ALIAS) == 0)
            add_party(pairing, gaps, entity, i);
    for (uint32_t i = 0; i < news->count; i++)
        if (news->parties[i].partner == NOBODY && (news->parties[i].flags & PARTY_LISTED) != 0)
            add_gap(gaps, (struct join_gap){
                              .entity = entity, .side = PROVIDER_NEW, .id = news->parties[i].id});
}

static void
add_members(const struct join *join, struct gaps *gaps)
{
    const struct members *olds = &join->members[PROVIDER_OLD], *news = &join->members[PROVIDER_NEW];
    for (size_t i = 0; i < olds->count; i++)
        if (olds->items[i].id != NULL && olds->items[i].partner == NOBODY)
            add_gap(gaps, (struct join_gap){.entity = JOIN_MEMBERSHIPS,
                                            .side = PROVIDER_OLD,
                                            .id = olds->items[i].id,
                                            .cause = (enum join_cause)olds->items[i].cause,
                                            .other = olds->items[i].other});
    for (size_t i = 0; i < news->count; i++)
        if (news->items[i].id != NULL && news->items[i].partner == NOBODY &&
            (news->items[i].flags & PARTY_IS_GIVEN) == 0)
            add_gap(gaps, (struct join_gap){.entity = JOIN_MEMBERSHIPS,
                                            .side = PROVIDER_NEW,
                                            .id = news->items[i].id});
}

static int
compare_gaps(const void *first, const void *second)
{
    const struct join_gap *a = first, *b = second;
    if (a->entity != b->entity)
        return a->entity < b->entity ? -1 : 1;
    if (a->side != b->side)
        return a->side < b->side ? -1 : 1;
    int order = strcmp(a->id, b->id);
    return order != 0 ? order : strcmp(a->other ? a->other : "", b->other ? b->other : "");
}

bool
join_each_gap(const struct join *join, join_gap_sink *sink, void *context, struct error *err)
{
    CLEANUP(release_gaps) struct gaps gaps = {.items = NULL};
    add_pairing(&join->users, &gaps, JOIN_USERS);
    add_pairing(&join->organizations, &gaps, JOIN_ORGANIZATIONS);
    add_members(join, &gaps);
    if (gaps.count > 1)
        qsort(gaps.items, gaps.count, sizeof *gaps.items, compare_gaps);
    for (size_t i = 0; i < gaps.count; i++)
        if (!sink(context, &gaps.items[i], err))
            return false;
    return true;
}
