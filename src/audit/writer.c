/*
 * Events as lines of COPY text, or as tuples of its binary format.
 *
 * A writer is a list of pieces: constant bytes, made once, and then a field of the event.
 * Everything that does not change within a run (tabs, run ID, actor, constants of the mapping) is
 * in the constant bytes.
 */
#include "idmigrate/audit.h"
#include "idmigrate/memory.h"
#include "layout.h"
#include "line.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char actor_id[] = "idmigrate";
static const char actor_type[] = "system";
static const char event_version[] = "1";

struct piece {
    struct strbuf constant; /* what stands before the field */
    enum audit_field field;
    enum audit_type type;
};

struct action {
    const char *name, *outcome;
};

struct audit_writer {
    struct piece *pieces;
    size_t piece_count, piece_capacity;
    struct strbuf end; /* what stands behind the last field */
    enum audit_format format;
    struct action actions[AUDIT_ACTION_COUNT];
    struct strbuf metadata_start; /* up to the table's name */
    bool metadata_has_row_digest, metadata_has_reason;
    char recorded_at[40];
    size_t recorded_length;
    int64_t recorded_microseconds; /* the same, since 2000-01-01 UTC */
    size_t *order;                 /* of an object's members */
    size_t order_capacity;
};

/* A text into a column of any type. */
static void
add_value(struct audit_line *line, enum audit_type type, const char *text, size_t length)
{
    bool is_json = type == AUDIT_TYPE_JSON || type == AUDIT_TYPE_JSONB;
    if (text == NULL || (type == AUDIT_TYPE_UUID && !audit_line_is_uuid(text, length))) {
        audit_line_add_null(line);
        return;
    }
    if (type == AUDIT_TYPE_UUID && line->format == AUDIT_BINARY) {
        audit_line_put_uuid(line, text);
        return;
    }
    audit_line_begin(line, type == AUDIT_TYPE_JSONB);
    if (is_json) {
        strbuf_add_char(line->bytes, '"');
        audit_line_add_json(line, text, length);
        strbuf_add_char(line->bytes, '"');
    } else {
        audit_line_add_text(line, text, length);
    }
    audit_line_end(line);
}

static void
add_string(struct audit_line *line, enum audit_type type, const char *text)
{
    add_value(line, type, text, text != NULL ? strlen(text) : 0);
}

/* ---- making a writer
 * ------------------------------------------------------------------------------------------ */

static bool
is_constant(enum audit_field field)
{
    return field == AUDIT_FIELD_VALUE || field == AUDIT_FIELD_RUN_ID ||
           field == AUDIT_FIELD_ACTOR_ID || field == AUDIT_FIELD_ACTOR_TYPE ||
           field == AUDIT_FIELD_EVENT_VERSION;
}

static void
add_constant(struct audit_line *line, const struct audit_column *column, const char *run_id)
{
    const char *text = column->field == AUDIT_FIELD_RUN_ID       ? run_id
                       : column->field == AUDIT_FIELD_ACTOR_ID   ? actor_id
                       : column->field == AUDIT_FIELD_ACTOR_TYPE ? actor_type
                       : column->field == AUDIT_FIELD_VALUE      ? column->value
                                                                 : event_version;
    bool is_document = text != NULL && (text[0] == '{' || text[0] == '[');
    /* The mapping writes an object or array as its JSON text. */
    add_string(line, is_document ? AUDIT_TYPE_TEXT : column->type, text);
}

static void
add_pieces(struct audit_writer *writer, const struct audit_layout *layout, const char *run_id)
{
    struct strbuf constant = STRBUF_INIT;
    struct audit_line line = {.bytes = &constant, .format = writer->format};
    bool is_text = writer->format == AUDIT_TEXT;
    if (!is_text)
        audit_line_add_count(&line, layout->count);
    for (size_t i = 0; i < layout->count; i++) {
        const struct audit_column *column = &layout->columns[i];
        if (i > 0 && is_text)
            strbuf_add_char(&constant, '\t');
        if (is_constant(column->field)) {
            add_constant(&line, column, run_id);
            continue;
        }
        *ARRAY_ADD(writer->pieces, writer->piece_count, writer->piece_capacity) =
            (struct piece){.constant = constant, .field = column->field, .type = column->type};
        constant = (struct strbuf)STRBUF_INIT;
    }
    if (is_text)
        strbuf_add_char(&constant, '\n');
    writer->end = constant;
}

/*
 * The application's own table may store nothing else of ours: all that is needed to read events
 * back is in the metadata. The run ID comes first, because that is how events are found in a column
 * of type text (see query.c).
 */
static void
start_metadata(struct audit_writer *writer, const struct audit_layout *layout, const char *run_id,
               const char *undone)
{
    struct strbuf *start = &writer->metadata_start;
    strbuf_add_char(start, '{');
    if (!layout->is_default) {
        writer->metadata_has_row_digest = true;
        writer->metadata_has_reason = audit_layout_find(layout, AUDIT_FIELD_REASON_CODE) == NULL;
        strbuf_printf(start, "\"run_id\": \"%s\", \"tool\": \"idmigrate " IDMIGRATE_VERSION "\", ",
                      run_id);
    }
    if (undone != NULL)
        strbuf_printf(start, "\"undoes\": \"%s\", ", undone);
    strbuf_add_string(start, "\"table\": \"");
}

static struct audit_writer *
new_writer(const struct plan *plan, const char *run_id, const char *undone,
           enum audit_format format)
{
    static const char *const outcomes[AUDIT_ACTION_COUNT] = {
        [AUDIT_MIGRATED] = "success",  [AUDIT_MERGED] = "success",  [AUDIT_SKIPPED] = "skipped",
        [AUDIT_REJECTED] = "rejected", [AUDIT_UPDATED] = "success", [AUDIT_REMOVED] = "success",
        [AUDIT_RESTORED] = "success"};
    CLEANUP(audit_layout_release) struct audit_layout layout = audit_layout_new(plan);
    struct audit_writer *writer = memory_zalloc(sizeof *writer);
    writer->format = format;
    writer->metadata_start = (struct strbuf)STRBUF_INIT;
    for (size_t i = 0; i < AUDIT_ACTION_COUNT; i++)
        writer->actions[i] = (struct action){plan->mapping->audit.actions[i], outcomes[i]};
    start_metadata(writer, &layout, run_id, undone);
    add_pieces(writer, &layout, run_id);
    return writer;
}

struct audit_writer *
audit_writer_new(const struct plan *plan, const char *run_id, enum audit_format format)
{
    return new_writer(plan, run_id, NULL, format);
}

struct audit_writer *
audit_writer_new_undo(const struct plan *plan, const char *undo_id, const char *run_id)
{
    return new_writer(plan, undo_id, run_id, AUDIT_TEXT);
}

void
audit_writer_free(struct audit_writer **writer)
{
    if (*writer == NULL)
        return;
    for (size_t i = 0; i < (*writer)->piece_count; i++)
        strbuf_release(&(*writer)->pieces[i].constant);
    free((*writer)->pieces);
    strbuf_release(&(*writer)->end);
    strbuf_release(&(*writer)->metadata_start);
    free((*writer)->order);
    free(*writer);
    *writer = NULL;
}

/* "2026-11-20 17:40:00.123456+00": sessions are in UTC. */
static int64_t
read_time(const char *text)
{
    enum { DIGITS = 6 };
    static const int64_t epoch = 946684800; /* 2000-01-01 in seconds since 1970-01-01 */
    struct tm time = {.tm_isdst = 0};
    const char *rest = strptime(text, "%Y-%m-%d %H:%M:%S", &time);
    int64_t microseconds = 0;
    if (rest == NULL)
        return 0;
    rest += *rest == '.';
    for (int i = 0; i < DIGITS; i++) {
        bool is_digit = *rest >= '0' && *rest <= '9';
        microseconds = microseconds * 10 + (is_digit ? *rest - '0' : 0);
        rest += is_digit;
    }
    return ((int64_t)timegm(&time) - epoch) * 1000000 + microseconds;
}

void
audit_writer_set_time(struct audit_writer *writer, const char *recorded_at)
{
    size_t length = strnlen(recorded_at, sizeof writer->recorded_at - 1);
    memcpy(writer->recorded_at, recorded_at, length);
    writer->recorded_at[length] = '\0';
    writer->recorded_length = length;
    writer->recorded_microseconds = read_time(writer->recorded_at);
}

bool
audit_writer_id_place(const struct audit_writer *writer, size_t *at, size_t *size)
{
    const struct piece *first = writer->pieces;
    bool is_binary = writer->format == AUDIT_BINARY;
    if (writer->piece_count == 0 || first->field != AUDIT_FIELD_ID ||
        (first->type != AUDIT_TYPE_UUID && first->type != AUDIT_TYPE_TEXT))
        return false;
    bool is_text = first->type == AUDIT_TYPE_TEXT;
    *at = first->constant.length + (is_binary ? AUDIT_LINE_LENGTH_SIZE : 0);
    *size = is_binary && !is_text ? AUDIT_LINE_UUID_SIZE : AUDIT_UUID_SIZE - 1;
    return true;
}

/* ---- one event
 * ------------------------------------------------------------------------------------------------
 */

/* A column without zone holds UTC, as do our sessions: the offset is "+00" and goes. */
static void
add_time(struct audit_line *line, enum audit_type type, const struct audit_writer *writer)
{
    bool is_time = type == AUDIT_TYPE_TIMESTAMP || type == AUDIT_TYPE_TIMESTAMPTZ;
    size_t length = writer->recorded_length;
    if (is_time && line->format == AUDIT_BINARY) {
        audit_line_put_time(line, writer->recorded_microseconds);
        return;
    }
    if (type == AUDIT_TYPE_TIMESTAMP)
        length = strcspn(writer->recorded_at, "+");
    add_value(line, type, writer->recorded_at, length);
}

static void
add_row_digest(struct audit_line *line, enum audit_type type, struct digest digest)
{
    bool is_json = type == AUDIT_TYPE_JSON || type == AUDIT_TYPE_JSONB;
    if (line->format == AUDIT_BINARY && (type == AUDIT_TYPE_BYTEA || type == AUDIT_TYPE_UUID)) {
        audit_line_put_digest(line, digest);
        return;
    }
    audit_line_begin(line, type == AUDIT_TYPE_JSONB);
    if (type == AUDIT_TYPE_BYTEA)
        strbuf_add(line->bytes, "\\\\x", 3);
    if (is_json)
        strbuf_add_char(line->bytes, '"');
    audit_line_add_digest(line, digest);
    if (is_json)
        strbuf_add_char(line->bytes, '"');
    audit_line_end(line);
}

/* An expression has no name in the source: its ID goes by the column it fills. */
static const char *
old_name(const struct audit_id *id)
{
    return id->old_name != NULL ? id->old_name : id->new_name;
}

static void
add_member(struct audit_line *line, const char *start, const char *name, const char *id,
           size_t length)
{
    strbuf_add_string(line->bytes, start);
    audit_line_add_json(line, name, strlen(name));
    if (id == NULL) {
        strbuf_add(line->bytes, "\": null", 7);
        return;
    }
    strbuf_add(line->bytes, "\": \"", 4);
    audit_line_add_json(line, id, length);
    strbuf_add_char(line->bytes, '"');
}

static const char *
member_name(const struct audit_id *id, bool is_old)
{
    return is_old ? old_name(id) : id->new_name;
}

/* As jsonb orders the keys of an object: shorter ones first. */
static int
compare_names(const char *a, const char *b)
{
    size_t left = strlen(a), right = strlen(b);
    return left != right ? (left > right) - (left < right) : memcmp(a, b, left);
}

/* Members in the order that jsonb gives them. Those of a table nearly always come in the same one.
 */
static void
order_members(struct audit_writer *writer, const struct audit_event *event, bool is_old)
{
    size_t *order = writer->order;
    if (writer->order_capacity < event->id_count) {
        writer->order_capacity = event->id_count;
        order = writer->order = memory_realloc_array(order, event->id_count, sizeof *order);
    }
    for (size_t i = 0; i < event->id_count; i++) {
        const char *name = member_name(&event->ids[i], is_old);
        size_t at = i;
        while (at > 0 && compare_names(member_name(&event->ids[order[at - 1]], is_old), name) > 0) {
            order[at] = order[at - 1];
            at--;
        }
        order[at] = i;
    }
}

static void
add_values(struct audit_line *line, enum audit_type type, struct audit_writer *writer,
           const struct audit_event *event, bool is_old)
{
    const char *start = "{\"", *last = NULL;
    order_members(writer, event, is_old);
    audit_line_begin(line, type == AUDIT_TYPE_JSONB);
    for (size_t i = 0; i < event->id_count; i++) {
        const struct audit_id *id = &event->ids[writer->order[i]];
        const char *name = member_name(id, is_old);
        /* One source column may feed several target columns; its ID is said once. */
        if (last != NULL && (name == last || strcmp(name, last) == 0))
            continue;
        add_member(line, start, name, is_old ? id->old_id : id->new_id,
                   is_old ? id->old_length : id->new_length);
        start = ", \"";
        last = name;
    }
    strbuf_add_string(line->bytes, event->id_count > 0 ? "}" : "{}");
    audit_line_end(line);
}

static void
add_metadata(struct audit_line *line, enum audit_type type, const struct audit_writer *writer,
             const struct audit_event *event)
{
    struct strbuf *bytes = line->bytes;
    audit_line_begin(line, type == AUDIT_TYPE_JSONB);
    strbuf_add(bytes, writer->metadata_start.data, writer->metadata_start.length);
    audit_line_add_json(line, event->table, strlen(event->table));
    if (event->source != NULL) {
        strbuf_add_string(bytes, "\", \"source\": \"");
        audit_line_add_json(line, event->source, strlen(event->source));
    }
    strbuf_add_string(bytes, "\", \"source_key_digest\": \"");
    audit_line_add_digest(line, event->source_key);
    if (writer->metadata_has_row_digest) {
        strbuf_add_string(bytes, "\", \"row_digest\": \"");
        audit_line_add_digest(line, event->row);
    }
    if (writer->metadata_has_reason && event->reason_code != NULL) {
        strbuf_add_string(bytes, "\", \"reason_code\": \"");
        audit_line_add_json(line, event->reason_code, strlen(event->reason_code));
    }
    strbuf_add(bytes, "\"}", 2);
    audit_line_end(line);
}

static void
add_field(struct audit_line *line, struct audit_writer *writer, const struct piece *piece,
          const struct audit_event *event, const char *event_id)
{
    const struct action *action = &writer->actions[event->action];
    switch (piece->field) {
    case AUDIT_FIELD_ID:
        add_value(line, piece->type, event_id, AUDIT_UUID_SIZE - 1);
        break;
    case AUDIT_FIELD_ACTION:
        add_string(line, piece->type, action->name);
        break;
    case AUDIT_FIELD_OUTCOME:
        add_string(line, piece->type, action->outcome);
        break;
    case AUDIT_FIELD_REASON_CODE:
        add_string(line, piece->type, event->reason_code);
        break;
    case AUDIT_FIELD_RESOURCE_TYPE:
        add_string(line, piece->type, event->resource_type);
        break;
    case AUDIT_FIELD_RESOURCE_ID:
        add_value(line, piece->type, event->resource_id, event->resource_id_length);
        break;
    case AUDIT_FIELD_TENANT:
        add_value(line, piece->type, event->tenant, event->tenant_length);
        break;
    case AUDIT_FIELD_OLD_VALUES:
        add_values(line, piece->type, writer, event, true);
        break;
    case AUDIT_FIELD_NEW_VALUES:
        add_values(line, piece->type, writer, event, false);
        break;
    case AUDIT_FIELD_METADATA:
        add_metadata(line, piece->type, writer, event);
        break;
    case AUDIT_FIELD_ROW_DIGEST:
        add_row_digest(line, piece->type, event->row);
        break;
    case AUDIT_FIELD_RECORDED_AT:
        add_time(line, piece->type, writer);
        break;
    case AUDIT_FIELD_VALUE:
    case AUDIT_FIELD_RUN_ID:
    case AUDIT_FIELD_ACTOR_ID:
    case AUDIT_FIELD_ACTOR_TYPE:
    case AUDIT_FIELD_EVENT_VERSION:
        break; /* in the constant bytes */
    }
}

void
audit_writer_add(struct audit_writer *writer, const struct audit_event *event, struct strbuf *lines,
                 char event_id[AUDIT_UUID_SIZE])
{
    struct audit_line line = {.bytes = lines, .format = writer->format};
    char id[AUDIT_UUID_SIZE];
    audit_uuid7(id);
    for (size_t i = 0; i < writer->piece_count; i++) {
        const struct piece *piece = &writer->pieces[i];
        strbuf_add(lines, piece->constant.data, piece->constant.length);
        add_field(&line, writer, piece, event, id);
    }
    strbuf_add(lines, writer->end.data, writer->end.length);
    if (event_id != NULL)
        memcpy(event_id, id, sizeof id);
}
