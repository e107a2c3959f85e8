/* A run that another process carries out: joined, and ended when that process dies. */
#include "run.h"

#include "idmigrate/interrupt.h"
#include "idmigrate/memory.h"

#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const struct timespec pause_between = {0, 500000000};

/* How many rejects are too many is the run's, as it was said last, unless it is said here too. */
static bool
take_max_rejects(struct run_state *state, struct error *err)
{
    json_t *settings = json_loads(state->run.settings, 0, NULL);
    const json_t *later = json_object_get(settings, "later");
    const json_t *last = json_array_get(later, json_array_size(later) - 1);
    const char *text =
        json_string_value(json_object_get(last != NULL ? last : settings, "max_rejects"));
    bool good = text == NULL || run_read_max_rejects(state, text, err);
    json_decref(settings);
    return good;
}

bool
run_find_joined(struct run_state *state, struct error *err)
{
    CLEANUP(store_run_release) struct store_run found = {0};
    if (!store_need_installed(state->workspace.target, err))
        return false;
    if (!store_find_run(state->workspace.target, state->settings->join, &found, err))
        return false;
    if (found.run_id == NULL || strcmp(found.state, "running") != 0) {
        error_set(err, EXIT_REFUSED, "run %s is not being carried out: there is nothing to join",
                  found.run_id ? found.run_id : state->settings->join);
        return error_hint(err,
                          "`idmigrate status` lists the runs; without --join an unfinished one "
                          "is resumed");
    }
    if (!run_compare(state, &found, err))
        return false;
    fprintf(stderr, "joining run %s, begun %s\n", found.run_id, found.started_at);
    state->joins = true;
    run_take(state, &found);
    if (state->settings->max_rejects == NULL && !take_max_rejects(state, err))
        return false;
    return codecs_take(state->workspace.plan, state->workspace.target, state->run.run_id,
                       state->settings->codec, err);
}

static bool
count_others(struct run_state *state, size_t *count, struct error *err)
{
    struct store_lock_holder *holders;
    if (!store_load_lock_holders(state->workspace.target, &holders, count, err))
        return false;
    store_lock_holders_free(holders, *count);
    return true;
}

static bool
wait_until_alone(struct run_state *state, struct error *err)
{
    size_t others;
    for (;;) {
        if (!count_others(state, &others, err))
            return false;
        if (others == 0)
            return store_lock(state->workspace.target, true, err);
        if (steps_are_interrupted(err))
            return false;
        nanosleep(&pause_between, NULL);
    }
}

bool
run_wait_for_others(struct run_state *state, bool *unfinished, enum exit_status *status,
                    struct error *err)
{
    CLEANUP(store_run_release) struct store_run now = {0};
    fputs("every row is moved; the process that began the run proves it\n", stderr);
    if (!store_unlock(state->workspace.target, false, err) || !wait_until_alone(state, err) ||
        !store_find_run(state->workspace.target, state->run.run_id, &now, err))
        return false;
    *status = (enum exit_status)now.exit_status;
    *unfinished = strcmp(now.state, "done") != 0 || now.exit_status == EXIT_NOT_CHECKED;
    if (!*unfinished && run_wants_seal(state->settings))
        fputs("the process that began the run has ended it, and sealed its events if it was told "
              "to; otherwise `idmigrate audit seal` seals them\n",
              stderr);
    return true;
}
