/*
 * Changing and removing rows that have their key in common with others. The key is set aside then,
 * and names no single row: a row is known by its key and by the digest that its event has of it,
 * and is addressed by its place. Rows that are the same in every column stand for each other; where
 * only the written ones are, it cannot be told whose row is which, and nothing is done.
 */
#include "internal.h"

#include "idmigrate/memory.h"
#include "idmigrate/sql.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Rows that are as several staged ones say. */
struct content {
    int64_t staged, found;
    struct digest whole; /* of the first that was found */
    bool is_mixed;       /* others are not the same in every column */
};
struct placing {
    struct migrate *m;
    const struct plan_table *table;
    struct digest_map by_content;
    struct content *contents;
    size_t content_count, content_capacity;
    struct spool lines; /* of pg_temp.idmigrate_place */
};

static void
release_placing(struct placing *placing)
{
    digest_map_release(&placing->by_content);
    free(placing->contents);
    spool_release(&placing->lines);
}

/* Only what is set aside can be shared: the target is not asked otherwise. */
static bool
is_something_aside(struct migrate *m, bool *aside, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    *aside = false;
    if (m->in->dry_run)
        return true;
    if (!db_query(m->target, sql_query_set_aside_is_under_way, 1, &m->run_id, &result, err))
        return false;
    *aside = db_result_bool(result, 0, 0);
    return true;
}

/* Whether staged keys are those of several rows. */
static bool
are_keys_shared(struct migrate *m, const struct plan_table *table, bool *shared, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    if (!is_something_aside(m, shared, err) || !*shared)
        return !err->is_set;
    strbuf_add_string(&sql, "SELECT EXISTS (SELECT FROM pg_temp.idmigrate_stage AS s JOIN ");
    plan_sql_target_name(&sql, table);
    strbuf_add_string(&sql, " AS t ON s.idmigrate_key = ");
    stage_key_expression(&sql, table, "t");
    strbuf_add_string(&sql, " GROUP BY s.idmigrate_key HAVING pg_catalog.count(*) > 1)");
    if (!db_query(m->target, sql.data, 0, NULL, &result, err))
        return false;
    *shared = db_result_bool(result, 0, 0);
    return true;
}

/* ---- what is staged ---- */

static void
add_staged(struct placing *placing, const char *key, struct digest row)
{
    struct digest digest = found_content(key, row);
    uint64_t position;
    if (digest_map_get(&placing->by_content, digest, &position)) {
        /* What the map knows is in the array. */
        /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
        placing->contents[position].staged++;
        return;
    }
    *ARRAY_ADD(placing->contents, placing->content_count, placing->content_capacity) =
        (struct content){.staged = 1};
    digest_map_put(&placing->by_content, digest, placing->content_count - 1);
}

static bool
read_staged(struct placing *placing, struct error *err)
{
    struct db *target = placing->m->target;
    CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;
    const char *line;
    size_t length, ends[2];
    struct digest row;
    bool good = db_copy_out_begin(
        target,
        "COPY (SELECT idmigrate_digest, idmigrate_key FROM pg_temp.idmigrate_stage) TO STDOUT",
        err);
    while (good && (good = db_copy_out_next(target, &line, &length, err)) && line != NULL) {
        if (!row_split(line, length, ends, 2) || !digest_from_hex(line, ends[0], &row))
            return error_set(err, EXIT_BUG, "unexpected line of staged rows");
        strbuf_reset(&key);
        row_unescape(&key, line + ends[0] + 1, ends[1] - ends[0] - 1);
        add_staged(placing, key.data, row);
    }
    return good;
}

/* ---- what is there ---- */

/* No more of one content than are staged. */
static void
add_found(struct placing *placing, const struct found_row *row)
{
    struct strbuf *line = &placing->lines.memory;
    char hex[DIGEST_HEX_SIZE];
    uint64_t position;
    if (!digest_map_get(&placing->by_content, found_content(row->key, row->row), &position))
        return;
    struct content *content = &placing->contents[position];
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
    if (content->found++ == 0)
        content->whole = row->whole;
    content->is_mixed = content->is_mixed || !digest_equal(content->whole, row->whole);
    if (content->found > content->staged)
        return;
    digest_to_hex(row->row, hex);
    strbuf_printf(line, "%s\t%" PRId64 "\t%.*s\t", hex, content->found, (int)row->place.length,
                  row->place.data);
    row_escape(line, row->key, strlen(row->key));
    strbuf_add_char(line, '\n');
}

static bool
read_target(struct placing *placing, struct error *err)
{
    const struct plan_table *table = placing->table;
    struct db *target = placing->m->target;
    CLEANUP(found_reader_release) struct found_reader reader = found_reader_new(table);
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    struct found_row row;
    const char *line;
    size_t length;

    strbuf_add_string(&sql, "COPY (SELECT ");
    found_sql_columns(&sql, table);
    strbuf_add_string(&sql, " FROM ");
    plan_sql_target_name(&sql, table);
    strbuf_add_string(&sql, " AS t WHERE ");
    stage_key_expression(&sql, table, "t");
    strbuf_add_string(&sql, " IN (SELECT idmigrate_key FROM pg_temp.idmigrate_stage)) TO STDOUT");
    plan_sql_codec(&sql, table);
    bool good = db_copy_out_begin(target, sql.data, err);
    while (good && (good = db_copy_out_next(target, &line, &length, err)) && line != NULL) {
        good = found_read(&reader, line, length, &row, err);
        if (good)
            add_found(placing, &row);
        good = good && spool_flush(&placing->lines, err);
    }
    return good;
}

static bool
judge(const struct placing *placing, struct error *err)
{
    int64_t missing = 0, mixed = 0;
    for (size_t i = 0; i < placing->content_count; i++) {
        const struct content *content = &placing->contents[i];
        missing += content->found < content->staged;
        mixed += content->found > content->staged && content->is_mixed;
    }
    if (missing + mixed == 0)
        return true;
    error_set(err, EXIT_STOPPED,
              "of rows that have their key in common, %" PRId64
              " are not as they were written, and of %" PRId64 " it cannot be told which are meant",
              missing, mixed);
    return error_hint(err, "decide on these rows by hand, then run the same command again");
}

static bool
put_places(struct placing *placing, int64_t *places, struct error *err)
{
    struct db *target = placing->m->target;
    return db_execute(target,
                      "CREATE TEMPORARY TABLE idmigrate_place (idmigrate_digest text, idmigrate_no "
                      "bigint, place text, idmigrate_key text) ON COMMIT DROP",
                      err) &&
           db_copy_in_begin(target, "COPY pg_temp.idmigrate_place FROM STDIN", err) &&
           spool_put(&placing->lines, target, err) && db_copy_in_end(target, places, err) &&
           db_execute(target, "ANALYZE pg_temp.idmigrate_place", err);
}

bool
stage_find_places(struct migrate *m, const struct plan_table *table, bool *shared, int64_t *places,
                  struct error *err)
{
    CLEANUP(release_placing) struct placing placing = {.m = m, .table = table, .lines = SPOOL_INIT};
    if (!are_keys_shared(m, table, shared, err))
        return false;
    *places = 0;
    return !*shared || (read_staged(&placing, err) && read_target(&placing, err) &&
                        judge(&placing, err) && put_places(&placing, places, err));
}

void
stage_add_places(struct strbuf *sql)
{
    strbuf_add_string(
        sql, "(SELECT r.*, pg_catalog.split_part(p.place, ' ', 1)::pg_catalog.oid AS "
             "idmigrate_relation, pg_catalog.split_part(p.place, ' ', 2)::pg_catalog.tid AS "
             "idmigrate_place FROM (SELECT q.*, pg_catalog.row_number() OVER (PARTITION BY "
             "q.idmigrate_key, q.idmigrate_digest) AS idmigrate_no FROM pg_temp.idmigrate_stage AS "
             "q) AS r JOIN pg_temp.idmigrate_place AS p ON p.idmigrate_key = r.idmigrate_key AND "
             "p.idmigrate_digest = r.idmigrate_digest AND p.idmigrate_no = r.idmigrate_no) AS s "
             "WHERE t.tableoid = s.idmigrate_relation AND t.ctid = s.idmigrate_place");
}

bool
stage_drop_places(struct migrate *m, struct error *err)
{
    return db_execute(m->target, "DROP TABLE IF EXISTS pg_temp.idmigrate_place", err);
}
