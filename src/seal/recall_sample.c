/* A witness is believed when what it kept is what is there. */
#include "recall_sample.h"

#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCKS = 100, UUID_BYTES = 16 };

struct sample {
    int64_t time;
    unsigned char id[UUID_BYTES];
    struct merkle_hash hash;
};
struct samples {
    struct sample *items;
    size_t count, capacity;
};

static void
samples_release(struct samples *samples)
{
    free(samples->items);
    samples->items = NULL;
}

/* Of each time the first leaf, the last and one between. */
static bool
take(struct samples *samples, const struct strbuf *leaves, int64_t time)
{
    const unsigned char *at = (const unsigned char *)leaves->data, *end = at + leaves->length;
    struct seal_leaf leaf;
    size_t count = 0;
    while (seal_leaf_next(&at, end, &leaf)) {
        if (leaf.id_length != UUID_BYTES)
            return false;
        count++;
    }
    at = (const unsigned char *)leaves->data;
    for (size_t i = 0; seal_leaf_next(&at, end, &leaf); i++) {
        if (i != 0 && i != count / 2 && i != count - 1)
            continue;
        struct sample *sample = ARRAY_ADD(samples->items, samples->count, samples->capacity);
        *sample = (struct sample){.time = time, .hash = leaf.hash};
        memcpy(sample->id, leaf.id, UUID_BYTES);
    }
    return true;
}

static bool
draw(const struct seal_recall *recall, struct samples *samples, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf leaves = STRBUF_INIT;
    size_t step = recall->count / BLOCKS + 1;
    for (size_t i = 0; i < recall->count; i += step) {
        if (recall->times[i].count == 0)
            continue;
        strbuf_reset(&leaves);
        if (!seal_recall_load(recall, &recall->times[i], &leaves, err))
            return false;
        if (!take(samples, &leaves, recall->times[i].time))
            return error_set(err, EXIT_BUG, "an event's ID is none");
    }
    return true;
}

static void
add_ids(struct strbuf *array, const struct seal_layout *layout, const struct samples *samples)
{
    for (size_t i = 0; i < samples->count; i++) {
        CLEANUP(memory_free_string)
        char *id = seal_id_text(layout, samples->items[i].id, UUID_BYTES);
        strbuf_printf(array, "%s%s", i > 0 ? "," : "{", id);
    }
    strbuf_add_char(array, '}');
}

/* Both are in the order of leaves. */
static bool
compare(struct seal_reader *reader, const struct samples *samples, bool *is_true, struct error *err)
{
    struct seal_event event;
    bool more = true;
    *is_true = true;
    for (size_t i = 0; more; i++) {
        if (!seal_reader_next(reader, &event, &more, err))
            return false;
        if (!more) {
            *is_true = *is_true && i == samples->count;
            continue;
        }
        const struct sample *sample = i < samples->count ? &samples->items[i] : NULL;
        struct merkle_hash leaf = seal_reader_leaf(reader, 0);
        *is_true = *is_true && sample != NULL && merkle_equal(&leaf, &sample->hash);
    }
    return true;
}

static bool
read_samples(struct sealing *sealing, const struct samples *samples, bool *is_true,
             struct error *err)
{
    const struct seal_request *request = sealing->request;
    const struct seal_layout *const layouts[] = {sealing->layout};
    CLEANUP(strbuf_release) struct strbuf ids = STRBUF_INIT;
    CLEANUP(db_transaction_release) struct db_transaction tx = {0};
    CLEANUP(seal_reader_free)
    struct seal_reader *reader = seal_reader_new(request->db, request->table, layouts, 1);
    struct seal_range range = {.from = samples->items[0].time,
                               .to = samples->items[samples->count - 1].time,
                               .run_id = request->run_id};
    add_ids(&ids, sealing->layout, samples);
    range.ids = ids.data;
    return seal_begin_reading(&tx, request->db, NULL, request->table, err) &&
           seal_reader_begin(reader, &range, err) && compare(reader, samples, is_true, err) &&
           db_rollback(&tx, err);
}

bool
seal_recall_is_true(struct sealing *sealing, bool *is_true, struct error *err)
{
    CLEANUP(samples_release) struct samples samples = {.items = NULL};
    *is_true = false;
    if (!draw(&sealing->recall, &samples, err))
        return false;
    return samples.count == 0 || read_samples(sealing, &samples, is_true, err);
}
