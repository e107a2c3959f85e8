/* Verification from end to end; see verifying.h for how it goes. */
#include "idmigrate/clock.h"
#include "idmigrate/memory.h"
#include "verifying.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_JOBS = 16 };

static void
verifying_release(struct verifying *verifying)
{
    for (size_t i = 0; i < verifying->layout_count; i++)
        seal_layout_free(&verifying->layouts[i]);
    free(verifying->layouts);
    free(verifying->fits);
    free(verifying->layout_of);
    strbuf_release(&verifying->snapshot);
    seal_chain_release(&verifying->chain);
    pthread_mutex_destroy(&verifying->lock);
}

/* ---- layouts ---- */

static bool
find_layout(struct verifying *verifying, const char *text, size_t *found)
{
    for (*found = 0; *found < verifying->layout_count; (*found)++)
        if (strcmp(verifying->layouts[*found]->text, text) == 0)
            return true;
    struct seal_layout *layout = seal_layout_parse(text);
    if (layout == NULL)
        return false;
    verifying->layouts = memory_realloc_array(verifying->layouts, verifying->layout_count + 1,
                                              sizeof *verifying->layouts);
    verifying->layouts[verifying->layout_count++] = layout;
    return true;
}

static bool
take_layouts(struct verifying *verifying, struct error *err)
{
    const struct log_table *table = verifying->request->table;
    verifying->layout_of = memory_alloc(verifying->chain.count * sizeof *verifying->layout_of);
    for (size_t i = 0; i < verifying->chain.count; i++)
        if (!find_layout(verifying, verifying->chain.seals[i].layout, &verifying->layout_of[i]))
            return error_set(err, EXIT_DIFFERENT, "seal %lld: its layout was changed and is none",
                             (long long)verifying->chain.seals[i].number);
    if (verifying->late != NULL) {
        struct seal_layout *today = seal_layout_new(table);
        find_layout(verifying, today->text, &verifying->today);
        seal_layout_free(&today);
    }
    verifying->fits = memory_zalloc(verifying->layout_count * sizeof *verifying->fits);
    for (size_t i = 0; i < verifying->layout_count; i++) {
        CLEANUP(memory_free_string) char *problem = NULL;
        verifying->fits[i] = seal_layout_fits(verifying->layouts[i], table, &problem);
        if (!verifying->fits[i])
            return error_set(err, EXIT_DIFFERENT, "audit log %s is no longer what was sealed: %s",
                             table->name, problem);
    }
    return true;
}

/* ---- months ---- */

static bool
ask(struct verifying *verifying, const char *what, const char *where, struct db_result **found,
    struct error *err)
{
    const struct log_table *table = verifying->request->table;
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    strbuf_printf(&sql, "SELECT %s FROM ", what);
    db_quote_name(&sql, table->schema, table->table);
    strbuf_printf(&sql, " AS e WHERE %s", where);
    return db_query(verifying->request->db, sql.data, 0, NULL, found, err) ||
           error_context(err, "audit log %s", table->name);
}

/* Events before the first seal, behind the last month that has one, and those without a time. */
static bool
look_around(struct verifying *verifying, struct error *err)
{
    const struct seal_layout *layout = verifying->layouts[0];
    const char *form = layout->forms[layout->time];
    char first[SEAL_TIME_SIZE], end[SEAL_TIME_SIZE];
    CLEANUP(strbuf_release) struct strbuf time = STRBUF_INIT;
    CLEANUP(db_result_free) struct db_result *before = NULL, *behind = NULL, *without = NULL;
    strbuf_add_string(&time, "e.");
    db_quote_identifier(&time, layout->names[layout->time]);
    seal_time_format(seal_month_start(verifying->first_month), first);
    seal_time_format(seal_month_start(verifying->first_month + verifying->month_count), end);
    CLEANUP(memory_free_string)
    char *least = memory_printf("pg_catalog.min(%s)", time.data);
    CLEANUP(memory_free_string)
    char *is_before = memory_printf("%s < '%s'::pg_catalog.%s AND %s >= "
                                    "'0001-01-01'::pg_catalog.%s",
                                    time.data, first, form, time.data, form);
    CLEANUP(memory_free_string)
    char *is_behind = memory_printf("%s >= '%s'::pg_catalog.%s AND %s < "
                                    "'10000-01-01'::pg_catalog.%s",
                                    time.data, end, form, time.data, form);
    CLEANUP(memory_free_string)
    char *is_without = memory_printf("%s IS NULL OR %s < '0001-01-01'::pg_catalog.%s OR %s >= "
                                     "'10000-01-01'::pg_catalog.%s",
                                     time.data, time.data, form, time.data, form);
    int64_t earliest;
    if (!ask(verifying, least, is_before, &before, err) ||
        !ask(verifying, "pg_catalog.count(*)", is_behind, &behind, err) ||
        !ask(verifying, "pg_catalog.count(*)", is_without, &without, err))
        return false;
    const char *text = db_result_text(before, 0, 0);
    if (text != NULL && seal_time_parse(text, &earliest)) {
        int64_t month = seal_month_of(earliest);
        verifying->month_count += verifying->first_month - month;
        verifying->first_month = month;
    }
    verifying->verdict->pending += db_result_int64(behind, 0, 0);
    verifying->verdict->unplaced = db_result_int64(without, 0, 0);
    return true;
}

/* A month may be gone when the log itself tells of it. */
static bool
check_certificates(struct verifying *verifying, struct error *err)
{
    const struct seal_layout *layout = verifying->layouts[0];
    const struct seal_chain *chain = &verifying->chain;
    const char *last = NULL;
    bool is_there = false;
    CLEANUP(strbuf_release) struct strbuf id = STRBUF_INIT;
    strbuf_add_string(&id, "e.");
    db_quote_identifier(&id, layout->names[layout->id]);
    for (size_t i = 0; i < chain->count; i++) {
        const char *certificate = chain->seals[i].certificate;
        CLEANUP(db_result_free) struct db_result *found = NULL;
        if (certificate == NULL)
            continue;
        CLEANUP(memory_free_string)
        char *where = memory_printf("%s::pg_catalog.text = '%s'", id.data, certificate);
        if (strcmp(layout->forms[layout->id], "uuid") == 0) {
            free(where);
            where = memory_printf("%s = '%s'", id.data, certificate);
        }
        if ((last == NULL || strcmp(last, certificate) != 0) &&
            !ask(verifying, "pg_catalog.count(*)", where, &found, err))
            return false;
        is_there = found != NULL ? db_result_int64(found, 0, 0) > 0 : is_there;
        last = certificate;
        if (!is_there)
            verifying_add(verifying, "seal", NULL, NULL, chain->seals[i].number,
                          memory_strdup("its month is marked as removed by retention, and the log "
                                        "does not hold the event that certifies it"));
    }
    return true;
}

static void
span_months(struct verifying *verifying)
{
    int64_t first = INT64_MAX, last = INT64_MIN;
    for (size_t i = 0; i < verifying->chain.count; i++) {
        const struct seal *seal = &verifying->chain.seals[i];
        verifying->verdict->pruned += seal->certificate != NULL;
        first = seal->month < first ? seal->month : first;
        last = seal->month > last ? seal->month : last;
    }
    verifying->first_month = first;
    verifying->month_count = last - first + 1;
}

/* ---- threads ---- */

static void
fail(struct verifying *verifying, const struct error *err)
{
    pthread_mutex_lock(&verifying->lock);
    if (!verifying->has_failed)
        verifying->err = *err;
    verifying->has_failed = true;
    pthread_mutex_unlock(&verifying->lock);
}

static bool
take_month(struct verifying *verifying, int64_t *month)
{
    pthread_mutex_lock(&verifying->lock);
    bool is_there = !verifying->has_failed && verifying->next_month < verifying->month_count;
    if (is_there)
        *month = verifying->first_month + verifying->next_month++;
    pthread_mutex_unlock(&verifying->lock);
    return is_there;
}

static void *
work(void *argument)
{
    struct verifying *verifying = argument;
    struct error err = ERROR_INIT;
    CLEANUP(db_close) struct db *db = NULL;
    int64_t month;
    bool good = verifying->request->open(verifying->request->context, DB_TARGET_READER, &db, &err);
    while (good && take_month(verifying, &month))
        good = verifying_check_month(verifying, db, month, &err);
    if (!good)
        fail(verifying, &err);
    return NULL;
}

static bool
check_months(struct verifying *verifying, struct error *err)
{
    pthread_t threads[MOST_JOBS];
    int64_t jobs = verifying->request->jobs, started = 0;
    jobs = jobs > verifying->month_count ? verifying->month_count : jobs;
    jobs = jobs > MOST_JOBS ? MOST_JOBS : jobs;
    while (started < jobs && pthread_create(&threads[started], NULL, work, verifying) == 0)
        started++;
    if (started == 0)
        work(verifying);
    for (int64_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    if (!verifying->has_failed)
        return true;
    *err = verifying->err;
    return false;
}

/* ---- all of it ---- */

static void
conclude(struct verifying *verifying)
{
    struct seal_verdict *verdict = verifying->verdict;
    verdict->has_horizon = verifying->has_horizon;
    verdict->horizon = verifying->horizon;
    if (verdict->unplaced > 0)
        verifying_add_unchecked(
            verifying, 0,
            memory_printf("%lld events have no time of recording that can be sealed",
                          (long long)verdict->unplaced));
    verdict->status = verdict->differences > 0 ? EXIT_DIFFERENT
                      : verdict->unchecked > 0 ? EXIT_NOT_CHECKED
                                               : EXIT_DONE;
}

static bool
check_all(struct verifying *verifying, struct error *err)
{
    struct seal_verdict *verdict = verifying->verdict;
    verdict->seals = (int64_t)verifying->chain.count;
    verdict->last = verifying->chain.seals[verifying->chain.count - 1].number;
    verifying_check_chain(verifying);
    span_months(verifying);
    return verifying_check_outside(verifying, err) && take_layouts(verifying, err) &&
           check_certificates(verifying, err) && look_around(verifying, err) &&
           check_months(verifying, err) && verifying_find_moved(verifying, err);
}

bool
verifying_run(struct verifying *verifying, struct error *err)
{
    const struct seal_verify_request *request = verifying->request;
    CLEANUP(db_transaction_release) struct db_transaction tx = {0};
    double began = clock_steady_seconds();
    if (!seal_begin_reading(&tx, request->db, NULL, request->table, err) ||
        !db_export_snapshot(request->db, &verifying->snapshot, err) ||
        !seal_chain_load(request->db, request->table->name, &verifying->chain, err))
        return false;
    if (verifying->chain.count > 0 && !check_all(verifying, err))
        return false;
    if (verifying->chain.count == 0) {
        if (!verifying_check_outside(verifying, err))
            return false;
        verifying_add_unchecked(verifying, 0, memory_strdup("this log has no seals"));
    }
    conclude(verifying);
    verifying->verdict->seconds = clock_steady_seconds() - began;
    return true;
}

bool
seal_verify(const struct seal_verify_request *request, struct seal_verdict *verdict,
            struct error *err)
{
    struct verifying verifying = {.request = request,
                                  .verdict = verdict,
                                  .snapshot = STRBUF_INIT,
                                  .lock = PTHREAD_MUTEX_INITIALIZER,
                                  .err = ERROR_INIT};
    bool good = verifying_run(&verifying, err);
    verifying_release(&verifying);
    return good;
}

bool
seal_find_late(const struct seal_verify_request *request, struct seal_late_list *late,
               struct seal_verdict *verdict, struct error *err)
{
    struct verifying verifying = {.request = request,
                                  .verdict = verdict,
                                  .late = late,
                                  .snapshot = STRBUF_INIT,
                                  .lock = PTHREAD_MUTEX_INITIALIZER,
                                  .err = ERROR_INIT};
    bool good = verifying_run(&verifying, err);
    verifying_release(&verifying);
    return good;
}
