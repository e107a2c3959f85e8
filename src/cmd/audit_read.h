/* What the commands that read the audit log share: the filter, and that each use is recorded. */
#ifndef IDMIGRATE_CMD_AUDIT_READ_H
#define IDMIGRATE_CMD_AUDIT_READ_H

#include "audit_log.h"

#include "idmigrate/trail.h"

struct audit_filter_options {
    struct option_list actors, actions;
    const char *tenant, *resource, *outcome, *run, *since, *until, *contains;
};
#define AUDIT_FILTER_OPTIONS(options)                                                                \
    {                                                                                                \
        "actor",          'a', "ID", "who acted; several times: one of these", OPTION_LIST,          \
        &(options).actors},                                                                          \
        {"action",          0, "NAME", "what was done; several times: one of these", OPTION_LIST,    \
         &(options).actions},                                                                        \
        {"tenant", 0, "ID", "for whom", OPTION_TEXT, &(options).tenant},                             \
        {"resource", 0, "TYPE[:ID]", "to what", OPTION_TEXT, &(options).resource},                   \
        {"outcome",         0, "NAME", "success, failure, denied, skipped or rejected", OPTION_TEXT, \
         &(options).outcome},                                                                        \
        {"run", 0, "RUN", "events of this run (a whole UUID)", OPTION_TEXT, &(options).run},         \
        {"since", 0, "TIME", "recorded then or later", OPTION_TEXT, &(options).since},               \
        {"until", 0, "TIME", "recorded before", OPTION_TEXT, &(options).until},                      \
    {                                                                                                \
        "contains", 0, "JSON", "old values, new values or metadata contain this (jsonb @>)",         \
            OPTION_TEXT, &(options).contains                                                         \
    }

/* `type` (to be freed) is what `filter->resource_type` points to where the option has an ID too. */
void audit_filter_take(const struct audit_filter_options *options, struct trail_filter *filter,
                       char **type);

/* A use of the log that becomes an event of it: who did it is added. */
struct audit_noted {
    const char *action, *command;
    const char *name, *json; /* one more member of the metadata, and its value */
};
/* Says so on standard error where the role may not write. */
void audit_note(const struct audit_log *log, struct db *db, const struct audit_noted *noted);

/* Records the use, or says on standard error that it is not recorded; then a snapshot for reading,
 * with a word where row-level security shows a part only. */
bool audit_read_begin(struct audit_log *log, const char *action, const char *what,
                      const struct trail_filter *filter, struct db_transaction *tx,
                      struct error *err);

/* Prints events as lines for people or as JSON: {"events": [...], "next": CURSOR or null}. */
struct audit_page {
    const struct log_table *table;
    struct strbuf text;
    bool json;
    int64_t count, limit;
    char *cursor; /* behind the last event that is printed; NULL: there are no more */
    bool has_more;
};
bool audit_page_take(void *context, const struct trail_event *event, struct error *err);
void audit_page_reset(struct audit_page *page); /* nothing was taken */
void audit_page_print(struct audit_page *page);
void audit_page_release(struct audit_page *page);

/* "--limit N" */
bool audit_read_limit(const char *text, int64_t *limit, struct error *err);

#endif
