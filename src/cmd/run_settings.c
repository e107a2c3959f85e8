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

struct given {
    const char *name;
    bool is_given;
};

/* The first of those options that is given is refused beside `with`. */
static bool
refuse_beside(const char *with, const struct given *options, size_t count, const char *hint,
              struct error *err)
{
    for (size_t i = 0; i < count; i++)
        if (options[i].is_given) {
            error_set(err, EXIT_USAGE, "%s does not go together with %s", with, options[i].name);
            return error_hint(err, "%s", hint);
        }
    return true;
}

/* All of a run's processes go by one mapping, one ID map, one codec and one record of who granted
 * what: the process that began it has decided, and a word of another one would be lost. */
static bool
check_join(const struct run_settings *settings, struct error *err)
{
    const struct given decided[] = {
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
    return refuse_beside("--join", decided, sizeof decided / sizeof decided[0],
                         "that is decided by the process that began the run; one that joins has "
                         "its own --jobs, --max-rejects and limits of rate and lag",
                         err);
}

static bool
check_rejects_only(const struct run_settings *settings, struct error *err)
{
    const struct given others[] = {
        {"--dry-run", settings->dry_run},         {"--resume", settings->resume != NULL},
        {"--join", settings->join != NULL},       {"--exclusive", settings->exclusive},
        {"--allow-locks", settings->allow_locks}, {"--strict", settings->strict},
    };
    return refuse_beside("--rejects-only", others, sizeof others / sizeof others[0],
                         "it tries the rejected rows of a finished run again, by that run's "
                         "mapping and ID maps",
                         err);
}

static bool
check_allow_locks(const struct run_settings *settings, struct error *err)
{
    if (!settings->allow_locks || settings->dry_run)
        return true;
    error_set(err, EXIT_USAGE, "--allow-locks says something of --dry-run only");
    return error_hint(err, "a run holds the locks of a chunk no longer than the chunk takes");
}

bool
run_check_settings(struct run_state *state, struct error *err)
{
    const struct run_settings *settings = state->settings;
    return (settings->rejects_only == NULL || check_rejects_only(settings, err)) &&
           (settings->join == NULL || check_join(settings, err)) &&
           check_allow_locks(settings, err) &&
           run_read_max_rejects(state, settings->max_rejects ? settings->max_rejects : "0", err) &&
           jobs_read(settings->jobs, &state->jobs, err) && read_limits(state, err) &&
           run_check_seal(settings, err) && connection_check_options(&settings->connections, err);
}
