/* idmigrate audit query: events by who, what, for whom, when. Adds one event: that it was asked. */
#include "audit_read.h"
#include "steps.h"

#include "idmigrate/clock.h"
#include "idmigrate/memory.h"
#include "idmigrate/seal.h"

#include <string.h>

static struct {
    struct audit_log_options log;
    struct audit_filter_options filter;
    const char *limit, *after;
    bool oldest_first, json, ddl;
} settings;

static const struct option_spec options[] = {
    AUDIT_LOG_OPTIONS(settings.log),
    AUDIT_FILTER_OPTIONS(settings.filter),
    {"limit", 'n', "N", "at most so many (default 50)", OPTION_TEXT, &settings.limit},
    {"after", 0, "CURSOR", "go on behind what a query ended with", OPTION_TEXT, &settings.after},
    {"oldest-first", 0, NULL, "otherwise the newest comes first", OPTION_FLAG,
     &settings.oldest_first},
    {"json", 0, NULL, "print JSON", OPTION_FLAG, &settings.json},
    {"ddl", 0, NULL,
     "print the SQL functions with which the application queries its log, for `psql -1`; asks "
     "nothing",
     OPTION_FLAG, &settings.ddl},
    {NULL, 0, NULL, NULL, OPTION_FLAG, NULL},
};

static enum exit_status
print_functions(const struct audit_log *log, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    if (!trail_write_functions(&sql, &log->table, err))
        return err->code;
    output_print(&sql);
    return EXIT_DONE;
}

/* Without a condition that an index serves, the newest events are looked for in the newest part of
 * the log first: a page is found there, and years are not read for it. */
static bool
may_look_near(const struct trail_filter *filter)
{
    return !filter->oldest_first && filter->since == NULL && filter->actor_count == 0 &&
           filter->tenant == NULL && filter->resource_id == NULL;
}

static bool
read_near(const struct audit_log *log, struct trail_filter *filter, struct audit_page *page,
          struct error *err)
{
    static const int64_t days[] = {1, 31, 366}, day = 86400000000, epoch = 946684800000;
    char since[SEAL_TIME_SIZE];
    CLEANUP(memory_free_string)
    char *at = filter->cursor != NULL ? memory_strndup(filter->cursor, strcspn(filter->cursor, " "))
                                      : NULL;
    int64_t from = (clock_unix_milliseconds() - epoch) * 1000;
    if (at != NULL && !seal_time_parse(at, &from))
        return true;
    for (size_t i = 0; i < sizeof days / sizeof days[0] && !page->has_more; i++) {
        audit_page_reset(page);
        seal_time_format(from - days[i] * day, since);
        filter->since = since;
        bool good = trail_read(log->db, &log->table, filter, audit_page_take, page, err);
        filter->since = NULL;
        if (!good)
            return false;
    }
    return true;
}

static bool
read_page(const struct audit_log *log, struct trail_filter *filter, struct audit_page *page,
          struct error *err)
{
    if (may_look_near(filter) && !read_near(log, filter, page, err))
        return false;
    if (page->has_more)
        return true;
    audit_page_reset(page);
    return trail_read(log->db, &log->table, filter, audit_page_take, page, err);
}

static enum exit_status
run(char **operands, struct error *err)
{
    CLEANUP(audit_log_close) struct audit_log log = AUDIT_LOG_INIT;
    CLEANUP(db_transaction_release) struct db_transaction tx = {0};
    CLEANUP(audit_page_release) struct audit_page page = {.text = STRBUF_INIT};
    CLEANUP(memory_free_string) char *type = NULL;
    struct trail_filter filter;
    (void)operands;
    if (!audit_read_limit(settings.limit, &page.limit, err) ||
        !audit_log_open(&log, &settings.log, DB_TARGET, "audit query", err))
        return err->code;
    if (settings.ddl)
        return print_functions(&log, err);
    audit_filter_take(&settings.filter, &filter, &type);
    filter.cursor = settings.after;
    filter.oldest_first = settings.oldest_first;
    filter.limit = page.limit + 1;
    page.table = &log.table;
    page.json = settings.json;
    if (!audit_read_begin(&log, "AUDIT_LOG_READ", "audit query", &filter, &tx, err) ||
        !read_page(&log, &filter, &page, err))
        return err->code;
    audit_page_print(&page);
    return EXIT_DONE;
}

const struct command cmd_audit_query = {
    .name = "audit query",
    .arguments = "",
    .summary = "events by who, what, for whom, when",
    .description = "Prints events of the audit log, the newest first, a page at a time. Conditions "
                   "hold together. That the log was read is itself an event of it.",
    .options = options,
    .least = 0,
    .most = 0,
    .run = run,
};
