/* What the seals show. */
#include "probes.h"

#include "idmigrate/memory.h"
#include "idmigrate/sql.h"

#include <inttypes.h>

static const int64_t day = 86400000000;

static bool
read_now(const struct probing *probing, int64_t *now, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    return db_query(probing->request->db, sql_query_seal_time, 0, NULL, &result, err) &&
           (seal_time_parse(db_result_text(result, 0, 0), now) ||
            error_set(err, EXIT_BUG, "the server's time is out of range"));
}

/* Up to where everything is sealed; false: nothing is. */
static bool
find_horizon(const struct probing *probing, int64_t *horizon)
{
    for (size_t i = probing->chain.count; i-- > 0;) {
        const struct seal *seal = &probing->chain.seals[i];
        if (seal->stream == NULL && seal->reason == NULL) {
            *horizon = seal->to.time;
            return true;
        }
    }
    return false;
}

bool
probe_sealed(struct probing *probing, struct evidence *evidence, struct error *err)
{
    char text[SEAL_TIME_SIZE];
    int64_t horizon;
    (void)err;
    if (!find_horizon(probing, &horizon)) {
        evidence_set(evidence, EVIDENCE_FAILED, "the log is not sealed (idmigrate audit seal)");
        return true;
    }
    seal_time_format(horizon, text);
    evidence_set(evidence, EVIDENCE_PROVED, "%zu seals; everything recorded up to %s is sealed",
                 probing->chain.count, text);
    return true;
}

bool
probe_sealed_recently(struct probing *probing, struct evidence *evidence, struct error *err)
{
    char text[SEAL_TIME_SIZE];
    int64_t horizon, now;
    if (!read_now(probing, &now, err) || !probe_sealed(probing, evidence, err))
        return false;
    if (!find_horizon(probing, &horizon) || now - horizon <= 2 * day)
        return true;
    seal_time_format(horizon, text);
    evidence_set(evidence, EVIDENCE_FAILED, "what was recorded after %s is not sealed yet", text);
    return true;
}

bool
probe_verified(struct probing *probing, struct evidence *evidence, struct error *err)
{
    const struct seal_verdict *verdict = probing->request->verdict;
    (void)err;
    if (verdict == NULL)
        evidence_set(evidence, EVIDENCE_NOT_CHECKED, "seals were not held against events");
    else if (verdict->differences > 0)
        evidence_set(evidence, EVIDENCE_FAILED,
                     "%" PRId64 " differences between seals and events (idmigrate audit verify)",
                     verdict->differences);
    else if (verdict->seals == 0 || verdict->unplaced > 0)
        evidence_set(evidence, EVIDENCE_NOT_CHECKED, "not all events are sealed");
    else
        evidence_set(evidence, EVIDENCE_PROVED,
                     "all %" PRId64 " sealed events are as they were sealed", verdict->events);
    return true;
}

bool
probe_vouched_outside(struct probing *probing, struct evidence *evidence, struct error *err)
{
    const struct seal_verdict *verdict = probing->request->verdict;
    (void)err;
    if (verdict == NULL || (verdict->signed_up_to == 0 && verdict->in_file_up_to == 0)) {
        evidence_set(evidence, EVIDENCE_NOT_CHECKED,
                     "neither a public key nor a roots file was given (--public-key, --roots)");
        return true;
    }
    int64_t vouched = verdict->signed_up_to > verdict->in_file_up_to ? verdict->signed_up_to
                                                                     : verdict->in_file_up_to;
    evidence_set(evidence, vouched == verdict->last ? EVIDENCE_PROVED : EVIDENCE_NOT_CHECKED,
                 "%s vouches for seals up to %" PRId64 " of %" PRId64,
                 verdict->signed_up_to == vouched ? "a signature" : "the roots file", vouched,
                 verdict->last);
    return true;
}

/* Nothing younger was removed: seals say that nothing is missing, but for the months that retention
 * dropped. */
static bool
kept(struct probing *probing, int years, struct evidence *evidence, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    const char *const values[] = {probing->request->table->name};
    int64_t now, youngest;
    if (!probe_verified(probing, evidence, err) || evidence->verdict != EVIDENCE_PROVED)
        return !err->is_set;
    if (!read_now(probing, &now, err) ||
        !db_query(probing->request->db, sql_query_evidence_pruned, 1, values, &result, err))
        return false;
    const char *date = db_result_text(result, 0, 1);
    CLEANUP(memory_free_string) char *text = memory_printf("%s 00:00:00", date != NULL ? date : "");
    if (date == NULL)
        evidence_set(evidence, EVIDENCE_PROVED, "no sealed event was ever removed");
    else if (seal_time_parse(text, &youngest) &&
             seal_month_of(youngest) < seal_month_of(now) - INT64_C(12) * years)
        evidence_set(evidence, EVIDENCE_PROVED,
                     "%" PRId64 " months were removed by retention, all older than %d years",
                     db_result_int64(result, 0, 0), years);
    else
        evidence_set(evidence, EVIDENCE_FAILED,
                     "events of %.7s were removed by retention, before %d years were over", date,
                     years);
    return true;
}

bool
probe_kept_six_years(struct probing *probing, struct evidence *evidence, struct error *err)
{
    return kept(probing, 6, evidence, err);
}

bool
probe_kept_one_year(struct probing *probing, struct evidence *evidence, struct error *err)
{
    return kept(probing, 1, evidence, err);
}
