/* idmigrate.merge and idmigrate.reject in memory. */
#include "listed.h"

#include "copy.h"

#include "idmigrate/memory.h"
#include "idmigrate/sql.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct listed_table *
listed_new(size_t table_count)
{
    struct listed_table *tables = memory_zalloc((table_count + 1) * sizeof *tables);
    for (size_t i = 0; i < table_count; i++)
        tables[i].bytes = (struct strbuf)STRBUF_INIT;
    return tables;
}

void
listed_free(struct listed_table *tables, size_t table_count)
{
    for (size_t i = 0; tables != NULL && i < table_count; i++) {
        free(tables[i].rows);
        free(tables[i].by_target);
        free(tables[i].survivors);
        free(tables[i].gone);
        strbuf_release(&tables[i].bytes);
    }
    free(tables);
}

struct span
listed_text(const struct listed_table *table, size_t at, size_t length)
{
    return (struct span){.data = table->bytes.data + at, .length = length};
}

/* ---- loading ---- */

enum field {
    FIELD_TABLE,
    FIELD_KIND,
    FIELD_SOURCE_KEY,
    FIELD_TARGET_KEY,
    FIELD_SURVIVOR_KEY,
    FIELD_SURVIVOR,
    FIELD_UPDATES,
    FIELD_REASON,
    FIELD_SQLSTATE,
    FIELD_COLUMN,
    FIELD_OLD_ID,
    FIELD_COUNT
};

static size_t
keep(struct strbuf *bytes, struct span value)
{
    size_t at = bytes->length;
    strbuf_add(bytes, value.data, value.length);
    return at;
}

static void
take_row(struct listed_table *table, const struct span *values)
{
    static const char *const kinds[] = {"merged", "skipped", "rejected"};
    struct listed row = {.winner_length = SIZE_MAX};
    for (size_t i = 0; i < 3; i++)
        if (span_equal(values[FIELD_KIND], span_of(kinds[i])))
            row.kind = (enum listed_kind)i;
    row.source_key = span_digest(values[FIELD_SOURCE_KEY]);
    row.target_key = span_digest(values[FIELD_TARGET_KEY]);
    row.survivor_key = span_digest(values[FIELD_SURVIVOR_KEY]);
    row.source_at = keep(&table->bytes, values[FIELD_SOURCE_KEY]);
    row.source_length = values[FIELD_SOURCE_KEY].length;
    row.survivor_at = keep(&table->bytes, values[FIELD_SURVIVOR_KEY]);
    row.survivor_length = values[FIELD_SURVIVOR_KEY].length;
    row.reason_at = keep(&table->bytes, values[FIELD_REASON]);
    row.reason_length = values[FIELD_REASON].length;
    row.survivor_exists = span_equal(values[FIELD_SURVIVOR], span_of("existing"));
    row.updates = span_equal(values[FIELD_UPDATES], span_of("t"));
    row.column = span_digest(values[FIELD_COLUMN]);
    row.old_id = span_digest(values[FIELD_OLD_ID]);
    row.has_sqlstate = values[FIELD_SQLSTATE].data != NULL;
    table->merged += row.kind == LISTED_MERGED;
    table->skipped += row.kind == LISTED_SKIPPED;
    table->rejected += row.kind == LISTED_REJECTED;
    *ARRAY_ADD(table->rows, table->count, table->capacity) = row;
}

static bool
read_rows(struct listed_table *tables, size_t table_count, struct copy *copy, struct error *err)
{
    struct strbuf buffers[FIELD_COUNT];
    struct span fields[FIELD_COUNT], values[FIELD_COUNT];
    for (size_t i = 0; i < FIELD_COUNT; i++)
        buffers[i] = (struct strbuf)STRBUF_INIT;
    while (copy_next(copy, fields, FIELD_COUNT, err)) {
        for (size_t i = 0; i < FIELD_COUNT; i++)
            values[i] = text_read(&buffers[i], fields[i]);
        size_t number = strtoul(values[FIELD_TABLE].data, NULL, 10);
        if (number < table_count)
            take_row(&tables[number], values);
    }
    for (size_t i = 0; i < FIELD_COUNT; i++)
        strbuf_release(&buffers[i]);
    return copy_end(copy, err);
}

static int
compare_digests(const void *a, const void *b)
{
    const struct digest *left = a, *right = b;
    return digest_order(*left, *right);
}

static int
compare_source_keys(const void *a, const void *b)
{
    const struct listed *left = a, *right = b;
    return digest_order(left->source_key, right->source_key);
}

static int
compare_targets(const void *a, const void *b, void *rows)
{
    const struct listed *all = rows;
    return digest_order(all[*(const uint32_t *)a].target_key, all[*(const uint32_t *)b].target_key);
}

/* A row merged into one that has its key leaves its children where they are. */
static void
index_targets(struct listed_table *table)
{
    table->by_target = memory_realloc_array(NULL, table->count, sizeof *table->by_target);
    for (size_t i = 0; i < table->count; i++)
        if (table->rows[i].kind == LISTED_REJECTED ||
            !digest_equal(table->rows[i].target_key, table->rows[i].survivor_key))
            table->by_target[table->moved_count++] = (uint32_t)i;
    table->survivors = memory_realloc_array(NULL, table->moved_count, sizeof *table->survivors);
    for (size_t i = 0; i < table->moved_count; i++)
        table->survivors[i] = table->rows[table->by_target[i]].survivor_key;
    if (table->moved_count == 0)
        return;
    qsort_r(table->by_target, table->moved_count, sizeof *table->by_target, compare_targets,
            table->rows);
    qsort(table->survivors, table->moved_count, sizeof *table->survivors, compare_digests);
}

bool
listed_load(struct listed_table *tables, size_t table_count, struct db *target, const char *run_id,
            struct error *err)
{
    struct copy copy;
    if (!copy_begin_query(&copy, target, sql_query_verify_listed, &run_id, err) ||
        !read_rows(tables, table_count, &copy, err))
        return false;
    for (size_t i = 0; i < table_count; i++) {
        if (tables[i].count > 0)
            qsort(tables[i].rows, tables[i].count, sizeof *tables[i].rows, compare_source_keys);
        index_targets(&tables[i]);
    }
    return true;
}

static bool
is_about_an_id(const struct listed_table *table, const struct listed *row)
{
    struct span reason = listed_text(table, row->reason_at, row->reason_length);
    return row->kind == LISTED_REJECTED && (span_equal(reason, span_of("id_unresolved")) ||
                                            span_equal(reason, span_of("id_ambiguous")));
}

struct digest *
listed_rejected_ids(const struct listed_table *tables, size_t table_count, size_t *count)
{
    struct digest *ids = NULL;
    size_t found = 0, capacity = 0;
    for (size_t i = 0; i < table_count; i++)
        for (size_t j = 0; j < tables[i].count; j++)
            if (is_about_an_id(&tables[i], &tables[i].rows[j]))
                *ARRAY_ADD(ids, found, capacity) = tables[i].rows[j].old_id;
    if (found > 0)
        qsort(ids, found, sizeof *ids, compare_digests);
    *count = found;
    return ids;
}

/* ---- looking up ---- */

struct listed *
listed_find(struct listed_table *table, struct digest source_key, bool again)
{
    size_t low = 0, high = table->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (digest_order(table->rows[middle].source_key, source_key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < table->count && digest_equal(table->rows[low].source_key, source_key); low++)
        if (again || !table->rows[low].is_seen)
            return &table->rows[low];
    return NULL;
}

static bool
is_gone(struct listed_table *table, struct digest target_key)
{
    if (table->gone_count == 0)
        return false;
    if (!table->gone_is_sorted)
        qsort(table->gone, table->gone_count, sizeof *table->gone, compare_digests);
    table->gone_is_sorted = true;
    return bsearch(&target_key, table->gone, table->gone_count, sizeof *table->gone,
                   compare_digests) != NULL;
}

enum listed_parent
listed_find_parent(struct listed_table *table, struct digest target_key, struct span *survivor)
{
    size_t low = 0, high = table->moved_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (digest_order(table->rows[table->by_target[middle]].target_key, target_key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < table->moved_count) {
        const struct listed *row = &table->rows[table->by_target[low]];
        *survivor = listed_text(table, row->survivor_at, row->survivor_length);
        if (digest_equal(row->target_key, target_key))
            return row->kind == LISTED_REJECTED ? LISTED_PARENT_REJECTED : LISTED_PARENT_MOVED;
    }
    return is_gone(table, target_key) ? LISTED_PARENT_GONE : LISTED_PARENT_NONE;
}

bool
listed_is_survivor(const struct listed_table *table, struct digest target_key)
{
    return table->moved_count > 0 && bsearch(&target_key, table->survivors, table->moved_count,
                                             sizeof *table->survivors, compare_digests) != NULL;
}

void
listed_add_gone(struct listed_table *table, struct digest target_key)
{
    *ARRAY_ADD(table->gone, table->gone_count, table->gone_capacity) = target_key;
    table->gone_is_sorted = false;
}
