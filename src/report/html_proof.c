/* What was checked, by the name of the check: any check that verification knows is told the same
 * way. */
#include "html.h"

#include "json.h"
#include "markup.h"
#include "run.h"

#include "idmigrate/memory.h"

#include <string.h>

static const char *const differences_head[] = {"key", "column", "expected", "found", NULL};

/* What a difference says of itself, without quotes where it is a text. */
static void
add_member(struct strbuf *out, const json_t *difference, const char *key)
{
    const json_t *value = json_object_get(difference, key);
    CLEANUP(memory_free_string)
    char *dumped = value != NULL && !json_is_string(value)
                       ? json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT)
                       : NULL;
    html_cell(out, "v", dumped != NULL ? dumped : json_string_value(value));
}

static void
add_differences(struct strbuf *out, const struct store_check *check, const char *name)
{
    json_t *differences = report_json_parse(check->differences);
    CLEANUP(memory_free_string) char *caption = memory_printf("Differences: %s", name);
    size_t i;
    json_t *difference;
    if (json_array_size(differences) > 0) {
        html_table(out, caption, differences_head);
        json_array_foreach(differences, i, difference)
        {
            strbuf_add_string(out, "<tr>");
            for (size_t j = 0; differences_head[j] != NULL; j++)
                add_member(out, difference, differences_head[j]);
            html_row_end(out);
        }
        html_table_end(out);
    }
    if (check->is_partial)
        html_paragraph(out, "note", "There are more than are listed.");
    json_decref(differences);
}

static void
add_exception(struct strbuf *out, const struct store_check *check)
{
    CLEANUP(memory_free_string)
    char *name = check->label != NULL ? memory_printf("%s of %s", check->name, check->label)
                                      : memory_strdup(check->name);
    CLEANUP(memory_free_string) char *title = memory_printf("%s: %s", name, check->verdict);
    html_heading(out, title);
    if (check->detail != NULL && check->detail[0] != '\0')
        html_paragraph(out, NULL, check->detail);
    add_differences(out, check, name);
}

/* ---- by name
 * --------------------------------------------------------------------------------------------------
 */

/* Parts of names. */
static const char *const about_residue[] = {"residue", "ids", NULL};
static const char *const about_audit[] = {"audit", NULL};

/* `names` NULL: any. */
static bool
is_about(const char *name, const char *const *names)
{
    for (size_t i = 0; names != NULL && names[i] != NULL; i++)
        if (strstr(name, names[i]) != NULL)
            return true;
    return names == NULL;
}

/* One row for each name; false: there is none. */
static bool
add_groups(struct strbuf *out, const struct report_summary *summary, const char *caption,
           const char *const *names)
{
    static const char *const head[] = {"check",   "verdict",    "#looked at",   "#differences",
                                       "#checks", "#different", "#not checked", NULL};
    CLEANUP(strbuf_release) struct strbuf rows = STRBUF_INIT;
    for (size_t i = 0; i < summary->group_count; i++) {
        const struct report_group *group = &summary->groups[i];
        if (!is_about(group->name, names))
            continue;
        html_row(&rows, group->name);
        html_cell_verdict(&rows, group->verdict);
        html_cell_count(&rows, group->looked_at);
        html_cell_count(&rows, group->found);
        html_cell_count(&rows, (int64_t)group->checks);
        html_cell_count(&rows, (int64_t)group->different);
        html_cell_count(&rows, (int64_t)group->not_checked);
        html_row_end(&rows);
    }
    if (rows.length == 0)
        return false;
    html_table(out, caption, head);
    strbuf_add(out, rows.data, rows.length);
    html_table_end(out);
    return true;
}

void
html_add_proof(struct strbuf *out, const struct report_summary *summary)
{
    const struct report_model *model = summary->model;
    html_section(out, "verification", "Verification",
                 "Both sides were read again by code that did not write the rows and knows nothing "
                 "of the code that did.");
    if (summary->is_stale)
        html_paragraph(out, "warning",
                       "These results are older than the undo: they speak of the run before it was "
                       "taken back.");
    if (!add_groups(out, summary, "Checks by name", NULL))
        html_paragraph(out, NULL, "The result was never verified.");
    for (size_t i = 0; i < model->check_count; i++)
        if (strcmp(model->checks[i].verdict, "equal") != 0)
            add_exception(out, &model->checks[i]);
    html_section_end(out);
}

void
html_add_residue(struct strbuf *out, const struct report_summary *summary)
{
    html_section(out, "residue", "Residue",
                 "Legacy IDs that are still somewhere in the target, and IDs that are not the new "
                 "ones of the map.");
    if (!add_groups(out, summary, "Checks for legacy IDs", about_residue))
        html_paragraph(out, NULL, "Nothing looked for legacy IDs in the target.");
    html_section_end(out);
}

void
html_add_audit(struct strbuf *out, const struct report_summary *summary)
{
    html_section(out, "audit", "Audit events",
                 "One event for every row that was migrated, merged, skipped or rejected, in the "
                 "target's audit log.");
    if (!add_groups(out, summary, "Checks of audit events", about_audit))
        html_paragraph(out, NULL, "Audit events were not checked.");
    html_section_end(out);
}

/* ---- one by one
 * -----------------------------------------------------------------------------------------------
 */

static void
add_check(struct strbuf *out, const struct store_check *check)
{
    html_row(out, check->name);
    html_cell(out, NULL, check->label);
    html_cell_verdict(out, check->verdict);
    html_cell_count(out, check->looked_at);
    html_cell_count(out, check->found);
    html_cell(out, "w", check->detail);
    html_row_end(out);
}

void
html_add_checks(struct strbuf *out, const struct report_summary *summary)
{
    static const char *const head[] = {"check",        "table",  "verdict", "#looked at",
                                       "#differences", "detail", NULL};
    const struct report_model *model = summary->model;
    html_section(out, "checks", "All checks", NULL);
    if (model->check_count == 0) {
        html_paragraph(out, NULL, "None was made.");
        html_section_end(out);
        return;
    }
    html_table(out, "Checks, one by one", head);
    for (size_t i = 0; i < summary->group_count; i++)
        for (size_t j = 0; j < model->check_count; j++)
            if (strcmp(model->checks[j].name, summary->groups[i].name) == 0)
                add_check(out, &model->checks[j]);
    html_table_end(out);
    html_section_end(out);
}
