/* Memberships: joined by their two ends, since nothing names them on both sides. */
#include "internal.h"

#include "idmigrate/memory.h"
#include "idmigrate/strbuf.h"

#include <stdlib.h>
#include <string.h>

static uint64_t
hash_ends(uint32_t user, uint32_t organization)
{
    const uint32_t ends[] = {user, organization};
    return digest_bytes(ends, sizeof ends).low;
}

uint32_t
members_find(const struct members *members, uint32_t user, uint32_t organization)
{
    size_t cursor = 0;
    uint32_t i;
    while ((i = index_next(&members->by_ends, hash_ends(user, organization), &cursor)) != NOBODY)
        if (members->items[i].user == user && members->items[i].organization == organization)
            return i;
    return NOBODY;
}

uint32_t
members_find_id(const struct members *members, const char *id, size_t length)
{
    uint64_t hash = index_hash(id, length);
    size_t cursor = 0;
    for (uint32_t i; (i = index_next(&members->by_id, hash, &cursor)) != NOBODY;)
        if (strlen(members->items[i].id) == length && memcmp(members->items[i].id, id, length) == 0)
            return i;
    return NOBODY;
}

uint32_t
members_add(struct members *members, struct member member)
{
    uint32_t number = (uint32_t)members->count;
    *ARRAY_ADD(members->items, members->count, members->capacity) = member;
    if (member.id != NULL)
        index_add(&members->by_id, index_hash(member.id, strlen(member.id)), number);
    return number;
}

static uint32_t
end_of(struct join *join, enum provider_entity entity, enum provider_side side,
       struct provider_text id)
{
    struct side *ends = &join_pairing(join, entity)->sides[side];
    if (id.text == NULL)
        return NOBODY;
    uint32_t found = side == PROVIDER_OLD ? side_find(ends, id.text, id.length) : NOBODY;
    if (found == NOBODY && side == PROVIDER_OLD)
        found = side_find_external(ends, id.text, id.length);
    return found != NOBODY ? found : side_find_or_add(ends, &join->texts, id.text, id.length);
}

static const char *
keep_roles(struct join *join, const char *before, const struct provider_record *record)
{
    CLEANUP(strbuf_release) struct strbuf roles = STRBUF_INIT;
    for (const char *role = before; role != NULL && *role != '\0'; role += strlen(role) + 1)
        strbuf_add(&roles, role, strlen(role) + 1);
    for (size_t i = 0; i < record->role_count; i++) {
        bool is_new = true;
        for (const char *role = before; is_new && role != NULL && *role != '\0';
             role += strlen(role) + 1)
            is_new = strlen(role) != record->roles[i].length ||
                     memcmp(role, record->roles[i].text, record->roles[i].length) != 0;
        if (!is_new)
            continue;
        strbuf_add(&roles, record->roles[i].text, record->roles[i].length);
        strbuf_add_char(&roles, '\0');
    }
    return kept_add(&join->texts, roles.data, roles.length);
}

/* What a complete list says of roles counts more than what a tool was told to do. */
static void
update(struct join *join, struct members *members, uint32_t number,
       const struct provider_record *record)
{
    struct member *member = &members->items[number];
    struct provider_text id = record->fields[PROVIDER_ID];
    bool is_listed = record->gives == PROVIDER_LIST;
    bool was_listed = (member->flags & PARTY_LISTED) != 0;
    if ((was_listed && !is_listed) || (record->updated > 0 && record->updated < member->updated))
        return;
    bool replaces = is_listed && (!was_listed || record->updated > member->updated);
    member->roles = keep_roles(join, replaces ? NULL : member->roles, record);
    if (id.text != NULL && (member->id == NULL || strlen(member->id) != id.length ||
                            memcmp(member->id, id.text, id.length) != 0)) {
        member->id = kept_add(&join->texts, id.text, id.length);
        index_add(&members->by_id, index_hash(id.text, id.length), number);
    }
    member->updated = record->updated;
    if (is_listed)
        member->flags |= PARTY_LISTED;
}

/* The one that is known by its ends, or by its ID where one of the ends is not known yet. */
static uint32_t
find(const struct members *members, const struct member *ends, struct provider_text id)
{
    bool has_ends = ends->user != NOBODY && ends->new_organization == NOBODY;
    uint32_t found = has_ends ? members_find(members, ends->user, ends->organization) : NOBODY;
    if (found != NOBODY || id.text == NULL)
        return found;
    found = members_find_id(members, id.text, id.length);
    if (found == NOBODY)
        return NOBODY;
    const struct member *known = &members->items[found];
    bool lacks_end = known->user == NOBODY || known->organization == NOBODY ||
                     ends->user == NOBODY || ends->organization == NOBODY;
    return lacks_end ? found : NOBODY;
}

static void
set_ends(struct members *members, uint32_t number, const struct member *ends)
{
    struct member *member = &members->items[number];
    bool is_new = (member->user == NOBODY && ends->user != NOBODY) ||
                  (member->organization == NOBODY && ends->organization != NOBODY);
    if (member->user == NOBODY)
        member->user = ends->user;
    if (member->organization == NOBODY)
        member->organization = ends->organization;
    if (is_new)
        index_add(&members->by_ends, hash_ends(member->user, member->organization), number);
}

uint32_t
members_take(struct join *join, const struct provider_record *record)
{
    struct members *members = &join->members[record->side == PROVIDER_NEW];
    struct member member = {
        .user = end_of(join, PROVIDER_USER, record->side, record->fields[PROVIDER_OF_USER]),
        .organization = end_of(join, PROVIDER_ORGANIZATION, record->side,
                               record->fields[PROVIDER_OF_ORGANIZATION]),
        .new_organization = end_of(join, PROVIDER_ORGANIZATION, PROVIDER_NEW,
                                   record->fields[PROVIDER_OF_NEW_ORGANIZATION]),
        .roles = "\0",
        .partner = NOBODY};
    uint32_t found = find(members, &member, record->fields[PROVIDER_ID]);
    if (found != NOBODY) {
        set_ends(members, found, &member);
    } else {
        found = members_add(members, member);
        index_add(&members->by_ends, hash_ends(member.user, member.organization), found);
    }
    update(join, members, found, record);
    return found;
}

void
members_release(struct members *members)
{
    free(members->items);
    index_release(&members->by_ends);
    index_release(&members->by_id);
    *members = (struct members){.items = NULL};
}

uint32_t
members_new_user(const struct join *join, const struct member *member)
{
    const struct side *side = &join->users.sides[PROVIDER_OLD];
    uint32_t user = side_resolve(side, member->user);
    return user == NOBODY ? NOBODY : side->parties[user].partner;
}

uint32_t
members_new_organization(const struct join *join, const struct member *member)
{
    const struct side *side = &join->organizations.sides[PROVIDER_OLD];
    uint32_t organization = side_resolve(side, member->organization);
    if (member->new_organization != NOBODY)
        return member->new_organization;
    return organization == NOBODY ? NOBODY : side->parties[organization].partner;
}

static void
decide(struct join *join, struct member *member, uint32_t number)
{
    struct members *news = &join->members[PROVIDER_NEW];
    uint32_t user = members_new_user(join, member);
    uint32_t organization = members_new_organization(join, member);
    member->cause = JOIN_END_NOT_JOINED;
    if (user == NOBODY || organization == NOBODY)
        return;
    member->partner = members_find(news, user, organization);
    member->cause = member->partner == NOBODY ? JOIN_NOT_IMPORTED : JOIN_JOINED;
    member->method = JOIN_BY_BOTH_ENDS;
    /* Two old ones whose users, or organizations, became one: both have it. */
    if (member->partner != NOBODY)
        news->items[member->partner].partner = number;
}

/* Whether its file does not say whose it is. A role without an organization may be of a user's only
 * one. */
static bool
lacks_end(const struct member *member)
{
    bool has_organization = member->organization != NOBODY || member->new_organization != NOBODY;
    return (member->flags & PARTY_IS_GIVEN) == 0 &&
           (member->user == NOBODY ||
            (!has_organization && (member->id != NULL || member->roles[0] == '\0')));
}

static void
count_old(struct join *join, bool has_list)
{
    const struct members *olds = &join->members[PROVIDER_OLD];
    struct join_counts *counts = &join->member_counts;
    for (uint32_t i = 0; i < olds->count; i++) {
        const struct member *member = &olds->items[i];
        bool is_joined = member->partner != NOBODY;
        counts->ends_not_named += lacks_end(member);
        if (member->id == NULL)
            continue;
        counts->old_count++;
        counts->joined += is_joined;
        counts->joined_absent += is_joined && has_list && (member->flags & PARTY_LISTED) == 0;
        counts->by_method[member->method] += is_joined;
        counts->causes[member->cause] += !is_joined;
    }
}

void
members_decide(struct join *join)
{
    struct members *olds = &join->members[PROVIDER_OLD], *news = &join->members[PROVIDER_NEW];
    struct join_counts *counts = &join->member_counts;
    for (uint32_t i = 0; i < olds->count; i++)
        decide(join, &olds->items[i], i);
    for (uint32_t i = 0; i < olds->count; i++)
        counts->old_listed +=
            olds->items[i].id != NULL && (olds->items[i].flags & PARTY_LISTED) != 0;
    for (uint32_t i = 0; i < news->count; i++)
        counts->new_listed += (news->items[i].flags & PARTY_LISTED) != 0;
    members_decide_claims(join);
    count_old(join, counts->old_listed > 0);
    for (uint32_t i = 0; i < news->count; i++) {
        counts->new_count++;
        counts->new_only +=
            news->items[i].partner == NOBODY && (news->items[i].flags & PARTY_IS_GIVEN) == 0;
    }
}
