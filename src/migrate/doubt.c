/*
 * Exactly once where part of the target is on another server. A foreign table's rows commit there
 * just before the ledger commits here: when this server, or the way to it, fails between the two,
 * rows are there that no ledger row and no event knows of.
 *
 * So a chunk of such a table is announced, durably, before it is begun. One that was announced and
 * is still to do is in doubt: what it would write is compared with what stands in the foreign
 * tables, less what events of this run account for; rows that are left over are the lost chunk's.
 * They are taken back in the transaction that writes them again.
 */
#include "internal.h"

#include "idmigrate/memory.h"
#include "idmigrate/wire.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static bool
is_foreign(const struct catalog_leaf *leaf)
{
    return leaf->kind == 'f';
}

static bool
has_foreign_target(const struct plan_table *table)
{
    for (size_t i = 0; i < table->target->leaf_count; i++)
        if (is_foreign(&table->target->leaves[i]))
            return true;
    return false;
}

bool
doubt_announce(struct migrate *m, const struct plan_table *table, struct store_chunk *chunk,
               struct error *err)
{
    CLEANUP(db_transaction_release) struct db_transaction unit = {0};
    if (m->in->dry_run || !has_foreign_target(table))
        return true;
    return migrate_begin(m, &unit, err) &&
           db_execute(m->target, "SET LOCAL synchronous_commit TO on", err) &&
           store_announce_chunk(m->target, m->run_id, chunk, err) && migrate_commit(m, &unit, err);
}

/* ---- what the chunk would write, and what is there ---- */

struct content {
    int64_t wanted, found, known;
};
struct stray {
    size_t content; /* position in `contents` */
    const struct catalog_leaf *leaf;
    char place[32]; /* the ctid */
};
struct doubt {
    struct digest_map by_digest;
    struct content *contents;
    size_t content_count, content_capacity;
    struct stray *strays;
    size_t stray_count, stray_capacity;
};

static void
release_doubt(struct doubt *doubt)
{
    digest_map_release(&doubt->by_digest);
    free(doubt->contents);
    free(doubt->strays);
}

static struct content *
find_content(struct doubt *doubt, struct digest row)
{
    uint64_t position;
    return digest_map_get(&doubt->by_digest, row, &position) ? &doubt->contents[position] : NULL;
}

static void
want(struct doubt *doubt, struct digest row)
{
    struct content *content = find_content(doubt, row);
    if (content == NULL) {
        content = ARRAY_ADD(doubt->contents, doubt->content_count, doubt->content_capacity);
        *content = (struct content){0};
        digest_map_put(&doubt->by_digest, row, doubt->content_count - 1);
    }
    content->wanted++;
}

/* In a lane of its own: the chunk's counts its rows once. */
static bool
read_source(struct migrate *m, const struct plan_table *table, const struct store_chunk *chunk,
            struct doubt *doubt, struct error *err)
{
    struct lane *lane = lane_open(m, table, true, err);
    struct strbuf sql = STRBUF_INIT;
    const char *line;
    size_t length;

    chunk_source_sql(&sql, table, chunk);
    bool good = lane != NULL && db_copy_out_begin(migrate_source(m, table), sql.data, err);
    while (good && (good = db_copy_out_next(migrate_source(m, table), &line, &length, err)) &&
           line != NULL) {
        struct lane_row row;
        good = lane_put(lane, line, length, &row, err);
        if (good && row.outcome == LANE_WRITE)
            want(doubt, row.row->target_digest);
    }
    strbuf_release(&sql);
    lane_close(&lane);
    return good;
}

/* Parts a line, or a tuple, of the written columns and then where the row is. */
static bool
part_found(const struct plan_table *table, const char *line, size_t length, size_t *ends,
           size_t *row_length, struct row_value *place)
{
    size_t last = table->column_count;
    if (table->codec == PLAN_CODEC_BINARY) {
        if (!wire_split(line, length, ends, last + 1))
            return false;
        *place = wire_field(line, ends, last);
        *row_length = wire_start(ends, last);
    } else {
        if (!row_split(line, length, ends, last + 1))
            return false;
        *row_length = ends[last - 1] + 1;
        *place = (struct row_value){line + *row_length, ends[last] - *row_length};
        /* As the line would end without it. */
        --*row_length;
    }
    return place->data != NULL && place->length < sizeof((struct stray *)NULL)->place;
}

static bool
take_found(struct doubt *doubt, const struct plan_table *table, const struct catalog_leaf *leaf,
           const char *line, size_t length, size_t *ends, struct error *err)
{
    struct row_value place;
    size_t row_length;
    if (!part_found(table, line, length, ends, &row_length, &place))
        return error_set(err, EXIT_BUG, "unexpected line of the target");
    struct content *content = find_content(doubt, row_target_digest(table, line, row_length));
    if (content == NULL)
        return true;
    content->found++;
    struct stray *stray = ARRAY_ADD(doubt->strays, doubt->stray_count, doubt->stray_capacity);
    *stray = (struct stray){.content = (size_t)(content - doubt->contents), .leaf = leaf};
    memcpy(stray->place, place.data, place.length);
    return true;
}

static bool
read_leaf(struct migrate *m, const struct plan_table *table, const struct catalog_leaf *leaf,
          struct doubt *doubt, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    size_t length, *ends = memory_alloc((table->column_count + 1) * sizeof *ends);
    const char *line;

    strbuf_add_string(&sql, "COPY (SELECT ");
    plan_sql_target_columns(&sql, table);
    strbuf_add_string(&sql, ", ctid::text FROM ONLY ");
    db_quote_name(&sql, leaf->schema, leaf->name);
    strbuf_add_string(&sql, ") TO STDOUT");
    plan_sql_codec(&sql, table);
    bool good = db_copy_out_begin(m->target, sql.data, err);
    while (good && (good = db_copy_out_next(m->target, &line, &length, err)) && line != NULL)
        good = take_found(doubt, table, leaf, line, length, ends, err);
    free(ends);
    return good;
}

static bool
read_target(struct migrate *m, const struct plan_table *table, struct doubt *doubt,
            struct error *err)
{
    for (size_t i = 0; i < table->target->leaf_count; i++)
        if (is_foreign(&table->target->leaves[i]) &&
            !read_leaf(m, table, &table->target->leaves[i], doubt, err))
            return false;
    return true;
}

/* ---- what other chunks have written ---- */

/* Fields as audit_copy_out() gives them. */
static void
take_event(struct doubt *doubt, const struct plan *plan, const char *line, const size_t *ends)
{
    char *const *actions = plan->mapping->audit.actions;
    struct digest row;
    struct content *content;
    if (!digest_from_hex(line + ends[1] + 1, ends[2] - ends[1] - 1, &row) ||
        (content = find_content(doubt, row)) == NULL)
        return;
    static const struct {
        enum audit_action action;
        int rows;
    } effects[] = {{AUDIT_MIGRATED, 1}, {AUDIT_UPDATED, 1}, {AUDIT_REMOVED, -1}};
    for (size_t i = 0; i < sizeof effects / sizeof effects[0]; i++)
        if (strlen(actions[effects[i].action]) == ends[0] &&
            memcmp(actions[effects[i].action], line, ends[0]) == 0)
            content->known += effects[i].rows;
}

static bool
read_events(struct migrate *m, const struct plan_table *table, struct doubt *doubt,
            struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    size_t length, ends[AUDIT_COPY_OUT_FIELDS];
    const char *line;

    /* A record that is its own event has a key that no other chunk's has. */
    if (table->spec->audit_self)
        return true;
    struct audit_run run = {.run_id = m->run_id, .since = m->in->run->started_at};
    audit_copy_out(&sql, m->plan, table, &run);
    bool good = db_copy_out_begin(m->target, sql.data, err);
    while (good && (good = db_copy_out_next(m->target, &line, &length, err)) && line != NULL) {
        good = row_split(line, length, ends, AUDIT_COPY_OUT_FIELDS) ||
               error_set(err, EXIT_BUG, "unexpected line of an audit event");
        if (good)
            take_event(doubt, m->plan, line, ends);
    }
    return good;
}

/* ---- taking back ---- */

static bool
is_left_over(struct doubt *doubt, const struct stray *stray)
{
    struct content *content = &doubt->contents[stray->content];
    int64_t unknown = content->found - content->known;
    if (unknown <= 0 || content->wanted <= 0)
        return false;
    content->found--;
    content->wanted--;
    return true;
}

/*
 * By its place: the other server knows it as well. Where it does not (no PostgreSQL, or a table
 * that is partitioned there, where a place is not one row's), the numbers do not agree.
 */
static bool
remove_strays(struct migrate *m, const struct catalog_leaf *leaf, struct doubt *doubt,
              struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    int64_t count = 0, removed = 0;

    strbuf_add_string(&sql, "DELETE FROM ONLY ");
    db_quote_name(&sql, leaf->schema, leaf->name);
    strbuf_add_string(&sql, " WHERE ctid = ANY ('{");
    for (size_t i = 0; i < doubt->stray_count; i++)
        if (doubt->strays[i].leaf == leaf && is_left_over(doubt, &doubt->strays[i]))
            strbuf_printf(&sql, "%s\"%s\"", count++ > 0 ? "," : "", doubt->strays[i].place);
    strbuf_add_string(&sql, "}'::tid[])");
    if (count == 0)
        return true;
    if (!db_command(m->target, sql.data, 0, NULL, &removed, err))
        return false;
    if (removed == count)
        return true;
    error_set(err, EXIT_STOPPED,
              "%" PRId64 " rows of %s.%s are from a commit that was cut in half, and cannot be "
              "taken back one by one",
              count, leaf->schema, leaf->name);
    return error_hint(err, "remove from it what no audit event of the run is about, and run the "
                           "same command again");
}

bool
doubt_settle(struct migrate *m, const struct plan_table *table, const struct store_chunk *chunk,
             struct error *err)
{
    CLEANUP(release_doubt) struct doubt doubt = {.by_digest = DIGEST_MAP_INIT};
    if (!read_source(m, table, chunk, &doubt, err) || !read_target(m, table, &doubt, err))
        return false;
    if (doubt.stray_count == 0)
        return true;
    if (!read_events(m, table, &doubt, err))
        return false;
    for (size_t i = 0; i < table->target->leaf_count; i++)
        if (!remove_strays(m, &table->target->leaves[i], &doubt, err))
            return false;
    return true;
}
