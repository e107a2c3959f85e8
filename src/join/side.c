/*
 * The users, or organizations, of one side: what records say about the same ID comes together.
 *
 * Files are snapshots of different moments. Of two records of one ID the one that was updated last
 * counts; where nobody tells when, they are added up.
 */
#include "internal.h"

#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

static bool
equals(const char *text, const char *other, size_t length)
{
    return text != NULL && strncmp(text, other, length) == 0 && text[length] == '\0';
}

uint32_t
side_find(const struct side *side, const char *id, size_t length)
{
    uint64_t hash = index_hash(id, length);
    size_t cursor = 0;
    for (uint32_t i; (i = index_next(&side->by_id, hash, &cursor)) != NOBODY;)
        if (equals(side->parties[i].id, id, length))
            return i;
    return NOBODY;
}

uint32_t
side_find_external(const struct side *side, const char *id, size_t length)
{
    uint64_t hash = index_hash(id, length);
    uint32_t found[2] = {NOBODY, NOBODY}; /* that is there, and that is deleted */
    bool is_several[2] = {false, false};
    size_t cursor = 0;
    for (uint32_t i; (i = index_next(&side->by_external_id, hash, &cursor)) != NOBODY;) {
        bool is_deleted = (side->parties[i].flags & PARTY_IS_DELETED) != 0;
        if (!equals(side->parties[i].external_id, id, length) || i == found[is_deleted])
            continue;
        is_several[is_deleted] = is_several[is_deleted] || found[is_deleted] != NOBODY;
        found[is_deleted] = i;
    }
    bool is_deleted = found[0] == NOBODY;
    return is_several[is_deleted] ? NOBODY : found[is_deleted];
}

uint32_t
side_find_or_add(struct side *side, struct kept_texts *texts, const char *id, size_t length)
{
    uint32_t found = side_find(side, id, length);
    if (found != NOBODY)
        return found;
    found = (uint32_t)side->count;
    *ARRAY_ADD(side->parties, side->count, side->capacity) =
        (struct party){.id = kept_add(texts, id, length),
                       .partner = NOBODY,
                       .other = NOBODY,
                       .first_address = NOBODY};
    index_add(&side->by_id, index_hash(id, length), found);
    return found;
}

static void
add_address(struct side *side, uint32_t number, const struct provider_address *address)
{
    struct party *party = &side->parties[number];
    for (uint32_t i = party->first_address; i != NOBODY; i = side->addresses[i].next) {
        struct address *known = &side->addresses[i];
        if (!digest_equal(known->digest, address->digest))
            continue;
        known->is_primary |= address->is_primary;
        known->is_verified |= address->is_verified;
        return;
    }
    uint32_t position = (uint32_t)side->address_count;
    *ARRAY_ADD(side->addresses, side->address_count, side->address_capacity) =
        (struct address){.digest = address->digest,
                         .party = number,
                         .next = party->first_address,
                         .is_primary = address->is_primary,
                         .is_verified = address->is_verified};
    party->first_address = position;
}

static void
forget_addresses(struct side *side, struct party *party)
{
    for (uint32_t i = party->first_address; i != NOBODY; i = side->addresses[i].next)
        side->addresses[i].party = NOBODY;
    party->first_address = NOBODY;
}

static void
set_text(struct kept_texts *texts, const char **text, const char *same, struct provider_text value)
{
    if (value.text == NULL || equals(*text, value.text, value.length))
        return;
    *text =
        equals(same, value.text, value.length) ? same : kept_add(texts, value.text, value.length);
}

static void
set_external_id(struct side *side, struct kept_texts *texts, uint32_t number,
                struct provider_text value)
{
    struct party *party = &side->parties[number];
    if (value.text == NULL || equals(party->external_id, value.text, value.length) ||
        equals(party->id, value.text, value.length))
        return;
    set_text(texts, &party->external_id, NULL, value);
    index_add(&side->by_external_id, index_hash(value.text, value.length), number);
}

static uint8_t
flag_of(const struct provider_record *record)
{
    switch (record->gives) {
    case PROVIDER_LIST:
        return PARTY_LISTED;
    case PROVIDER_DELETED:
        return PARTY_IS_DELETED;
    case PROVIDER_SKIPPED:
        return PARTY_IS_SKIPPED;
    case PROVIDER_FAILED:
        return PARTY_HAS_FAILED;
    default:
        return 0;
    }
}

static void
take_values(struct side *side, struct kept_texts *texts, uint32_t number,
            const struct provider_record *record, bool replaces)
{
    struct party *party = &side->parties[number];
    if (replaces) {
        forget_addresses(side, party);
        party->external_id = party->old_id = NULL;
    }
    set_external_id(side, texts, number, record->fields[PROVIDER_EXTERNAL_ID]);
    set_text(texts, &party->old_id, party->external_id, record->fields[PROVIDER_OLD_ID]);
    for (size_t i = 0; i < record->address_count; i++)
        add_address(side, number, &record->addresses[i]);
}

uint32_t
side_take(struct side *side, struct kept_texts *texts, const struct provider_record *record)
{
    struct provider_text id = record->fields[PROVIDER_ID];
    uint32_t number = side_find_or_add(side, texts, id.text, id.length);
    struct party *party = &side->parties[number];
    uint8_t flag = flag_of(record);
    bool is_newer = record->updated > party->updated && party->updated > 0;
    bool is_older = record->updated > 0 && record->updated < party->updated;

    side->listed += flag == PARTY_LISTED && (party->flags & PARTY_LISTED) == 0;
    party->flags |= flag;
    if (record->created > 0)
        party->created = record->created;
    if (!is_older)
        take_values(side, texts, number, record, is_newer);
    if (record->updated > party->updated)
        party->updated = record->updated;
    int64_t last = record->updated > record->created ? record->updated : record->created;
    if (flag == PARTY_LISTED && last > side->newest)
        side->newest = last;
    return number;
}

uint32_t
side_find_address(const struct side *side, const struct digest *digest)
{
    size_t cursor = 0;
    uint32_t i;
    while ((i = index_next(&side->by_address, digest->low, &cursor)) != NOBODY)
        if (digest_equal(side->addresses[i].digest, *digest))
            return i;
    return NOBODY;
}

/* Only the first of equal ones is in the index: an address that very many have would make it slow.
 */
void
side_index_addresses(struct side *side)
{
    for (uint32_t i = 0; i < side->address_count; i++) {
        struct address *address = &side->addresses[i];
        address->same = NOBODY;
        if (address->party == NOBODY)
            continue;
        uint32_t first = side_find_address(side, &address->digest);
        if (first == NOBODY) {
            index_add(&side->by_address, address->digest.low, i);
            continue;
        }
        address->same = side->addresses[first].same;
        side->addresses[first].same = i;
    }
}

void
side_release(struct side *side)
{
    free(side->parties);
    free(side->addresses);
    index_release(&side->by_id);
    index_release(&side->by_external_id);
    index_release(&side->by_address);
    *side = (struct side){.parties = NULL};
}

uint32_t
side_resolve(const struct side *side, uint32_t number)
{
    if (number == NOBODY || (side->parties[number].flags & PARTY_IS_ALIAS) == 0)
        return number;
    const char *id = side->parties[number].id;
    return side_find_external(side, id, strlen(id));
}

bool
side_external_id_is_key(const struct side *side, uint32_t number)
{
    const char *external_id = side->parties[number].external_id;
    size_t length = strlen(external_id);
    uint32_t other = side_find(side, external_id, length);
    return (other == NOBODY || side_resolve(side, other) == number) &&
           side_find_external(side, external_id, length) == number;
}
