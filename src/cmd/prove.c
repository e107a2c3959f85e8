/* Verifies a run and keeps the result with it. */
#include "steps.h"
#include "table_map.h"

#include "idmigrate/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { DIFFERENCES_NAMED = 20 };

/* The transaction is begun only now: verification may take longer than the target lets one be idle.
 */
static bool
keep_result(const struct prove_request *request, const struct verify_result *result,
            struct error *err)
{
    CLEANUP(db_transaction_release) struct db_transaction tx = {0};
    if (request->is_dry_run)
        return store_put_verification(request->writer, request->run->run_id, result->checks,
                                      result->count, err);
    return db_begin(&tx, request->writer, DB_READ_WRITE, err) &&
           store_put_verification(request->writer, request->run->run_id, result->checks,
                                  result->count, err) &&
           db_commit(&tx, err);
}

/* An auditor's role may read everything and write nothing. */
static bool
keep_if_allowed(const struct prove_request *request, struct proof *proof, struct error *err)
{
    if (request->selects != NULL) {
        fputs("a part of the checks: the result is shown, and not kept with the run\n", stderr);
        return true;
    }
    proof->is_kept = keep_result(request, &proof->result, err);
    if (proof->is_kept || !request->may_be_lost || strcmp(err->sqlstate, "42501") != 0)
        return proof->is_kept;
    error_clear(err);
    fprintf(stderr,
            "role %s may not write to schema idmigrate: the result is shown, but not kept\n",
            db_identity(request->writer)->role);
    return true;
}

bool
prove_run(const struct prove_request *request, struct progress *progress, struct proof *proof,
          struct error *err)
{
    CLEANUP(map_tables_release) struct map_tables tables = MAP_TABLES_INIT;
    if (!map_tables_find(request->workspace, &tables, err))
        return false;
    struct verify_inputs inputs = {
        .plan = request->workspace->plan,
        .ids =
            request->looks_everywhere ? (const struct idmap *const *)request->workspace->ids : NULL,
        .formats = request->workspace->formats,
        .looks_into_bytea = request->looks_into_bytea,
        .given_ids = request->given_ids,
        .map_tables = tables.names,
        .map_table_count = tables.count,
        .selects = request->selects,
        .selection = request->selection,
        .run = request->run,
        .sources = request->workspace->sources,
        .target = request->target,
        .jobs = request->jobs,
        .open_target = request->open_target,
        .connections = request->connections,
        .difference_limit = DIFFERENCES_NAMED,
        .progress = progress_of_verification,
        .context = progress,
    };
    /* Those that are given in place of stored ones are read from there. */
    if (!request->looks_everywhere && request->given_ids == NULL)
        workspace_forget_ids(request->workspace);
    bool is_undone = strcmp(request->run->state, "undone") == 0;
    bool good = is_undone ? verify_undone(&inputs, &proof->result, err)
                          : verify_run(&inputs, &proof->result, err);
    progress_end(progress);
    return good && keep_if_allowed(request, proof, err);
}

void
proof_release(struct proof *proof)
{
    verify_result_release(&proof->result);
}

static bool
count_rejects(struct db *db, const char *run_id, int64_t *rejects, struct error *err)
{
    struct store_table *tables;
    size_t count;
    *rejects = 0;
    if (!store_load_tables(db, run_id, &tables, &count, err))
        return false;
    for (size_t i = 0; i < count; i++)
        *rejects += tables[i].rows_rejected;
    store_tables_free(tables, count);
    return true;
}

bool
prove_status(struct db *db, const struct store_run *run, enum exit_status proof,
             enum exit_status *status, struct error *err)
{
    int64_t rejects;
    if (!count_rejects(db, run->run_id, &rejects, err))
        return false;
    *status = exit_status_worse(rejects > 0 ? EXIT_REJECTS : EXIT_DONE, proof);
    if (strcmp(run->state, "done") != 0 || run->exit_status == (int)*status)
        return true;
    CLEANUP(memory_free_string)
    char *outcome = memory_printf("every row is accounted for, %" PRId64 " rejected", rejects);
    return store_end_run(db, run->run_id, "done", (int)*status, outcome, err);
}
