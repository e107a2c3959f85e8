/* Filters, pages, and the record of who read. */
#include "audit_read.h"

#include "steps.h"

#include "idmigrate/memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
audit_filter_take(const struct audit_filter_options *options, struct trail_filter *filter,
                  char **type)
{
    const char *colon = options->resource != NULL ? strchr(options->resource, ':') : NULL;
    *filter = (struct trail_filter){.actors = options->actors.items,
                                    .actor_count = options->actors.count,
                                    .actions = options->actions.items,
                                    .action_count = options->actions.count,
                                    .tenant = options->tenant,
                                    .resource_type = options->resource,
                                    .outcome = options->outcome,
                                    .run_id = options->run,
                                    .since = options->since,
                                    .until = options->until,
                                    .contains = options->contains};
    if (colon == NULL)
        return;
    *type = memory_strndup(options->resource, (size_t)(colon - options->resource));
    filter->resource_type = *type;
    filter->resource_id = colon + 1;
}

void
audit_note(const struct audit_log *log, struct db *db, const struct audit_noted *noted)
{
    CLEANUP(memory_free_string) char *operator= steps_describe_operator();
    CLEANUP(memory_free_string) char *problem = NULL;
    CLEANUP(strbuf_release) struct strbuf details = STRBUF_INIT;
    strbuf_add_string(&details, "{\"command\": ");
    trail_add_json_string(&details, noted->command);
    strbuf_add_string(&details, ", \"operator\": ");
    trail_add_json_string(&details, operator);
    strbuf_printf(&details, ", \"tool\": \"idmigrate " IDMIGRATE_VERSION "\", \"%s\": %s}",
                  noted->name, noted->json);
    struct trail_use use = {.action = noted->action, .details = details.data};
    trail_note_use(db, &log->table, &use, &problem);
    if (problem != NULL)
        fprintf(stderr, "warning: %s\n", problem);
}

static void
note_use(struct audit_log *log, const char *action, const char *what,
         const struct trail_filter *filter)
{
    CLEANUP(memory_free_string) char *described = trail_describe_filter(filter);
    const struct audit_noted noted = {action, what, "filter", described};
    audit_note(log, log->db, &noted);
}

bool
audit_read_begin(struct audit_log *log, const char *action, const char *what,
                 const struct trail_filter *filter, struct db_transaction *tx, struct error *err)
{
    bool is_part;
    if (!trail_check_filter(&log->table, filter, err))
        return false;
    note_use(log, action, what, filter);
    if (!db_begin(tx, log->db, DB_READ_ONLY_SNAPSHOT, err) ||
        !log_table_make_visible(log->db, &log->table, true, &is_part, err))
        return false;
    if (is_part)
        fprintf(stderr, "note: row-level security shows role %s a part of %s\n",
                db_identity(log->db)->role, log->table.name);
    return true;
}

bool
audit_read_limit(const char *text, int64_t *limit, struct error *err)
{
    enum { DEFAULT = 50, MOST = 10000 };
    char *end;
    *limit = DEFAULT;
    if (text == NULL)
        return true;
    errno = 0;
    *limit = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || *limit < 1 || *limit > MOST)
        return error_set(err, EXIT_USAGE, "--limit %s: a number from 1 to %d", text, MOST);
    return true;
}

/* ---- pages ---- */

static void
add_word(struct strbuf *text, const char *name, const char *value)
{
    if (value == NULL || value[0] == '\0')
        return;
    CLEANUP(memory_free_string) char *visible = memory_strdup(value);
    output_make_visible(visible);
    strbuf_printf(text, "  %s%s", name, visible);
}

static void
add_line(struct strbuf *text, const struct trail_event *event)
{
    const char *const *parts = event->parts;
    const char *time = parts[LOG_RECORDED_AT] != NULL ? parts[LOG_RECORDED_AT] : "-";
    strbuf_printf(text, "%s", time);
    add_word(text, "", parts[LOG_ACTION]);
    add_word(text, "", parts[LOG_RESOURCE_TYPE]);
    add_word(text, "", parts[LOG_RESOURCE_ID]);
    add_word(text, "by ", parts[LOG_ACTOR_ID]);
    add_word(text, "for ", parts[LOG_TENANT]);
    if (parts[LOG_OUTCOME] != NULL && strcmp(parts[LOG_OUTCOME], "success") != 0)
        add_word(text, "", parts[LOG_OUTCOME]);
    add_word(text, "", parts[LOG_REASON_CODE]);
    add_word(text, "event ", parts[LOG_ID]);
    strbuf_add_char(text, '\n');
}

/* One more is asked for than is printed: whether there are more is known then. */
bool
audit_page_take(void *context, const struct trail_event *event, struct error *err)
{
    struct audit_page *page = context;
    (void)err;
    if (page->count == page->limit) {
        page->has_more = true;
        return true;
    }
    if (page->json) {
        strbuf_add_string(&page->text, page->count > 0 ? ",\n    " : "\n    ");
        trail_add_json(&page->text, page->table, event);
    } else {
        add_line(&page->text, event);
    }
    free(page->cursor);
    page->cursor = trail_cursor(event);
    page->count++;
    return true;
}

void
audit_page_reset(struct audit_page *page)
{
    strbuf_reset(&page->text);
    free(page->cursor);
    page->cursor = NULL;
    page->count = 0;
    page->has_more = false;
}

void
audit_page_print(struct audit_page *page)
{
    if (!page->json) {
        output_print(&page->text);
        if (page->has_more)
            fprintf(stderr, "more: --after '%s'\n", page->cursor);
        return;
    }
    CLEANUP(strbuf_release) struct strbuf json = STRBUF_INIT;
    strbuf_add_string(&json, "{\n  \"events\": [");
    strbuf_add(&json, page->text.data, page->text.length);
    strbuf_add_string(&json, page->count > 0 ? "\n  ],\n  \"next\": " : "],\n  \"next\": ");
    if (page->has_more)
        trail_add_json_string(&json, page->cursor);
    else
        strbuf_add_string(&json, "null");
    strbuf_add_string(&json, "\n}\n");
    output_print(&json);
}

void
audit_page_release(struct audit_page *page)
{
    strbuf_release(&page->text);
    free(page->cursor);
    page->cursor = NULL;
}
