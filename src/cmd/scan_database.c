/* A database is scanned and shown: one connection, one snapshot, read only. */
#include "scan_parts.h"
#include "steps.h"

#include "idmigrate/memory.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- which database ---- */

static const char *
uri_of_mapping(const struct scan_settings *settings, const struct mapping *mapping,
               const char *item, const char **name, struct error *err)
{
    const struct connection_options none = {.target = settings->connections.target};
    if (item == NULL && mapping->source_count == 1)
        item = mapping->sources[0].name;
    for (size_t i = 0; item != NULL && i < mapping->source_count; i++) {
        size_t length = strlen(mapping->sources[i].name);
        *name = mapping->sources[i].name;
        if (strcmp(item, *name) == 0)
            return connection_uri(&none, mapping, (int)i, err);
        if (strncmp(item, *name, length) == 0 && item[length] == '=')
            return item + length + 1;
    }
    if (item != NULL && strcmp(item, "target") == 0)
        return connection_uri(&none, mapping, -1, err);
    *name = mapping->sources[0].name;
    if (item != NULL)
        return item;
    error_set(err, EXIT_USAGE, "the mapping has %zu sources", mapping->source_count);
    error_hint(err, "say which one with --source NAME; the first is %s", mapping->sources[0].name);
    return NULL;
}

const char *
scan_source_uri(const struct scan_settings *settings, const struct mapping *mapping,
                const char **name, struct error *err)
{
    const struct option_list *sources = &settings->connections.sources;
    const char *item = sources->count > 0 ? sources->items[0] : NULL;
    *name = "app";
    if (sources->count > 1) {
        error_set(err, EXIT_USAGE, "one database is scanned at a time");
        return NULL;
    }
    if (mapping != NULL)
        return uri_of_mapping(settings, mapping, item, name, err);
    if (item == NULL)
        item = getenv("IDMIGRATE_SOURCE");
    if (item != NULL && item[0] != '\0')
        return item;
    error_set(err, EXIT_USAGE, "nothing is said to scan");
    error_hint(err, "say --source URI, or set IDMIGRATE_SOURCE, or name files and folders");
    return NULL;
}

/* ---- how much of it ---- */

/* "1000": rows of each table; "5%": of its blocks. */
static bool
read_sample(const char *text, struct scan_request *request, struct error *err)
{
    char *end;
    if (text == NULL)
        return true;
    errno = 0;
    double number = strtod(text, &end);
    bool is_percent = strcmp(end, "%") == 0;
    if (is_percent && number > 0 && number <= 100)
        request->sample_percent = number < 100 ? number : 0;
    else if (*end == '\0' && errno == 0 && number >= 1 && number < 1e15 && floor(number) == number)
        request->sample_rows = (int64_t)number;
    else
        return error_set(err, EXIT_USAGE, "--sample %s: a number of rows, or a part such as 5%%",
                         text);
    return true;
}

/* ---- the result ---- */

static void
show(const struct scan_settings *settings, const struct scan_looked_for *looked_for,
     const struct db *db, const struct scan_result *result, enum exit_status status)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
    const struct scan_heading heading = {.identity = db_identity(db),
                                         .finder = looked_for->finder,
                                         .words = looked_for->word_list,
                                         .word_count = looked_for->word_count};
    if (settings->json)
        scan_write_result(&text, &heading, result, status);
    else
        scan_print_result(&text, &heading, result, output_wants_color());
    output_print(&text);
}

static bool
scan_open_database(const struct scan_settings *settings, struct scan_looked_for *looked_for,
                   struct db *db, struct scan_result *result, struct error *err)
{
    CLEANUP(db_transaction_release) struct db_transaction snapshot = {0};
    struct progress progress;
    struct scan_request request = {.db = db,
                                   .finder = looked_for->finder,
                                   .words = looked_for->words,
                                   .allow = &looked_for->allow,
                                   .bytes = settings->bytes,
                                   .foreign_tables = settings->foreign,
                                   .excludes = settings->excludes.items,
                                   .exclude_count = settings->excludes.count,
                                   .progress = progress_of_scan,
                                   .context = &progress};
    if (!read_sample(settings->sample, &request, err) ||
        !progress_begin(&progress, settings->progress, err) ||
        !db_begin(&snapshot, db, DB_READ_ONLY_SNAPSHOT, err))
        return false;
    bool good = scan_database(&request, result, err);
    progress_end(&progress);
    return good;
}

bool
scan_in_database(const struct scan_settings *settings, struct scan_looked_for *looked_for,
                 enum exit_status *status, struct error *err)
{
    CLEANUP(db_close) struct db *db = NULL;
    CLEANUP(scan_result_release) struct scan_result result = SCAN_RESULT_INIT;
    const char *name;
    const char *uri = scan_source_uri(settings, looked_for->workspace.mapping, &name, err);
    if (uri == NULL || !db_open(&db, uri, "database", DB_SOURCE, "scan", err))
        return false;
    connection_announce(db, "database", false);
    if (!scan_open_database(settings, looked_for, db, &result, err))
        return false;
    *status = scan_judge(&result, !settings->fail_on_found);
    show(settings, looked_for, db, &result, *status);
    return settings->draft == NULL ||
           scan_draft_write(settings, looked_for, db, name, &result, err);
}
