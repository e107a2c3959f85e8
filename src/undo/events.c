/*
 * What the audit log says of an undo: one event for each row that it removed or restored, under the
 * undo's own ID. Events of the run stay as they are: the log tells both.
 */
#include "internal.h"

#include "idmigrate/memory.h"
#include "idmigrate/row.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Held in memory until the COPY that they are read from has ended. */
enum { EVENTS_AT_ONCE = 32768 };

bool
undo_set_time(struct undo *undo, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    if (!db_query(undo->target, "SELECT pg_catalog.now()::text", 0, NULL, &result, err))
        return false;
    audit_writer_set_time(undo->events, db_result_text(result, 0, 0));
    return true;
}

void
undo_add_event(struct undo *undo, const struct undo_table *table, const struct undo_event *event,
               struct strbuf *lines)
{
    struct audit_event full = {
        .action = event->action,
        .reason_code = "undo",
        .resource_type = table->resource_type,
        .resource_id = event->resource_id,
        .resource_id_length = strlen(event->resource_id),
        .tenant = event->tenant,
        .tenant_length = event->tenant != NULL ? strlen(event->tenant) : 0,
        .table = table->target_name,
        .source = table->source_name,
        .source_key = event->source_key,
        .row = event->row,
    };
    audit_writer_add(undo->events, &full, lines, NULL);
}

bool
undo_copy_events(struct undo *undo, const struct strbuf *lines, int64_t count, struct error *err)
{
    struct strbuf sql = STRBUF_INIT;
    int64_t taken = 0;
    if (count == 0)
        return true;
    audit_copy_in(&sql, undo->plan, AUDIT_TEXT);
    bool good = db_copy_in_begin(undo->target, sql.data, err) &&
                db_copy_in_put(undo->target, lines->data, lines->length, err) &&
                db_copy_in_end(undo->target, &taken, err);
    strbuf_release(&sql);
    if (!good) {
        error_context(err, "audit events");
        return error_hint(err, "\"actions\" under \"audit\" in the mapping names the events of an "
                               "undo: the audit table must take them");
    }
    return taken == count ||
           error_set(err, EXIT_STOPPED, "the audit table took %" PRId64 " of %" PRId64 " events",
                     taken, count);
}

/* A field of a line of COPY; NULL for \N. */
static const char *
read_field(struct strbuf *buffer, const char *line, const size_t *ends, size_t field)
{
    size_t start = field > 0 ? ends[field - 1] + 1 : 0;
    if (ends[field] - start == 2 && memcmp(line + start, "\\N", 2) == 0)
        return NULL;
    strbuf_reset(buffer);
    row_unescape(buffer, line + start, ends[field] - start);
    return buffer->data;
}

enum { FIELD_ROW_NO, FIELD_RESOURCE_ID, FIELD_SOURCE_KEY, FIELD_DIGEST, FIELD_TENANT, FIELDS };

struct reading {
    struct strbuf lines, resource_id, tenant;
    int64_t count, last;
};

static bool
take_line(struct undo *undo, const struct undo_table *table, struct reading *reading,
          const char *line, size_t length, struct error *err)
{
    size_t ends[FIELDS];
    struct undo_event event = {.action = AUDIT_REMOVED};
    if (!row_split(line, length, ends, FIELDS))
        return error_set(err, EXIT_BUG, "unexpected line of removed rows");
    reading->last = strtoll(line, NULL, 10);
    event.resource_id = read_field(&reading->resource_id, line, ends, FIELD_RESOURCE_ID);
    event.tenant = read_field(&reading->tenant, line, ends, FIELD_TENANT);
    /* Digests that the audit table does not store stay zero. */
    digest_from_hex(line + ends[FIELD_SOURCE_KEY - 1] + 1,
                    ends[FIELD_SOURCE_KEY] - ends[FIELD_SOURCE_KEY - 1] - 1, &event.source_key);
    digest_from_hex(line + ends[FIELD_DIGEST - 1] + 1,
                    ends[FIELD_DIGEST] - ends[FIELD_DIGEST - 1] - 1, &event.row);
    undo_add_event(undo, table, &event, &reading->lines);
    reading->count++;
    return true;
}

static bool
read_removed(struct undo *undo, const struct undo_table *table, struct reading *reading,
             struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    const char *line;
    size_t length;
    strbuf_printf(&sql, "COPY (SELECT k.row_no, u.resource_id, u.source_key, u.row_digest, k.tenant"
                        " FROM pg_temp.idmigrate_take AS k JOIN idmigrate.undo_row AS u ON "
                        "u.table_no = k.table_no AND u.row_no = k.row_no WHERE ");
    undo_sql_of_table(&sql, undo, table, "u");
    strbuf_printf(&sql,
                  " AND k.table_no = %d AND k.verdict = 's' AND k.row_no > %" PRId64
                  " ORDER BY k.row_no LIMIT %d) TO STDOUT",
                  table->stored->table_no, reading->last, EVENTS_AT_ONCE);
    strbuf_reset(&reading->lines);
    reading->count = 0;
    bool good = db_copy_out_begin(undo->target, sql.data, err);
    while (good && (good = db_copy_out_next(undo->target, &line, &length, err)) && line != NULL)
        good = take_line(undo, table, reading, line, length, err);
    return good;
}

bool
undo_log_removed(struct undo *undo, const struct undo_table *table, struct error *err)
{
    struct reading reading = {
        .lines = STRBUF_INIT, .resource_id = STRBUF_INIT, .tenant = STRBUF_INIT, .last = -1};
    bool good;
    do
        good = read_removed(undo, table, &reading, err) &&
               undo_copy_events(undo, &reading.lines, reading.count, err);
    while (good && reading.count == EVENTS_AT_ONCE);
    strbuf_release(&reading.lines);
    strbuf_release(&reading.resource_id);
    strbuf_release(&reading.tenant);
    return good;
}
