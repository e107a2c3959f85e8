/* What becomes of one row of a chunk, and of what an earlier pass did with it. */
#include "chunk.h"
#include "retry.h"

#include "idmigrate/memory.h"

#include <inttypes.h>
#include <string.h>

/* One field of COPY text, with the tab before it unless it is the first. */
static void
add_field(struct strbuf *line, const char *data, size_t length)
{
    strbuf_add_char(line, '\t');
    if (data == NULL)
        strbuf_add_string(line, "\\N");
    else
        row_escape(line, data, length);
}

static void
add_string(struct strbuf *line, const char *text)
{
    add_field(line, text, text ? strlen(text) : 0);
}

/* Columns as chunk_reject_columns below. */
static void
add_reject(struct chunk_work *work, const struct lane_row *row, const char *event_id)
{
    struct strbuf *line = &work->rejects.memory;
    const struct refused_row *refused = row->refused;
    const char *column = lane_reject_column(work->table, row);
    char hidden[LANE_HIDDEN_SIZE], digest[DIGEST_HEX_SIZE];
    struct row_value value = lane_show(row->reason_value, hidden);

    work->refused_rows += refused != NULL;
    strbuf_printf(line, "%s\t%d\t%d\t%" PRId64, work->m->run_id, work->table->number,
                  work->chunk->chunk_no, work->chunk->rows_rejected);
    add_field(line, row->row->source_key.data, row->row->source_key.length);
    add_field(line, row->row->target_key.data, row->row->target_key.length);
    add_string(line, row->reason);
    add_string(line, column);
    add_field(line, value.data, value.length);
    add_string(line, refused != NULL ? refused->sqlstate : NULL);
    add_string(line, refused != NULL && refused->constraint[0] ? refused->constraint : NULL);
    digest_to_hex(row->row->source_digest, digest);
    add_string(line, digest);
    add_string(line, event_id);
    add_string(line, work->now);
    strbuf_add_char(line, '\n');
}

const char chunk_reject_columns[] =
    "run_id, table_no, chunk_no, reject_no, source_key, target_key, reason_code,"
    " column_name, old_id, sqlstate, constraint_name, source_digest, event_id, recorded_at";

static void
count_outcome(struct store_chunk *chunk, const struct lane_row *row)
{
    chunk->rows_read++;
    digest_add(&chunk->source_digest, row->row->source_digest);
    chunk->rows_written += row->outcome == LANE_WRITE;
    chunk->rows_merged += row->outcome == LANE_MERGED || row->outcome == LANE_UPDATE;
    chunk->rows_skipped += row->outcome == LANE_SKIPPED;
    chunk->rows_rejected += row->outcome == LANE_REJECTED;
}

static void
add_event(struct chunk_work *work, const struct lane_row *row, bool replaces,
          char event_id[AUDIT_UUID_SIZE])
{
    struct audit_event event;
    event_id[0] = '\0';
    if (work->table->spec->audit_self)
        return;
    lane_describe(work->lane, row, &event);
    if (replaces)
        event.action = AUDIT_UPDATED;
    audit_writer_add(work->m->events, &event, &work->events.memory, event_id);
    /* Sorted, the index by resource takes them in a fifth less time; and the primary key in a
     * third, as long as their IDs rise. Rejects name theirs. */
    spool_end_line(&work->events, event.resource_id, event.resource_id_length,
                   row->outcome == LANE_REJECTED);
    work->events_count++;
}

/* Written rows go straight into the target's COPY; the rest waits for its end. */
static bool
carry_out_row(struct chunk_work *work, const struct lane_row *row, struct error *err)
{
    const struct strbuf *line = &row->row->line;
    char event_id[AUDIT_UUID_SIZE];

    add_event(work, row, false, event_id);
    work->sent += row->outcome == LANE_WRITE;
    if (row->outcome == LANE_WRITE && work->are_written)
        return true;
    if (row->outcome == LANE_WRITE)
        return drawn_put_row(work->m, lane_drawn(work->lane), row->row, err);
    if (row->outcome == LANE_UPDATE) {
        work->updates_count++;
        strbuf_add(&work->updates.memory, line->data, line->length);
    } else if (row->outcome == LANE_REJECTED) {
        add_reject(work, row, event_id[0] ? event_id : NULL);
    }
    return true;
}

/* A row that an earlier pass carried out with other values. */
static void
replace_row(struct chunk_work *work, const struct lane_row *row, const struct prior_found *found)
{
    const struct strbuf *line = &row->row->line;
    char event_id[AUDIT_UUID_SIZE];

    add_event(work, row, true, event_id);
    work->chunk->rows_updated++;
    if (row->outcome == LANE_UPDATE) {
        work->updates_count++;
        strbuf_add(&work->updates.memory, line->data, line->length);
        return;
    }
    work->replacements_count++;
    stage_add_replacement(&work->replacements.memory, found->key, found->row, row->row);
}

/* A row that is right, and of which the mapping says something else by now. */
static void
tell_of_row(struct chunk_work *work, const struct lane_row *row)
{
    char event_id[AUDIT_UUID_SIZE];
    add_event(work, row, true, event_id);
    work->chunk->rows_updated++;
}

/* A row that an earlier pass carried out as it is; its reject was forgotten when this pass began.
 */
static void
keep_row(struct chunk_work *work, const struct lane_row *row, const struct prior_found *found)
{
    work->chunk->rows_unchanged++;
    if (row->outcome == LANE_REJECTED)
        add_reject(work, row,
                   found->event_id != NULL && found->event_id[0] != '\0' ? found->event_id : NULL);
}

/* For the row's own children, which come in later tables; those of the same table know already. */
static void
add_skip(struct chunk_work *work, const struct lane_row *row)
{
    if (!work->table->is_referenced || !lane_is_skipped_with_parent(row))
        return;
    strbuf_printf(&work->skips.memory, "%s\t%d", work->m->run_id, work->table->number);
    add_field(&work->skips.memory, row->row->target_key.data, row->row->target_key.length);
    strbuf_add_char(&work->skips.memory, '\n');
}

bool
chunk_take_row(struct chunk_work *work, const struct lane_row *row, struct error *err)
{
    struct prior_found found = {.key = NULL};
    enum prior_verdict verdict = work->retry != NULL   ? retry_judge(work->retry, row)
                                 : work->prior != NULL ? prior_judge(work->prior, row, &found)
                                                       : PRIOR_NEW;
    bool good = true;

    if (verdict == PRIOR_OTHER_PART)
        return true;
    if (verdict == PRIOR_CONFLICT)
        return error_set(err, EXIT_BUG, "a row that is no row any more was not taken back");
    count_outcome(work->chunk, row);
    add_skip(work, row);
    if (verdict == PRIOR_UNTOLD)
        tell_of_row(work, row);
    else if (verdict == PRIOR_SAME)
        keep_row(work, row, &found);
    else if (verdict == PRIOR_CHANGED)
        replace_row(work, row, &found);
    else
        good = carry_out_row(work, row, err);
    return good && spool_flush(&work->events, err) && spool_flush(&work->rejects, err) &&
           spool_flush(&work->skips, err) && spool_flush(&work->updates, err) &&
           spool_flush(&work->replacements, err);
}
