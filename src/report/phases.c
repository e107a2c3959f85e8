/* Where the time went, from the times that the store keeps. */
#include "summary.h"

static void
add_phase(struct report_summary *summary, const char *name, double begin, double end)
{
    if (begin < 0 || end < begin)
        return;
    summary->phases[summary->phase_count++] =
        (struct report_phase){.name = name, .begin = begin, .end = end};
}

/* One follows the other; what did not happen is left out. A verification that came after the run
 * had ended began nobody knows when. */
void
report_find_phases(struct report_summary *summary)
{
    const struct store_timing *timing = &summary->model->timing;
    double loaded = timing->last_chunk, whole = summary->model->run.seconds;
    if (timing->first_chunk < 0)
        return;
    add_phase(summary, "planning and preparing", 0, timing->first_chunk);
    add_phase(summary, "moving rows", timing->first_chunk, loaded);
    if (timing->back > loaded) {
        add_phase(summary, "bringing indexes and constraints back", loaded, timing->back);
        loaded = timing->back;
    }
    if (timing->verified > loaded && timing->verified <= whole + 1)
        add_phase(summary, "verifying", loaded, timing->verified);
}
