/*
 * Rows that meet in a unique key: who stays is decided as if they had come one by one, in the order
 * of their places. So a row that loses to another takes nobody's key, and the outcome does not
 * depend on which index is looked at first.
 */
#include "refused.h"

#include "idmigrate/memory.h"

#include <stdlib.h>

struct meeting {
    int64_t place, group; /* of a pair: the earlier place */
    size_t index;
    bool is_pair;
};

struct contest {
    struct meeting *meetings;
    size_t count, capacity;
    struct digest_map taken; /* keys of groups, and places that lost */
};

struct contest *
contest_new(void)
{
    return memory_zalloc(sizeof(struct contest));
}

void
contest_free(struct contest **contest)
{
    if (*contest == NULL)
        return;
    free((*contest)->meetings);
    digest_map_release(&(*contest)->taken);
    free(*contest);
    *contest = NULL;
}

void
contest_add_group(struct contest *contest, int64_t place, size_t index, int64_t group)
{
    *ARRAY_ADD(contest->meetings, contest->count, contest->capacity) =
        (struct meeting){.place = place, .group = group, .index = index};
}

void
contest_add_pair(struct contest *contest, int64_t place, size_t index, int64_t earlier)
{
    *ARRAY_ADD(contest->meetings, contest->count, contest->capacity) =
        (struct meeting){.place = place, .group = earlier, .index = index, .is_pair = true};
}

static int
compare(const void *a, const void *b)
{
    const struct meeting *left = a, *right = b;
    if (left->place != right->place)
        return left->place < right->place ? -1 : 1;
    return (left->index > right->index) - (left->index < right->index);
}

static struct digest
key_of(size_t index, int64_t group)
{
    int64_t words[] = {(int64_t)index, group};
    return digest_bytes(words, sizeof words);
}

static struct digest
loser_key(int64_t place)
{
    return key_of(SIZE_MAX, place);
}

/* Whether the meeting is with a row that stays. */
static bool
is_lost(const struct contest *contest, const struct meeting *meeting)
{
    uint64_t ignored;
    if (meeting->is_pair)
        return !digest_map_get(&contest->taken, loser_key(meeting->group), &ignored);
    return digest_map_get(&contest->taken, key_of(meeting->index, meeting->group), &ignored);
}

void
contest_decide(struct contest *contest, void (*lost)(void *context, int64_t place, size_t index),
               void *context)
{
    if (contest->count > 0)
        qsort(contest->meetings, contest->count, sizeof *contest->meetings, compare);
    for (size_t first = 0, end; first < contest->count; first = end) {
        const struct meeting *row = &contest->meetings[first], *decisive = NULL;
        for (end = first; end < contest->count && contest->meetings[end].place == row->place; end++)
            if (decisive == NULL && is_lost(contest, &contest->meetings[end]))
                decisive = &contest->meetings[end];
        if (decisive != NULL) {
            digest_map_put(&contest->taken, loser_key(row->place), 1);
            lost(context, row->place, decisive->index);
            continue;
        }
        for (size_t i = first; i < end; i++)
            if (!contest->meetings[i].is_pair)
                digest_map_put(&contest->taken,
                               key_of(contest->meetings[i].index, contest->meetings[i].group), 1);
    }
}
