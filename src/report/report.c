/* The model of a run, filled from the store. */
#include "idmigrate/report.h"
#include "run.h"

#include <stdlib.h>
#include <string.h>

const char *
report_exit_meaning(int status)
{
    static const struct {
        int status;
        const char *meaning;
    } meanings[] = {
        {-1, "not ended yet"},
        {EXIT_DONE, "done and proved"},
        {EXIT_REFUSED, "refused, nothing was written"},
        {EXIT_USAGE, "the command line is wrong"},
        {EXIT_INPUT, "an input file is wrong"},
        {EXIT_STOPPED, "stopped part-way, can be resumed"},
        {EXIT_DIFFERENT, "a difference was found"},
        {EXIT_NOT_CHECKED, "something could not be checked"},
        {EXIT_REJECTS, "done, with rejects within the limit"},
        {EXIT_TOO_MANY_REJECTS, "stopped because rejects passed the limit, can be resumed"},
        {EXIT_BUG, "a bug, or out of memory"},
        {EXIT_INTERRUPTED, "interrupted, can be resumed"},
        {EXIT_TERMINATED, "terminated, can be resumed"},
    };
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
        if (meanings[i].status == status)
            return meanings[i].meaning;
    return "unknown";
}

static int
compare_steps(const void *a, const void *b)
{
    const struct store_table *left = a;
    const struct store_table *right = b;
    if (left->step != right->step)
        return left->step < right->step ? -1 : 1;
    return (left->table_no > right->table_no) - (left->table_no < right->table_no);
}

static bool
load(struct db *target, const char *run_id, struct report_model *model, struct error *err)
{
    if (!store_find_run(target, run_id, &model->run, err) ||
        !store_load_tables(target, model->run.run_id, &model->tables, &model->table_count, err))
        return false;
    if (model->table_count > 0)
        qsort(model->tables, model->table_count, sizeof *model->tables, compare_steps);
    const char *id = model->run.run_id;
    return store_count_idmaps(target, id, &model->maps, &model->map_count, err) &&
           store_count_rejects(target, id, &model->reject_counts, &model->reject_count_count,
                               err) &&
           store_load_rejects(target, id, REPORT_SAMPLES, &model->reject_samples,
                              &model->reject_sample_count, &model->rejects, err) &&
           store_load_verification(target, id, &model->checks, &model->check_count,
                                   &model->verified_at, err) &&
           report_load_undo(target, id, &model->undo, err) &&
           store_load_asides(target, id, &model->asides.items, &model->asides.count, err) &&
           store_load_timing(target, id, &model->timing, err) &&
           store_load_progress(target, id, REPORT_POINTS, &model->points, &model->point_count, err);
}

/* Of a run that has not ended, what is told is what it did, so that it is the same when it is told
 * again. */
static void
settle_seconds(struct report_model *model)
{
    const struct store_timing *timing = &model->timing;
    const double ends[] = {timing->last_chunk, timing->set_aside, timing->back, timing->verified};
    if (model->run.finished_at != NULL)
        return;
    model->run.seconds = 0;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        if (ends[i] > model->run.seconds)
            model->run.seconds = ends[i];
}

bool
report_load(struct db *target, const char *run_id, struct report_model *model, struct error *err)
{
    *model = (struct report_model){.run.exit_status = -1, .forecast_seconds = -1};
    if (load(target, run_id, model, err)) {
        settle_seconds(model);
        return true;
    }
    report_model_release(model);
    return false;
}

void
report_model_release(struct report_model *model)
{
    store_run_release(&model->run);
    store_tables_free(model->tables, model->table_count);
    store_idmap_counts_free(model->maps, model->map_count);
    store_reject_counts_free(model->reject_counts, model->reject_count_count);
    store_rejects_free(model->reject_samples, model->reject_sample_count);
    store_checks_free(model->checks, model->check_count);
    free(model->verified_at);
    report_undo_release(&model->undo);
    store_asides_free(model->asides.items, model->asides.count);
    free(model->points);
    *model = (struct report_model){.run.exit_status = -1, .forecast_seconds = -1};
}
