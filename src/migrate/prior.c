/*
 * What earlier passes over a table did, row by row: known from the run's own audit events, which
 * carry the digests of the source key and of the row as written. Rows of one part only, by the
 * digest of their source key, so that what must be remembered fits in memory.
 */
#include "internal.h"

#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

/* Places in audit_copy_out(). */
enum { TYPE = 4, REASON = 11, TENANT = 12 };

/* The state that a source row has by the events so far. */
struct prior_row {
    struct digest source_key;
    struct digest row;    /* as written last */
    struct digest reason; /* of the last event's reason code, as COPY prints it */
    struct digest about;  /* of its resource type and tenant */
    int written;          /* target rows of this run that stand for it: 0 or 1 */
    bool is_seen;
    enum audit_action last;
    char event_id[AUDIT_UUID_SIZE]; /* of the last event: UUIDs version 7 are in order of time */
    size_t resource_id;             /* offset in `keys` */
};

/* All of them, by the digest of the source key (of the target key where a row is its own audit
 * record). */
struct prior {
    const struct plan_table *table;
    const struct plan *plan;
    int part, parts;
    bool tells_type, tells_tenant; /* the audit table stores them as they are */
    struct strbuf about, value;
    struct digest_map by_key;
    struct prior_row *rows;
    size_t count, capacity;
    struct strbuf keys;
};

static bool
is_in_part(struct digest key, int part, int parts)
{
    return (int)(key.high % (uint64_t)parts) == part;
}

static enum audit_action
action_named(const struct plan *plan, const char *name, size_t length)
{
    for (int i = 0; i < AUDIT_ACTION_COUNT; i++) {
        const char *action = plan->mapping->audit.actions[i];
        if (strlen(action) == length && memcmp(action, name, length) == 0)
            return (enum audit_action)i;
    }
    return AUDIT_ACTION_COUNT;
}

static bool
stores(const struct plan *plan, enum audit_field field)
{
    const struct mapping_audit *audit = &plan->mapping->audit;
    for (size_t i = 0; i < audit->column_count; i++) {
        if (audit->columns[i].field != field)
            continue;
        int position = plan->audit ? catalog_find_column(plan->audit, audit->columns[i].to) : -1;
        /* What is no UUID is not stored as one. */
        return position >= 0 &&
               strcmp(plan->audit->columns[position].type.base_text_plain, "uuid") != 0;
    }
    return audit->column_count == 0;
}

/* What an event says a row is: the mapping may say it otherwise by now. Values are unescaped, NULL
 * where there is none. */
static struct digest
digest_about(struct prior *prior, struct row_value type, struct row_value tenant)
{
    strbuf_reset(&prior->about);
    if (prior->tells_type)
        strbuf_add(&prior->about, type.data, type.length);
    if (prior->tells_tenant && tenant.data != NULL) {
        strbuf_add_char(&prior->about, '\0');
        strbuf_add(&prior->about, tenant.data, tenant.length);
    }
    return digest_bytes(prior->about.data, prior->about.length);
}

static struct digest
digest_about_event(struct prior *prior, const char *line, const size_t *ends)
{
    struct strbuf type = STRBUF_INIT, tenant = STRBUF_INIT;
    const char *field = line + ends[TENANT - 1] + 1;
    size_t length = ends[TENANT] - ends[TENANT - 1] - 1;
    bool has_tenant = !(length == 2 && memcmp(field, "\\N", 2) == 0);
    row_unescape(&type, line + ends[TYPE - 1] + 1, ends[TYPE] - ends[TYPE - 1] - 1);
    row_unescape(&tenant, field, length);
    struct digest digest =
        digest_about(prior, (struct row_value){type.data, type.length},
                     (struct row_value){has_tenant ? tenant.data : NULL, tenant.length});
    strbuf_release(&type);
    strbuf_release(&tenant);
    return digest;
}

static struct digest
digest_about_row(struct prior *prior, const struct row *row)
{
    const struct plan_table *table = prior->table;
    const char *type =
        table->spec->resource_type ? table->spec->resource_type : table->target->name;
    struct row_value tenant = {.data = NULL};
    strbuf_reset(&prior->value);
    if (table->tenant >= 0)
        tenant = row_column_value(row, (size_t)table->tenant, &prior->value);
    return digest_about(prior, (struct row_value){type, strlen(type)}, tenant);
}

/* Events come in any order; the last one by its ID says what holds now. */
static void
note_event(struct prior *prior, struct prior_row *row, enum audit_action action,
           struct digest digest, struct digest reason, struct digest about, const char *id,
           const struct strbuf *resource)
{
    row->written += (action == AUDIT_MIGRATED) - (action == AUDIT_REMOVED);
    if (row->event_id[0] != '\0' && strcmp(id, row->event_id) < 0)
        return;
    row->last = action;
    row->row = digest;
    row->reason = reason;
    row->about = about;
    row->resource_id = prior->keys.length;
    strbuf_add(&prior->keys, resource->data, resource->length);
    strbuf_add_char(&prior->keys, '\0');
    snprintf(row->event_id, sizeof row->event_id, "%s", id);
}

static struct prior_row *
find_prior(struct prior *prior, struct digest key)
{
    uint64_t position;
    return digest_map_get(&prior->by_key, key, &position) ? &prior->rows[position] : NULL;
}

static struct prior_row *
add_prior(struct prior *prior, struct digest key)
{
    struct prior_row *row = ARRAY_ADD(prior->rows, prior->count, prior->capacity);
    *row = (struct prior_row){.source_key = key};
    digest_map_put(&prior->by_key, key, prior->count - 1);
    return row;
}

/* Fields as audit_copy_out() gives them. */
static bool
take_event(struct prior *prior, const char *line, const size_t *ends, struct error *err)
{
    struct digest key, row;
    char id[AUDIT_UUID_SIZE] = "";
    struct strbuf resource = STRBUF_INIT;
    enum audit_action action = action_named(prior->plan, line, ends[0]);

    if (action == AUDIT_ACTION_COUNT ||
        !digest_from_hex(line + ends[0] + 1, ends[1] - ends[0] - 1, &key))
        return error_set(err, EXIT_REFUSED,
                         "the audit events do not say which source rows were moved");
    if (!is_in_part(key, prior->part, prior->parts))
        return true;
    if (!digest_from_hex(line + ends[1] + 1, ends[2] - ends[1] - 1, &row))
        return error_set(err, EXIT_REFUSED,
                         "the audit events carry no digests of the rows as written");
    memcpy(id, line + ends[6] + 1, ends[7] - ends[6] - 1 < 36 ? ends[7] - ends[6] - 1 : 36);

    struct prior_row *known = find_prior(prior, key);
    if (known != NULL && id[0] == '\0')
        return error_set(
            err, EXIT_REFUSED,
            "the audit table does not store event IDs, so the order of events is not known");
    if (known == NULL)
        known = add_prior(prior, key);
    row_unescape(&resource, line + ends[2] + 1, ends[3] - ends[2] - 1);
    note_event(prior, known, action, row,
               digest_bytes(line + ends[REASON - 1] + 1, ends[REASON] - ends[REASON - 1] - 1),
               digest_about_event(prior, line, ends), id, &resource);
    strbuf_release(&resource);
    return true;
}

static bool
load_events(struct migrate *m, struct prior *prior, struct error *err)
{
    struct strbuf sql = STRBUF_INIT;
    const char *line;
    size_t length, ends[AUDIT_COPY_OUT_FIELDS];

    struct audit_run run = {.run_id = m->run_id, .since = m->in->run->started_at};
    audit_copy_out(&sql, m->plan, prior->table, &run);
    bool good = db_copy_out_begin(m->target, sql.data, err);
    strbuf_release(&sql);
    while (good && (good = db_copy_out_next(m->target, &line, &length, err)) && line != NULL)
        good = row_split(line, length, ends, AUDIT_COPY_OUT_FIELDS)
                   ? take_event(prior, line, ends, err)
                   : error_set(err, EXIT_BUG, "unexpected line of an audit event");
    return good;
}

/* A record that is its own audit event has no other: what was written is what is in the target, by
 * the target's key. */
static bool
load_target_rows(struct migrate *m, struct prior *prior, struct error *err)
{
    const struct plan_table *table = prior->table;
    size_t *ends = memory_alloc((table->column_count + 1) * sizeof *ends);
    struct strbuf sql = STRBUF_INIT, key = STRBUF_INIT;
    const char *line;
    size_t length;

    plan_sql_copy_target(&sql, table);
    bool good = db_copy_out_begin(m->target, sql.data, err);
    while (good && (good = db_copy_out_next(m->target, &line, &length, err)) && line != NULL) {
        size_t column = (size_t)table->target_key[0];
        if (!row_split(line, length, ends, table->column_count)) {
            good = error_set(err, EXIT_BUG, "unexpected line of the target");
            break;
        }
        size_t start = column > 0 ? ends[column - 1] + 1 : 0;
        strbuf_reset(&key);
        row_unescape(&key, line + start, ends[column] - start);
        struct digest digest = digest_bytes(key.data, key.length);
        if (is_in_part(digest, prior->part, prior->parts))
            note_event(prior, add_prior(prior, digest), AUDIT_MIGRATED,
                       digest_bytes(line, length - 1), (struct digest){0, 0}, (struct digest){0, 0},
                       "", &key);
    }
    free(ends);
    strbuf_release(&sql);
    strbuf_release(&key);
    return good;
}

struct prior *
prior_load(struct migrate *m, const struct plan_table *table, int part, int parts,
           struct error *err)
{
    struct prior *prior = memory_zalloc(sizeof *prior);
    *prior = (struct prior){.table = table,
                            .plan = m->plan,
                            .part = part,
                            .parts = parts,
                            .about = STRBUF_INIT,
                            .value = STRBUF_INIT,
                            .keys = STRBUF_INIT};
    prior->tells_type = stores(m->plan, AUDIT_FIELD_RESOURCE_TYPE);
    prior->tells_tenant = stores(m->plan, AUDIT_FIELD_TENANT);
    if (!(table->spec->audit_self ? load_target_rows(m, prior, err) : load_events(m, prior, err)))
        prior_free(&prior);
    return prior;
}

void
prior_free(struct prior **prior)
{
    if (*prior == NULL)
        return;
    digest_map_release(&(*prior)->by_key);
    strbuf_release(&(*prior)->about);
    strbuf_release(&(*prior)->value);
    strbuf_release(&(*prior)->keys);
    free((*prior)->rows);
    free(*prior);
    *prior = NULL;
}

static bool
agrees(enum audit_action last, enum lane_outcome outcome)
{
    switch (outcome) {
    case LANE_REJECTED:
        return last == AUDIT_REJECTED;
    case LANE_SKIPPED:
        return last == AUDIT_SKIPPED;
    case LANE_MERGED:
    case LANE_UPDATE:
        return last == AUDIT_MERGED;
    default:
        return false;
    }
}

/* Whether the last event gives the reason that holds now, and names the same survivor. */
static bool
says_why(const struct prior *prior, const struct prior_row *known, const struct lane_row *row)
{
    const char *reason = row->reason != NULL ? row->reason : "\\N";
    return digest_equal(known->reason, digest_bytes(reason, strlen(reason))) &&
           (row->survivor == NULL ||
            strcmp(row->survivor, prior->keys.data + known->resource_id) == 0);
}

enum prior_verdict
prior_judge(struct prior *prior, const struct lane_row *row, struct prior_found *found)
{
    const struct strbuf *text =
        prior->table->spec->audit_self ? &row->row->target_key : &row->row->source_key;
    struct digest key = digest_bytes(text->data, text->length);
    if (!is_in_part(key, prior->part, prior->parts))
        return PRIOR_OTHER_PART;
    struct prior_row *known = find_prior(prior, key);
    if (known == NULL)
        return PRIOR_NEW;
    known->is_seen = true;
    *found =
        (struct prior_found){prior->keys.data + known->resource_id, known->row, known->event_id};
    bool same = digest_equal(known->row, row->row->target_digest);
    bool told = prior->table->spec->audit_self ||
                digest_equal(known->about, digest_about_row(prior, row->row));
    if (known->written > 0)
        return row->outcome != LANE_WRITE ? PRIOR_CONFLICT
               : !same                    ? PRIOR_CHANGED
               : told                     ? PRIOR_SAME
                                          : PRIOR_UNTOLD;
    if (!agrees(known->last, row->outcome) || !says_why(prior, known, row))
        return PRIOR_NEW;
    /* A row that was left out has nothing to replace, but an event that says what it is now. */
    return same && told ? PRIOR_SAME : row->outcome == LANE_UPDATE ? PRIOR_CHANGED : PRIOR_NEW;
}

bool
prior_next_written(const struct prior *prior, size_t *at, struct prior_written *written)
{
    for (; *at < prior->count; ++*at) {
        const struct prior_row *row = &prior->rows[*at];
        if (row->written <= 0)
            continue;
        *written = (struct prior_written){.key = prior->keys.data + row->resource_id,
                                          .source_key = row->source_key,
                                          .row = row->row,
                                          .rows = row->written,
                                          .is_seen = row->is_seen};
        ++*at;
        return true;
    }
    return false;
}
