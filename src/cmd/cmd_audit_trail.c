/*
 * idmigrate audit trail TYPE ID | --user ID: the history of one thing, or of one person under all
 * IDs that they had. Adds one event: that it was asked.
 */
#include "audit_read.h"

#include "idmigrate/memory.h"

#include <stdio.h>
#include <string.h>

static struct {
    struct audit_log_options log;
    const char *user, *since, *until, *limit, *after;
    bool newest_first, json;
} settings;

static const struct option_spec options[] = {
    AUDIT_LOG_OPTIONS(settings.log),
    {"user", 'u', "ID",
     "what this person did and what was done to them, under their old and new IDs (by the ID maps "
     "that runs keep)",
     OPTION_TEXT, &settings.user},
    {"since", 0, "TIME", "recorded then or later", OPTION_TEXT, &settings.since},
    {"until", 0, "TIME", "recorded before", OPTION_TEXT, &settings.until},
    {"limit", 'n', "N", "at most so many (default 50)", OPTION_TEXT, &settings.limit},
    {"after", 0, "CURSOR", "go on behind what a trail ended with", OPTION_TEXT, &settings.after},
    {"newest-first", 0, NULL, "otherwise the oldest comes first", OPTION_FLAG,
     &settings.newest_first},
    {"json", 0, NULL, "print JSON", OPTION_FLAG, &settings.json},
    {NULL, 0, NULL, NULL, OPTION_FLAG, NULL},
};

static bool
find_person(struct audit_log *log, struct trail_filter *filter, struct trail_person *person,
            struct error *err)
{
    struct error denied = ERROR_INIT;
    if (!trail_find_person(log->db, settings.user, person, &denied)) {
        /* An auditor of the log need not see the ID maps of runs. */
        if (strcmp(denied.sqlstate, "42501") != 0) {
            *err = denied;
            return false;
        }
        fprintf(stderr, "warning: role %s may not read the ID maps of runs (schema idmigrate)\n",
                db_identity(log->db)->role);
    }
    filter->persons = (const char *const *)person->ids;
    filter->person_count = person->count;
    if (!person->has_maps && !denied.is_set)
        fputs("note: no run keeps an ID map, so only this ID is looked for\n", stderr);
    for (size_t i = 1; i < person->count; i++)
        fprintf(stderr, "%s %s", i == 1 ? "also known as" : ",", person->ids[i]);
    if (person->count > 1)
        fputc('\n', stderr);
    return true;
}

static bool
check_operands(char **operands, struct error *err)
{
    bool has_two = operands[0] != NULL && operands[1] != NULL;
    if (settings.user != NULL ? operands[0] == NULL : has_two)
        return true;
    error_set(err, EXIT_USAGE, "either TYPE and ID, or --user ID is wanted");
    return error_hint(err, "idmigrate audit trail appointment 17");
}

static enum exit_status
run(char **operands, struct error *err)
{
    CLEANUP(audit_log_close) struct audit_log log = AUDIT_LOG_INIT;
    CLEANUP(db_transaction_release) struct db_transaction tx = {0};
    CLEANUP(audit_page_release) struct audit_page page = {.text = STRBUF_INIT};
    CLEANUP(trail_person_release) struct trail_person person = {.ids = NULL};
    struct trail_filter filter = {.since = settings.since,
                                  .until = settings.until,
                                  .cursor = settings.after,
                                  .oldest_first = !settings.newest_first};
    if (!check_operands(operands, err) || !audit_read_limit(settings.limit, &page.limit, err) ||
        !audit_log_open(&log, &settings.log, DB_TARGET, "audit trail", err))
        return err->code;
    filter.resource_type = operands[0];
    filter.resource_id = operands[0] != NULL ? operands[1] : NULL;
    filter.limit = page.limit + 1;
    page.table = &log.table;
    page.json = settings.json;
    if ((settings.user != NULL && !find_person(&log, &filter, &person, err)) ||
        !audit_read_begin(&log, "AUDIT_LOG_READ", "audit trail", &filter, &tx, err) ||
        !trail_read(log.db, &log.table, &filter, audit_page_take, &page, err))
        return err->code;
    audit_page_print(&page);
    return EXIT_DONE;
}

const struct command cmd_audit_trail = {
    .name = "audit trail",
    .arguments = "[TYPE ID]",
    .summary = "the history of one thing, or of one person under all their IDs",
    .description = "Prints what happened to one thing, the oldest first; with --user what a person "
                   "did and what was done to them, before and after their ID changed. That the log "
                   "was read is itself an event of it.",
    .options = options,
    .least = 0,
    .most = 2,
    .run = run,
};
