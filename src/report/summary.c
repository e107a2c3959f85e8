/* What a model comes to: the numbers, and the parts that make the words. */
#include "summary.h"

#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

const char *
report_tone_word(enum report_tone tone)
{
    static const char *const words[] = {[REPORT_GOOD] = "good",
                                        [REPORT_NOTICE] = "notice",
                                        [REPORT_BAD] = "bad",
                                        [REPORT_OPEN] = "open"};
    return words[tone];
}

static struct report_group *
find_group(struct report_summary *summary, const char *name)
{
    for (size_t i = summary->group_count; i > 0; i--)
        if (strcmp(summary->groups[i - 1].name, name) == 0)
            return &summary->groups[i - 1];
    struct report_group *group = &summary->groups[summary->group_count++];
    *group = (struct report_group){.name = name};
    return group;
}

static void
count_check(struct report_summary *summary, const struct store_check *check)
{
    struct report_group *group = find_group(summary, check->name);
    bool different = strcmp(check->verdict, "different") == 0;
    bool equal = strcmp(check->verdict, "equal") == 0;
    group->checks++;
    group->different += different;
    group->not_checked += !different && !equal;
    group->looked_at += check->looked_at;
    group->found += check->found;
    group->is_partial = group->is_partial || (check->is_partial && different);
    summary->differences += check->found;
    summary->checks_equal += equal;
    summary->checks_different += different;
    summary->checks_not_checked += !different && !equal;
}

static void
group_checks(struct report_summary *summary)
{
    const struct report_model *model = summary->model;
    summary->groups = memory_zalloc((model->check_count + 1) * sizeof *summary->groups);
    for (size_t i = 0; i < model->check_count; i++)
        count_check(summary, &model->checks[i]);
    for (size_t i = 0; i < summary->group_count; i++) {
        struct report_group *group = &summary->groups[i];
        group->verdict = group->different > 0     ? "different"
                         : group->not_checked > 0 ? "not checked"
                                                  : "equal";
    }
}

/* Times are as the server prints them in UTC: they compare as texts. */
static bool
is_before_undo(const struct report_model *model)
{
    const char *undone = model->undo.undo.started_at;
    return undone != NULL && model->verified_at != NULL && strcmp(model->verified_at, undone) < 0;
}

void
report_summarize(const struct report_model *model, struct report_summary *summary)
{
    *summary = (struct report_summary){.model = model};
    summary->totals = report_sum(model->tables, model->table_count);
    summary->is_stale = is_before_undo(model);
    group_checks(summary);
    report_judge(summary);
    report_advise(summary);
    report_find_exceptions(summary);
    report_find_phases(summary);
    report_find_statements(summary);
}

void
report_summary_release(struct report_summary *summary)
{
    memory_free_string(&summary->verdict);
    memory_free_string(&summary->sentence);
    free(summary->groups);
    for (size_t i = 0; i < summary->advice_count; i++) {
        free(summary->advice[i].text);
        free(summary->advice[i].command);
    }
    for (size_t i = 0; i < summary->exception_count; i++) {
        free(summary->exceptions[i].place);
        free(summary->exceptions[i].what);
        free(summary->exceptions[i].reason);
    }
    free(summary->exceptions);
    for (size_t i = 0; i < summary->statement_count; i++) {
        free(summary->statements[i].what);
        free(summary->statements[i].sql);
    }
    free(summary->statements);
    *summary = (struct report_summary){.model = NULL};
}
