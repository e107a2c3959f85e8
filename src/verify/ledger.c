/* The ledger of the run, added up by table, and whether it agrees with what was read now. */
#include "work.h"

#include "idmigrate/memory.h"
#include "idmigrate/sql.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- loading ---- */

static void
take_table(struct verify *v, const struct db_result *result, size_t row)
{
    int64_t number = db_result_int64(result, row, 0);
    if (number < 0 || (size_t)number >= v->plan->table_count)
        return;
    v->ledger[number] = (struct ledger_table){
        .is_there = true,
        .is_done = db_result_bool(result, row, 1),
        .target_rows_before = db_result_int64(result, row, 2),
        .chunks = db_result_int64(result, row, 3),
        .chunks_open = db_result_int64(result, row, 4),
        .chunks_wrong = db_result_int64(result, row, 5),
        .read = db_result_int64(result, row, 6),
        .written = db_result_int64(result, row, 7),
        .merged = db_result_int64(result, row, 8),
        .skipped = db_result_int64(result, row, 9),
        .rejected = db_result_int64(result, row, 10),
        .updated = db_result_int64(result, row, 11),
        .removed = db_result_int64(result, row, 12),
        .events = db_result_int64(result, row, 13),
        .pass = db_result_int64(result, row, 14),
        .began_number = db_result_int64(result, row, 16),
    };
    snprintf(v->ledger[number].began, sizeof v->ledger[number].began, "%s",
             db_result_text(result, row, 15));
}

/* Sums of 128 bits are made here, not by the server. */
static bool
add_digests(struct verify *v, struct error *err)
{
    struct copy copy;
    struct span fields[2];
    if (!copy_begin_query(&copy, v->in->target, sql_query_verify_chunk_digests, &v->run_id, err))
        return false;
    while (copy_next(&copy, fields, 2, err)) {
        size_t number = strtoul(fields[0].data, NULL, 10);
        struct digest digest;
        if (number < v->plan->table_count &&
            digest_from_hex(fields[1].data, fields[1].length, &digest))
            digest_add(&v->ledger[number].source_digest, digest);
    }
    return copy_end(&copy, err);
}

bool
ledger_load(struct verify *v, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    v->ledger = memory_zalloc((v->plan->table_count + 1) * sizeof *v->ledger);
    if (!copy_query(v->in->target, sql_query_verify_ledger, 1, &v->run_id, &result, err))
        return false;
    for (size_t i = 0; i < db_result_rows(result); i++)
        take_table(v, result, i);
    return add_digests(v, err);
}

/* ---- accounting ---- */

/* After a second pass not every event has a row to be compared with; their number is known all the
 * same. */
static void
compare_events(struct check *check, const struct work *work)
{
    const struct event_state *events = &work->events;
    if (!events->is_read || work->ledger->pass == 0)
        return;
    check_count(check, "events of all passes", work->ledger->events, events->events);
    check_count(check, "events of rows updated", work->ledger->updated, events->updated);
    check_count(check, "events of rows removed", work->ledger->removed, events->removed);
}

void
accounting_check(struct work *work)
{
    const struct ledger_table *ledger = work->ledger;
    const struct listed_table *listed = work->listed;
    struct check *check = &work->accounting_check;
    if (!ledger->is_there) {
        check_difference_text(check, SPAN_NULL, "run_table", "a row for this table", NULL);
        return;
    }
    check_count(check, "rows read = written + merged + skipped + rejected", ledger->read,
                ledger->written + ledger->merged + ledger->skipped + ledger->rejected);
    check_count(check, "chunks that are not done", 0, ledger->chunks_open);
    check_count(check, "chunks that do not add up", 0, ledger->chunks_wrong);
    check_count(check, "tables that are not done", 0, ledger->is_done ? 0 : 1);
    check_count(check, "rejected rows listed", ledger->rejected, listed->rejected);
    check_count(check, "merged rows listed", ledger->merged, listed->merged);
    if (work->source == NULL) {
        check_give_up(check, "the source cannot be read");
        return;
    }
    check_count(check, "skipped rows listed", ledger->skipped - work->skipped_with_parent,
                listed->skipped);
    check_count(check, "rows in the source now", ledger->read, work->source_rows);
    check_count(check, "rows written", ledger->written, work->fates[FATE_WRITTEN]);
    check_count(check, "rows merged", ledger->merged, work->fates[FATE_MERGED]);
    check_count(check, "rows skipped", ledger->skipped, work->fates[FATE_SKIPPED]);
    check_count(check, "rows rejected", ledger->rejected, work->fates[FATE_REJECTED]);
    compare_events(check, work);
    check_note(check,
               "%" PRId64 " read = %" PRId64 " written + %" PRId64 " merged + %" PRId64
               " skipped + %" PRId64 " rejected, in %" PRId64 " chunks",
               ledger->read, ledger->written, ledger->merged, ledger->skipped, ledger->rejected,
               ledger->chunks);
}
