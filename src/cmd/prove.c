/* Verifies a run and keeps the result with it. */
#include "steps.h"

#include "idmigrate/memory.h"
#include "idmigrate/verify.h"

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

bool
prove_run(const struct prove_request *request, struct progress *progress, enum exit_status *status,
          struct error *err)
{
    struct verify_result result = {0};
    struct verify_inputs inputs = {
        .plan = request->workspace->plan,
        .run = request->run,
        .sources = request->workspace->sources,
        .target = request->target,
        .difference_limit = DIFFERENCES_NAMED,
        .progress = progress_of_verification,
        .context = progress,
    };
    bool good = verify_run(&inputs, &result, err);
    progress_end(progress);
    good = good && keep_result(request, &result, err);
    *status = good ? result.status : EXIT_NOT_CHECKED;
    verify_result_release(&result);
    return good;
}
