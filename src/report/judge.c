/*
 * The verdict: one line that can be read aloud, and one sentence on what it rests on. What stands
 * worst decides, in the order of the exit statuses.
 */
#include "summary.h"

#include "idmigrate/clock.h"
#include "idmigrate/memory.h"

#include <inttypes.h>
#include <string.h>

static void
add_count(struct strbuf *text, int64_t count, const char *one, const char *many)
{
    char number[32];
    strbuf_printf(text, "%s %s", clock_format_count(count, number, sizeof number),
                  count == 1 ? one : many);
}

static bool
is_state(const struct report_summary *summary, const char *state)
{
    return strcmp(summary->model->run.state, state) == 0;
}

static int64_t
count_left(const struct report_summary *summary)
{
    const struct report_undo *undo = &summary->model->undo;
    int64_t left = 0;
    for (size_t i = 0; i < undo->table_count; i++)
        left += undo->tables[i].refused;
    return left;
}

/* The names of the checks that have this verdict: the first three, and how many more. */
static void
add_names(struct strbuf *text, const struct report_summary *summary, bool different)
{
    enum { NAMED = 3 };
    size_t named = 0, more = 0;
    for (size_t i = 0; i < summary->group_count; i++) {
        const struct report_group *group = &summary->groups[i];
        if ((different ? group->different : group->not_checked) == 0)
            continue;
        if (named == NAMED)
            more++;
        else
            strbuf_printf(text, "%s%s", named++ > 0 ? ", " : "", group->name);
    }
    if (more > 0)
        strbuf_printf(text, " and %zu more", more);
}

static bool
is_partial(const struct report_summary *summary)
{
    for (size_t i = 0; i < summary->group_count; i++)
        if (summary->groups[i].is_partial)
            return true;
    return false;
}

/* ---- the line
 * --------------------------------------------------------------------------------------------------
 */

static enum report_tone
say_different(struct strbuf *line, const struct report_summary *summary)
{
    strbuf_add_string(line, "Different: ");
    if (!summary->totals.adds_up) {
        strbuf_add_string(line, "the accounting does not add up");
        return REPORT_BAD;
    }
    strbuf_add_string(line, is_partial(summary) ? "at least " : "");
    add_count(line, summary->differences, "difference", "differences");
    strbuf_add_string(line, " in ");
    add_names(line, summary, true);
    return REPORT_BAD;
}

static enum report_tone
say_not_checked(struct strbuf *line, const struct report_summary *summary)
{
    strbuf_add_string(line, "Not checked: ");
    if (summary->model->check_count == 0)
        strbuf_add_string(line, "the result was never verified");
    else
        add_names(line, summary, false);
    return REPORT_NOTICE;
}

static bool
is_different(const struct report_summary *summary)
{
    return summary->checks_different > 0 || !summary->totals.adds_up;
}

/* The whole run was carried out: what verification says decides, then the rejects. */
static enum report_tone
say_done(struct strbuf *line, const struct report_summary *summary)
{
    int64_t rejects = summary->totals.rows_rejected;
    bool dry = summary->model->is_dry_run;
    if (dry)
        strbuf_add_string(line, "Rehearsed. ");
    if (is_different(summary))
        return say_different(line, summary);
    if (summary->checks_not_checked > 0 || summary->model->check_count == 0)
        return say_not_checked(line, summary);
    if (rejects > 0) {
        strbuf_add_string(line, dry ? "The run would end with " : "Done, with ");
        add_count(line, rejects, "rejected row", "rejected rows");
        return REPORT_NOTICE;
    }
    strbuf_add_string(line, dry ? "The run would be done and proved" : "Done and proved");
    return REPORT_GOOD;
}

static enum report_tone
say_stopped(struct strbuf *line, const struct report_summary *summary)
{
    static const struct {
        int status;
        const char *how;
    } ways[] = {
        {EXIT_TOO_MANY_REJECTS, "Stopped by too many rejected rows"},
        {EXIT_INTERRUPTED, "Interrupted part-way"},
        {EXIT_TERMINATED, "Interrupted part-way"},
        {EXIT_BUG, "Stopped by a bug"},
    };
    const char *how = "Stopped part-way";
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
        if (ways[i].status == summary->model->run.exit_status)
            how = ways[i].how;
    strbuf_printf(line, "%s: %zu of ", how, summary->totals.tables_done);
    add_count(line, (int64_t)summary->model->table_count, "table is done", "tables are done");
    return REPORT_BAD;
}

static enum report_tone
say_undone(struct strbuf *line, const struct report_summary *summary)
{
    int64_t left = count_left(summary);
    if (!summary->is_stale && summary->checks_different > 0) {
        strbuf_add_string(line, "Undone, but something of it is left: ");
        add_names(line, summary, true);
        return REPORT_BAD;
    }
    strbuf_add_string(line, "Undone");
    if (left == 0)
        return REPORT_OPEN;
    strbuf_add_string(line, ", but ");
    add_count(line, left, "row stays as it is", "rows stay as they are");
    return REPORT_NOTICE;
}

static enum report_tone
say_verdict(struct strbuf *line, const struct report_summary *summary)
{
    if (is_state(summary, "undone"))
        return say_undone(line, summary);
    if (is_state(summary, "undoing")) {
        strbuf_add_string(line, "Being undone: part of it is taken back");
        return REPORT_NOTICE;
    }
    if (is_state(summary, "stopped"))
        return say_stopped(line, summary);
    if (is_state(summary, "running")) {
        strbuf_printf(line, "Not ended: %zu of ", summary->totals.tables_done);
        add_count(line, (int64_t)summary->model->table_count, "table is done", "tables are done");
        return REPORT_OPEN;
    }
    return say_done(line, summary);
}

/* ---- the sentence
 * ----------------------------------------------------------------------------------------------
 */

static void
say_rows(struct strbuf *text, const struct report_summary *summary)
{
    const struct report_totals *totals = &summary->totals;
    bool is_whole = is_state(summary, "done") || is_state(summary, "undone");
    add_count(text, totals->rows_read, "row was read", "rows were read");
    strbuf_add_string(text, is_whole ? ", and " : " so far, and ");
    add_count(text, totals->rows_written, "was written", "were written");
    strbuf_add_string(text, totals->adds_up ? "; every one of them is accounted for. "
                                            : "; not every one of them is accounted for. ");
}

static void
say_checks(struct strbuf *text, const struct report_summary *summary)
{
    if (summary->model->check_count == 0) {
        strbuf_add_string(text, "The result was never verified.");
        return;
    }
    strbuf_add_string(text, "Code that did not write the rows made ");
    add_count(text, (int64_t)summary->model->check_count, "check", "checks");
    strbuf_printf(text, ": %zu equal, %zu different, %zu not checked.", summary->checks_equal,
                  summary->checks_different, summary->checks_not_checked);
    if (summary->is_stale)
        strbuf_add_string(text, " That was before the run was undone.");
}

static void
say_sentence(struct strbuf *text, const struct report_summary *summary)
{
    if (summary->model->is_dry_run)
        strbuf_add_string(text, "Everything was done in one transaction and rolled back: the "
                                "target is as it was. ");
    if (summary->totals.chunks_done == 0 && summary->totals.rows_read == 0 &&
        !is_state(summary, "done"))
        strbuf_add_string(text, "No row was moved yet. ");
    else
        say_rows(text, summary);
    say_checks(text, summary);
}

void
report_add_finding(struct strbuf *out, const struct store_check *check,
                   void (*add)(struct strbuf *out, const char *text))
{
    bool has_detail = check->detail != NULL && check->detail[0] != '\0';
    if (check->found > 0) {
        strbuf_add_string(out, check->is_partial ? "at least " : "");
        add_count(out, check->found, "difference", "differences");
        strbuf_add_string(out, has_detail ? "; " : "");
    }
    if (has_detail)
        add(out, check->detail);
}

void
report_judge(struct report_summary *summary)
{
    struct strbuf line = STRBUF_INIT, sentence = STRBUF_INIT;
    summary->tone = say_verdict(&line, summary);
    say_sentence(&sentence, summary);
    summary->verdict = strbuf_take(&line);
    summary->sentence = strbuf_take(&sentence);
}
