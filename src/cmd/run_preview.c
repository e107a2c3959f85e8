/* What is looked at, shown and asked before anything is written. */
#include "run.h"

#include "idmigrate/clock.h"
#include "idmigrate/memory.h"
#include "idmigrate/sql.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Rows of each table that are read before a run; `check` reads all. */
enum { PREFLIGHT_ROWS = 100000 };

static void
print_rows(const char *label, int width, const struct report_rows *rows)
{
    char read[32], rejected[32];
    CLEANUP(memory_free_string) char *visible = memory_strdup(label);
    output_make_visible(visible);
    if (rows == NULL) {
        fprintf(stderr, "  %s\n", visible);
        return;
    }
    fprintf(stderr, "  %-*s %12s rows", width, visible,
            clock_format_count(rows->rows, read, sizeof read));
    if (rows->would_reject > 0)
        fprintf(stderr, ", %s would be rejected",
                clock_format_count(rows->would_reject, rejected, sizeof rejected));
    fputc('\n', stderr);
}

static void
show_preview(const struct run_state *state, const struct preflight *preflight)
{
    const struct plan *plan = state->workspace.plan;
    size_t width = 0;
    for (size_t i = 0; i < plan->table_count; i++)
        width = strlen(plan->tables[i].label) > width ? strlen(plan->tables[i].label) : width;
    fprintf(stderr, "\n%s, in this order:\n",
            state->retries             ? "Trying the rejects again"
            : state->settings->dry_run ? "Rehearsing"
                                       : "Moving");
    for (size_t i = 0; i < plan->step_count; i++)
        for (size_t j = 0; j < plan->steps[i].table_count; j++) {
            int table = plan->steps[i].tables[j];
            print_rows(plan->tables[table].label, (int)width,
                       preflight->rows != NULL ? &preflight->rows[table] : NULL);
        }
    if (state->settings->exclusive && state->settings->dry_run)
        fputs("a dry run sets nothing aside: indexes and constraints stay in place\n", stderr);
    else if (state->settings->exclusive)
        fputs("indexes, unique and foreign keys of empty tables are set aside meanwhile: nobody "
              "else may use these tables\n",
              stderr);
    size_t warnings = findings_count(&preflight->findings, FINDING_WARNING);
    if (warnings > 0)
        fprintf(stderr, "%zu warning%s; `idmigrate check` tells them\n", warnings,
                warnings == 1 ? "" : "s");
}

/* Codes of findings about single rows that the target would refuse by a rule of its own: with room
 * for them in --max-rejects they are rejects and not the end. */
static bool
is_about_rows(const struct finding *finding)
{
    static const char *const codes[] = {"E-NULL",       "E-TOO-LONG",          "E-CHECK-VIOLATED",
                                        "E-ENUM-LABEL", "E-NO-PARTITION",      "E-COLLISION",
                                        "E-ORPHAN",     "E-COLLISION-EXISTING"};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (strcmp(finding->code, codes[i]) == 0)
            return finding->rows > 0;
    return false;
}

static int64_t
count_refused_rows(const struct preflight *preflight, size_t *findings)
{
    int64_t rows = 0;
    *findings = 0;
    for (size_t i = 0; i < preflight->findings.count; i++)
        if (is_about_rows(&preflight->findings.items[i])) {
            rows += preflight->findings.items[i].rows;
            (*findings)++;
        }
    return rows;
}

static bool
refuse_findings(const struct run_state *state, const struct preflight *preflight, struct error *err)
{
    size_t refusals = findings_count(&preflight->findings, FINDING_REFUSAL), about_rows;
    int64_t rows = count_refused_rows(preflight, &about_rows);
    double limit = state->max_rejects >= 0
                       ? (double)state->max_rejects
                       : (double)preflight->rows_read * state->max_rejects_percent / 100.0;
    struct report_style style = {.format = REPORT_TEXT};
    struct strbuf text = STRBUF_INIT;
    if (refusals == 0)
        return true;
    if (refusals == about_rows && (double)rows <= limit) {
        fprintf(stderr,
                "%" PRId64 " row%s that the target would refuse will be rejected; `idmigrate "
                "check` tells which\n",
                rows, rows == 1 ? "" : "s");
        return true;
    }
    report_render_findings(&text, &preflight->findings, &style);
    fwrite(text.data, 1, text.length, stderr);
    strbuf_release(&text);
    error_set(err, EXIT_REFUSED, "nothing was written: %zu refusal%s", refusals,
              refusals == 1 ? "" : "s");
    if (refusals == about_rows)
        return error_hint(
            err, "mend them; or let the rows be rejected, with --max-rejects %" PRId64 " or more",
            rows);
    return error_hint(err, "`idmigrate check` with the same mapping shows the whole resolution");
}

/* A dry run holds its row locks until the end. */
static bool
check_use(struct run_state *state, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    if (!state->settings->dry_run || state->settings->allow_locks)
        return true;
    if (!db_query(state->workspace.target, sql_query_cmd_other_sessions, 0, NULL, &result, err))
        return false;
    int64_t sessions = db_result_int64(result, 0, 0);
    if (sessions == 0)
        return true;
    error_set(err, EXIT_REFUSED,
              "the target is in use by %" PRId64
              " other sessions, and a dry run holds row locks until its end",
              sessions);
    return error_hint(err, "rehearse on a copy, or say --allow-locks");
}

/* A table that was read to its end is counted. */
static void
keep_counts(struct run_state *state, const struct preflight *preflight)
{
    size_t count = state->workspace.plan->table_count;
    if (preflight->rows == NULL)
        return;
    state->table_rows = memory_alloc((count + 1) * sizeof *state->table_rows);
    for (size_t i = 0; i < count; i++)
        state->table_rows[i] =
            preflight->rows[i].rows < PREFLIGHT_ROWS ? preflight->rows[i].rows : -1;
}

bool
run_look_before(struct run_state *state, struct error *err)
{
    CLEANUP(preflight_release) struct preflight preflight = PREFLIGHT_INIT;
    struct preflight_request request = {.row_limit = PREFLIGHT_ROWS,
                                        .strict = state->settings->strict,
                                        .plan_only = state->resumes || state->retries};
    if (!preflight_run(&state->workspace, &request, &state->progress, &preflight, err) ||
        !refuse_findings(state, &preflight, err) || !check_use(state, err))
        return false;
    keep_counts(state, &preflight);
    show_preview(state, &preflight);
    return (state->settings->dry_run || state->settings->yes ||
            consent_ask(db_identity(state->workspace.target)->database, err)) &&
           !steps_are_interrupted(err);
}
