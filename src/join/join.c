/* What is taken, and in which order it is joined. */
#include "internal.h"

#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

/* With fewer external IDs that nobody knows, it may be chance. */
enum { FEW_LINKS = 5 };

struct join *
join_new(const struct join_settings *settings)
{
    struct join *join = memory_zalloc(sizeof *join);
    join->settings = *settings;
    join->users.entity = PROVIDER_USER;
    join->organizations.entity = PROVIDER_ORGANIZATION;
    return join;
}

void
join_free(struct join **join)
{
    if (*join == NULL)
        return;
    pairing_release(&(*join)->users);
    pairing_release(&(*join)->organizations);
    members_release(&(*join)->members[PROVIDER_OLD]);
    members_release(&(*join)->members[PROVIDER_NEW]);
    roles_release(&(*join)->roles);
    free((*join)->member_claims);
    kept_release(&(*join)->texts);
    free((*join)->environments);
    free(*join);
    *join = NULL;
}

struct pairing *
join_pairing(struct join *join, enum provider_entity entity)
{
    return entity == PROVIDER_ORGANIZATION ? &join->organizations : &join->users;
}

static bool
is_known(const struct pairing *pairing, struct provider_text old_id, struct provider_text new_id)
{
    const struct side *sides = pairing->sides;
    return side_find(&sides[PROVIDER_OLD], old_id.text, old_id.length) != NOBODY ||
           side_find_external(&sides[PROVIDER_OLD], old_id.text, old_id.length) != NOBODY ||
           side_find(&sides[PROVIDER_NEW], new_id.text, new_id.length) != NOBODY;
}

/* Of what a pair is when its file does not say: by its IDs' formats, then by who is known, then by
 * how its IDs begin. */
static enum provider_entity
entity_of(const struct join *join, struct provider_text old_id, struct provider_text new_id)
{
    const struct provider_kinds *kinds = join->settings.kinds;
    static const enum provider_entity all[] = {PROVIDER_USER, PROVIDER_ORGANIZATION,
                                               PROVIDER_MEMBERSHIP};
    for (size_t i = 0; i < 3; i++)
        if (provider_has_format(kinds, PROVIDER_NEW, all[i], new_id.text, new_id.length))
            return all[i];
    for (size_t i = 0; i < 3; i++)
        if (provider_has_format(kinds, PROVIDER_OLD, all[i], old_id.text, old_id.length))
            return all[i];
    if (is_known(&join->users, old_id, new_id))
        return PROVIDER_USER;
    if (is_known(&join->organizations, old_id, new_id))
        return PROVIDER_ORGANIZATION;
    for (size_t i = 0; i < 3; i++)
        if (provider_has_prefix(kinds, PROVIDER_NEW, all[i], new_id.text, new_id.length) &&
            provider_has_prefix(kinds, PROVIDER_OLD, all[i], old_id.text, old_id.length))
            return all[i];
    return PROVIDER_USER;
}

/* A pair may name somebody by the external ID of the old side. */
static uint32_t
find_old(struct join *join, struct pairing *pairing, struct provider_text id)
{
    struct side *side = &pairing->sides[PROVIDER_OLD];
    uint32_t found = side_find(side, id.text, id.length);
    if (found == NOBODY)
        found = side_find_external(side, id.text, id.length);
    return found != NOBODY ? found : side_find_or_add(side, &join->texts, id.text, id.length);
}

static void
take_pair(struct join *join, enum provider_entity of, struct provider_text old_id,
          struct provider_text new_id, enum join_method method)
{
    if (of == PROVIDER_ANY)
        of = entity_of(join, old_id, new_id);
    if (of == PROVIDER_MEMBERSHIP) {
        join->last = (struct join_taken){JOIN_MEMBERSHIPS, PROVIDER_NO_SIDE,
                                         members_add_claim(join, old_id, new_id, method)};
        return;
    }
    struct pairing *pairing = join_pairing(join, of);
    uint32_t old_party = find_old(join, pairing, old_id);
    join->last = (struct join_taken){of == PROVIDER_ORGANIZATION ? JOIN_ORGANIZATIONS : JOIN_USERS,
                                     PROVIDER_OLD, old_party};
    pairing->sides[PROVIDER_OLD].parties[old_party].flags |= PARTY_IS_GIVEN;
    if (provider_is_dry_run_id(join->settings.kinds, new_id.text, new_id.length)) {
        pairing->sides[PROVIDER_OLD].parties[old_party].flags |= PARTY_MEETS_DRY_RUN;
        join->dry_run_count++;
        return;
    }
    uint32_t new_party =
        side_find_or_add(&pairing->sides[PROVIDER_NEW], &join->texts, new_id.text, new_id.length);
    pairing_add_claim(pairing, old_party, new_party, method);
}

/* Of whom an import failed, when only the address is told. */
static void
take_failed_address(struct pairing *pairing, const struct provider_record *record)
{
    for (size_t i = 0; i < record->address_count; i++)
        *ARRAY_ADD(pairing->failed, pairing->failed_count, pairing->failed_capacity) =
            record->addresses[i].digest;
}

static void
note_time(struct join *join, const struct provider_record *record)
{
    const int64_t times[] = {record->created, record->updated, record->told};
    for (size_t i = 0; i < 3; i++)
        if (times[i] > join->newest)
            join->newest = times[i];
}

/* IDs do not tell of which environment they are; where files do, it must be one. */
static bool
take_environment(struct join *join, const struct provider_record *record, struct error *err)
{
    struct provider_text name = record->fields[PROVIDER_ENVIRONMENT];
    for (size_t i = 0; name.text != NULL && i < join->environment_count; i++) {
        const struct environment *known = &join->environments[i];
        if (known->kind != record->kind)
            continue;
        if (strlen(known->name) == name.length && memcmp(known->name, name.text, name.length) == 0)
            return true;
        error_set(err, EXIT_INPUT, "is of the environment \"%.*s\", another file of \"%s\"",
                  (int)name.length, name.text, known->name);
        return error_hint(err, "one map is of one environment: build one for each");
    }
    if (name.text != NULL)
        *ARRAY_ADD(join->environments, join->environment_count, join->environment_capacity) =
            (struct environment){record->kind, kept_add(&join->texts, name.text, name.length)};
    return true;
}

static bool
take_note(struct join *join, const struct provider_record *record, struct error *err)
{
    join->imports.duplicates += record->duplicates;
    join->imports.failed += record->failed;
    join->imports.dry_runs += record->is_dry_run;
    return take_environment(join, record, err);
}

struct join_taken
join_last_taken(const struct join *join)
{
    return join->last;
}

bool
join_is_joined(const struct join *join, const struct join_taken *taken)
{
    if (taken->number == NOBODY)
        return false;
    if (taken->entity == JOIN_MEMBERSHIPS && taken->side == PROVIDER_NO_SIDE)
        return members_claim_is_joined(join, taken->number);
    if (taken->entity == JOIN_MEMBERSHIPS)
        return join->members[taken->side].items[taken->number].partner != NOBODY;
    const struct pairing *pairing =
        taken->entity == JOIN_USERS ? &join->users : &join->organizations;
    const struct side *side = &pairing->sides[taken->side];
    uint32_t number =
        taken->side == PROVIDER_OLD ? side_resolve(side, taken->number) : taken->number;
    return number != NOBODY && side->parties[number].partner != NOBODY;
}

const struct join_imports *
join_imports(const struct join *join)
{
    return &join->imports;
}

/* Many more than a number of 32 bits are no users of anybody; and NOBODY must stay free. */
static bool
check_room(const struct join *join, struct error *err)
{
    static const size_t most = 2000000000;
    for (size_t i = 0; i < 2; i++)
        if (join->users.sides[i].count > most || join->users.sides[i].address_count > most ||
            join->members[i].count > most)
            return error_set(err, EXIT_INPUT, "more records than can be held");
    return true;
}

bool
join_take(void *context, const struct provider_record *record, struct error *err)
{
    struct join *join = context;
    struct pairing *pairing = join_pairing(join, record->of);
    note_time(join, record);
    join->last.number = NOBODY;
    if (record->gives == PROVIDER_NOTE)
        return take_note(join, record, err);
    if (record->gives == PROVIDER_PAIR)
        take_pair(join, record->of, record->fields[PROVIDER_OLD_ID],
                  record->fields[PROVIDER_NEW_ID],
                  record->method == PROVIDER_BY_LOG ? JOIN_BY_LOG : JOIN_BY_MAP);
    else if (record->of == PROVIDER_MEMBERSHIP)
        join->last =
            (struct join_taken){JOIN_MEMBERSHIPS, record->side, members_take(join, record)};
    else if (record->fields[PROVIDER_ID].text == NULL)
        take_failed_address(pairing, record);
    else if (provider_is_dry_run_id(join->settings.kinds, record->fields[PROVIDER_ID].text,
                                    record->fields[PROVIDER_ID].length))
        join->dry_run_count++;
    else
        join->last = (struct join_taken){
            record->of == PROVIDER_ORGANIZATION ? JOIN_ORGANIZATIONS : JOIN_USERS, record->side,
            side_take(&pairing->sides[record->side], &join->texts, record)};
    return check_room(join, err);
}

bool
join_take_by_hand(void *context, const struct provider_record *record, struct error *err)
{
    struct join *join = context;
    note_time(join, record);
    if (record->gives == PROVIDER_NOTE)
        return true;
    if (record->gives != PROVIDER_PAIR) {
        error_set(err, EXIT_INPUT, "holds records of the kind \"%s\" and no pairs of IDs",
                  provider_kind_name(record->kind));
        return error_hint(err, "a hand file is CSV with the columns old_id and new_id, or JSON "
                               "{\"old\": \"new\"}; name other columns behind it: FILE:OLD,NEW");
    }
    take_pair(join, record->of, record->fields[PROVIDER_OLD_ID], record->fields[PROVIDER_NEW_ID],
              JOIN_BY_HAND);
    return check_room(join, err);
}

static bool
take_map_pair(struct join *join, const struct idmap_pair *pair, enum join_method method,
              struct error *err)
{
    struct provider_text old_id = {pair->old_id, pair->old_length};
    struct provider_text new_id = {pair->new_id, pair->new_length};
    if (!provider_clean_id(&old_id, "old ID", err) || !provider_clean_id(&new_id, "new ID", err))
        return false;
    take_pair(join, PROVIDER_ANY, old_id, new_id, method);
    return true;
}

bool
join_take_map(struct join *join, const struct idmap *map, enum join_method method,
              struct error *err)
{
    for (size_t i = 0; i < idmap_count(map); i++)
        if (!take_map_pair(join, idmap_pair_at(map, i), method, err))
            return false;
    for (size_t i = 0; i < idmap_ambiguous_count(map); i++)
        if (!take_map_pair(join, idmap_ambiguous_pair(map, i), method, err))
            return false;
    return check_room(join, err);
}

/* All that the new side says of old IDs is about people whom the old side does not have. */
static bool
check_environment(const struct pairing *pairing, const char *what, struct error *err)
{
    const struct side *old_side = &pairing->sides[PROVIDER_OLD];
    size_t known = 0, unknown = 0;
    if (old_side->listed == 0)
        return true;
    for (size_t i = 0; i < pairing->claim_count; i++) {
        const struct claim *claim = &pairing->claims[i];
        if (claim->method == JOIN_BY_HAND)
            continue;
        if ((old_side->parties[claim->old_party].flags & PARTY_LISTED) != 0)
            known++;
        else
            unknown++;
    }
    if (known > 0 || unknown < FEW_LINKS)
        return true;
    error_set(err, EXIT_INPUT,
              "of %zu old IDs that the new side and the logs name for %s, none is in the old "
              "side's lists: the two sides are of different environments",
              unknown, what);
    return error_hint(err, "an ID does not tell its environment: take both exports from "
                           "production, or both from staging");
}

bool
join_decide(struct join *join, struct error *err)
{
    struct pairing *pairings[] = {&join->organizations, &join->users};
    int64_t newest[2] = {0, 0};
    for (size_t i = 0; i < 2; i++) {
        pairing_collect(pairings[i], &join->texts, &join->settings);
        if (!check_environment(pairings[i],
                               join_entity_name(i == 0 ? JOIN_ORGANIZATIONS : JOIN_USERS), err))
            return false;
        for (size_t s = 0; s < 2; s++)
            if (pairings[i]->sides[s].newest > newest[s])
                newest[s] = pairings[i]->sides[s].newest;
    }
    for (size_t i = 0; i < 2; i++) {
        pairing_decide(pairings[i], &join->settings);
        pairing_decide_addresses(pairings[i], &join->settings);
        pairing_find_causes(pairings[i], &join->settings, newest[PROVIDER_NEW],
                            newest[PROVIDER_OLD]);
        pairing_count(pairings[i], i == 0 ? JOIN_KEY_ID : join->settings.keys);
    }
    members_decide(join);
    roles_decide(join);
    return true;
}

int64_t
join_newest(const struct join *join)
{
    return join->newest;
}

uint64_t
join_dry_run_count(const struct join *join)
{
    return join->dry_run_count;
}

const struct join_counts *
join_counts(const struct join *join, enum join_entity entity)
{
    return entity == JOIN_USERS           ? &join->users.counts
           : entity == JOIN_ORGANIZATIONS ? &join->organizations.counts
                                          : &join->member_counts;
}

const struct join_roles *
join_roles(const struct join *join)
{
    return &join->roles.counts;
}

bool
join_is_whole(const struct join *join)
{
    if (join->dry_run_count > 0 || join->member_counts.ends_not_named > 0 ||
        join->roles.unknown_count > 0 || join->roles.counts.without_end > 0)
        return false;
    for (int e = 0; e < JOIN_ENTITY_COUNT; e++)
        for (int c = JOIN_JOINED + 1; c < JOIN_CAUSE_COUNT; c++)
            if (join_counts(join, (enum join_entity)e)->causes[c] > 0)
                return false;
    return true;
}
