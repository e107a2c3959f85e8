/* What migration runs left. */
#include "probes.h"

#include "idmigrate/memory.h"
#include "idmigrate/sql.h"

#include <inttypes.h>

enum { RUNS, UNAPPROVED, UNVERIFIED, OLD_MAPS };

/* `result` stays NULL where there are no runs to look at; the evidence is set then. */
static bool
ask(const struct probing *probing, struct evidence *evidence, struct db_result **result,
    struct error *err)
{
    if (probing->has_store &&
        !db_query(probing->request->db, sql_query_evidence_runs, 0, NULL, result, err))
        return false;
    if (*result != NULL && db_result_int64(*result, 0, RUNS) > 0)
        return true;
    evidence_set(evidence, EVIDENCE_NOT_CHECKED, "there is no finished run in this database");
    db_result_free(result);
    return true;
}

bool
probe_runs_recorded(struct probing *probing, struct evidence *evidence, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    if (!ask(probing, evidence, &result, err) || result == NULL)
        return !err->is_set;
    evidence_set(evidence, EVIDENCE_PROVED,
                 "%" PRId64 " finished runs, each with operator, sources, target, mapping, digests "
                 "and times",
                 db_result_int64(result, 0, RUNS));
    return true;
}

static bool
judge(struct probing *probing, struct evidence *evidence, int column, const char *bad,
      const char *good, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    if (!ask(probing, evidence, &result, err) || result == NULL)
        return !err->is_set;
    const char *runs = db_result_text(result, 0, column);
    if (runs != NULL)
        evidence_set(evidence, EVIDENCE_FAILED, "%s: %.400s", bad, runs);
    else
        evidence_set(evidence, EVIDENCE_PROVED, "%s", good);
    return true;
}

bool
probe_runs_approved(struct probing *probing, struct evidence *evidence, struct error *err)
{
    return judge(probing, evidence, UNAPPROVED, "runs without a ticket or an approver",
                 "every finished run names its ticket and who approved it", err);
}

bool
probe_runs_verified(struct probing *probing, struct evidence *evidence, struct error *err)
{
    return judge(probing, evidence, UNVERIFIED, "runs whose last verification did not prove them",
                 "the last verification of every finished run proved it", err);
}

bool
probe_id_maps_expired(struct probing *probing, struct evidence *evidence, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    if (!ask(probing, evidence, &result, err) || result == NULL)
        return !err->is_set;
    int64_t old = db_result_int64(result, 0, OLD_MAPS);
    if (old > 0)
        evidence_set(evidence, EVIDENCE_FAILED,
                     "%" PRId64 " runs that ended more than 90 days ago still keep their ID maps",
                     old);
    else
        evidence_set(evidence, EVIDENCE_PROVED,
                     "no run that ended more than 90 days ago keeps an "
                     "ID map");
    return true;
}
