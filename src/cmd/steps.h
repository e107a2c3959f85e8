/* What several commands do: look before, ask, prove, hand over the result. */
#ifndef IDMIGRATE_CMD_STEPS_H
#define IDMIGRATE_CMD_STEPS_H

#include "progress.h"
#include "workspace.h"

#include "idmigrate/report.h"
#include "idmigrate/store.h"
#include "idmigrate/verify.h"

/* preflight.c: what the plan found and, unless `plan_only`, what the rows show. */
struct preflight {
    struct findings findings; /* the plan's and the rows' */
    struct report_rows *rows; /* by plan table, or NULL */
    int64_t expected_rejects;
    double seconds;
    int64_t rows_read;
};
#define PREFLIGHT_INIT                                                                             \
    {                                                                                              \
        .findings = FINDINGS_INIT                                                                  \
    }
struct preflight_request {
    int64_t row_limit; /* of each table; 0: all */
    bool strict, plan_only;
};
bool preflight_run(struct workspace *workspace, const struct preflight_request *request,
                   struct progress *progress, struct preflight *preflight, struct error *err);
void preflight_release(struct preflight *preflight);

/* True when a signal has arrived before anything was written. */
bool steps_are_interrupted(struct error *err);

/* "user@host" of whoever began this. */
char *steps_describe_operator(void);

/* consent.c: true when the person typed the target database's name; --yes is the caller's business.
 */
bool consent_ask(const char *database, struct error *err);

/* prove.c: verifies a run, and keeps the result with it where the role may. */
struct prove_request {
    struct workspace
        *workspace; /* its ID maps are given back, unless they are looked for everywhere */
    const struct store_run *run;
    struct db *target; /* where it is read */
    struct db *writer; /* where the result is kept */
    bool is_dry_run;   /* everything is one transaction, which the caller has open */
    /* One more connection beside `target`, for as many jobs; NULL: there is none. */
    int jobs;
    bool (*open_target)(void *connections, struct db **db, struct error *err);
    void *connections;
    bool looks_into_bytea;
    bool looks_everywhere; /* for legacy IDs: in all of the target, and not in the run's tables only
                            */
    const struct idmap *const *given_ids; /* in place of the run's, as for verify; or NULL */
    /* A part of the checks, whose result is shown and not kept; NULL: all. */
    verify_selects *selects;
    void *selection;
    bool may_be_lost; /* a role that may not write is told so, and the result is only shown */
};
struct proof {
    struct verify_result result;
    bool is_kept;
};
bool prove_run(const struct prove_request *request, struct progress *progress, struct proof *proof,
               struct error *err);
void proof_release(struct proof *proof);
/*
 * The status of a run that is done, from its rejects and from what was proved last; it is given to
 * the run in the store.
 */
bool prove_status(struct db *db, const struct store_run *run, enum exit_status proof,
                  enum exit_status *status, struct error *err);

/* unfinished.c: a run that is at work, or stopped part-way, is nothing to prove: the error names
 * the tables that are left. */
bool unfinished_refuse(struct db *target, const struct store_run *run, struct error *err);

/* codecs.c: the format of COPY of each table. */
/* Of a new run: "auto" (or NULL), "text", "binary". */
bool codecs_choose(struct plan *plan, const char *wish, struct error *err);
/* Of a run that goes on, or is proved: as it was begun. `wish`: what was asked for now, refused
 * where that is something else; or NULL. */
bool codecs_take(struct plan *plan, struct db *db, const char *run_id, const char *wish,
                 struct error *err);

/* jobs.c: the number in --jobs, or where it is NULL that of the processors, up to 4. */
bool jobs_read(const char *text, int *jobs, struct error *err);

/* output.c */
bool output_to_file(const char *path, const struct strbuf *text, struct error *err);
void output_print(const struct strbuf *text);
bool output_wants_color(void);

/* report_dir.c: the report in every format, the mapping and the digests of all these files, in a
 * directory that is made when it is missing. */
bool output_reports(const char *path, const struct report_model *model, struct error *err);

#endif
