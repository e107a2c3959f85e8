/*
 * One table's way for rows: transform, then what became of the rows it refers to, then the
 * decisions on rows that meet in a key.
 */
#include "internal.h"
#include "refused.h"

#include "idmigrate/memory.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* A foreign key whose parent may have moved, by the parent's key: columns in the order of that key.
 */
struct lane_reference {
    const struct plan_reference *plan;
    const struct plan_table *parent;
    int *columns;
    struct moved stored;
    const struct moved *closure; /* or NULL */
};

struct lane {
    struct migrate *migrate;
    const struct plan_table *table;
    struct row_transform *transform;
    struct lane_reference *references;
    size_t reference_count;
    struct moved decisions;
    struct drawn drawn;
    struct refused *refused; /* or NULL */
    bool key_is_open;
    char *target_name, *source_name; /* as events name them */
    struct audit_id *ids;
    char (*hidden)[LANE_HIDDEN_SIZE]; /* digests of values that may not be shown, one for each ID */
    struct strbuf key, value, tenant, shown;
};

/* Children follow by the parent's key only; a reference by other columns keeps its value through a
 * merge. */
static bool
set_columns(struct lane_reference *reference)
{
    const struct plan_table *parent = reference->parent;
    if (reference->plan->count != parent->target_key_count)
        return false;
    reference->columns = memory_alloc((parent->target_key_count + 1) * sizeof(int));
    for (size_t i = 0; i < parent->target_key_count; i++) {
        reference->columns[i] = -1;
        for (size_t j = 0; j < reference->plan->count; j++)
            if (reference->plan->parent_columns[j] == parent->target_key[i])
                reference->columns[i] = reference->plan->columns[j];
        if (reference->columns[i] < 0)
            return false;
    }
    return true;
}

static bool
open_references(struct lane *lane, struct error *err)
{
    struct migrate *m = lane->migrate;
    lane->references = memory_zalloc((lane->table->reference_count + 1) * sizeof *lane->references);
    for (size_t i = 0; i < lane->table->reference_count; i++) {
        struct lane_reference *reference = &lane->references[lane->reference_count];
        *reference =
            (struct lane_reference){.plan = &lane->table->references[i], .stored = MOVED_INIT};
        reference->parent = &m->plan->tables[reference->plan->parent];
        if (!set_columns(reference)) {
            free(reference->columns);
            reference->columns = NULL;
            continue;
        }
        lane->reference_count++;
        reference->closure = &m->shared->closure[reference->plan->parent];
        if (!moved_load(m, reference->parent, &reference->stored, err))
            return false;
    }
    return true;
}

static void
name_tables(struct lane *lane)
{
    struct strbuf name = STRBUF_INIT;
    audit_target_name(&name, lane->table);
    lane->target_name = strbuf_take(&name);
    audit_source_name(&name, lane->migrate->plan, lane->table);
    lane->source_name = strbuf_take(&name);
}

struct lane *
lane_open(struct migrate *m, const struct plan_table *table, bool with_decisions, struct error *err)
{
    struct lane *lane = memory_zalloc(sizeof *lane);
    lane->migrate = m;
    lane->table = table;
    lane->decisions = (struct moved)MOVED_INIT;
    lane->key = lane->value = lane->tenant = lane->shown = (struct strbuf)STRBUF_INIT;
    lane->transform = row_transform_new(m->plan, table);
    lane->key_is_open = audit_key_is_open(table);
    name_tables(lane);
    lane->ids = memory_zalloc((table->column_count + 1) * sizeof *lane->ids);
    lane->hidden = memory_zalloc((table->column_count + 1) * sizeof *lane->hidden);
    lane_set_refused(lane, &m->shared->refused[table->number]);
    if (!open_references(lane, err) || !drawn_open(m, table, &lane->drawn, err) ||
        (with_decisions && table->spec->has_on_conflict &&
         !moved_load_decisions(m, table, &lane->decisions, err)))
        lane_close(&lane);
    return lane;
}

void
lane_close(struct lane **lane)
{
    if (*lane == NULL)
        return;
    for (size_t i = 0; i < (*lane)->reference_count; i++) {
        free((*lane)->references[i].columns);
        moved_release(&(*lane)->references[i].stored);
    }
    free((*lane)->references);
    moved_release(&(*lane)->decisions);
    drawn_release(&(*lane)->drawn);
    row_transform_free(&(*lane)->transform);
    free((*lane)->target_name);
    free((*lane)->source_name);
    free((*lane)->ids);
    free((*lane)->hidden);
    strbuf_release(&(*lane)->key);
    strbuf_release(&(*lane)->value);
    strbuf_release(&(*lane)->tenant);
    strbuf_release(&(*lane)->shown);
    free(*lane);
    *lane = NULL;
}

struct drawn *
lane_drawn(struct lane *lane)
{
    return &lane->drawn;
}

void
lane_set_refused(struct lane *lane, struct refused *refused)
{
    lane->refused = refused;
    if (refused != NULL)
        refused_begin(refused);
}

const struct row_counts *
lane_counts(const struct lane *lane)
{
    return row_transform_counts(lane->transform);
}

/* The key text of the parent that the row refers to; false when a column is NULL: it refers to
 * nothing. */
static bool
make_parent_key(struct lane *lane, const struct lane_reference *reference, const struct row *row)
{
    size_t count = reference->parent->target_key_count;
    struct row_value *values = memory_alloc((count + 1) * sizeof *values);
    size_t *ends = memory_alloc((count + 1) * sizeof *ends);
    bool refers = true;

    strbuf_reset(&lane->value);
    for (size_t i = 0; i < count && refers; i++) {
        struct row_value part = row_column_value(row, (size_t)reference->columns[i], &lane->shown);
        refers = part.data != NULL;
        if (refers)
            strbuf_add(&lane->value, part.data, part.length);
        ends[i] = lane->value.length;
    }
    for (size_t i = 0; i < count; i++) {
        size_t start = i > 0 ? ends[i - 1] : 0;
        values[i] = (struct row_value){lane->value.data + start, refers ? ends[i] - start : 0};
    }
    strbuf_reset(&lane->key);
    if (refers)
        row_encode_key(&lane->key, values, count);
    free(values);
    free(ends);
    return refers;
}

/* Puts the survivor's key into the row's foreign key columns. */
static bool
follow(struct lane *lane, const struct lane_reference *reference, const char *survivor,
       struct row *row, struct error *err)
{
    if (reference->parent->target_key_count == 1) {
        return row_replace_column(lane->transform, row, (size_t)reference->columns[0],
                                  (struct row_value){survivor, strlen(survivor)}, err);
    }
    json_t *parts = json_loads(survivor, JSON_DECODE_ANY, NULL);
    bool good = json_array_size(parts) == reference->parent->target_key_count;
    for (size_t i = 0; good && i < reference->parent->target_key_count; i++) {
        const json_t *part = json_array_get(parts, i);
        good = row_replace_column(
            lane->transform, row, (size_t)reference->columns[i],
            (struct row_value){json_string_value(part), json_string_length(part)}, err);
    }
    json_decref(parts);
    return good || error_set(err, EXIT_BUG, "unexpected key of a merged row");
}

static bool
apply_reference(struct lane *lane, const struct lane_reference *reference, struct lane_row *out,
                struct error *err)
{
    const struct moved *moved = &reference->stored;
    if ((reference->stored.count == 0 && reference->closure->count == 0) ||
        !make_parent_key(lane, reference, out->row))
        return true;
    const struct moved_row *parent = moved_find(moved, &lane->key);
    if (parent == NULL)
        parent = moved_find(moved = reference->closure, &lane->key);
    if (parent == NULL)
        return true;
    if (parent->kind == MOVED_FOLLOW)
        return follow(lane, reference, moved_survivor(moved, parent), out->row, err);
    out->outcome = parent->kind == MOVED_SKIP ? LANE_SKIPPED : LANE_REJECTED;
    out->reason =
        parent->kind == MOVED_SKIP ? LANE_REASON_PARENT_MERGED : LANE_REASON_PARENT_REJECTED;
    out->reason_column = reference->columns[0];
    return true;
}

bool
lane_is_skipped_with_parent(const struct lane_row *row)
{
    return row->outcome == LANE_SKIPPED && row->reason != NULL &&
           strcmp(row->reason, LANE_REASON_PARENT_MERGED) == 0;
}

const char *
lane_reject_column(const struct plan_table *table, const struct lane_row *row)
{
    if (row->reason_column >= 0)
        return table->columns[row->reason_column].target->name;
    return row->refused != NULL && row->refused->column[0] != '\0' ? row->refused->column : NULL;
}

static void
apply_decision(struct lane *lane, struct lane_row *out)
{
    const struct moved_row *decision = moved_find(&lane->decisions, &out->row->source_key);
    if (decision == NULL)
        return;
    out->survivor = moved_survivor(&lane->decisions, decision);
    out->outcome = decision->kind == MOVED_UPDATES  ? LANE_UPDATE
                   : decision->kind == MOVED_MERGED ? LANE_MERGED
                                                    : LANE_SKIPPED;
    out->reason = decision->kind == MOVED_MERGED ? LANE_REASON_SAME_KEY : LANE_REASON_EXISTS;
}

/* What the target says to the row itself says more than that its parent is rejected, which may be
 * so because of this row; not, though, that it refers to nothing. */
static void
apply_refused(struct lane *lane, struct lane_row *out)
{
    const struct refused_row *refused = refused_take(lane->refused, out->row);
    bool is_with_parent = out->outcome == LANE_REJECTED;
    if (refused == NULL || (is_with_parent && strcmp(refused->sqlstate, "23503") == 0))
        return;
    out->refused = refused;
    out->outcome = LANE_REJECTED;
    out->survivor = NULL;
    out->reason = LANE_REASON_REFUSED;
    out->reason_column = -1;
}

struct row_value
lane_hide(struct row_value value, char text[LANE_HIDDEN_SIZE])
{
    char hex[DIGEST_HEX_SIZE];
    digest_to_hex(digest_bytes(value.data, value.length), hex);
    int length = snprintf(text, LANE_HIDDEN_SIZE, "digest:%s", hex);
    return (struct row_value){text, (size_t)length};
}

struct row_value
lane_show(struct row_value value, char text[LANE_HIDDEN_SIZE])
{
    if (value.data == NULL || idmap_looks_like_id(value.data, value.length))
        return value;
    return lane_hide(value, text);
}

static bool
stop_at(const struct lane *lane, const struct row *row, struct error *err)
{
    char hidden[LANE_HIDDEN_SIZE];
    struct row_value value = lane_show(row->reason_value, hidden);
    const char *column =
        row->reason_column < 0 ? "?" : lane->table->columns[row->reason_column].target->name;
    error_set(err, EXIT_STOPPED,
              "table %s, column %s: ID %.*s is not in the ID map, and the mapping says \"fail\"",
              lane->table->label, column, (int)(value.length < 128 ? value.length : 128),
              value.data ? value.data : "");
    return error_hint(
        err,
        "complete the ID map, or say in the mapping what becomes of such rows (\"unresolved\")");
}

bool
lane_put(struct lane *lane, const char *line, size_t length, struct lane_row *out,
         struct error *err)
{
    *out = (struct lane_row){.outcome = LANE_WRITE, .reason_column = -1};
    if (!row_transform_line(lane->transform, line, length, &out->row, err))
        return false;
    if (out->row->status == ROW_FATAL)
        return stop_at(lane, out->row, err);
    if (out->row->status == ROW_REJECT) {
        out->outcome = LANE_REJECTED;
        out->reason = out->row->reason;
        out->reason_column = out->row->reason_column;
        out->reason_value = out->row->reason_value;
        return true;
    }
    for (size_t i = 0; i < lane->reference_count && out->outcome == LANE_WRITE; i++)
        if (!apply_reference(lane, &lane->references[i], out, err))
            return false;
    if (out->outcome == LANE_WRITE)
        apply_decision(lane, out);
    if (lane->refused != NULL && (out->outcome == LANE_WRITE || out->outcome == LANE_UPDATE ||
                                  out->outcome == LANE_REJECTED))
        apply_refused(lane, out);
    return true;
}

/* ---- the event of a row ---- */

static enum audit_action
action_of(enum lane_outcome outcome)
{
    switch (outcome) {
    case LANE_WRITE:
        return AUDIT_MIGRATED;
    case LANE_UPDATE:
    case LANE_MERGED:
        return AUDIT_MERGED;
    case LANE_SKIPPED:
        return AUDIT_SKIPPED;
    default:
        return AUDIT_REJECTED;
    }
}

/* A key as it may be shown: the survivor's where another row stands for this one. */
/* A value of no map may be a name or an address. */
static bool
is_hidden(const struct row_id *id)
{
    return (id->state == ROW_ID_NULLED || id->state == ROW_ID_KEPT ||
            id->state == ROW_ID_UNRESOLVED) &&
           id->old_value.data != NULL &&
           !idmap_looks_like_id(id->old_value.data, id->old_value.length);
}

/* A key of one column that holds such a value. */
static bool
is_key_hidden(const struct lane *lane, const struct row *row)
{
    if (lane->table->target_key_count != 1)
        return false;
    for (size_t i = 0; i < row->id_count; i++)
        if (row->ids[i].column == lane->table->target_key[0])
            return is_hidden(&row->ids[i]) && row->ids[i].state != ROW_ID_NULLED;
    return false;
}

static void
show_key(struct lane *lane, const struct lane_row *row)
{
    const char *key = row->survivor ? row->survivor : row->row->target_key.data;
    size_t length = row->survivor ? strlen(row->survivor) : row->row->target_key.length;
    char hex[DIGEST_HEX_SIZE];

    strbuf_reset(&lane->shown);
    if (lane->key_is_open && (row->survivor != NULL || !is_key_hidden(lane, row->row))) {
        strbuf_add(&lane->shown, key, length);
        return;
    }
    digest_to_hex(digest_bytes(key, length), hex);
    strbuf_printf(&lane->shown, "digest:%s", hex);
}

static void
describe_id(struct lane *lane, size_t number, const struct row_id *id)
{
    const struct plan_column *column = &lane->table->columns[id->column];
    struct row_value old_value = id->old_value, new_value = id->new_value;
    if (is_hidden(id)) {
        old_value = lane_hide(old_value, lane->hidden[number]);
        new_value = new_value.data != NULL ? old_value : new_value;
    }
    lane->ids[number] = (struct audit_id){
        .old_name = column->source ? column->source->name : column->target->name,
        .new_name = column->target->name,
        .old_id = old_value.data,
        .old_length = old_value.length,
        .new_id = new_value.data,
        .new_length = new_value.length,
    };
}

void
lane_describe(struct lane *lane, const struct lane_row *out, struct audit_event *event)
{
    const struct plan_table *table = lane->table;
    const struct row *row = out->row;

    show_key(lane, out);
    *event = (struct audit_event){
        .action = action_of(out->outcome),
        .reason_code = out->reason,
        .resource_type =
            table->spec->resource_type ? table->spec->resource_type : table->target->name,
        .resource_id = lane->shown.data,
        .resource_id_length = lane->shown.length,
        .ids = lane->ids,
        .id_count = row->id_count,
        .table = lane->target_name,
        .source = lane->source_name,
        .source_key = digest_bytes(row->source_key.data, row->source_key.length),
        .row = row->target_digest,
    };
    if (table->tenant >= 0) {
        strbuf_reset(&lane->tenant);
        struct row_value tenant = row_column_value(row, (size_t)table->tenant, &lane->tenant);
        event->tenant = tenant.data;
        event->tenant_length = tenant.length;
    }
    for (size_t i = 0; i < row->id_count; i++)
        describe_id(lane, i, &row->ids[i]);
}
