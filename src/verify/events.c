/*
 * The audit log of one table: exactly one event for every source row, with the right action,
 * resource, IDs and row digest.
 *
 * Rows that a second pass changed or took back have several events; they are set aside and judged
 * one by one.
 */
#include "work.h"

#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

/* In the order in which events are read and described. */
enum {
    EVENT_ACTION,
    EVENT_SOURCE_KEY,
    EVENT_ROW_DIGEST,
    EVENT_RESOURCE_ID,
    EVENT_TYPE,
    EVENT_OLD,
    EVENT_NEW,
    EVENT_ID
};

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

/* ---- documents ---- */

static struct digest
digest_of_member(struct digest name, struct span value)
{
    const struct digest parts[] = {name, span_digest(value)};
    return digest_bytes(parts, sizeof parts);
}

/* A JSON string, as jsonb prints it, that starts at *at with its quote. */
static struct span
read_string(struct span text, size_t *at, struct strbuf *buffer)
{
    static const char letters[] = "bfnrt", meanings[] = "\b\f\n\r\t";
    size_t start = ++*at;
    bool has_escapes = false;
    while (*at < text.length && text.data[*at] != '"') {
        has_escapes |= text.data[*at] == '\\';
        *at += text.data[*at] == '\\' ? 2 : 1;
    }
    size_t end = *at < text.length ? *at : text.length;
    ++*at;
    if (!has_escapes)
        return (struct span){.data = text.data + start, .length = end - start};
    strbuf_reset(buffer);
    for (size_t i = start; i < end; i++) {
        char c = text.data[i];
        if (c == '\\' && i + 1 < end) {
            c = text.data[++i];
            const char *letter = memchr(letters, c, sizeof letters - 1);
            if (c == 'u' && i + 4 < end) {
                const char hex[] = {text.data[i + 3], text.data[i + 4], '\0'};
                c = (char)strtol(hex, NULL, 16);
                i += 4;
            } else if (letter != NULL) {
                c = meanings[letter - letters];
            }
        }
        strbuf_add_char(buffer, c);
    }
    return span_of_buffer(buffer);
}

/* The members of a flat object of strings and nulls, whatever their order. */
static struct digest
digest_of_document(struct span text)
{
    CLEANUP(strbuf_release) struct strbuf buffer = STRBUF_INIT;
    struct digest sum = {0, 0};
    for (size_t at = 0; at < text.length;) {
        if (text.data[at] != '"') {
            at++;
            continue;
        }
        struct digest name = span_digest(read_string(text, &at, &buffer));
        while (at < text.length && (text.data[at] == ':' || text.data[at] == ' '))
            at++;
        struct span value = SPAN_NULL;
        if (at < text.length && text.data[at] == '"') {
            value = read_string(text, &at, &buffer);
        } else {
            size_t start = at;
            while (at < text.length && text.data[at] != ',' && text.data[at] != '}')
                at++;
            if (at - start != 4 || memcmp(text.data + start, "null", 4) != 0)
                value = (struct span){.data = text.data + start, .length = at - start};
        }
        digest_add(&sum, digest_of_member(name, value));
    }
    return sum;
}

/* ---- setting up ---- */

/* The name that old values have: the source column's, or the target's where there is no one source
 * column. */
static const char *
old_name(const struct plan_column *column)
{
    return column->source ? column->source->name : column->target->name;
}

static bool
is_named_before(const struct work *work, size_t position)
{
    for (size_t i = 0; i < position; i++)
        if (work->table->columns[i].resolve_count > 0 &&
            strcmp(old_name(&work->table->columns[i]), old_name(&work->table->columns[position])) ==
                0)
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
        events->old_names[i] = span_digest(span_of(old_name(column)));
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

/* The key of the row in the target, or of the row that stands for it. */
static struct span
resource_id(struct work *work, const struct decided *decided)
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

static struct span
new_value(const struct expect_column *column)
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
        digest_add(&sum, digest_of_member(is_new ? events->new_names[i] : events->old_names[i],
                                          is_new ? new_value(column) : column->origin));
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
    struct span shown = resource_id(work, decided);
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
    content.old_values = digest_of_document(text_read(buffer, fields[EVENT_OLD]));
    content.new_values = digest_of_document(text_read(buffer, fields[EVENT_NEW]));
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

/* ---- naming differences ---- */

static void
describe_documents(struct work *work, struct strbuf *out, bool is_new)
{
    const struct event_state *events = &work->events;
    CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
    strbuf_add_char(&text, '{');
    for (size_t i = 0; i < work->table->column_count; i++) {
        const struct expect_column *column = &work->expect.columns[i];
        if (column->chain_count == 0 || (!is_new && !events->says_old[i]))
            continue;
        struct span value = is_new ? new_value(column) : column->origin;
        strbuf_add_string(&text, text.length > 1 ? ", " : "");
        text_write_json(&text,
                        span_of(is_new ? column->plan->target->name : old_name(column->plan)));
        strbuf_add_string(&text, ": ");
        if (value.data == NULL)
            strbuf_add_string(&text, "null");
        else
            text_write_json(&text, value);
    }
    strbuf_add_char(&text, '}');
    text_write(out, span_of_buffer(&text));
}

void
events_describe_expected(struct work *work, const struct decided *decided, struct strbuf *out)
{
    const struct event_state *events = &work->events;
    const struct event_layout *layout = &events->layout;
    char source_key[DIGEST_HEX_SIZE], row[DIGEST_HEX_SIZE];
    digest_to_hex(work->expect.source_key_digest, source_key);
    digest_to_hex(work->expect.line_digest, row);
    strbuf_reset(out);
    text_write(out, span_of(events->actions[decided->fate]));
    strbuf_printf(out, "\t%s\t%s\t", layout->has_source_key ? source_key : "",
                  layout->has_row_digest ? row : "");
    text_write(out, resource_id(work, decided));
    strbuf_add_char(out, '\t');
    text_write(out, span_of(layout->has_type ? events->resource_type : ""));
    strbuf_add_char(out, '\t');
    if (layout->has_old)
        describe_documents(work, out, false);
    strbuf_add_char(out, '\t');
    if (layout->has_new)
        describe_documents(work, out, true);
    strbuf_add_char(out, '\t');
}

static bool
says_the_same(int field, struct span expected, struct span found)
{
    if (field == EVENT_OLD || field == EVENT_NEW)
        return digest_equal(digest_of_document(expected), digest_of_document(found));
    return span_equal(expected, found);
}

static void
name_fields(struct work *work, struct span expected, struct span found)
{
    static const char *const names[] = {"action",      "source key digest", "row digest",
                                        "resource id", "resource type",     "old values",
                                        "new values"};
    CLEANUP(strbuf_release) struct strbuf left = STRBUF_INIT;
    CLEANUP(strbuf_release) struct strbuf right = STRBUF_INIT;
    struct span expected_fields[EVENT_FIELDS], found_fields[EVENT_FIELDS];
    int64_t before = work->audit_check.found;
    if (expected.data == NULL || found.data == NULL ||
        !text_split(expected.data, expected.length, expected_fields, EVENT_FIELDS) ||
        !text_split(found.data, found.length, found_fields, EVENT_FIELDS)) {
        check_difference_text(&work->audit_check, span_of_buffer(&work->shown), NULL,
                              "another event", "not the event that was expected");
        return;
    }
    for (int i = 0; i < EVENT_ID; i++) {
        struct span expected_value = text_read(&left, expected_fields[i]);
        struct span found_value = text_read(&right, found_fields[i]);
        if (!says_the_same(i, expected_value, found_value))
            check_difference(&work->audit_check, span_of_buffer(&work->shown), names[i],
                             expected_value, found_value);
    }
    work->audit_check.found = before + 1;
}

void
events_report(struct work *work, enum drill_kind kind, struct digest key, struct span expected,
              struct span found)
{
    CLEANUP(strbuf_release) struct strbuf buffer = STRBUF_INIT;
    struct span line = expected.data ? expected : found, fields[EVENT_FIELDS];
    struct span action = SPAN_NULL;
    if (line.data != NULL && text_split(line.data, line.length, fields, EVENT_FIELDS))
        action = text_read(&buffer, fields[EVENT_ACTION]);
    if (work->events.layout.has_source_key) {
        check_show_source_key(&work->shown, key);
    } else {
        strbuf_reset(&work->shown);
        strbuf_add_string(&work->shown, "an event without a source key");
    }
    switch (kind) {
    case DRILL_MISSING:
        check_difference(&work->audit_check, span_of_buffer(&work->shown), NULL, action, SPAN_NULL);
        break;
    case DRILL_EXTRA:
        check_difference(&work->audit_check, span_of_buffer(&work->shown), NULL,
                         span_of("one event for one row"),
                         action.data ? action : span_of("one more"));
        break;
    case DRILL_CHANGED:
        name_fields(work, expected, found);
        break;
    }
}
