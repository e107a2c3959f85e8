/*
 * Roles: what the old side's are on the new side is declared, without a default, and what the new
 * side does not have yet is owed to it.
 *
 * Roles of the old side are compared without regard to the case of ASCII letters: "org:admin",
 * "Org:Admin" and "ORG:ADMIN" are one.
 */
#include "internal.h"

#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

void
roles_release(struct role_table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        for (size_t j = 0; j < table->roles[i].new_count; j++)
            free(table->roles[i].new_roles[j]);
        free(table->roles[i].new_roles);
        free(table->roles[i].old_role);
    }
    free(table->roles);
    free(table->owed);
    free(table->unknown);
    *table = (struct role_table){.roles = NULL};
}

static const struct role *
find_role(const struct role_table *table, const char *old_role)
{
    for (size_t i = 0; i < table->count; i++)
        if (strcasecmp(table->roles[i].old_role, old_role) == 0)
            return &table->roles[i];
    return NULL;
}

/* Roles that differ in case are one; it is told as the first of them in the order of bytes. */
static void
count_unknown(struct role_table *table, const char *role)
{
    for (size_t i = 0; i < table->unknown_count; i++)
        if (strcasecmp(table->unknown[i].role, role) == 0) {
            if (strcmp(role, table->unknown[i].role) < 0)
                table->unknown[i].role = role;
            table->unknown[i].count++;
            return;
        }
    *ARRAY_ADD(table->unknown, table->unknown_count, table->unknown_capacity) =
        (struct join_role_count){role, 1};
}

static bool
has_role(const struct member *member, const char *role)
{
    for (const char *own = member->roles; *own != '\0'; own += strlen(own) + 1)
        if (strcmp(own, role) == 0)
            return true;
    return false;
}

static void
want(struct join *join, uint32_t user, uint32_t organization, const struct role *role)
{
    struct role_table *table = &join->roles;
    uint32_t found = members_find(&join->members[PROVIDER_NEW], user, organization);
    for (size_t i = 0; i < role->new_count; i++) {
        bool is_there = found != NOBODY &&
                        has_role(&join->members[PROVIDER_NEW].items[found], role->new_roles[i]);
        *ARRAY_ADD(table->owed, table->owed_count, table->owed_capacity) =
            (struct assignment){user, organization, role->new_roles[i], is_there};
    }
}

#define SEVERAL (NOBODY - 1)

/* A role that was given to a user, and to no organization, is meant for the only one: by old user
 * the new organization, NOBODY, or SEVERAL. To be freed. */
static uint32_t *
find_only_organizations(const struct join *join)
{
    const struct members *olds = &join->members[PROVIDER_OLD];
    size_t count = join->users.sides[PROVIDER_OLD].count;
    uint32_t *only = memory_alloc((count + 1) * sizeof *only);
    for (size_t i = 0; i < count; i++)
        only[i] = NOBODY;
    for (size_t i = 0; i < olds->count; i++) {
        if (olds->items[i].user == NOBODY)
            continue;
        uint32_t *found = &only[olds->items[i].user];
        uint32_t organization = members_new_organization(join, &olds->items[i]);
        if (organization != NOBODY && organization != *found)
            *found = *found == NOBODY ? organization : SEVERAL;
    }
    return only;
}

static void
decide(struct join *join, const struct member *member, const uint32_t *only)
{
    uint32_t user = members_new_user(join, member);
    uint32_t organization = members_new_organization(join, member);
    if (member->id == NULL && member->user != NOBODY && member->organization == NOBODY &&
        member->new_organization == NOBODY)
        organization = only[member->user] == SEVERAL ? NOBODY : only[member->user];
    for (const char *old_role = member->roles; *old_role != '\0';
         old_role += strlen(old_role) + 1) {
        const struct role *role = find_role(&join->roles, old_role);
        if (role == NULL)
            count_unknown(&join->roles, old_role);
        else if (user == NOBODY || organization == NOBODY)
            join->roles.counts.without_end += role->new_count;
        else
            want(join, user, organization, role);
    }
}

/* By the texts of their IDs, so that the file is the same however the inputs were read. */
static int
compare_assignments(const void *first, const void *second, void *context)
{
    const struct assignment *a = first, *b = second;
    const struct join *join = context;
    const struct party *users = join->users.sides[PROVIDER_NEW].parties;
    const struct party *organizations = join->organizations.sides[PROVIDER_NEW].parties;
    int order = strcmp(users[a->new_user].id, users[b->new_user].id);
    if (order == 0)
        order =
            strcmp(organizations[a->new_organization].id, organizations[b->new_organization].id);
    return order != 0 ? order : strcmp(a->role, b->role);
}

static int
compare_unknown(const void *first, const void *second)
{
    const struct join_role_count *a = first, *b = second;
    return strcmp(a->role, b->role);
}

static bool
same_membership(const struct assignment *a, const struct assignment *b)
{
    return a->new_user == b->new_user && a->new_organization == b->new_organization;
}

static void
sort_owed(struct join *join)
{
    struct role_table *table = &join->roles;
    struct assignment before = {.role = NULL};
    size_t kept = 0;
    if (table->owed_count > 1)
        qsort_r(table->owed, table->owed_count, sizeof *table->owed, compare_assignments, join);
    for (size_t i = 0; i < table->owed_count; i++) {
        /* Two old roles may become one. */
        if (i > 0 && compare_assignments(&before, &table->owed[i], join) == 0)
            continue;
        before = table->owed[i];
        table->counts.wanted++;
        table->counts.there += before.is_there;
        if (!before.is_there)
            table->owed[kept++] = before;
    }
    table->owed_count = table->counts.owed = kept;
    for (size_t i = 0; i < kept; i++) {
        bool is_first = i == 0 || !same_membership(&table->owed[i - 1], &table->owed[i]);
        bool has_next = i + 1 < kept && same_membership(&table->owed[i], &table->owed[i + 1]);
        table->counts.owed_memberships += is_first;
        table->counts.several += is_first && has_next;
        table->counts.without_membership +=
            members_find(&join->members[PROVIDER_NEW], table->owed[i].new_user,
                         table->owed[i].new_organization) == NOBODY;
    }
}

void
roles_decide(struct join *join)
{
    struct role_table *table = &join->roles;
    const struct members *olds = &join->members[PROVIDER_OLD];
    if (!table->counts.is_declared)
        return;
    uint32_t *only = find_only_organizations(join);
    for (size_t i = 0; i < olds->count; i++)
        decide(join, &olds->items[i], only);
    free(only);
    sort_owed(join);
    if (table->unknown_count > 1)
        qsort(table->unknown, table->unknown_count, sizeof *table->unknown, compare_unknown);
    table->counts.unknown = table->unknown;
    table->counts.unknown_count = table->unknown_count;
}

bool
join_each_assignment(const struct join *join, join_assignment_sink *sink, void *context,
                     struct error *err)
{
    for (size_t i = 0; i < join->roles.owed_count; i++) {
        const struct assignment *owed = &join->roles.owed[i];
        struct join_assignment assignment = {
            join->users.sides[PROVIDER_NEW].parties[owed->new_user].id,
            join->organizations.sides[PROVIDER_NEW].parties[owed->new_organization].id, owed->role};
        if (!sink(context, &assignment, err))
            return false;
    }
    return true;
}
