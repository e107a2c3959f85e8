/*
 * Sealing from end to end: lock, chain, horizon, the months that have events, threads.
 *
 * Where the role may not see the schema idmigrate or read events, the server says so before
 * anything is written.
 */
#include "horizon.h"
#include "idmigrate/clock.h"
#include "idmigrate/memory.h"
#include "idmigrate/sql.h"
#include "sealing.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_JOBS = 16, PATIENCE = 20 };

static void
sealing_release(struct sealing *sealing)
{
    db_transaction_release(&sealing->tx);
    seal_layout_free(&sealing->layout);
    seal_recall_release(&sealing->recall);
    seal_streams_release(&sealing->before);
    seal_streams_release(&sealing->now);
    seal_chain_release(&sealing->chain);
    pthread_mutex_destroy(&sealing->lock);
    pthread_cond_destroy(&sealing->changed);
}

void
seal_outcome_release(struct seal_outcome *outcome)
{
    free(outcome->waits_for);
    outcome->waits_for = NULL;
}

static bool
lock(struct db *db, struct error *err)
{
    for (int attempt = 0; attempt < PATIENCE; attempt++) {
        CLEANUP(db_result_free) struct db_result *result = NULL;
        if (!db_query(db, sql_query_seal_lock, 0, NULL, &result, err))
            return false;
        if (db_result_bool(result, 0, 0))
            return true;
        clock_pause(attempt);
    }
    return error_set(err, EXIT_REFUSED, "%s: another process is sealing", db_what(db));
}

static void
unlock(struct db *db)
{
    struct error ignored = ERROR_INIT;
    db_command(db, sql_query_seal_unlock, 0, NULL, NULL, &ignored);
}

static bool
read_time(struct db *db, int64_t *time, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    return db_query(db, sql_query_seal_time, 0, NULL, &result, err) &&
           (seal_time_parse(db_result_text(result, 0, 0), time) ||
            error_set(err, EXIT_BUG, "the server's time is out of range"));
}

/* ---- which months ---- */

static void
add_time(struct strbuf *sql, const struct sealing *sealing, const char *operator, int64_t time)
{
    const struct seal_layout *layout = sealing->layout;
    char text[SEAL_TIME_SIZE];
    seal_time_format(time, text);
    strbuf_add_string(sql, "e.");
    db_quote_identifier(sql, layout->names[layout->time]);
    strbuf_printf(sql, " %s '%s'::pg_catalog.%s", operator, text, layout->forms[layout->time]);
}

static void
add_pending(struct strbuf *sql, const struct sealing *sealing, int64_t after)
{
    const struct seal_request *request = sealing->request;
    const struct seal_layout *layout = sealing->layout;
    CLEANUP(strbuf_release) struct strbuf time = STRBUF_INIT;
    db_quote_identifier(&time, layout->names[layout->time]);
    strbuf_printf(sql, "SELECT pg_catalog.min(e.%s), pg_catalog.max(e.%s) FROM ", time.data,
                  time.data);
    db_quote_name(sql, request->table->schema, request->table->table);
    strbuf_add_string(sql, " AS e WHERE ");
    add_time(sql, sealing, ">=", after);
    if (request->run_id == NULL) {
        strbuf_add_string(sql, " AND ");
        add_time(sql, sealing, "<=", sealing->horizon);
        return;
    }
    strbuf_add_string(sql, " AND e.");
    db_quote_identifier(sql, layout->names[layout->stream]);
    strbuf_add_string(sql, " = ");
    db_quote_literal(sql, request->run_id);
}

/* After the last seal of what is to be sealed; the year 1 otherwise. */
static int64_t
sealed_until(const struct sealing *sealing)
{
    const struct seal_request *request = sealing->request;
    const struct seal_stream *stream =
        seal_streams_find(&sealing->before, request->run_id != NULL ? request->run_id : "");
    int64_t time = seal_month_start(-1999 * INT64_C(12)), since;
    if (stream != NULL && stream->is_sealed)
        time = stream->time;
    if (request->since != NULL && seal_time_parse(request->since, &since) && since > time)
        time = since;
    return time;
}

static bool
plan_months(struct sealing *sealing, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    CLEANUP(db_result_free) struct db_result *found = NULL;
    CLEANUP(db_transaction_release) struct db_transaction tx = {0};
    const struct seal_request *request = sealing->request;
    int64_t first = sealing->horizon, last = sealing->horizon;
    add_pending(&sql, sealing, sealed_until(sealing));
    if (!seal_begin_reading(&tx, request->db, NULL, request->table, err) ||
        !db_query(request->db, sql.data, 0, NULL, &found, err))
        return error_context(err, "audit log %s", request->table->name);
    const char *texts[] = {db_result_text(found, 0, 0), db_result_text(found, 0, 1)};
    bool is_empty = texts[0] == NULL;
    if (!is_empty && (!seal_time_parse(texts[0], &first) || !seal_time_parse(texts[1], &last)))
        return error_set(err, EXIT_REFUSED, "audit log %s: an event's time is out of range",
                         request->table->name);
    if (request->run_id != NULL)
        sealing->horizon = last;
    sealing->first_month = seal_month_of(first);
    sealing->month_count = request->run_id != NULL && is_empty
                               ? 0
                               : seal_month_of(sealing->horizon) - sealing->first_month + 1;
    return db_rollback(&tx, err);
}

/* The same from what a witness saw. */
static bool
recall_months(struct sealing *sealing, bool *is_known, struct error *err)
{
    const struct seal_recall *recall = &sealing->recall;
    *is_known = false;
    if (sealing->request->witness == NULL)
        return true;
    if (!sealing_recall(sealing, sealed_until(sealing), err))
        return false;
    if (recall->count == 0)
        return true;
    sealing->horizon = recall->times[recall->count - 1].time;
    sealing->first_month = seal_month_of(recall->times[0].time);
    sealing->month_count = seal_month_of(sealing->horizon) - sealing->first_month + 1;
    return *is_known = true;
}

/* ---- threads ---- */

static bool
take_month(struct sealing *sealing, int64_t *month)
{
    pthread_mutex_lock(&sealing->lock);
    bool is_there = !sealing->has_failed && sealing->next_month < sealing->month_count;
    if (is_there)
        *month = sealing->next_month++;
    pthread_mutex_unlock(&sealing->lock);
    return is_there;
}

static void *
work(void *argument)
{
    struct sealing *sealing = argument;
    struct error err = ERROR_INIT;
    CLEANUP(db_close) struct db *db = NULL;
    int64_t month;
    bool good = sealing->request->open(sealing->request->context, DB_TARGET_READER, &db, &err);
    while (good && take_month(sealing, &month))
        good = sealing_seal_month(sealing, db, month, &err);
    if (!good && err.is_set)
        sealing_fail(sealing, &err);
    return NULL;
}

static bool
run_threads(struct sealing *sealing, struct error *err)
{
    pthread_t threads[MOST_JOBS];
    int64_t jobs = sealing->request->jobs, started = 0;
    jobs = jobs > sealing->month_count ? sealing->month_count : jobs;
    jobs = jobs > MOST_JOBS ? MOST_JOBS : jobs;
    while (started < jobs && pthread_create(&threads[started], NULL, work, sealing) == 0)
        started++;
    if (started == 0 && jobs > 0)
        work(sealing);
    for (int64_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    if (!sealing->has_failed)
        return true;
    *err = sealing->err;
    return false;
}

/* ---- all of it ---- */

/* What is there already must hold together before anything is added to it. */
static bool
load_chain(struct sealing *sealing, struct error *err)
{
    CLEANUP(merkle_hasher_free) struct merkle_hasher *hasher = merkle_hasher_new();
    const struct seal_request *request = sealing->request;
    struct merkle_hash previous = {{0}};
    if (!seal_chain_load(request->db, request->table->name, &sealing->chain, err))
        return false;
    for (size_t i = 0; i < sealing->chain.count; i++) {
        const struct seal *seal = &sealing->chain.seals[i];
        struct merkle_hash hash = seal_hash(seal, hasher);
        if (!merkle_equal(&hash, &seal->hash) || !merkle_equal(&previous, &seal->previous)) {
            error_set(err, EXIT_DIFFERENT, "seal %" PRId64 " of %s was changed", seal->number,
                      request->table->name);
            return error_hint(err, "idmigrate audit verify tells more; nothing was sealed");
        }
        previous = seal->hash;
    }
    if (!seal_streams_load(&sealing->chain, sealing->layout, &sealing->before) ||
        !seal_streams_load(&sealing->chain, sealing->layout, &sealing->now))
        return error_set(err, EXIT_REFUSED,
                         "audit log %s: its IDs are of another type than when it was sealed",
                         request->table->name);
    return true;
}

static bool
find_horizon(struct sealing *sealing, struct error *err)
{
    const struct seal_request *request = sealing->request;
    struct seal_outcome *outcome = sealing->outcome;
    const struct seal_stream *stream = seal_streams_find(&sealing->before, "");
    if (request->run_id != NULL)
        return true;
    if (!seal_find_horizon(request->db, request->table, request->margin, &sealing->horizon,
                           &outcome->waits_for, err))
        return false;
    /* It never goes back: what is sealed is sealed. */
    if (stream != NULL && stream->is_sealed && stream->time > sealing->horizon)
        sealing->horizon = stream->time;
    outcome->has_horizon = true;
    outcome->horizon = sealing->horizon;
    return true;
}

static bool
seal_locked(struct sealing *sealing, struct error *err)
{
    const struct seal_request *request = sealing->request;
    bool is_known;
    if (!load_chain(sealing, err) || !find_horizon(sealing, err) ||
        !recall_months(sealing, &is_known, err) || (!is_known && !plan_months(sealing, err)) ||
        !read_time(request->db, &sealing->sealed_at, err))
        return false;
    sealing->outcome->before = sealed_until(sealing);
    bool good = run_threads(sealing, err);
    if (good && request->accept_late != NULL)
        good = sealing_accept_late(sealing, err);
    if (sealing->chain.count > 0) {
        const struct seal *last = &sealing->chain.seals[sealing->chain.count - 1];
        sealing->outcome->last = last->number;
        sealing->outcome->head = last->hash;
    }
    /* What an earlier sealing could not write any more. */
    if (good && request->roots != NULL)
        good = seal_roots_append(request->roots, &sealing->chain, err);
    return good;
}

bool
seal_run(const struct seal_request *request, struct seal_outcome *outcome, struct error *err)
{
    CLEANUP(sealing_release)
    struct sealing sealing = {.request = request,
                              .outcome = outcome,
                              .layout = seal_layout_new(request->table),
                              .lock = PTHREAD_MUTEX_INITIALIZER,
                              .changed = PTHREAD_COND_INITIALIZER,
                              .err = ERROR_INIT};
    double began = clock_steady_seconds();
    if (request->run_id != NULL && sealing.layout->stream < 0)
        return error_set(err, EXIT_REFUSED, "audit log %s has no column for a run's ID",
                         request->table->name);
    if (!lock(request->db, err))
        return error_context(err, "sealing %s", request->table->name);
    bool good = seal_locked(&sealing, err);
    db_transaction_release(&sealing.tx);
    unlock(request->db);
    outcome->seconds = clock_steady_seconds() - began;
    return good;
}
