/* Naming what is different about an audit event. */
#include "events.h"

#include "document.h"

#include "idmigrate/memory.h"

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
        struct span value = is_new ? events_new_value(column) : column->origin;
        strbuf_add_string(&text, text.length > 1 ? ", " : "");
        text_write_json(
            &text, span_of(is_new ? column->plan->target->name : events_old_name(column->plan)));
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
    text_write(out, events_resource_id(work, decided));
    strbuf_add_char(out, '\t');
    text_write(out, span_of(layout->has_type ? events->resource_type : ""));
    strbuf_add_char(out, '\t');
    if (layout->has_old)
        describe_documents(work, out, false);
    strbuf_add_char(out, '\t');
    if (layout->has_new)
        describe_documents(work, out, true);
    strbuf_add_string(out, "\t\t");
    events_write_rest(work, decided, out);
}

static bool
says_the_same(const struct work *work, int field, const struct span *found_fields,
              struct span expected, struct span found)
{
    if (field == EVENT_ACTION) {
        const char *action = events_action(work, found_fields, found);
        return span_equal(expected, action != NULL ? span_of(action) : found);
    }
    if (field == EVENT_OLD || field == EVENT_NEW)
        return digest_equal(document_digest(expected), document_digest(found));
    return span_equal(expected, found);
}

static void
name_fields(struct work *work, struct span expected, struct span found)
{
    static const char *const names[EVENT_FIELDS] = {
        "action",        "source key digest", "row digest", "resource id",
        "resource type", "old values",        "new values", NULL,
        "actor id",      "actor type",        "outcome",    "reason code",
        "tenant",        "event version",     "source",     "other columns"};
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
    for (int i = 0; i < EVENT_FIELDS; i++) {
        if (names[i] == NULL)
            continue;
        struct span expected_value = text_read(&left, expected_fields[i]);
        struct span found_value = text_read(&right, found_fields[i]);
        if (says_the_same(work, i, found_fields, expected_value, found_value))
            continue;
        if (personal_is_in(&work->v->maps, found_value))
            check_difference(&work->audit_check, span_of_buffer(&work->shown), names[i],
                             expected_value, span_of("personal data"));
        else
            check_difference(&work->audit_check, span_of_buffer(&work->shown), names[i],
                             expected_value, found_value);
    }
    work->audit_check.found = before + 1;
}

/* After a second pass a row that was written has one event that counts, and none when it is gone.
 */
static const char *
expected_of_surplus(const struct work *work, struct span action)
{
    return work->ledger->pass > 0 && action.data != NULL
               ? "one event for one row, and one that takes it back when it is gone"
               : "one event for one row";
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
                         span_of(expected_of_surplus(work, action)),
                         action.data ? action : span_of("one more"));
        break;
    case DRILL_CHANGED:
        name_fields(work, expected, found);
        break;
    }
}
