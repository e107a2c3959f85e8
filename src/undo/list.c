/*
 * Which rows the run wrote: listed from its audit events, once for each table, and numbered, so
 * that chunks of them can be taken in any audit table.
 *
 * Where an event shows a key only as its digest, or none, the row is found by reading the target
 * and comparing digests, which the server cannot make.
 */
#include "internal.h"

#include "idmigrate/memory.h"
#include "idmigrate/row.h"

#include <inttypes.h>

/* ---- listing ---- */

/* Without its events a row could not be told from the application's. */
static bool
compare_with_ledger(const struct undo_table *table, int64_t listed, struct error *err)
{
    int64_t written = table->stored->rows_written;
    /* A pass that is not done counts less than what earlier ones wrote. */
    if (table->has_history ? listed >= written : listed == written)
        return true;
    error_set(err, EXIT_REFUSED,
              "table %s: the ledger counts %" PRId64
              " rows written, and the audit log has events of %" PRId64,
              table->stored->label, written, listed);
    return error_hint(err,
                      "events that are gone cannot be undone; restore a backup, or the part of "
                      "the audit log that was removed");
}

/* A server may take a table for empty that was filled since it counted it, as it does after a dry
 * run whose rows it has cleared away: each row of a chunk would be looked for in all of the table.
 */
static bool
look_at_sizes(struct undo *undo, const struct undo_table *table, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    strbuf_add_string(&sql, "ANALYZE idmigrate.undo_row, ");
    undo_sql_target(&sql, table);
    return db_execute(undo->target, sql.data, err);
}

/* All tables are listed one after the other, when the run has ended. */
static bool
find_events(struct undo *undo, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    CLEANUP(db_result_free) struct db_result *result = NULL;
    if (undo->places != NULL)
        return true;
    undo->run = (struct audit_run){.run_id = undo->run_id, .since = undo->in->run->started_at};
    if (!audit_sql_places(&sql, undo->plan, &undo->run))
        return true;
    if (!db_query(undo->target, sql.data, 0, NULL, &result, err))
        return false;
    undo->run.places = undo->places = audit_places_new(result);
    return true;
}

bool
undo_list(struct undo *undo, struct undo_table *table, struct error *err)
{
    struct strbuf sql = STRBUF_INIT;
    int64_t listed = 0;
    if (!find_events(undo, err))
        return false;
    strbuf_printf(
        &sql,
        "INSERT INTO idmigrate.undo_row (run_id, table_no, row_no, source_key, row_digest,"
        " resource_id, target_key) SELECT '%s', %d, pg_catalog.row_number() OVER (),"
        " w.source_key, w.row_digest, w.resource_id, %s FROM (",
        undo->run_id, table->stored->table_no,
        table->key_count == 0
            ? "NULL::text"
            : "CASE WHEN w.resource_id = '' OR pg_catalog.starts_with(w.resource_id, "
              "'digest:') THEN NULL ELSE w.resource_id END");
    audit_sql_written(&sql, undo->plan, table->plan, &undo->run, table->has_history);
    strbuf_add_string(&sql, ") AS w");
    bool good = db_command(undo->target, sql.data, 0, NULL, &listed, err) &&
                compare_with_ledger(table, listed, err) && look_at_sizes(undo, table, err);
    strbuf_release(&sql);
    table->state.listed = listed + table->former_rows;
    table->state.state = STORE_UNDO_LISTED;
    return good;
}

/* ---- rows that must be looked for ---- */

/* Blocks that are read before what was found is sent. */
enum { BLOCKS_AT_ONCE = 1000 };
enum { FIELD_KEY, FIELD_RELATION, FIELD_PLACE, FIELDS };

static void
add_scan(struct strbuf *sql, const struct undo_table *table, const struct catalog_leaf *leaf,
         int64_t first_block)
{
    strbuf_add_string(sql, "COPY (SELECT ");
    if (table->key_count > 0)
        plan_sql_key_text(sql, table->key, table->key_count, "t");
    else
        strbuf_add_string(sql, "''::text");
    strbuf_add_string(sql, ", t.tableoid::text, t.ctid::text");
    undo_sql_columns(sql, table);
    strbuf_add_string(sql, " FROM ONLY ");
    db_quote_name(sql, leaf->schema, leaf->name);
    strbuf_add_string(sql, " AS t");
    if (leaf->kind != 'f') {
        strbuf_printf(sql, " WHERE t.ctid >= '(%" PRId64 ",0)'::tid", first_block);
        /* The last part has no end: the table may have grown. */
        if (first_block + BLOCKS_AT_ONCE < leaf->pages)
            strbuf_printf(sql, " AND t.ctid < '(%" PRId64 ",0)'::tid",
                          first_block + BLOCKS_AT_ONCE);
    }
    strbuf_add_string(sql, ") TO STDOUT");
    undo_sql_codec(sql, table);
}

/* A line for pg_temp.idmigrate_found. */
static void
note_line(const struct undo_line *line, struct strbuf *found)
{
    char key_digest[DIGEST_HEX_SIZE], row_digest[DIGEST_HEX_SIZE];
    const struct strbuf *key = &line->texts[FIELD_KEY];
    digest_to_hex(digest_bytes(key->data, key->length), key_digest);
    digest_to_hex(line->digest, row_digest);
    strbuf_printf(found, "%s\t%s\t", key_digest, row_digest);
    row_escape(found, key->data, key->length);
    strbuf_printf(found, "\t%s\t%s\n", line->values[FIELD_RELATION], line->values[FIELD_PLACE]);
}

static bool
scan_part(struct undo *undo, const struct undo_table *table, const char *sql, struct strbuf *found,
          struct error *err)
{
    CLEANUP(undo_line_release) struct undo_line line = UNDO_LINE_INIT;
    const char *data;
    size_t length;
    strbuf_reset(found);
    bool good = db_copy_out_begin(undo->target, sql, err);
    while (good && (good = db_copy_out_next(undo->target, &data, &length, err)) && data != NULL) {
        good = undo_line_read(&line, table, data, length, FIELDS, err);
        if (good)
            note_line(&line, found);
    }
    return good && db_copy_in_begin(undo->target, "COPY pg_temp.idmigrate_found FROM STDIN", err) &&
           db_copy_in_put(undo->target, found->data, found->length, err) &&
           db_copy_in_end(undo->target, NULL, err);
}

static bool
scan(struct undo *undo, const struct undo_table *table, struct error *err)
{
    const struct catalog_table *target = table->plan->target;
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT, found = STRBUF_INIT;
    if (!db_execute(undo->target, "TRUNCATE pg_temp.idmigrate_found", err))
        return false;
    for (size_t i = 0; i < target->leaf_count; i++) {
        int64_t block = 0;
        do {
            strbuf_reset(&sql);
            add_scan(&sql, table, &target->leaves[i], block);
            undo_report(undo, table, "listing", false);
            if (!scan_part(undo, table, sql.data, &found, err))
                return false;
            block += BLOCKS_AT_ONCE;
        } while (target->leaves[i].kind != 'f' && block < target->leaves[i].pages);
    }
    return db_execute(undo->target, "ANALYZE pg_temp.idmigrate_found", err);
}

static bool
find_keys(struct undo *undo, struct undo_table *table, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    int64_t unknown;
    strbuf_add_string(&sql, "SELECT pg_catalog.count(*) FROM (SELECT FROM idmigrate.undo_row AS u"
                            " WHERE ");
    undo_sql_of_table(&sql, undo, table, "u");
    strbuf_add_string(&sql,
                      " AND u.target_key IS NULL AND u.reason_code IS NULL LIMIT 1) AS any_row");
    if (!undo_count(undo, sql.data, &unknown, err) || unknown == 0)
        return !err->is_set;
    strbuf_reset(&sql);
    strbuf_add_string(&sql, "UPDATE idmigrate.undo_row AS u SET target_key = f.target_key"
                            " FROM pg_temp.idmigrate_found AS f WHERE ");
    undo_sql_of_table(&sql, undo, table, "u");
    strbuf_add_string(&sql, " AND u.target_key IS NULL AND CASE u.resource_id WHEN '' THEN"
                            " u.row_digest ELSE u.resource_id END = ");
    /* Two statements, so that each can be a join by hash. */
    CLEANUP(memory_free_string)
    char *by_key = memory_printf("%s'digest:' || f.key_digest", sql.data);
    CLEANUP(memory_free_string) char *by_row = memory_printf("%sf.row_digest", sql.data);
    return scan(undo, table, err) && db_execute(undo->target, by_key, err) &&
           db_execute(undo->target, by_row, err);
}

/* Whether equal rows may differ in columns that the run did not write. */
static bool
has_other_columns(const struct undo_table *table)
{
    return table->plan->target->column_count > table->column_count;
}

static bool
find_places(struct undo *undo, struct undo_table *table, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    if (!scan(undo, table, err))
        return false;
    strbuf_printf(
        &sql,
        "INSERT INTO pg_temp.idmigrate_seen (table_no, row_no, relation, place, is_unclear)"
        " SELECT %d, l.row_no, f.relation, f.place, %s AND f.rows > l.rows FROM (SELECT "
        "u.row_no, u.row_digest, pg_catalog.row_number() OVER (PARTITION BY u.row_digest"
        " ORDER BY u.row_no) AS number, pg_catalog.count(*) OVER (PARTITION BY "
        "u.row_digest) AS rows FROM idmigrate.undo_row AS u WHERE ",
        table->stored->table_no, has_other_columns(table) ? "true" : "false");
    undo_sql_of_table(&sql, undo, table, "u");
    strbuf_add_string(&sql,
                      " AND u.reason_code IS NULL) AS l JOIN (SELECT s.*, pg_catalog.row_number()"
                      " OVER (PARTITION BY s.row_digest ORDER BY s.relation, s.place) AS number,"
                      " pg_catalog.count(*) OVER (PARTITION BY s.row_digest) AS rows FROM "
                      "pg_temp.idmigrate_found AS s) AS f ON f.row_digest = l.row_digest AND "
                      "f.number = l.number");
    return db_execute(undo->target, sql.data, err) &&
           db_execute(undo->target, "ANALYZE pg_temp.idmigrate_seen", err);
}

bool
undo_resolve(struct undo *undo, struct undo_table *table, struct error *err)
{
    bool good = table->key_count > 0 ? find_keys(undo, table, err) : find_places(undo, table, err);
    return good || error_context(err, "table %s: looking for its rows", table->stored->label);
}
