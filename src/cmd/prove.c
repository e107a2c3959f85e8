/* Verifies a run and keeps the result with it. */
#include "steps.h"

#include "idmigrate/verify.h"

enum { DIFFERENCES_NAMED = 20 };

bool
prove_run(const struct prove_request *request, struct progress *progress, enum exit_status *status, struct error *err)
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
    if (good && request->writer != NULL)
        good = store_put_verification(request->writer, request->run->run_id, result.checks, result.count, err);
    *status = good ? result.status : EXIT_NOT_CHECKED;
    verify_result_release(&result);
    return good;
}
