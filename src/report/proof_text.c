/* Verification as text: what is equal in one line a check, what is not row by row. */
#include "grid.h"
#include "idmigrate/clock.h"
#include "idmigrate/memory.h"
#include "json.h"
#include "run.h"
#include "verdict.h"

#include <string.h>

static enum grid_color
color_of(const char *verdict)
{
    return strcmp(verdict, "equal") == 0       ? GRID_GREEN
           : strcmp(verdict, "different") == 0 ? GRID_RED
                                               : GRID_YELLOW;
}

static bool
same_kind(const struct store_check *a, const struct store_check *b)
{
    return strcmp(a->name, b->name) == 0 && strcmp(a->verdict, b->verdict) == 0;
}

/* One row for each check and verdict, where the first of its kind stands: the others are added to
 * it. */
static void
add_kind(struct grid *grid, const struct report_model *model, size_t first)
{
    const struct store_check *check = &model->checks[first];
    int64_t looked_at = 0, found = 0, places = 0;
    for (size_t i = 0; i < first; i++)
        if (same_kind(&model->checks[i], check))
            return;
    for (size_t i = first; i < model->check_count; i++) {
        if (!same_kind(&model->checks[i], check))
            continue;
        looked_at += model->checks[i].looked_at;
        found += model->checks[i].found;
        places += model->checks[i].label != NULL;
    }
    grid_add(grid, check->name);
    grid_add_color(grid, color_of(check->verdict), check->verdict);
    grid_add_count(grid, looked_at);
    grid_add_count(grid, found);
    if (places > 0)
        grid_add_count(grid, places);
    else
        grid_add(grid, "");
}

/* What a difference says of itself, without quotes where it is a text. */
static void
add_member(struct grid *grid, const json_t *difference, const char *key)
{
    const json_t *value = json_object_get(difference, key);
    if (value == NULL || json_is_string(value)) {
        grid_add(grid, json_string_value(value));
        return;
    }
    CLEANUP(memory_free_string) char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    grid_add(grid, text);
}

static void
add_differences(struct strbuf *out, const struct store_check *check, bool color)
{
    static const char *const keys[] = {"key", "column", "expected", "found", NULL};
    CLEANUP(grid_release) struct grid grid = grid_new("llll");
    json_t *differences = report_json_parse(check->differences);
    size_t i;
    json_t *difference;
    grid_add_head(&grid, keys);
    json_array_foreach(differences, i, difference) for (size_t j = 0; keys[j] != NULL; j++)
    {
        add_member(&grid, difference, keys[j]);
    }
    if (json_array_size(differences) > 0)
        grid_render(&grid, out, 6, color);
    if (check->is_partial)
        strbuf_add_string(out, "      ... and more that are not listed\n");
    json_decref(differences);
}

/* A check that is not equal, with its one line and its differences. */
static void
add_exception(struct strbuf *out, const struct store_check *check, bool color)
{
    strbuf_add_string(out, "\n  ");
    report_add_color(out, color, color_of(check->verdict), check->verdict);
    strbuf_add_string(out, ": ");
    report_add_data(out, check->name);
    if (check->label != NULL) {
        strbuf_add_string(out, ", ");
        report_add_data(out, check->label);
    }
    if (check->detail != NULL && check->detail[0] != '\0') {
        strbuf_add_string(out, ": ");
        report_add_data(out, check->detail);
    }
    strbuf_add_char(out, '\n');
    add_differences(out, check, color);
}

void
report_verification_text(struct strbuf *out, const struct report_model *model, bool color)
{
    static const char *const head[] = {"check",       "verdict", "looked at",
                                       "differences", "tables",  NULL};
    CLEANUP(grid_release) struct grid grid = grid_new("llrrr");
    const char *verdict = report_verdict(model->checks, model->check_count);
    char time[20];
    strbuf_add_char(out, '\n');
    report_add_color(out, color, GRID_BOLD, "Verification: ");
    report_add_color(out, color, color_of(verdict), verdict);
    if (model->check_count == 0) {
        strbuf_add_string(out, ", because it was never run\n");
        return;
    }
    if (model->verified_at != NULL)
        strbuf_printf(out, ", %s UTC", report_time(model->verified_at, time));
    strbuf_add_char(out, '\n');
    grid_add_head(&grid, head);
    for (size_t i = 0; i < model->check_count; i++)
        add_kind(&grid, model, i);
    grid_render(&grid, out, 2, color);
    for (size_t i = 0; i < model->check_count; i++)
        if (strcmp(model->checks[i].verdict, "equal") != 0)
            add_exception(out, &model->checks[i], color);
}
