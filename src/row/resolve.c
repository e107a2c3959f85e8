/* The transform `resolve`: an old ID becomes a new one, through a chain of ID maps. */
#include "transform.h"

/* Ends as IDMAP_OLD when every step knew the ID, otherwise as the first step that did not. */
static enum idmap_found
walk_chain(const struct plan_column *column, struct row_value *value, bool *was_new)
{
    for (size_t i = 0; i < column->resolve_count; i++) {
        const struct idmap_pair *pair;
        switch (idmap_find(column->resolve[i], value->data, value->length, &pair)) {
        case IDMAP_OLD:
            *value = (struct row_value){.data = pair->new_id, .length = pair->new_length};
            break;
        case IDMAP_NEW:
            *was_new |= i == 0;
            break;
        case IDMAP_NONE:
            return IDMAP_NONE;
        case IDMAP_TWO:
            return IDMAP_TWO;
        }
    }
    return IDMAP_OLD;
}

void
row_reject(struct row_transform *transform, enum row_status status, const char *reason,
           size_t position, struct row_value value)
{
    struct row *row = &transform->row;
    if (row->status >= status)
        return;
    row->status = status;
    row->reason = reason;
    row->reason_column = (int)position;
    row->reason_value = row_arena_copy(&transform->arena, value);
}

/* What the mapping says about an ID that does not resolve; the state tells what became of it. */
static enum row_id_state
treat_unresolved(struct row_transform *transform, size_t position, struct row_value value,
                 enum idmap_found found)
{
    const struct mapping_column *spec = transform->table->columns[position].spec;
    enum mapping_unresolved policy = spec ? spec->unresolved : MAPPING_UNRESOLVED_REJECT;
    if (policy == MAPPING_UNRESOLVED_NULL)
        return ROW_ID_NULLED;
    if (policy == MAPPING_UNRESOLVED_KEEP)
        return ROW_ID_KEPT;
    row_reject(transform, policy == MAPPING_UNRESOLVED_FAIL ? ROW_FATAL : ROW_REJECT,
               found == IDMAP_TWO ? ROW_REASON_AMBIGUOUS : ROW_REASON_UNRESOLVED, position, value);
    return ROW_ID_UNRESOLVED;
}

static bool
is_literal(const struct row_transform *transform, size_t position, struct row_value value)
{
    return transform->columns[position].has_literals &&
           mapping_is_literal(transform->plan->mapping, transform->table->columns[position].spec,
                              value.data, value.length);
}

static void
count_state(struct row_counts *counts, enum row_id_state state)
{
    counts->resolved += state == ROW_ID_RESOLVED;
    counts->already += state == ROW_ID_ALREADY;
    counts->literals += state == ROW_ID_LITERAL;
    counts->nulled += state == ROW_ID_NULLED;
    counts->kept += state == ROW_ID_KEPT;
    counts->unresolved += state == ROW_ID_UNRESOLVED;
}

struct row_value
row_resolve(struct row_transform *transform, size_t position, struct row_value value)
{
    struct row_id *id = transform->columns[position].id;
    struct row_value resolved = value;
    bool was_new = false;

    if (value.data == NULL) {
        id->state = ROW_ID_NULL;
    } else if (is_literal(transform, position, value)) {
        id->state = ROW_ID_LITERAL;
    } else {
        enum idmap_found found =
            walk_chain(&transform->table->columns[position], &resolved, &was_new);
        id->state = found != IDMAP_OLD ? treat_unresolved(transform, position, value, found)
                    : was_new          ? ROW_ID_ALREADY
                                       : ROW_ID_RESOLVED;
        if (id->state == ROW_ID_NULLED)
            resolved = (struct row_value){.data = NULL};
        else if (id->state == ROW_ID_KEPT)
            resolved = value;
    }
    count_state(&transform->counts[position], id->state);
    return resolved;
}
