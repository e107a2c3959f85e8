/* The source, row by row: what each row must have become, and whether the run says the same. */
#include "work.h"

#include "idmigrate/idmap.h"
#include "idmigrate/memory.h"

#include <string.h>

enum { PROGRESS_EVERY = 65536 };

/* ---- parents ---- */

/* Puts the parts of a composite key, out of the JSON array of strings that its text is, into the
 * columns that refer to it. */
static void
follow_parts(struct work *work, const struct work_reference *reference, struct span survivor)
{
    size_t at = 0;
    for (size_t i = 0; i < reference->parent->target_key_count; i++) {
        while (at < survivor.length && survivor.data[at] != '"')
            at++;
        if (at < survivor.length)
            expect_replace(&work->expect, reference->columns[i],
                           text_read_json(&work->value, survivor, &at));
    }
}

static void
follow(struct work *work, const struct work_reference *reference, struct span survivor)
{
    if (reference->parent->target_key_count == 1)
        expect_replace(&work->expect, reference->columns[0], survivor);
    else
        follow_parts(work, reference, survivor);
}

/* The digest of the key of the parent row that the row refers to; false when it refers to none. */
static bool
parent_key(struct work *work, const struct work_reference *reference, struct digest *key)
{
    size_t count = reference->parent->target_key_count;
    strbuf_reset(&work->key);
    for (size_t i = 0; i < count; i++) {
        struct span part = expect_value(&work->expect, reference->columns[i], &work->value);
        if (part.data == NULL)
            return false;
        key_add(&work->key, part, count);
    }
    key_end(&work->key, count > 1);
    *key = digest_bytes(work->key.data, work->key.length);
    return true;
}

/* What the parents of a good row make of it. */
static enum fate
look_at_parents(struct work *work, struct decided *decided)
{
    for (size_t i = 0; i < work->reference_count; i++) {
        const struct work_reference *reference = &work->references[i];
        struct digest key;
        struct span survivor;
        if ((reference->listed->moved_count == 0 && reference->listed->gone_count == 0) ||
            !parent_key(work, reference, &key))
            continue;
        switch (listed_find_parent(reference->listed, key, &survivor)) {
        case LISTED_PARENT_NONE:
            break;
        case LISTED_PARENT_REJECTED:
            decided->reason = "parent_rejected";
            decided->reason_column = reference->columns[0];
            return FATE_REJECTED;
        case LISTED_PARENT_GONE:
            decided->reason = "parent_merged";
            return FATE_SKIPPED;
        case LISTED_PARENT_MOVED:
            if (reference->parent->spec->children == MAPPING_CHILDREN_SKIP) {
                decided->reason = "parent_merged";
                return FATE_SKIPPED;
            }
            follow(work, reference, survivor);
            break;
        }
    }
    return FATE_WRITTEN;
}

/* ---- what the run says ---- */

static const char *
word_for(const struct listed *listed)
{
    static const char *const words[] = {"listed as merged", "listed as skipped",
                                        "listed as rejected"};
    return listed == NULL ? "listed nowhere" : words[listed->kind];
}

static void
report(struct work *work, const char *column, const char *expected, const char *found)
{
    check_show_source_key(&work->shown, work->expect.source_key_digest);
    check_difference_text(&work->rows_check, span_of_buffer(&work->shown), column, expected, found);
}

/* A reject names a value that looks like an ID as it is, any other by its digest. */
static struct digest
shown_digest(struct span value)
{
    char hex[DIGEST_HEX_SIZE];
    if (value.data == NULL || idmap_looks_like_id(value.data, value.length))
        return span_digest(value);
    digest_to_hex(span_digest(value), hex);
    CLEANUP(memory_free_string) char *text = memory_printf("digest:%s", hex);
    return span_digest(span_of(text));
}

static void
compare_reject(struct work *work, const struct decided *decided)
{
    const struct listed *listed = decided->listed;
    struct span reason = listed_text(work->listed, listed->reason_at, listed->reason_length);
    if (!span_equal(reason, span_of(decided->reason))) {
        CLEANUP(memory_free_string) char *found = memory_strndup(reason.data, reason.length);
        report(work, "(reason)", decided->reason, found);
    }
    if (!digest_equal(listed->target_key, work->expect.target_key_digest))
        report(work, "(target key of the reject)", "the key of the row", "another key");
    const char *column = decided->reason_column < 0
                             ? NULL
                             : work->table->columns[decided->reason_column].target->name;
    if (!digest_equal(listed->column, span_digest(column != NULL ? span_of(column) : SPAN_NULL)))
        report(work, "(column of the reject)", column, "another column");
    if (!digest_equal(listed->old_id, shown_digest(work->expect.reason_value)))
        report(work, "(ID of the reject)", "the value that has no answer", "another value");
}

/* What the target refused is a fact that only the run knows; the rest of the reject follows from
 * the row. A parent that refers to the row in its turn may be rejected because of it. */
static bool
is_refused(const struct work *work, const struct decided *decided, enum fate fate)
{
    const struct listed *listed = decided->listed;
    return listed != NULL && listed->kind == LISTED_REJECTED && listed->has_sqlstate &&
           !work->expect.is_rejected && (fate == FATE_WRITTEN || fate == FATE_REJECTED);
}

static void
compare_refused(struct work *work, const struct decided *decided)
{
    const struct listed *listed = decided->listed;
    struct span reason = listed_text(work->listed, listed->reason_at, listed->reason_length);
    if (!span_equal(reason, span_of("server_refused"))) {
        CLEANUP(memory_free_string) char *found = memory_strndup(reason.data, reason.length);
        report(work, "(reason)", "server_refused", found);
    }
    if (!digest_equal(listed->target_key, work->expect.target_key_digest))
        report(work, "(target key of the reject)", "the key of the row", "another key");
    if (!digest_equal(listed->old_id, span_digest(SPAN_NULL)))
        report(work, "(ID of the reject)", NULL, "an ID");
}

/* The fate that the mapping gives the row, then the one that is written down; where both differ,
   what is written down counts from here on, so that one fault is reported once. */
static void
compare_listed(struct work *work, enum fate fate, struct decided *decided, bool counts)
{
    static const enum fate fates[] = {FATE_MERGED, FATE_SKIPPED, FATE_REJECTED};
    struct listed *listed = decided->listed;
    decided->fate = fate;
    if (is_refused(work, decided, fate)) {
        decided->fate = FATE_REJECTED;
        decided->reason = NULL;
        decided->reason_column = -1;
        if (counts)
            compare_refused(work, decided);
        return;
    }
    if (fate == FATE_WRITTEN && listed == NULL)
        return;
    if (fate == FATE_WRITTEN && work->table->spec->has_on_conflict &&
        listed->kind != LISTED_REJECTED) {
        decided->fate = fates[listed->kind];
        return;
    }
    if (fate == FATE_REJECTED && listed != NULL && listed->kind == LISTED_REJECTED) {
        if (counts)
            compare_reject(work, decided);
        return;
    }
    if (fate == FATE_SKIPPED && listed == NULL)
        return;
    if (counts)
        report(work, decided->reason ? "(rejected or skipped)" : NULL,
               fate == FATE_REJECTED  ? decided->reason
               : fate == FATE_SKIPPED ? "skipped with its parent"
                                      : "written",
               word_for(listed));
    if (listed != NULL)
        decided->fate = fates[listed->kind];
}

bool
source_decide(struct work *work, const char *line, size_t length, bool again,
              struct decided *decided, struct error *err)
{
    struct expect *expect = &work->expect;
    *decided = (struct decided){.fate = FATE_WRITTEN, .reason_column = -1};
    if (!expect_read(expect, line, length, err))
        return false;
    enum fate fate = FATE_REJECTED;
    if (expect->is_rejected) {
        decided->reason = expect->reason;
        decided->reason_column = expect->reason_column;
    } else
        fate = look_at_parents(work, decided);
    if (!expect_compose(expect, err))
        return false;
    decided->is_in_part =
        expect->target_key_digest.high % (uint64_t)work->parts == (uint64_t)work->part;
    if (work->listed->count > 0)
        decided->listed = listed_find(work->listed, expect->source_key_digest, again);
    compare_listed(work, fate, decided, !again && decided->is_in_part);
    return true;
}

/* ---- the pass ---- */

static void
count_kept(struct work *work)
{
    for (size_t i = 0; i < work->table->column_count; i++) {
        const struct expect_column *column = &work->expect.columns[i];
        work->kept_expected[i] += column->chain_count > 0 && column->state == EXPECT_KEPT;
    }
}

static void
note_written(struct work *work)
{
    const struct expect *expect = &work->expect;
    bag_add(&work->rows, BAG_EXPECTED, expect->target_key_digest, expect->line_digest);
    prints_add(&work->prints, expect->target_key_digest);
    count_kept(work);
}

struct digest
source_conflict_digest(const struct span *written, const int *columns, size_t count,
                       struct strbuf *scratch)
{
    strbuf_reset(scratch);
    for (size_t i = 0; i < count; i++) {
        strbuf_add(scratch, written[columns[i]].data, written[columns[i]].length);
        strbuf_add_char(scratch, '\t');
    }
    return digest_bytes(scratch->data, scratch->length);
}

static void
note_row(struct work *work, const struct decided *decided)
{
    const struct expect *expect = &work->expect;
    work->source_rows++;
    digest_add(&work->source_sum, expect->source_digest);
    work->fates[decided->fate]++;
    if (decided->listed != NULL)
        decided->listed->is_seen = true;
    work->rejected_by_server +=
        decided->fate == FATE_REJECTED && decided->listed != NULL && decided->listed->has_sqlstate;
    if (decided->fate == FATE_WRITTEN)
        note_written(work);
    if (decided->fate == FATE_SKIPPED && decided->listed == NULL) {
        work->skipped_with_parent++;
        if (work->table->is_referenced)
            listed_add_gone(work->listed, expect->target_key_digest);
    }
    groups_note(work, decided);
    events_note(work, decided);
}

bool
source_pass(struct work *work, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    struct copy copy;
    struct decided decided;
    int64_t rows = 0;
    plan_sql_copy_out(&sql, work->table, NULL);
    if (!copy_begin(&copy, work->source, sql.data, err))
        return false;
    copy.stops = &work->stops;
    while (copy_next_line(&copy, err)) {
        if (!source_decide(work, copy.line, copy.length, false, &decided, err)) {
            copy_abandon(&copy);
            break;
        }
        if (++rows % PROGRESS_EVERY == 0)
            work_progress(work, "rows", rows);
        if (decided.is_in_part)
            note_row(work, &decided);
    }
    return copy_end(&copy, err);
}
