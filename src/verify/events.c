/*
 * The audit log of one table: exactly one event for every source row, with the right action,
 * outcome, resource, IDs and row digest, by the right actor.
 *
 * After a second pass a row may have several events: the last one counts (event_reader.c).
 */
#include "events.h"

#include "binary.h"

#include "document.h"

#include "idmigrate/idmap.h"
#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

/* ---- setting up ---- */

const char *
events_old_name(const struct plan_column *column)
{
    return column->source ? column->source->name : column->target->name;
}

static bool
is_named_before(const struct work *work, size_t position)
{
    for (size_t i = 0; i < position; i++)
        if (work->table->columns[i].resolve_count > 0 &&
            strcmp(events_old_name(&work->table->columns[i]),
                   events_old_name(&work->table->columns[position])) == 0)
            return true;
    return false;
}

static void
set_names(struct work *work)
{
    struct event_state *events = &work->events;
    size_t count = work->table->column_count;
    events->old_names = memory_zalloc((count + 1) * sizeof *events->old_names);
    events->new_names = memory_zalloc((count + 1) * sizeof *events->new_names);
    events->says_old = memory_zalloc((count + 1) * sizeof *events->says_old);
    for (size_t i = 0; i < count; i++) {
        const struct plan_column *column = &work->table->columns[i];
        events->old_names[i] = span_digest(span_of(events_old_name(column)));
        events->new_names[i] = span_digest(span_of(column->target->name));
        events->says_old[i] = column->resolve_count > 0 && !is_named_before(work, i);
    }
}

void
events_prepare(struct work *work)
{
    struct event_state *events = &work->events;
    char *const *actions = work->v->plan->mapping->audit.actions;
    bool is_selected = check_is_selected(&work->v->checks, "audit", work->table) ||
                       check_is_selected(&work->v->checks, "accounting", work->table);
    *events = (struct event_state){.is_used = !work->table->spec->audit_self && is_selected,
                                   .key = STRBUF_INIT,
                                   .value = STRBUF_INIT,
                                   .target = work->v->in->target};
    if (!events->is_used)
        return;
    events->layout = event_layout_read(work->v->plan, work->table);
    events->actions[FATE_WRITTEN] = actions[AUDIT_MIGRATED];
    events->actions[FATE_MERGED] = actions[AUDIT_MERGED];
    events->actions[FATE_SKIPPED] = actions[AUDIT_SKIPPED];
    events->actions[FATE_REJECTED] = actions[AUDIT_REJECTED];
    events->resource_type = work->table->spec->resource_type ? work->table->spec->resource_type
                                                             : work->table->target->name;
    events->key_is_open = audit_key_is_open(work->table);
    bag_init(&events->bag);
    set_names(work);
}

void
events_release(struct event_state *events)
{
    bag_release(&events->bag);
    event_layout_release(&events->layout);
    free(events->old_names);
    free(events->new_names);
    free(events->says_old);
    free(events->unwritten);
    strbuf_release(&events->key);
    strbuf_release(&events->value);
    strbuf_release(&events->rest);
}

/* ---- what an event must say ---- */

static bool
is_hidden(const struct expect_column *column)
{
    return (column->state == EXPECT_NULLED || column->state == EXPECT_KEPT ||
            column->state == EXPECT_UNRESOLVED) &&
           column->origin.data != NULL &&
           !idmap_looks_like_id(column->origin.data, column->origin.length);
}

/* A key of one column that holds a value no map knows, and that may be a name or an address. */
static bool
is_key_hidden(const struct work *work, const struct decided *decided)
{
    bool is_own =
        decided->fate == FATE_WRITTEN || decided->fate == FATE_REJECTED || decided->listed == NULL;
    if (work->table->target_key_count != 1 || !is_own)
        return false;
    const struct expect_column *column = &work->expect.columns[work->table->target_key[0]];
    return column->chain_count > 0 && column->state != EXPECT_NULLED && is_hidden(column);
}

struct span
events_resource_id(struct work *work, const struct decided *decided)
{
    struct event_state *events = &work->events;
    const struct listed *listed = decided->listed;
    struct span key = span_of_buffer(&work->expect.target_key);
    char hex[DIGEST_HEX_SIZE];
    if (!events->layout.has_resource_id)
        return span_of("");
    if (listed != NULL && (decided->fate == FATE_MERGED || decided->fate == FATE_SKIPPED))
        key = listed_text(work->listed, listed->survivor_at, listed->survivor_length);
    if (!events->key_is_open || is_key_hidden(work, decided)) {
        digest_to_hex(span_digest(key), hex);
        strbuf_reset(&events->key);
        strbuf_printf(&events->key, "digest:%s", hex);
        key = span_of_buffer(&events->key);
    }
    return events->layout.resource_id_is_uuid && !event_is_uuid(key) ? span_of("") : key;
}

struct span
events_new_value(const struct expect_column *column)
{
    if (column->state == EXPECT_UNRESOLVED)
        return SPAN_NULL;
    return column->is_changed ? column->value : column->origin;
}

/* What stands in an event for a value that may be a name or an address. */
static struct digest
hidden_member(struct digest name, struct span value)
{
    char hex[DIGEST_HEX_SIZE];
    digest_to_hex(span_digest(value), hex);
    CLEANUP(memory_free_string) char *text = memory_printf("digest:%s", hex);
    return document_member_digest(name, span_of(text));
}

static struct digest
expected_member(const struct event_state *events, const struct expect_column *column, size_t i,
                bool is_new)
{
    struct digest name = is_new ? events->new_names[i] : events->old_names[i];
    struct span value = is_new ? events_new_value(column) : column->origin;
    return value.data != NULL && is_hidden(column) ? hidden_member(name, column->origin)
                                                   : document_member_digest(name, value);
}

static struct digest
expected_document(const struct work *work, bool is_new)
{
    const struct event_state *events = &work->events;
    struct digest sum = {0, 0};
    for (size_t i = 0; i < work->table->column_count; i++) {
        const struct expect_column *column = &work->expect.columns[i];
        if (column->chain_count == 0 || (!is_new && !events->says_old[i]))
            continue;
        digest_add(&sum, expected_member(events, column, i, is_new));
    }
    return sum;
}

/* The codes are those of the rows' own faults (expect.c) and of what became of their parents or of
 * rows with their key. */
static struct span
expected_reason(const struct work *work, const struct decided *decided)
{
    const struct listed *listed = decided->listed;
    switch (decided->fate) {
    case FATE_MERGED:
        return span_of(listed != NULL && listed->updates ? "row_exists" : "same_key");
    case FATE_SKIPPED:
        return span_of(listed != NULL ? "row_exists" : "parent_merged");
    case FATE_REJECTED:
        if (decided->reason != NULL || listed == NULL)
            return span_of(decided->reason);
        return listed_text(work->listed, listed->reason_at, listed->reason_length);
    default:
        return SPAN_NULL;
    }
}

static struct span
expected_tenant(struct work *work)
{
    int column = work->table->tenant;
    if (column < 0 || !work->events.layout.has_tenant)
        return SPAN_NULL;
    struct span tenant =
        codec_read_column(work->table, (size_t)column, &work->value, work->expect.written[column]);
    return work->events.layout.tenant_is_uuid && tenant.data != NULL && !event_is_uuid(tenant)
               ? SPAN_NULL
               : tenant;
}

static struct span
span_or_null(const char *text)
{
    return text != NULL ? span_of(text) : SPAN_NULL;
}

void
events_write_rest(struct work *work, const struct decided *decided, struct strbuf *out)
{
    static const char *const outcomes[FATE_COUNT] = {[FATE_WRITTEN] = "success",
                                                     [FATE_MERGED] = "success",
                                                     [FATE_SKIPPED] = "skipped",
                                                     [FATE_REJECTED] = "rejected"};
    const struct event_layout *layout = &work->events.layout;
    const struct span fields[] = {
        span_or_null(layout->actor_id),
        span_or_null(layout->actor_type),
        span_or_null(layout->has_outcome ? outcomes[decided->fate] : NULL),
        layout->has_reason ? expected_reason(work, decided) : SPAN_NULL,
        expected_tenant(work),
        span_or_null(layout->version),
        span_or_null(layout->source),
    };
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        text_write(out, fields[i]);
        strbuf_add_char(out, '\t');
    }
    strbuf_add_char(out, 't');
}

struct event_content {
    struct digest action, row, resource_id, type, old_values, new_values, rest;
};

void
events_expect(struct work *work, const struct decided *decided, struct digest *key,
              struct digest *item)
{
    struct event_state *events = &work->events;
    const struct event_layout *layout = &events->layout;
    struct span shown = events_resource_id(work, decided);
    struct event_content content = {
        .action = span_digest(span_of(events->actions[decided->fate])),
        .resource_id = span_digest(shown),
        .type = span_digest(span_of(layout->has_type ? events->resource_type : "")),
    };
    if (layout->has_row_digest)
        content.row = work->expect.line_digest;
    if (layout->has_old)
        content.old_values = expected_document(work, false);
    if (layout->has_new)
        content.new_values = expected_document(work, true);
    strbuf_reset(&events->rest);
    events_write_rest(work, decided, &events->rest);
    content.rest = digest_bytes(events->rest.data, events->rest.length);
    *key = layout->has_source_key ? work->expect.source_key_digest : content.resource_id;
    *item = digest_bytes(&content, sizeof content);
}

void
events_note(struct work *work, const struct decided *decided)
{
    struct event_state *events = &work->events;
    struct digest key, item;
    if (!events->is_used)
        return;
    events_expect(work, decided, &key, &item);
    bag_add(&events->bag, BAG_EXPECTED, key, item);
    if (work->ledger->pass > 0 && decided->fate != FATE_WRITTEN)
        *ARRAY_ADD(events->unwritten, events->unwritten_count, events->unwritten_capacity) = key;
}

/* ---- what the log says ---- */

const char *
events_action(const struct work *work, const struct span *fields, struct span action)
{
    const struct event_state *events = &work->events;
    if (work->ledger->pass > 0 &&
        span_equal(action, span_of(work->v->plan->mapping->audit.actions[AUDIT_UPDATED])))
        return span_equal(fields[EVENT_REASON], span_of("row_exists"))
                   ? events->actions[FATE_MERGED]
                   : events->actions[FATE_WRITTEN];
    for (size_t i = 0; i < FATE_COUNT; i++)
        if (span_equal(action, span_of(events->actions[i])))
            return events->actions[i];
    return NULL;
}

static struct digest
read_digest(struct span hex)
{
    struct digest digest = {0, 0};
    digest_from_hex(hex.data, hex.length, &digest);
    return digest;
}

void
events_read(struct work *work, const struct span *fields, struct digest *key, struct digest *item)
{
    struct strbuf *buffer = &work->events.value;
    struct event_content content = {.row = read_digest(fields[EVENT_ROW_DIGEST])};
    struct span action = text_read(buffer, fields[EVENT_ACTION]);
    const char *known = events_action(work, fields, action);
    const char *rest = fields[EVENT_ACTOR_ID].data;
    content.action = span_digest(known != NULL ? span_of(known) : action);
    content.resource_id = span_digest(text_read(buffer, fields[EVENT_RESOURCE_ID]));
    content.type = span_digest(text_read(buffer, fields[EVENT_TYPE]));
    content.old_values = document_digest(text_read(buffer, fields[EVENT_OLD]));
    content.new_values = document_digest(text_read(buffer, fields[EVENT_NEW]));
    /* Escaped as they come: COPY writes one value in one way. */
    content.rest =
        digest_bytes(rest, (size_t)(fields[EVENT_REST].data + fields[EVENT_REST].length - rest));
    *key = work->events.layout.has_source_key ? read_digest(fields[EVENT_SOURCE_KEY])
                                              : content.resource_id;
    *item = digest_bytes(&content, sizeof content);
}

static int
compare_digests(const void *a, const void *b)
{
    const struct digest *left = a, *right = b;
    return digest_order(*left, *right);
}

bool
events_pass(struct work *work, struct error *err)
{
    enum { PROGRESS_EVERY = 65536 };
    struct event_state *events = &work->events;
    struct span fields[EVENT_FIELDS], line;
    struct event_reader reader;
    if (events->unwritten_count > 0)
        qsort(events->unwritten, events->unwritten_count, sizeof *events->unwritten,
              compare_digests);
    if (!event_reader_begin(&reader, work, err))
        return false;
    reader.compares_history = true;
    while (event_reader_next(&reader, fields, &line, err)) {
        struct digest key, item;
        events_read(work, fields, &key, &item);
        bag_add(&events->bag, BAG_FOUND, key, item);
        personal_note(work, line);
        if (reader.events % PROGRESS_EVERY == 0)
            work_progress(work, "audit", reader.events);
    }
    events->events = reader.events;
    events->updated = reader.updated;
    events->removed = reader.removed;
    events->is_read = true;
    work->audit_check.looked_at += reader.events;
    work->v->events += reader.events;
    return event_reader_end(&reader, err);
}
