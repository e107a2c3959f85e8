/*
 * What a witness saw of a run, put beside what the log holds.
 *
 * All events of a transaction have one time. A time of which the log holds as many events as the
 * witness saw is taken from the witness; the events of every other time are read. Who proved the
 * run has counted its events: when the numbers agree, the log is not asked at all.
 */
#include "recall.h"

#include "idmigrate/memory.h"
#include "recall_sample.h"
#include "sealing.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void
seal_recall_release(struct seal_recall *recall)
{
    free(recall->times);
    recall->times = NULL;
    recall->count = recall->capacity = 0;
}

/* ---- leaves of one time ---- */

struct place {
    const unsigned char *id, *leaf;
    size_t id_length, length;
};

static int
compare_places(const void *a, const void *b)
{
    const struct place *left = a, *right = b;
    return seal_compare(0, left->id, left->id_length, 0, right->id, right->id_length);
}

static struct place *
find_places(const struct strbuf *leaves, size_t *count, bool *is_sorted)
{
    const unsigned char *at = (const unsigned char *)leaves->data, *end = at + leaves->length;
    struct place *places = NULL;
    struct seal_leaf leaf;
    size_t capacity = 0;
    *count = 0;
    *is_sorted = true;
    for (const unsigned char *begin = at; seal_leaf_next(&at, end, &leaf); begin = at) {
        struct place *place = ARRAY_ADD(places, *count, capacity);
        *place = (struct place){leaf.id, begin, leaf.id_length, (size_t)(at - begin)};
        *is_sorted = *is_sorted && (*count == 1 || compare_places(place - 1, place) < 0);
    }
    return places;
}

/* IDs rise but for those of rejects, which are known before their turn; and for transactions that
 * began at the same time. */
static void
sort_leaves(struct strbuf *leaves)
{
    size_t count;
    bool is_sorted;
    struct place *places = find_places(leaves, &count, &is_sorted);
    if (!is_sorted) {
        struct strbuf sorted = STRBUF_INIT;
        qsort(places, count, sizeof *places, compare_places);
        for (size_t i = 0; i < count; i++)
            strbuf_add(&sorted, places[i].leaf, places[i].length);
        strbuf_release(leaves);
        *leaves = sorted;
    }
    free(places);
}

bool
seal_recall_load(const struct seal_recall *recall, const struct seal_recalled *time,
                 struct strbuf *leaves, struct error *err)
{
    size_t count;
    const struct seal_block *blocks = seal_witness_blocks(recall->witness, &count);
    for (size_t i = 0; i < time->count; i++)
        if (!seal_witness_read(recall->witness, &blocks[time->first + i], leaves))
            return error_set(err, EXIT_STOPPED, "a temporary file cannot be read");
    sort_leaves(leaves);
    return true;
}

bool
seal_recall_rest(const struct seal_recall *recall, int64_t from, int64_t to, struct strbuf *array)
{
    char text[SEAL_TIME_SIZE];
    bool is_there = false;
    for (size_t i = 0; i < recall->count; i++) {
        const struct seal_recalled *time = &recall->times[i];
        if (time->count > 0 || time->time < from || time->time > to)
            continue;
        seal_time_format(time->time, text);
        strbuf_printf(array, "%s%s", is_there ? "," : "{", text);
        is_there = true;
    }
    strbuf_add_string(array, is_there ? "}" : "");
    return is_there;
}

/* ---- which times ---- */

static int64_t
group_events(const struct seal_block *blocks, const struct seal_recalled *time)
{
    int64_t events = 0;
    for (size_t i = 0; i < time->count; i++)
        events += blocks[time->first + i].events;
    return events;
}

/* All that the witness saw, in order; returns how many events. */
static int64_t
take_blocks(struct seal_recall *recall)
{
    size_t count;
    const struct seal_block *blocks = seal_witness_blocks(recall->witness, &count);
    int64_t events = 0;
    for (size_t i = 0; i < count; i++) {
        events += blocks[i].events;
        if (i > 0 && blocks[i].time == blocks[i - 1].time)
            recall->times[recall->count - 1].count++;
        else
            *ARRAY_ADD(recall->times, recall->count, recall->capacity) =
                (struct seal_recalled){.time = blocks[i].time, .first = i, .count = 1};
    }
    return events;
}

static void
add_count(struct strbuf *sql, const struct sealing *sealing, int64_t since)
{
    const struct seal_layout *layout = sealing->layout;
    CLEANUP(strbuf_release) struct strbuf time = STRBUF_INIT;
    char text[SEAL_TIME_SIZE];
    db_quote_identifier(&time, layout->names[layout->time]);
    seal_time_format(since, text);
    strbuf_printf(sql, "SELECT e.%s, pg_catalog.count(*) FROM ", time.data);
    db_quote_name(sql, sealing->request->table->schema, sealing->request->table->table);
    strbuf_printf(sql, " AS e WHERE e.%s >= '%s'::pg_catalog.%s AND e.", time.data, text,
                  layout->forms[layout->time]);
    db_quote_identifier(sql, layout->names[layout->stream]);
    strbuf_add_string(sql, " = ");
    db_quote_literal(sql, sealing->request->run_id);
    strbuf_add_string(sql, " GROUP BY 1 ORDER BY 1");
}

/* Goes through both in order: `seen` is what take_blocks() made. */
static bool
merge(struct seal_recall *recall, const struct seal_recall *seen, const struct db_result *found,
      struct error *err)
{
    size_t block_count, at = 0;
    const struct seal_block *blocks = seal_witness_blocks(seen->witness, &block_count);
    for (size_t i = 0; i < db_result_rows(found); i++) {
        struct seal_recalled *time = ARRAY_ADD(recall->times, recall->count, recall->capacity);
        *time = (struct seal_recalled){.count = 0};
        if (!seal_time_parse(db_result_text(found, i, 0), &time->time))
            return error_set(err, EXIT_REFUSED, "an event's time is out of range");
        while (at < seen->count && seen->times[at].time < time->time)
            at++;
        if (at < seen->count && seen->times[at].time == time->time &&
            group_events(blocks, &seen->times[at]) == db_result_int64(found, i, 1))
            *time = seen->times[at];
    }
    return true;
}

static bool
compare_with_log(struct sealing *sealing, int64_t since, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    CLEANUP(db_result_free) struct db_result *found = NULL;
    CLEANUP(db_transaction_release) struct db_transaction tx = {0};
    CLEANUP(seal_recall_release) struct seal_recall seen = sealing->recall;
    const struct seal_request *request = sealing->request;
    sealing->recall = (struct seal_recall){.witness = seen.witness};
    add_count(&sql, sealing, since);
    if (!seal_begin_reading(&tx, request->db, NULL, request->table, err) ||
        !db_query(request->db, sql.data, 0, NULL, &found, err))
        return error_context(err, "audit log %s", request->table->name);
    return merge(&sealing->recall, &seen, found, err) && db_rollback(&tx, err);
}

static bool
knows_any(const struct seal_recall *recall)
{
    for (size_t i = 0; i < recall->count; i++)
        if (recall->times[i].count > 0)
            return true;
    return false;
}

bool
sealing_recall(struct sealing *sealing, int64_t since, struct error *err)
{
    const struct seal_request *request = sealing->request;
    struct seal_recall *recall = &sealing->recall;
    bool is_true = false;
    recall->witness = request->witness;
    if (!seal_witness_serves(request->witness, sealing->layout))
        return true;
    if (take_blocks(recall) != request->expected && !compare_with_log(sealing, since, err))
        return false;
    if (knows_any(recall) && !seal_recall_is_true(sealing, &is_true, err))
        return false;
    if (!is_true)
        seal_recall_release(recall);
    return true;
}
