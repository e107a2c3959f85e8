/*
 * Lines into a COPY, in batches under savepoints. COPY says which line it failed at: the lines
 * before it go in by themselves, that line is refused, and the rest is tried again. A failure that
 * names no line (a foreign key, a trigger that fires at the end) is looked for by halves. A batch
 * grows while nothing fails and shrinks while more than one line does, so that what is sent twice
 * stays in proportion to what is refused.
 */
#include "refused.h"

#include "idmigrate/memory.h"

#include <inttypes.h>
#include <stdlib.h>

enum { LEAST_LINES = 32, MOST_LINES = 10000, MOST_BYTES = 4 * 1024 * 1024 };

struct batch_copy {
    const struct sift_batch *batch;
    const char *sql;
    size_t from, to;
    int64_t taken;
};

bool
sift_batch_is_full(const struct sift_batch *batch)
{
    return batch->count >= batch->wanted || batch->lines.length >= MOST_BYTES;
}

void
sift_batch_release(struct sift_batch *batch)
{
    strbuf_release(&batch->lines);
    free(batch->items);
    *batch = (struct sift_batch)SIFT_BATCH_INIT;
}

bool
sift_try(struct sift *sift, bool (*work)(struct sift *sift, void *context, struct error *err),
         void *context, struct error *failed, struct error *err)
{
    struct db *target = sift->m->target;
    db_savepoint(target, "idmigrate_sift");
    if (!db_flush(target, err))
        return false;
    if (work(sift, context, failed)) {
        db_savepoint_release(target, "idmigrate_sift");
        return true;
    }
    bool is_its_own = (failed->code == EXIT_STOPPED || failed->code == EXIT_REFUSED) &&
                      failed->sqlstate[0] != '\0' && !db_error_is_transient(failed);
    if (!is_its_own) {
        *err = *failed;
        return false;
    }
    return db_savepoint_rollback(target, "idmigrate_sift", err);
}

static bool
copy_lines(struct sift *sift, void *context, struct error *err)
{
    struct batch_copy *copy = context;
    const struct sift_batch *batch = copy->batch;
    size_t start = copy->from > 0 ? batch->items[copy->from - 1].end : 0;
    size_t end = batch->items[copy->to - 1].end;
    return db_copy_in_begin(sift->m->target, copy->sql, err) &&
           db_copy_in_put(sift->m->target, batch->lines.data + start, end - start, err) &&
           db_copy_in_end(sift->m->target, &copy->taken, err);
}

static void
refuse(struct sift *sift, struct sift_batch *batch, size_t line, const struct db_place *place,
       size_t *refused)
{
    refused_add(sift->refused, batch->items[line].source, place);
    (*refused)++;
}

static bool
put_lines(struct sift *sift, struct sift_batch *batch, const char *sql, size_t from, size_t to,
          int64_t *taken, size_t *refused, struct error *err)
{
    while (from < to) {
        struct batch_copy copy = {.batch = batch, .sql = sql, .from = from, .to = to};
        struct error failed = ERROR_INIT;
        if (!sift_try(sift, copy_lines, &copy, &failed, err))
            return false;
        if (!failed.is_set) {
            *taken += copy.taken;
            return true;
        }
        if (!refused_is_by_row(sift->m, sift->table, &failed)) {
            *err = failed;
            return false;
        }
        struct db_place place = *db_failure_place(sift->m->target);
        size_t lines = to - from, good = lines / 2;
        bool is_known = lines == 1 || (place.line >= 1 && (size_t)place.line <= lines);
        if (is_known)
            good = lines == 1 ? 0 : (size_t)place.line - 1;
        if (!put_lines(sift, batch, sql, from, from + good, taken, refused, err))
            return false;
        from += good;
        if (is_known)
            refuse(sift, batch, from++, &place, refused);
        failpoint("sift-line-refused");
    }
    return true;
}

static void
adapt(struct sift_batch *batch, size_t refused)
{
    if (refused == 0 && batch->wanted < MOST_LINES)
        batch->wanted *= 2;
    else if (refused > 1 && batch->wanted > LEAST_LINES)
        batch->wanted /= 2;
}

bool
sift_put_batch(struct sift *sift, struct sift_batch *batch, const char *sql, int64_t *taken,
               struct error *err)
{
    size_t refused = 0;
    *taken = 0;
    if (!put_lines(sift, batch, sql, 0, batch->count, taken, &refused, err))
        return false;
    int64_t expected = (int64_t)(batch->count - refused);
    adapt(batch, refused);
    strbuf_reset(&batch->lines);
    batch->count = 0;
    if (*taken == expected)
        return true;
    error_set(err, EXIT_STOPPED, "the target took %" PRId64 " of %" PRId64 " rows", *taken,
              expected);
    return error_hint(
        err, "a trigger of the target swallows rows; decide on it and run the same command again");
}
