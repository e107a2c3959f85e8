/* What the plan found and what the rows show, in one list. */
#include "steps.h"

#include "idmigrate/check.h"
#include "idmigrate/clock.h"
#include "idmigrate/memory.h"

#include <stdlib.h>

static void
copy_findings(struct findings *to, const struct findings *from)
{
    for (size_t i = 0; i < from->count; i++) {
        const struct finding *finding = &from->items[i];
        struct finding *copy =
            findings_add(to, finding->code, finding->table, finding->column, "%s", finding->text);
        copy->rows = finding->rows;
        if (finding->hint != NULL)
            finding_set_hint(copy, "%s", finding->hint);
        for (size_t j = 0; j < finding->sample_count; j++)
            finding_add_sample(copy, finding->samples[j]);
    }
}

static void
take_rows(struct preflight *preflight, const struct check_table *tables, size_t count)
{
    preflight->rows = memory_zalloc((count + 1) * sizeof *preflight->rows);
    for (size_t i = 0; i < count; i++) {
        preflight->rows[i] = (struct report_rows){
            .rows = tables[i].rows,
            .would_write = tables[i].would_write,
            .would_merge = tables[i].would_merge,
            .would_skip = tables[i].would_skip,
            .would_reject = tables[i].would_reject,
            .target_rows = tables[i].target_rows,
        };
        preflight->expected_rejects += tables[i].would_reject;
        preflight->rows_read += tables[i].rows;
    }
}

static bool
check_rows(struct workspace *workspace, const struct preflight_request *request,
           struct progress *progress, struct preflight *preflight, struct error *err)
{
    const struct catalog *catalogs[WORKSPACE_SOURCES];
    struct check_table *tables = NULL;
    struct check_inputs inputs = {
        .plan = workspace->plan,
        .source_catalogs = workspace_catalog_pointers(workspace, catalogs),
        .target_catalog = &workspace->target_catalog,
        .ids = (const struct idmap *const *)workspace->ids,
        .formats = workspace->formats,
        .sources = workspace->sources,
        .target = workspace->target,
        .row_limit = request->row_limit,
        .strict = request->strict,
        .progress = progress_of_check,
        .context = progress,
    };
    bool good = check_data(&inputs, &preflight->findings, &tables, err);
    if (good)
        take_rows(preflight, tables, workspace->plan->table_count);
    free(tables);
    progress_end(progress);
    return good;
}

bool
preflight_run(struct workspace *workspace, const struct preflight_request *request,
              struct progress *progress, struct preflight *preflight, struct error *err)
{
    double start = clock_steady_seconds();
    copy_findings(&preflight->findings, &workspace->plan->findings);
    bool good = request->plan_only || check_rows(workspace, request, progress, preflight, err);
    preflight->seconds = clock_steady_seconds() - start;
    return good;
}

void
preflight_release(struct preflight *preflight)
{
    findings_release(&preflight->findings);
    free(preflight->rows);
    preflight->rows = NULL;
}
