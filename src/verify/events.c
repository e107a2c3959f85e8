/*
 * The audit log of one table: exactly one event for every source row, with the right action,
 * resource, IDs and row digest.
 *
 * Rows that a second pass changed or took back have several events; they are set aside and judged
 * one by one.
 */
#include "events.h"

#include "document.h"

#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

/* ---- what the audit table stores ---- */

static const struct mapping_audit_column *
find_stored(const struct plan *plan, enum audit_field field)
{
    const struct mapping_audit *audit = &plan->mapping->audit;
    for (size_t i = 0; i < audit->column_count; i++)
        if (audit->columns[i].field == field)
            return &audit->columns[i];
    return NULL;
}

static bool
is_uuid_column(const struct plan *plan, enum audit_field field)
{
    const struct mapping_audit_column *column = find_stored(plan, field);
    int position = column && plan->audit ? catalog_find_column(plan->audit, column->to) : -1;
    return position >= 0 &&
           strcmp(plan->audit->columns[position].type.base_text_plain, "uuid") == 0;
}

static struct event_layout
read_layout(const struct plan *plan)
{
    bool all = plan->audit_is_default;
    bool has_metadata = all || find_stored(plan, AUDIT_FIELD_METADATA) != NULL;
    return (struct event_layout){
        .has_source_key = has_metadata,
        .has_row_digest = has_metadata || find_stored(plan, AUDIT_FIELD_ROW_DIGEST) != NULL,
        .has_resource_id = all || find_stored(plan, AUDIT_FIELD_RESOURCE_ID) != NULL,
        .has_type = all || find_stored(plan, AUDIT_FIELD_RESOURCE_TYPE) != NULL,
        .has_old = all || find_stored(plan, AUDIT_FIELD_OLD_VALUES) != NULL,
        .has_new = all || find_stored(plan, AUDIT_FIELD_NEW_VALUES) != NULL,
        .resource_id_is_uuid = !all && is_uuid_column(plan, AUDIT_FIELD_RESOURCE_ID),
    };
}

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

static int
compare_digests(const void *a, const void *b)
{
    const struct digest *left = a, *right = b;
    return digest_order(*left, *right);
}

bool
events_is_amended(const struct event_state *events, struct digest key)
{
    return events->amended_count > 0 && bsearch(&key, events->amended, events->amended_count,
                                                sizeof *events->amended, compare_digests) != NULL;
}

static bool
begin_events(struct work *work, struct copy *copy, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    audit_copy_out(&sql, work->v->plan, work->table, work->v->run_id, work->v->in->run->started_at);
    return copy_begin(copy, work->v->in->target, sql.data, err);
}

static bool
is_amending(const struct work *work, struct span action)
{
    char *const *actions = work->v->plan->mapping->audit.actions;
    return span_equal(action, span_of(actions[AUDIT_UPDATED])) ||
           span_equal(action, span_of(actions[AUDIT_REMOVED]));
}

/* Source rows of which a second pass changed or took back what the first one had written. */
static bool
load_amended(struct work *work, struct error *err)
{
    struct event_state *events = &work->events;
    struct span fields[EVENT_FIELDS];
    struct copy copy;
    if (!begin_events(work, &copy, err))
        return false;
    while (copy_next(&copy, fields, EVENT_FIELDS, err)) {
        struct digest key;
        if (is_amending(work, fields[EVENT_ACTION]) &&
            digest_from_hex(fields[EVENT_SOURCE_KEY].data, fields[EVENT_SOURCE_KEY].length, &key))
            *ARRAY_ADD(events->amended, events->amended_count, events->amended_capacity) = key;
    }
    if (events->amended_count > 0)
        qsort(events->amended, events->amended_count, sizeof *events->amended, compare_digests);
    return copy_end(&copy, err);
}

bool
events_prepare(struct work *work, struct error *err)
{
    struct event_state *events = &work->events;
    char *const *actions = work->v->plan->mapping->audit.actions;
    *events = (struct event_state){.is_used = !work->table->spec->audit_self, .key = STRBUF_INIT};
    if (!events->is_used)
        return true;
    events->layout = read_layout(work->v->plan);
    events->actions[FATE_WRITTEN] = actions[AUDIT_MIGRATED];
    events->actions[FATE_MERGED] = actions[AUDIT_MERGED];
    events->actions[FATE_SKIPPED] = actions[AUDIT_SKIPPED];
    events->actions[FATE_REJECTED] = actions[AUDIT_REJECTED];
    events->resource_type = work->table->spec->resource_type ? work->table->spec->resource_type
                                                             : work->table->target->name;
    events->key_is_open = audit_key_is_open(work->table);
    bag_init(&events->bag);
    set_names(work);
    return work->ledger->updated + work->ledger->removed == 0 || load_amended(work, err);
}

void
events_release(struct event_state *events)
{
    bag_release(&events->bag);
    free(events->old_names);
    free(events->new_names);
    free(events->says_old);
    free(events->amended);
    free(events->aside[0]);
    free(events->aside[1]);
    strbuf_release(&events->key);
}

/* ---- what an event must say ---- */

static bool
looks_like_uuid(struct span text)
{
    for (size_t i = 0; i < text.length; i++)
        if (strchr(i == 8 || i == 13 || i == 18 || i == 23 ? "-" : "0123456789abcdefABCDEF",
                   text.data[i]) == NULL)
            return false;
    return text.length == 36;
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
    if (!events->key_is_open) {
        digest_to_hex(span_digest(key), hex);
        strbuf_reset(&events->key);
        strbuf_printf(&events->key, "digest:%s", hex);
        key = span_of_buffer(&events->key);
    }
    return events->layout.resource_id_is_uuid && !looks_like_uuid(key) ? span_of("") : key;
}

struct span
events_new_value(const struct expect_column *column)
{
    if (column->state == EXPECT_UNRESOLVED)
        return SPAN_NULL;
    return column->is_changed ? column->value : column->origin;
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
        digest_add(&sum,
                   document_member_digest(is_new ? events->new_names[i] : events->old_names[i],
                                          is_new ? events_new_value(column) : column->origin));
    }
    return sum;
}

struct event_content {
    struct digest action, row, resource_id, type, old_values, new_values;
};
/* The event of a second pass says what the row is now, as that of the first did: for such rows the
 * content counts, not the action. */
static const struct digest amended_action = {.high = 1, .low = 1};

void
events_expect(struct work *work, const struct decided *decided, struct digest *key,
              struct digest *item)
{
    const struct event_state *events = &work->events;
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
    *key = layout->has_source_key ? work->expect.source_key_digest : content.resource_id;
    if (events_is_amended(events, *key))
        content.action = amended_action;
    *item = digest_bytes(&content, sizeof content);
}

static void
set_aside(struct event_state *events, enum bag_side side, struct digest key, struct digest item,
          bool removes)
{
    *ARRAY_ADD(events->aside[side], events->aside_count[side], events->aside_capacity[side]) =
        (struct drill_item){.key = key, .item = item, .length = removes};
}

void
events_note(struct work *work, const struct decided *decided)
{
    struct event_state *events = &work->events;
    struct digest key, item;
    if (!events->is_used)
        return;
    events_expect(work, decided, &key, &item);
    if (events_is_amended(events, key))
        set_aside(events, BAG_EXPECTED, key, item, false);
    else
        bag_add(&events->bag, BAG_EXPECTED, key, item);
}

/* ---- what the log says ---- */

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
    struct strbuf *buffer = &work->value;
    struct digest source_key = read_digest(fields[EVENT_SOURCE_KEY]);
    struct event_content content = {.row = read_digest(fields[EVENT_ROW_DIGEST])};
    if (events_is_amended(&work->events, source_key))
        content.action = amended_action;
    if (!digest_equal(content.action, amended_action))
        content.action = span_digest(text_read(buffer, fields[EVENT_ACTION]));
    content.resource_id = span_digest(text_read(buffer, fields[EVENT_RESOURCE_ID]));
    content.type = span_digest(text_read(buffer, fields[EVENT_TYPE]));
    content.old_values = document_digest(text_read(buffer, fields[EVENT_OLD]));
    content.new_values = document_digest(text_read(buffer, fields[EVENT_NEW]));
    *key = work->events.layout.has_source_key ? source_key : content.resource_id;
    *item = digest_bytes(&content, sizeof content);
}

bool
events_pass(struct work *work, struct error *err)
{
    enum { PROGRESS_EVERY = 65536 };
    struct event_state *events = &work->events;
    struct span fields[EVENT_FIELDS];
    struct copy copy;
    int64_t rows = 0;
    if (!begin_events(work, &copy, err))
        return false;
    while (copy_next(&copy, fields, EVENT_FIELDS, err)) {
        struct digest key, item;
        events_read(work, fields, &key, &item);
        if (events_is_amended(events, key))
            set_aside(events, BAG_FOUND, key, item,
                      span_equal(fields[EVENT_ACTION],
                                 span_of(work->v->plan->mapping->audit.actions[AUDIT_REMOVED])));
        else
            bag_add(&events->bag, BAG_FOUND, key, item);
        if (++rows % PROGRESS_EVERY == 0)
            work_progress(work, "audit", rows);
    }
    work->audit_check.looked_at += rows;
    return copy_end(&copy, err);
}

/* ---- rows of a second pass ---- */

static bool
has_event(const struct event_state *events, struct digest key, const struct digest *item)
{
    for (size_t i = 0; i < events->aside_count[BAG_FOUND]; i++) {
        const struct drill_item *event = &events->aside[BAG_FOUND][i];
        if (digest_equal(event->key, key) &&
            (item ? digest_equal(event->item, *item) : event->length == 1))
            return true;
    }
    return false;
}

static const struct digest *
find_expected(const struct event_state *events, struct digest key)
{
    for (size_t i = 0; i < events->aside_count[BAG_EXPECTED]; i++)
        if (digest_equal(events->aside[BAG_EXPECTED][i].key, key))
            return &events->aside[BAG_EXPECTED][i].item;
    return NULL;
}

/* A row that is still there has an event that says what it is now; one that is gone was taken back.
 */
void
events_check_amended(struct work *work)
{
    const struct event_state *events = &work->events;
    for (size_t i = 0; i < events->amended_count; i++) {
        struct digest key = events->amended[i];
        if (i > 0 && digest_equal(events->amended[i - 1], key))
            continue;
        const struct digest *expected = find_expected(events, key);
        if (has_event(events, key, expected))
            continue;
        check_show_source_key(&work->shown, key);
        check_difference_text(&work->audit_check, span_of_buffer(&work->shown), NULL,
                              expected ? "an event that says what the row is now"
                                       : "an event that takes the row back",
                              NULL);
    }
}
