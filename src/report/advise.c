/* What to do now: commands that can be copied, for the state the run is in. */
#include "summary.h"

#include "idmigrate/memory.h"

#include <string.h>

/* Quotes a path for a shell where it needs that. To be freed. */
static char *
quote_for_shell(const char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_-./@:,+=";
    struct strbuf quoted = STRBUF_INIT;
    if (text[0] != '\0' && strspn(text, plain) == strlen(text))
        return memory_strdup(text);
    strbuf_add_char(&quoted, '\'');
    for (; *text != '\0'; text++)
        if (*text == '\'')
            strbuf_add_string(&quoted, "'\\''");
        else
            strbuf_add_char(&quoted, *text);
    strbuf_add_char(&quoted, '\'');
    return strbuf_take(&quoted);
}

/* `command` and what it is about, or NULL; no more than there is room for. */
static void
add(struct report_summary *summary, const char *text, const char *command, const char *operand)
{
    if (summary->advice_count == REPORT_MOST_ADVICE)
        return;
    CLEANUP(memory_free_string) char *quoted = operand != NULL ? quote_for_shell(operand) : NULL;
    summary->advice[summary->advice_count++] = (struct report_advice){
        .text = memory_strdup(text),
        .command = command == NULL  ? NULL
                   : quoted != NULL ? memory_printf("idmigrate %s %s", command, quoted)
                                    : memory_strdup(command)};
}

static void
advise_unfinished(struct report_summary *summary)
{
    const struct store_run *run = &summary->model->run;
    bool running = strcmp(run->state, "running") == 0;
    if (running)
        add(summary, "See whether a process is at work on it.", "status", run->run_id);
    if (run->exit_status == EXIT_TOO_MANY_REJECTS)
        add(summary,
            "Look at the rejects below and mend their cause, or let more rows be rejected with "
            "--max-rejects. Then go on.",
            "run", run->mapping_path);
    else
        add(summary,
            running ? "When none is, the same command goes on from there."
                    : "Remove the cause, then say the same again: what was committed is kept, and "
                      "the run goes on from there.",
            "run", run->mapping_path);
    add(summary, "Or take back what it wrote so far.", "undo", run->run_id);
}

static void
advise_rejects(struct report_summary *summary)
{
    if (summary->totals.rows_rejected == 0)
        return;
    CLEANUP(memory_free_string)
    char *command = memory_printf("run --rejects-only %s", summary->model->run.run_id);
    add(summary, "Mend the causes of the rejects, then try these rows again.", command,
        summary->model->run.mapping_path);
}

static void
advise_done(struct report_summary *summary)
{
    const struct store_run *run = &summary->model->run;
    if (summary->checks_different > 0 || !summary->totals.adds_up) {
        add(summary,
            "Look at the differences below: the application may have changed rows since. Then "
            "verify again.",
            "verify", run->run_id);
        add(summary, "Or take the run back.", "undo", run->run_id);
    } else if (summary->checks_not_checked > 0 || summary->model->check_count == 0) {
        add(summary,
            summary->model->check_count == 0
                ? "Verify it; until then nothing is proved."
                : "Provide what was missing (it is named below), then verify again.",
            "verify", run->run_id);
    }
    advise_rejects(summary);
    if (summary->tone != REPORT_GOOD)
        return;
    add(summary,
        "Nothing has to be done. Keep the report; this writes it in every format, with the sums "
        "that tell if one was changed.",
        "report --report-dir report", run->run_id);
    add(summary, "Should the run have to be taken back, this shows what would become of each row.",
        "undo --dry-run", run->run_id);
}

static void
advise_rehearsed(struct report_summary *summary)
{
    const struct store_run *run = &summary->model->run;
    if (summary->checks_different > 0 || !summary->totals.adds_up)
        add(summary,
            "Do not run it yet: look at the differences below. This shows the whole resolution.",
            "check", run->mapping_path);
    else if (summary->totals.rows_rejected > 0)
        add(summary,
            "Mend the causes of the rejects, or accept them: say --max-rejects with the run.",
            "check", run->mapping_path);
    add(summary, "The real run; it shows what it will do, and asks.", "run", run->mapping_path);
}

static bool
has_asides(const struct report_model *model)
{
    for (size_t i = 0; i < model->asides.count; i++)
        if (strcmp(model->asides.items[i].state, "aside") == 0 ||
            strcmp(model->asides.items[i].state, "built") == 0)
            return true;
    return false;
}

static void
advise_undone(struct report_summary *summary)
{
    const struct store_run *run = &summary->model->run;
    if (summary->model->undo.refusal_count > 0)
        add(summary,
            "Look at the rows that stay as they are (they are named below). When their reason is "
            "gone, this tries them again.",
            "undo", run->run_id);
    if (summary->is_stale || summary->model->check_count == 0)
        add(summary, "Prove that nothing else of the run is left.", "verify", run->run_id);
    add(summary, "The same mapping can run again.", "run", run->mapping_path);
}

void
report_advise(struct report_summary *summary)
{
    const struct store_run *run = &summary->model->run;
    if (summary->model->is_dry_run) {
        advise_rehearsed(summary);
        return;
    }
    if (has_asides(summary->model))
        add(summary,
            "Indexes or constraints are still set aside: the run brings them back, or this.",
            "restore", run->run_id);
    if (strcmp(run->state, "undoing") == 0)
        add(summary, "Finish taking it back.", "undo", run->run_id);
    else if (strcmp(run->state, "undone") == 0)
        advise_undone(summary);
    else if (strcmp(run->state, "done") == 0)
        advise_done(summary);
    else
        advise_unfinished(summary);
}
