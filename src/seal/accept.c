/* Seals over events that came late, one for each month and stream. Everything else must be in
 * order: an acceptance never covers a change. */
#include "idmigrate/memory.h"
#include "sealing.h"
#include "verifying.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static int
compare(const void *a, const void *b)
{
    const struct seal_late *x = a, *y = b;
    if (x->month != y->month)
        return x->month < y->month ? -1 : 1;
    int stream = strcmp(x->stream, y->stream);
    return stream != 0 ? stream
                       : seal_compare(x->time, x->id, x->id_length, y->time, y->id, y->id_length);
}

static bool
seal_group(struct sealing *sealing, const struct seal_late *late, size_t count,
           struct merkle_hasher *hasher, struct error *err)
{
    CLEANUP(seal_batch_free) struct seal_batch *batch = seal_batch_new(late->stream);
    for (size_t i = 0; i < count; i++) {
        struct seal_event event = {
            .time = late[i].time, .id = late[i].id, .id_length = late[i].id_length};
        seal_batch_add(batch, hasher, &event, late[i].leaf);
    }
    struct seal_place to = {.time = late[count - 1].time};
    sealing->outcome->late += (int64_t)count;
    return sealing_put(sealing, late->month, batch, &to, sealing->request->accept_late, hasher,
                       err);
}

static bool
find(struct sealing *sealing, struct seal_late_list *late, struct error *err)
{
    const struct seal_request *request = sealing->request;
    CLEANUP(seal_verdict_release) struct seal_verdict verdict = {.status = EXIT_NOT_CHECKED};
    struct seal_verify_request look = {.db = request->db,
                                       .table = request->table,
                                       .open = request->open,
                                       .context = request->context,
                                       .jobs = request->jobs};
    if (!seal_find_late(&look, late, &verdict, err))
        return false;
    int64_t others = verdict.differences - (int64_t)late->count;
    if (others <= 0)
        return true;
    error_set(err, EXIT_DIFFERENT,
              "%" PRId64 " differences are more than late events: nothing is accepted", others);
    return error_hint(err, "idmigrate audit verify names them");
}

bool
sealing_accept_late(struct sealing *sealing, struct error *err)
{
    CLEANUP(seal_late_release) struct seal_late_list late = {.items = NULL};
    CLEANUP(merkle_hasher_free) struct merkle_hasher *hasher = merkle_hasher_new();
    if (!find(sealing, &late, err))
        return false;
    if (late.count > 0)
        qsort(late.items, late.count, sizeof *late.items, compare);
    for (size_t start = 0, end; start < late.count; start = end) {
        for (end = start + 1; end < late.count && end - start < SEAL_BATCH; end++)
            if (late.items[end].month != late.items[start].month ||
                strcmp(late.items[end].stream, late.items[start].stream) != 0)
                break;
        if (!seal_group(sealing, &late.items[start], end - start, hasher, err))
            return false;
    }
    return sealing_end_turn(sealing, err);
}
