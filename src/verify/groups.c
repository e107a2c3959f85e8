/*
 * Rows that meet in a key (on_conflict): of the source rows with one key exactly one stays, the one
 * that the mapping's rule names, or all of them give way to a row that was in the target before.
 *
 * Only what is listed as merged or skipped, and the rows named as survivors, are kept in memory.
 */
#include "work.h"

#include "winner.h"

#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

/* One source row of a group: listed, or the survivor. */
struct member {
    struct digest conflict;
    struct listed *listed;           /* or NULL */
    const struct survivor *survivor; /* or NULL */
};

static int
compare_digests(const void *a, const void *b)
{
    const struct digest *left = a, *right = b;
    return digest_order(*left, *right);
}

void
groups_prepare(struct work *work)
{
    size_t kept = 0, capacity = 0;
    /* Rows without a key of their own could not be found by it. */
    work->has_classes = work->table->target_key_count > 0 && classes_are_needed(work->table);
    for (size_t i = 0; i < work->listed->count; i++) {
        const struct listed *row = &work->listed->rows[i];
        if (row->kind != LISTED_REJECTED && !row->survivor_exists)
            *ARRAY_ADD(work->survivor_keys, work->survivor_key_count, capacity) = row->survivor_key;
    }
    if (work->survivor_key_count > 0)
        qsort(work->survivor_keys, work->survivor_key_count, sizeof *work->survivor_keys,
              compare_digests);
    for (size_t i = 0; i < work->survivor_key_count; i++)
        if (kept == 0 || !digest_equal(work->survivor_keys[kept - 1], work->survivor_keys[i]))
            work->survivor_keys[kept++] = work->survivor_keys[i];
    work->survivor_key_count = kept;
}

/* ---- while the source streams by ---- */

static size_t
keep(struct strbuf *bytes, struct span value)
{
    size_t at = bytes->length;
    if (value.data != NULL)
        strbuf_add(bytes, value.data, value.length);
    return at;
}

static struct span
read_winner(struct work *work)
{
    if (work->table->winner_field < 0)
        return SPAN_NULL;
    return expect_field(&work->expect, work->table->winner_field, &work->value);
}

static struct digest
conflict_of(struct work *work)
{
    return source_conflict_digest(work->expect.written, work->table->conflict_key,
                                  work->table->conflict_key_count, &work->key);
}

static size_t
class_of(struct work *work)
{
    return work->has_classes
               ? classes_add(&work->classes, work->table, work->expect.written, &work->key)
               : 0;
}

static void
note_listed(struct work *work, struct listed *listed)
{
    const struct plan_table *table = work->table;
    struct span winner = read_winner(work);
    listed->winner_at = keep(&work->listed->bytes, winner);
    listed->winner_length = winner.data ? winner.length : SIZE_MAX;
    listed->conflict = conflict_of(work);
    listed->class_no = class_of(work);
    listed->set = source_conflict_digest(work->expect.written, table->conflict_set,
                                         table->conflict_set_count, &work->key);
    if (!digest_equal(listed->target_key, work->expect.target_key_digest)) {
        check_show_source_key(&work->shown, listed->source_key);
        check_difference_text(&work->rows_check, span_of_buffer(&work->shown),
                              "(target key of the merge)", "the key the row would have had",
                              "another key");
    }
}

static void
note_survivor(struct work *work)
{
    const struct expect *expect = &work->expect;
    struct span winner = read_winner(work);
    struct survivor *survivor =
        ARRAY_ADD(work->survivors, work->survivor_count, work->survivor_capacity);
    *survivor = (struct survivor){
        .target_key = expect->target_key_digest,
        .source_key = expect->source_key_digest,
        .conflict = conflict_of(work),
        .source_at = keep(&work->survivor_bytes, span_of_buffer(&expect->source_key)),
        .source_length = expect->source_key.length,
    };
    survivor->class_no = class_of(work);
    survivor->winner_at = keep(&work->survivor_bytes, winner);
    survivor->winner_length = winner.data ? winner.length : SIZE_MAX;
}

void
groups_note(struct work *work, const struct decided *decided)
{
    if (decided->listed != NULL && decided->fate != FATE_REJECTED &&
        work->table->conflict_key_count > 0)
        note_listed(work, decided->listed);
    else if (decided->fate == FATE_WRITTEN && work->survivor_key_count > 0 &&
             bsearch(&work->expect.target_key_digest, work->survivor_keys, work->survivor_key_count,
                     sizeof *work->survivor_keys, compare_digests) != NULL)
        note_survivor(work);
}

/* ---- when the source is through ---- */

static void
free_numbers(uint64_t **numbers)
{
    free(*numbers);
}

static int
compare_members(const void *a, const void *b)
{
    const struct member *left = a, *right = b;
    return digest_order(left->conflict, right->conflict);
}

static struct span
key_of(const struct work *work, const struct member *member)
{
    if (member->listed != NULL)
        return listed_text(work->listed, member->listed->source_at, member->listed->source_length);
    return (struct span){.data = work->survivor_bytes.data + member->survivor->source_at,
                         .length = member->survivor->source_length};
}

static struct span
winner_of(const struct work *work, const struct member *member)
{
    const struct strbuf *bytes = member->listed ? &work->listed->bytes : &work->survivor_bytes;
    size_t at = member->listed ? member->listed->winner_at : member->survivor->winner_at;
    size_t length =
        member->listed ? member->listed->winner_length : member->survivor->winner_length;
    if (length == SIZE_MAX)
        return SPAN_NULL;
    return (struct span){.data = bytes->data + at, .length = length};
}

static size_t
find_winner(const struct work *work, const struct member *members, size_t count)
{
    size_t best = 0;
    for (size_t i = 1; i < count; i++)
        if (winner_order(work->table, winner_of(work, &members[i]), key_of(work, &members[i]),
                         winner_of(work, &members[best]), key_of(work, &members[best])) < 0)
            best = i;
    return best;
}

static void
report(struct work *work, const struct member *member, const char *expected, const char *found)
{
    check_show_source_key(&work->shown, member->listed ? member->listed->source_key
                                                       : member->survivor->source_key);
    check_difference_text(&work->rows_check, span_of_buffer(&work->shown), "(merge)", expected,
                          found);
}

/* All of the group give way to a row that was there; the winner's values go into it if the mapping
 * says so. */
static void
check_existing_group(struct work *work, const struct member *members, size_t count)
{
    bool updates = work->table->spec->conflict == MAPPING_CONFLICT_UPDATE;
    size_t best = find_winner(work, members, count);
    struct existing *existing = &work->existing[work->existing_count++];
    *existing =
        (struct existing){.conflict = members[0].conflict,
                          .class_no = members[0].listed != NULL ? members[0].listed->class_no
                                                                : members[0].survivor->class_no};
    for (size_t i = 0; i < count; i++) {
        const struct listed *listed = members[i].listed;
        if (listed == NULL) {
            report(work, &members[i], "gives way to the row that was there", "written");
            continue;
        }
        if (!listed->survivor_exists)
            report(work, &members[i], "merged into the row that was there",
                   "merged into a migrated row");
        if (listed->updates != (updates && i == best))
            report(work, &members[i],
                   updates && i == best ? "its values go into the row that was there"
                                        : "its values do not go into the row that was there",
                   listed->updates ? "they do" : "they do not");
        existing->target_key = listed->survivor_key;
        if (i == best) {
            existing->is_updated = updates && work->table->conflict_set_count > 0;
            existing->set = listed->set;
        }
    }
}

/* One of the group was written. */
static void
check_migrated_group(struct work *work, const struct member *members, size_t count)
{
    const struct survivor *survivor = NULL;
    size_t best = find_winner(work, members, count);
    for (size_t i = 0; i < count; i++) {
        if (members[i].survivor == NULL)
            continue;
        if (survivor != NULL)
            report(work, &members[i], "one row with this key is written", "several are");
        survivor = members[i].survivor;
    }
    if (survivor == NULL) {
        report(work, &members[best], "written: the rule names it",
               "merged, and no row with its key was written");
        return;
    }
    if (members[best].survivor == NULL)
        report(work, &members[best], "written: the rule names it", "merged into another");
    for (size_t i = 0; i < count; i++) {
        const struct listed *listed = members[i].listed;
        if (listed != NULL && !digest_equal(listed->survivor_key, survivor->target_key))
            report(work, &members[i], "merged into the row with its key",
                   "merged into another row");
        if (listed != NULL && listed->updates)
            report(work, &members[i], "its values go nowhere", "listed as an update");
    }
}

static void
check_group(struct work *work, const struct member *members, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (members[i].listed != NULL && members[i].listed->survivor_exists) {
            check_existing_group(work, members, count);
            return;
        }
    /* A survivor without any listed row is the group of a row that was merged elsewhere: told
     * there. */
    if (count > 1 || members[0].listed != NULL)
        check_migrated_group(work, members, count);
}

static int
compare_existing(const void *a, const void *b)
{
    const struct existing *left = a, *right = b;
    return digest_order(left->conflict, right->conflict);
}

static int
compare_existing_keys(const void *a, const void *b)
{
    const struct existing *left = a, *right = b;
    return digest_order(left->target_key, right->target_key);
}

/* The bytes of keys give way to the classes that the server makes of them. */
static bool
classify(struct work *work, struct error *err)
{
    CLEANUP(free_numbers) uint64_t *numbers = NULL;
    struct error problem = ERROR_INIT;
    if (!work->has_classes)
        return true;
    if (!classes_ask(&work->classes, work->table, work->v->in->target, &numbers, &problem)) {
        check_give_up(&work->rows_check, "rows that meet in a key: %s", problem.text);
        return copy_error_is_local(&problem) || (*err = problem, false);
    }
    for (size_t i = 0; i < work->listed->count; i++) {
        struct listed *row = &work->listed->rows[i];
        if (row->is_seen && row->kind != LISTED_REJECTED)
            row->conflict = (struct digest){0, numbers[row->class_no]};
    }
    for (size_t i = 0; i < work->survivor_count; i++)
        work->survivors[i].conflict = (struct digest){0, numbers[work->survivors[i].class_no]};
    return true;
}

/* Rows that are listed and not in the source. */
static void
check_unseen(struct work *work)
{
    for (size_t i = 0; i < work->listed->count; i++) {
        static const char *const words[] = {"listed as merged", "listed as skipped",
                                            "listed as rejected"};
        const struct listed *row = &work->listed->rows[i];
        if (row->is_seen)
            continue;
        check_show_source_key(&work->shown, row->source_key);
        check_difference_text(&work->rows_check, span_of_buffer(&work->shown), NULL,
                              "the source has no such row", words[row->kind]);
    }
}

static size_t
collect_members(struct work *work, struct member *members)
{
    size_t count = 0;
    for (size_t i = 0; i < work->listed->count; i++) {
        struct listed *row = &work->listed->rows[i];
        if (row->is_seen && row->kind != LISTED_REJECTED)
            members[count++] = (struct member){.conflict = row->conflict, .listed = row};
    }
    for (size_t i = 0; i < work->survivor_count; i++)
        members[count++] = (struct member){.conflict = work->survivors[i].conflict,
                                           .survivor = &work->survivors[i]};
    if (count > 0)
        qsort(members, count, sizeof *members, compare_members);
    return count;
}

bool
groups_check(struct work *work, struct error *err)
{
    if (!classify(work, err))
        return false;
    size_t most = work->listed->count + work->survivor_count;
    struct member *members = memory_realloc_array(NULL, most, sizeof *members);
    size_t count = collect_members(work, members);
    work->existing = memory_realloc_array(NULL, most, sizeof *work->existing);
    check_unseen(work);
    for (size_t start = 0, end; start < count; start = end) {
        for (end = start + 1;
             end < count && digest_equal(members[start].conflict, members[end].conflict);)
            end++;
        check_group(work, members + start, end - start);
    }
    free(members);
    /* Groups come in the order of their conflict key, so the list is sorted by it already. */
    if (work->has_classes && work->existing_count > 0)
        qsort(work->existing, work->existing_count, sizeof *work->existing, compare_existing_keys);
    return true;
}

/* ---- while the target streams by ---- */

/* The group that a row of the target stands for, or NULL. */
static struct existing *
find_existing(struct work *work, struct digest key)
{
    const struct plan_table *table = work->table;
    struct existing wanted = {.target_key = key};
    if (!work->has_classes)
        wanted.conflict = source_conflict_digest(work->fields, table->conflict_key,
                                                 table->conflict_key_count, &work->value);
    return bsearch(&wanted, work->existing, work->existing_count, sizeof *work->existing,
                   work->has_classes ? compare_existing_keys : compare_existing);
}

void
groups_see_target(struct work *work, struct digest key)
{
    const struct plan_table *table = work->table;
    struct existing *existing = work->existing_count > 0 ? find_existing(work, key) : NULL;
    if (existing == NULL || prints_has(&work->prints, key))
        return;
    existing->is_found = true;
    if (work->has_classes)
        existing->found_no = classes_add(&work->classes, table, work->fields, &work->value);
    check_show_key(&work->shown, table, span_of_buffer(&work->key));
    if (table->target_key_count > 0 && !digest_equal(existing->target_key, key))
        check_difference_text(&work->rows_check, span_of_buffer(&work->shown), "(merge)",
                              "this row has the key that rows were merged into",
                              "another one is named");
    if (existing->is_updated &&
        !digest_equal(existing->set,
                      source_conflict_digest(work->fields, table->conflict_set,
                                             table->conflict_set_count, &work->value)))
        check_difference_text(&work->rows_check, span_of_buffer(&work->shown), "(on_conflict/set)",
                              "the values of the row that was merged into it", "other values");
}

static void
report_existing(struct work *work, const struct existing *existing, const char *expected,
                const char *found)
{
    char hex[DIGEST_HEX_SIZE];
    digest_to_hex(existing->target_key, hex);
    CLEANUP(memory_free_string) char *key = memory_printf("digest:%s", hex);
    check_difference_text(&work->rows_check, span_of(key), "(merge)", expected, found);
}

/* The row that is named must have the key of those that were merged into it. */
static bool
compare_classes(struct work *work, struct error *err)
{
    CLEANUP(free_numbers) uint64_t *numbers = NULL;
    struct error problem = ERROR_INIT;
    if (!work->has_classes || work->existing_count == 0)
        return true;
    if (!classes_ask(&work->classes, work->table, work->v->in->target, &numbers, &problem)) {
        check_give_up(&work->rows_check, "rows that meet in a key: %s", problem.text);
        return copy_error_is_local(&problem) || (*err = problem, false);
    }
    for (size_t i = 0; i < work->existing_count; i++) {
        const struct existing *existing = &work->existing[i];
        if (existing->is_found && numbers[existing->class_no] != numbers[existing->found_no])
            report_existing(work, existing, "the row that has the key of those merged into it",
                            "another one is named");
    }
    return true;
}

bool
groups_check_existing(struct work *work, struct error *err)
{
    for (size_t i = 0; i < work->existing_count; i++)
        if (!work->existing[i].is_found)
            report_existing(work, &work->existing[i],
                            "a row that was there, and that rows were merged into", NULL);
    return compare_classes(work, err);
}
