/* What the options of idmigrate run say, and which of them do not go together. */
#include "run.h"

#include <errno.h>
#include <stdlib.h>

bool
run_read_max_rejects(struct run_state *state, const char *text, struct error *err)
{
    char *end;
    errno = 0;
    double number = strtod(text, &end);
    bool is_percent = *end == '%';
    if (errno != 0 || end == text || !(number >= 0) || end[is_percent ? 1 : 0] != '\0' ||
        (is_percent && number > 100) ||
        (!is_percent && (number > 1e15 || number != (double)(int64_t)number)))
        return error_set(err, EXIT_USAGE,
                         "--max-rejects %s: a number of rows, or a percentage such as 0.5%%", text);
    state->max_rejects = is_percent ? -1 : (int64_t)number;
    state->max_rejects_percent = number;
    return true;
}

static bool
read_limits(struct run_state *state, struct error *err)
{
    const struct run_settings *settings = state->settings;
    int64_t *limits = state->limits;
    return (settings->max_rate == NULL ||
            limits_read_rate("--max-rate", settings->max_rate, limits, err)) &&
           (settings->max_lag == NULL ||
            limits_read_lag("--max-lag", settings->max_lag, limits, err)) &&
           (settings->max_wal_rate == NULL ||
            limits_read_bytes("--max-wal-rate", settings->max_wal_rate, CONTROL_WAL_RATE, limits,
                              err)) &&
           (settings->max_slot_wal == NULL ||
            limits_read_bytes("--max-slot-wal", settings->max_slot_wal, CONTROL_SLOT_BYTES, limits,
                              err));
}

/* All of a run's processes go by one mapping, one ID map, one codec and one record of who granted
 * what: the process that began it has decided, and a word of another one would be lost. */
static bool
check_join(const struct run_settings *settings, struct error *err)
{
    const struct {
        const char *name;
        bool is_given;
    } decided[] = {
        {"--dry-run", settings->dry_run},
        {"--resume", settings->resume != NULL},
        {"--accept-changes", settings->accept_changes},
        {"--exclusive", settings->exclusive},
        {"--codec", settings->codec != NULL},
        {"--strict", settings->strict},
        {"--allow-locks", settings->allow_locks},
        {"--ticket", settings->ticket != NULL},
        {"--approved-by", settings->approved_by != NULL},
    };
    for (size_t i = 0; i < sizeof decided / sizeof decided[0]; i++) {
        if (!decided[i].is_given)
            continue;
        error_set(err, EXIT_USAGE, "--join does not go together with %s", decided[i].name);
        return error_hint(err, "that is decided by the process that began the run; one that joins "
                               "has its own --jobs, --max-rejects and limits of rate and lag");
    }
    return true;
}

bool
run_check_settings(struct run_state *state, struct error *err)
{
    const struct run_settings *settings = state->settings;
    if (settings->rejects_only != NULL && (settings->dry_run || settings->resume != NULL ||
                                           settings->join != NULL || settings->exclusive))
        return error_set(err, EXIT_USAGE,
                         "--rejects-only does not go together with --dry-run, --resume, --join or "
                         "--exclusive");
    return (settings->join == NULL || check_join(settings, err)) &&
           run_read_max_rejects(state, settings->max_rejects ? settings->max_rejects : "0", err) &&
           jobs_read(settings->jobs, &state->jobs, err) && read_limits(state, err) &&
           run_check_seal(settings, err) && connection_check_options(&settings->connections, err);
}
