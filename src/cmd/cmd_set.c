/*
 * idmigrate set RUN KEY=VALUE...: how fast a run is, while it is carried out.
 *
 * Changes one row of the target, which the run's processes look at once a second at least. What is
 * said holds until it is said anew, or the attempt ends.
 */
#include "limits.h"
#include "steps.h"

#include "idmigrate/memory.h"

#include <stdio.h>
#include <string.h>

static struct {
    struct connection_options connections;
} settings;

static const struct option_spec options[] = {
    CONNECTION_OPTIONS(settings.connections),
    {NULL, 0, NULL, NULL, OPTION_FLAG, NULL},
};

/* The value of "key=value", or NULL when the word does not begin so. */
static const char *
value_of(const char *word, const char *key)
{
    size_t length = strlen(key);
    return strncmp(word, key, length) == 0 && word[length] == '=' ? word + length + 1 : NULL;
}

static bool
read_word(const char *word, struct store_control *control, struct error *err)
{
    const char *value;
    if (strcmp(word, "pause") == 0 || strcmp(word, "continue") == 0) {
        int paused = strcmp(word, "pause") == 0;
        if (control->paused >= 0 && control->paused != paused)
            return error_set(err, EXIT_USAGE, "pause and continue do not go together");
        control->paused = paused;
        return true;
    }
    if ((value = value_of(word, "jobs")) != NULL)
        return jobs_read(value, &control->jobs, err);
    if ((value = value_of(word, "rate")) != NULL)
        return limits_read_rate("rate", value, control->limits, err);
    if ((value = value_of(word, "lag")) != NULL)
        return limits_read_lag("lag", value, control->limits, err);
    if ((value = value_of(word, "wal-rate")) != NULL)
        return limits_read_bytes("wal-rate", value, CONTROL_WAL_RATE, control->limits, err);
    if ((value = value_of(word, "slot-wal")) != NULL)
        return limits_read_bytes("slot-wal", value, CONTROL_SLOT_BYTES, control->limits, err);
    error_set(err, EXIT_USAGE, "there is nothing to set by \"%s\"", word);
    return error_hint(err,
                      "pause, continue, jobs=N, rate=R, lag=L, wal-rate=BYTES, slot-wal=BYTES");
}

static bool
read_words(char **words, struct store_control *control, struct error *err)
{
    for (; *words != NULL; words++)
        if (!read_word(*words, control, err))
            return false;
    return true;
}

static bool
find_run_at_work(struct db *target, const char *which, struct store_run *run, struct error *err)
{
    struct store_lock_holder *holders;
    size_t count;
    if (!store_need_installed(target, err))
        return false;
    if (!store_find_run(target, which, run, err) ||
        !store_load_lock_holders(target, &holders, &count, err))
        return false;
    store_lock_holders_free(holders, count);
    if (run->run_id != NULL && strcmp(run->state, "running") == 0 && count > 0)
        return true;
    error_set(err, EXIT_REFUSED, "run %s is not being carried out: it is %s",
              run->run_id != NULL ? run->run_id : which,
              run->run_id == NULL                  ? "not there"
              : strcmp(run->state, "running") != 0 ? run->state
                                                   : "left by a process that ended");
    return error_hint(err, "options of `idmigrate run` say how fast its next attempt is");
}

static bool
change(struct db *target, const char *which, const struct store_control *control, struct error *err)
{
    CLEANUP(store_run_release) struct store_run run = {0};
    bool taken;
    if (!find_run_at_work(target, which, &run, err) ||
        !store_change_control(target, run.run_id, control, &taken, err))
        return false;
    if (!taken)
        return error_set(err, EXIT_REFUSED, "run %s has just ended", run.run_id);
    fprintf(stderr, "run %s will see it within a second; `idmigrate status %s` tells what holds\n",
            run.run_id, run.run_id);
    return true;
}

static enum exit_status
run(char **operands, struct error *err)
{
    CLEANUP(db_close) struct db *target = NULL;
    CLEANUP(store_control_release) struct store_control control = STORE_CONTROL_INIT;
    const char *uri;
    if (!read_words(operands + 1, &control, err) ||
        !connection_check_options(&settings.connections, err) ||
        (uri = connection_target(&settings.connections, err)) == NULL ||
        !db_open(&target, uri, "target", DB_TARGET, "set", err) ||
        !change(target, operands[0], &control, err))
        return err->code;
    return EXIT_DONE;
}

const struct command cmd_set = {
    .name = "set",
    .arguments = "RUN KEY=VALUE...",
    .summary = "how fast a run is, while it is carried out",
    .description =
        "Says to the processes of a run that is at work: pause, continue, jobs=N, rate=R, lag=L, "
        "wal-rate=BYTES, slot-wal=BYTES; values are those of the options of `idmigrate run`, none "
        "lifts a limit. They see it within a second. A pause begins between two chunks, so that "
        "nothing is held open on the target; a rate is kept between rows. What is said ends with "
        "the attempt.",
    .options = options,
    .least = 2,
    .most = 16,
    .run = run,
};
