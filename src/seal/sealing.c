/* The chain while it grows: turns, seals, commits. */
#include "sealing.h"

#include "idmigrate/failpoint.h"
#include "idmigrate/memory.h"

#include <string.h>

bool
sealing_has_failed(struct sealing *sealing)
{
    pthread_mutex_lock(&sealing->lock);
    bool has_failed = sealing->has_failed;
    pthread_mutex_unlock(&sealing->lock);
    return has_failed;
}

void
sealing_fail(struct sealing *sealing, const struct error *err)
{
    pthread_mutex_lock(&sealing->lock);
    if (!sealing->has_failed)
        sealing->err = *err;
    sealing->has_failed = true;
    pthread_cond_broadcast(&sealing->changed);
    pthread_mutex_unlock(&sealing->lock);
}

bool
sealing_await_turn(struct sealing *sealing, int64_t month)
{
    pthread_mutex_lock(&sealing->lock);
    while (!sealing->has_failed && sealing->turn != month)
        pthread_cond_wait(&sealing->changed, &sealing->lock);
    bool good = !sealing->has_failed;
    pthread_mutex_unlock(&sealing->lock);
    return good;
}

static struct seal_stream *
stream_of(struct sealing *sealing, const char *name)
{
    struct seal_stream *stream = seal_streams_find(&sealing->now, name);
    if (stream != NULL)
        return stream;
    stream = ARRAY_ADD(sealing->now.items, sealing->now.count, sealing->now.capacity);
    *stream = (struct seal_stream){.is_sealed = false};
    memcpy(stream->name, name, strlen(name));
    return stream;
}

static void
take_range(struct sealing *sealing, struct seal *seal, const char *name,
           const struct seal_place *to)
{
    struct seal_stream *stream = stream_of(sealing, name);
    seal->is_first = !stream->is_sealed;
    seal->after.time = stream->is_sealed ? stream->time : 0;
    if (stream->is_sealed && stream->id_length > 0)
        seal->after.id = seal_id_text(sealing->layout, stream->id, stream->id_length);
    seal->to.time = to->time;
    seal->to.id = memory_strdup(to->id);
    if (seal->reason != NULL)
        return;
    stream->is_sealed = true;
    stream->time = to->time;
    stream->id_length = 0;
    if (to->id != NULL)
        seal_id_bytes(sealing->layout, to->id, stream->id, &stream->id_length);
}

static void
sign(const struct sealing *sealing, struct seal *seal)
{
    CLEANUP(strbuf_release) struct strbuf statement = STRBUF_INIT;
    const struct seal_key *key = sealing->request->key;
    if (key == NULL)
        return;
    seal_state(seal, &statement);
    seal_key_sign(key, &statement, seal->signature);
    seal->is_signed = true;
    seal->signer = memory_strdup(seal_key_name(key));
}

/* Becomes the chain's last. */
static const struct seal *
make_seal(struct sealing *sealing, int64_t month, struct seal_batch *batch,
          const struct seal_place *to, const char *reason, struct merkle_hasher *hasher)
{
    struct seal_chain *chain = &sealing->chain;
    struct seal *seal = ARRAY_ADD(chain->seals, chain->count, chain->capacity);
    const struct seal *last = chain->count > 1 ? seal - 1 : NULL;
    *seal = (struct seal){
        .log = memory_strdup(sealing->request->table->name),
        .number = last != NULL ? last->number + 1 : 1,
        .month = month,
        .stream = batch->stream[0] != '\0' ? memory_strdup(batch->stream) : NULL,
        .events = batch->events,
        .root = seal_batch_root(batch, hasher),
        .leaves_digest = merkle_plain(hasher, batch->leaves.data, batch->leaves.length),
        .layout = memory_strdup(sealing->layout->text),
        .reason = memory_strdup(reason),
        .tool_version = memory_strdup(IDMIGRATE_VERSION),
        .sealed_at = sealing->sealed_at,
    };
    if (last != NULL)
        seal->previous = last->hash;
    take_range(sealing, seal, batch->stream, to);
    seal->hash = seal_hash(seal, hasher);
    sign(sealing, seal);
    return seal;
}

bool
sealing_put(struct sealing *sealing, int64_t month, struct seal_batch *batch,
            const struct seal_place *to, const char *reason, struct merkle_hasher *hasher,
            struct error *err)
{
    struct db *db = sealing->request->db;
    if (sealing->tx.db == NULL && !db_begin(&sealing->tx, db, DB_READ_WRITE, err))
        return false;
    const struct seal *seal = make_seal(sealing, month, batch, to, reason, hasher);
    if (!seal_chain_put(db, seal, err) || !seal_leaves_put(db, seal, batch, err))
        return false;
    sealing->outcome->seals++;
    sealing->outcome->events += batch->events;
    return true;
}

bool
sealing_end_turn(struct sealing *sealing, struct error *err)
{
    const char *roots = sealing->request->roots;
    if (sealing->tx.db != NULL) {
        if (!db_commit(&sealing->tx, err))
            return false;
        failpoint("seal-committed");
        if (roots != NULL && !seal_roots_append(roots, &sealing->chain, err))
            return error_hint(err, "the seals are in the database; the next sealing adds what the "
                                   "file lacks");
    }
    pthread_mutex_lock(&sealing->lock);
    sealing->turn++;
    pthread_cond_broadcast(&sealing->changed);
    pthread_mutex_unlock(&sealing->lock);
    return true;
}
