/*
 * Where to part a relation that has no blocks: a view, a foreign table. Its rows are put in order
 * by the first column of its key; one pass over that column gives limits of ranges of about equal
 * size. Limits need not be exact: any that rise part the rows, each into one range, also those that
 * come later.
 *
 * Nobody knows beforehand whether the source finds a range by itself (an index below a view, a
 * condition that a foreign server takes) or reads everything for it. One range is tried: where it
 * takes about as long as all of them, there are few.
 */
#include "internal.h"

#include "idmigrate/clock.h"
#include "idmigrate/memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { SAMPLES_PER_CHUNK = 1000, SAMPLED_WIDTHS = 100, FEW_CHUNKS = 8 };

/* Below this no reading is worth saving. */
static const double short_time = 0.5;

struct search {
    struct migrate *m;
    const struct plan_table *table;
    struct plan_range range; /* the relation, and the column */
    int64_t rows, rows_per_chunk;
    double seconds; /* that one pass took */
};

static bool
ask(const struct search *search, const char *sql, struct db_result **result, struct error *err)
{
    return db_query(migrate_source(search->m, search->table), sql, 0, NULL, result, err) ||
           error_context(err, "table %s: looking for ranges of keys", search->table->label);
}

/* ---- how large ---- */

static bool
count_rows(struct search *search, struct error *err)
{
    const int64_t *counted = search->m->in->table_rows;
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    CLEANUP(db_result_free) struct db_result *result = NULL;
    struct plan_range whole = {.leaf = search->range.leaf, .end_block = -1};

    if (whole.leaf == NULL && counted != NULL && counted[search->table->number] >= 0) {
        search->rows = counted[search->table->number];
        return true;
    }
    plan_sql_select_range(&sql, search->table, &whole, "pg_catalog.count(*)");
    if (!ask(search, sql.data, &result, err))
        return false;
    search->rows = db_result_int64(result, 0, 0);
    return true;
}

/* The length of a text is known without reading it whole from where long values are kept. */
static void
add_width(struct strbuf *sql, const struct catalog_table *source)
{
    strbuf_add_string(sql, "1");
    for (size_t i = 0; i < source->column_count; i++) {
        if (!source->columns[i].can_select)
            continue;
        strbuf_add_string(sql, " + COALESCE(pg_catalog.octet_length(t.");
        db_quote_identifier(sql, source->columns[i].name);
        strbuf_add_string(sql, strcmp(source->columns[i].type.base_text_plain, "bytea") == 0
                                   ? "), 0)"
                                   : "::text), 0)");
    }
}

static bool
size_chunks(struct search *search, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf width = STRBUF_INIT, inner = STRBUF_INIT;
    CLEANUP(memory_free_string) char *sql = NULL;
    CLEANUP(db_result_free) struct db_result *result = NULL;
    struct plan_range whole = {.leaf = search->range.leaf, .end_block = -1};

    add_width(&width, search->table->source);
    strbuf_add_string(&width, "::bigint AS width");
    plan_sql_select_range(&inner, search->table, &whole, width.data);
    sql = memory_printf("SELECT COALESCE(pg_catalog.avg(s.width), 1)::bigint FROM (%s LIMIT %d) "
                        "AS s",
                        inner.data, SAMPLED_WIDTHS);
    if (!ask(search, sql, &result, err))
        return false;
    int64_t bytes = failpoint_chunk_blocks(CHUNK_BYTES / BLOCK_BYTES) * BLOCK_BYTES;
    int64_t by_bytes = bytes / db_result_int64(result, 0, 0);
    search->rows_per_chunk = by_bytes > CHUNK_ROWS ? CHUNK_ROWS : by_bytes < 1 ? 1 : by_bytes;
    return true;
}

/* ---- limits ---- */

static void
add_limit(struct key_limits *limits, const char *text)
{
    if (text == NULL || (limits->count > 0 && strcmp(limits->items[limits->count - 1], text) == 0))
        return;
    *(char **)ARRAY_ADD(limits->items, limits->count, limits->capacity) = memory_strdup(text);
}

/* The column's values below the name k. */
static void
add_keys(struct strbuf *sql, const struct search *search)
{
    CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;
    struct plan_range whole = {.leaf = search->range.leaf, .end_block = -1};
    plan_sql_key(&key, search->range.key);
    strbuf_add_string(&key, " AS k");
    strbuf_add_char(sql, '(');
    plan_sql_select_range(sql, search->table, &whole, key.data);
    strbuf_add_string(sql, ") AS s WHERE s.k IS NOT NULL");
}

/* Every so manyth key; of many keys a sample is put in order. */
static bool
find_limits(struct search *search, struct key_limits *limits, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    CLEANUP(db_result_free) struct db_result *result = NULL;
    bool is_sampled = search->rows_per_chunk > SAMPLES_PER_CHUNK;
    double began = clock_steady_seconds();

    strbuf_add_string(&sql, "SELECT b.k::text FROM (SELECT s.k, pg_catalog.row_number() OVER "
                            "(ORDER BY s.k) AS n FROM ");
    add_keys(&sql, search);
    if (is_sampled)
        strbuf_printf(&sql, " AND pg_catalog.random() < %d / %" PRId64 ".0", SAMPLES_PER_CHUNK,
                      search->rows_per_chunk);
    strbuf_printf(&sql, ") AS b WHERE b.n %% %" PRId64 " = 0 ORDER BY b.n",
                  is_sampled ? SAMPLES_PER_CHUNK : search->rows_per_chunk);
    if (!ask(search, sql.data, &result, err))
        return false;
    for (size_t i = 0; i < db_result_rows(result); i++)
        add_limit(limits, db_result_text(result, i, 0));
    search->seconds = clock_steady_seconds() - began;
    return true;
}

/* The highest key: what comes behind it later is a range of its own, which is moved last. */
static bool
find_end(const struct search *search, struct key_limits *limits, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    CLEANUP(db_result_free) struct db_result *result = NULL;
    strbuf_add_string(&sql, "SELECT s.k::text FROM ");
    add_keys(&sql, search);
    strbuf_add_string(&sql, " ORDER BY s.k DESC LIMIT 1");
    if (!ask(search, sql.data, &result, err))
        return false;
    if (db_result_rows(result) > 0)
        add_limit(limits, db_result_text(result, 0, 0));
    return true;
}

/* ---- how many ---- */

static void
keep_few(struct key_limits *limits)
{
    size_t kept = 0;
    for (size_t i = 0; i < limits->count; i++) {
        /* Every (count / FEW_CHUNKS)th. */
        if ((i + 1) * FEW_CHUNKS / limits->count > i * FEW_CHUNKS / limits->count)
            limits->items[kept++] = limits->items[i];
        else
            free(limits->items[i]);
    }
    limits->count = kept;
}

static bool
limit_readings(struct search *search, struct key_limits *limits, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    CLEANUP(db_result_free) struct db_result *result = NULL;
    size_t middle = limits->count / 2;

    if (limits->count <= FEW_CHUNKS || search->seconds < short_time)
        return true;
    search->range.first_key = limits->items[middle - 1];
    search->range.end_key = limits->items[middle];
    plan_sql_select_range(&sql, search->table, &search->range, "pg_catalog.count(*)");
    double began = clock_steady_seconds();
    if (!ask(search, sql.data, &result, err))
        return false;
    if (clock_steady_seconds() - began > search->seconds / 2)
        keep_few(limits);
    return true;
}

bool
keys_find_limits(struct migrate *m, const struct plan_table *table, const struct catalog_leaf *leaf,
                 struct key_limits *limits, struct error *err)
{
    struct search search = {.m = m, .table = table, .range = {.leaf = leaf, .end_block = -1}};

    if (table->source_key_count == 0)
        return true;
    search.range.key =
        &table->source->columns[catalog_find_column(table->source, table->source_key_names[0])];
    /* The target waits for the source in here. */
    if (!m->in->dry_run &&
        !db_execute(m->target, "SET LOCAL idle_in_transaction_session_timeout TO 0", err))
        return false;
    if (!count_rows(&search, err) || !size_chunks(&search, err))
        return false;
    if (search.rows <= search.rows_per_chunk)
        return true;
    return find_limits(&search, limits, err) && limit_readings(&search, limits, err) &&
           find_end(&search, limits, err);
}

void
key_limits_release(struct key_limits *limits)
{
    for (size_t i = 0; i < limits->count; i++)
        free(limits->items[i]);
    free(limits->items);
    *limits = (struct key_limits){.items = NULL};
}
