/* Runs: find, begin, resume, end. */
#include "idmigrate/memory.h"
#include "idmigrate/sql.h"
#include "idmigrate/store.h"
#include "parameter.h"

#include <stdlib.h>
#include <string.h>

void
store_run_release(struct store_run *run)
{
    char **const texts[] = {&run->run_id,     &run->name,           &run->state,          &run->outcome,
                            &run->mapping_path, &run->mapping_text, &run->mapping_digest, &run->idmap_digests,
                            &run->sources,    &run->target,         &run->settings,       &run->tool_version,
                            &run->operator,   &run->ticket,         &run->approved_by,    &run->started_at,
                            &run->finished_at, &run->start_lsn,    &run->end_lsn};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        memory_free_string(texts[i]);
    *run = (struct store_run){.exit_status = -1};
}

/* In the order of the columns of store_find_runs.sql. */
static void
take_run(struct store_run *run, const struct db_result *result, size_t row)
{
    *run = (struct store_run){
        .run_id = store_take_text(result, row, 0),
        .name = store_take_text(result, row, 1),
        .state = store_take_text(result, row, 2),
        .outcome = store_take_text(result, row, 3),
        .mapping_path = store_take_text(result, row, 4),
        .mapping_text = store_take_text(result, row, 5),
        .mapping_digest = store_take_text(result, row, 6),
        .idmap_digests = store_take_text(result, row, 7),
        .sources = store_take_text(result, row, 8),
        .target = store_take_text(result, row, 9),
        .settings = store_take_text(result, row, 10),
        .tool_version = store_take_text(result, row, 11),
        .operator= store_take_text(result, row, 12),
        .ticket = store_take_text(result, row, 13),
        .approved_by = store_take_text(result, row, 14),
        .started_at = store_take_text(result, row, 15),
        .finished_at = store_take_text(result, row, 16),
        .exit_status =
            db_result_text(result, row, 17) != NULL ? (int)db_result_int64(result, row, 17) : -1,
        .attempts = (int)db_result_int64(result, row, 18),
        .seconds = store_take_double(result, row, 19),
        .start_lsn = store_take_text(result, row, 20),
        .end_lsn = store_take_text(result, row, 21),
    };
}

/* What a run is looked for by; what is NULL does not matter. */
struct search {
    const char *prefix;
    const char *unfinished_name;
    const char *done_mapping_digest, *done_idmap_digests;
    size_t limit;
};

/* A database without the schema has no runs: `result` stays NULL. */
static bool
find_runs(struct db *db, const struct search *search, struct db_result **result, struct error *err)
{
    bool installed = false;
    const char *const values[] = {search->prefix, search->unfinished_name,
                                  search->done_mapping_digest, search->done_idmap_digests,
                                  STORE_NUMBER((int64_t)search->limit)};
    *result = NULL;
    if (!store_is_installed(db, &installed, err))
        return false;
    if (installed && !db_query(db, sql_query_store_find_runs, 5, values, result, err))
        return error_context(err, "runs in %s", db_what(db));
    return true;
}

static size_t
count_runs(const struct db_result *result)
{
    return result != NULL ? db_result_rows(result) : 0;
}

/* The first run that is found, or one with run_id NULL. */
static bool
find_first(struct db *db, const struct search *search, struct store_run *run, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    *run = (struct store_run){.exit_status = -1};
    if (!find_runs(db, search, &result, err))
        return false;
    if (count_runs(result) > 0)
        take_run(run, result, 0);
    return true;
}

/* "5f0c1e4a eleva (done, 2026-11-20 17:40:00)" for each; an error while looking leaves the hint
 * out. */
static bool
hint_at_runs(struct db *db, struct error *err)
{
    enum { MOST = 5 };
    CLEANUP(db_result_free) struct db_result *result = NULL;
    CLEANUP(strbuf_release) struct strbuf list = STRBUF_INIT;
    struct error ignored = ERROR_INIT;
    if (!find_runs(db, &(struct search){.limit = MOST}, &result, &ignored))
        return false;
    if (count_runs(result) == 0)
        return error_hint(err, "there is no run in this database yet");
    for (size_t i = 0; i < count_runs(result); i++)
        strbuf_printf(&list, "%s%s %s (%s, %.19s)", i > 0 ? ", " : "", db_result_text(result, i, 0),
                      db_result_text(result, i, 1), db_result_text(result, i, 2),
                      db_result_text(result, i, 15));
    return error_hint(err, "runs here: %s", list.data);
}

bool
store_find_run(struct db *db, const char *which, struct store_run *run, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    bool is_last = which == NULL || strcmp(which, "last") == 0;
    struct search search = {.prefix = is_last ? NULL : which, .limit = is_last ? 1 : 2};
    *run = (struct store_run){.exit_status = -1};
    if (!find_runs(db, &search, &result, err))
        return false;
    size_t found = count_runs(result);
    if (found == 1 && (is_last || which[0] != '\0')) {
        take_run(run, result, 0);
        return true;
    }
    if (is_last)
        error_set(err, EXIT_USAGE, "%s: there is no run", db_what(db));
    else
        error_set(err, EXIT_USAGE, "%s: %s run has an ID that begins with \"%s\"", db_what(db),
                  found == 0 ? "no" : "more than one", which);
    return hint_at_runs(db, err);
}

bool
store_find_unfinished(struct db *db, const char *name, struct store_run *run, struct error *err)
{
    return find_first(db, &(struct search){.unfinished_name = name, .limit = 1}, run, err);
}

bool
store_find_done(struct db *db, const char *mapping_digest, const char *idmap_digests,
                struct store_run *run, struct error *err)
{
    struct search search = {
        .done_mapping_digest = mapping_digest, .done_idmap_digests = idmap_digests, .limit = 1};
    return find_first(db, &search, run, err);
}

bool
store_load_runs(struct db *db, size_t limit, struct store_run **runs, size_t *count,
                struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    *runs = NULL;
    *count = 0;
    if (!find_runs(db, &(struct search){.limit = limit}, &result, err))
        return false;
    *count = count_runs(result);
    *runs = memory_realloc_array(NULL, *count, sizeof **runs);
    for (size_t i = 0; i < *count; i++)
        take_run(&(*runs)[i], result, i);
    return true;
}

void
store_runs_free(struct store_run *runs, size_t count)
{
    for (size_t i = 0; i < count; i++)
        store_run_release(&runs[i]);
    free(runs);
}

bool
store_begin_run(struct db *db, const struct store_run *run, struct error *err)
{
    const char *const values[] = {
        run->run_id,         run->name,          run->mapping_path, run->mapping_text,
        run->mapping_digest, run->idmap_digests, run->tool_version, run->operator, run->ticket,
        run->approved_by,    run->sources,       run->target,       run->settings};
    if (!db_command(db, sql_query_store_begin_run, 13, values, NULL, err))
        return error_context(err, "beginning the run");
    return true;
}

/* For statements that must find exactly the run they are about. */
static bool
change_run(struct db *db, const char *sql, size_t count, const char *const *values,
           int64_t *changed, struct error *err)
{
    if (!db_command(db, sql, count, values, changed, err))
        return error_context(err, "run %s", values[0]);
    return true;
}

bool
store_resume_run(struct db *db, const char *run_id, struct error *err)
{
    int64_t changed = 0;
    if (!change_run(db, sql_query_store_resume_run, 1, &run_id, &changed, err))
        return false;
    if (changed == 1)
        return true;
    error_set(err, EXIT_REFUSED, "run %s cannot be resumed: it is done, or not in %s", run_id,
              db_what(db));
    return error_hint(err, "`idmigrate status` lists the runs");
}

bool
store_end_run(struct db *db, const char *run_id, const char *state, int exit_status,
              const char *outcome, struct error *err)
{
    int64_t changed = 0;
    const char *const values[] = {run_id, state, STORE_NUMBER(exit_status), outcome};
    if (!change_run(db, sql_query_store_end_run, 4, values, &changed, err))
        return false;
    return changed == 1 || error_set(err, EXIT_BUG, "run %s is not in %s", run_id, db_what(db));
}

bool
store_note_attempt(struct db *db, const char *run_id, const char *attempt, struct error *err)
{
    const char *const values[] = {run_id, attempt};
    return change_run(db, sql_query_store_note_attempt, 2, values, NULL, err);
}
