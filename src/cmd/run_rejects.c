/* A finished run whose rejects are tried again. */
#include "run.h"

#include "idmigrate/memory.h"

#include <stdio.h>
#include <string.h>

bool
run_find_rejected(struct run_state *state, struct error *err)
{
    CLEANUP(store_run_release) struct store_run found = {0};
    if (!store_need_installed(state->workspace.target, err))
        return false;
    if (!store_find_run(state->workspace.target, state->settings->rejects_only, &found, err))
        return false;
    if (strcmp(found.state, "done") != 0) {
        error_set(err, EXIT_REFUSED, "run %s is not finished", found.run_id);
        return error_hint(err, "go on with it first: `idmigrate run` without --rejects-only");
    }
    /* What was mended may be the mapping or an ID map: rejects are judged by what it is now. */
    state->retries = true;
    if (!run_compare(state, &found, err))
        return false;
    fprintf(stderr, "trying the rejects of run %s again, begun %s\n", found.run_id,
            found.started_at);
    run_take(state, &found);
    return codecs_take(state->workspace.plan, state->workspace.target, state->run.run_id,
                       state->settings->codec, err);
}
