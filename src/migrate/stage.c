/*
 * Rows that change rows which are there: copied into a temporary table, then one UPDATE or DELETE
 * that must touch exactly as many rows as were staged.
 *
 * What a run replaces or takes back must still be as it wrote it: the rows are read again and
 * compared with the digests of their audit events. Deleting must not take rows along that somebody
 * else added (ON DELETE CASCADE, SET NULL).
 */
#include "internal.h"

#include "idmigrate/memory.h"
#include "idmigrate/sql.h"
#include "idmigrate/wire.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define KEY_FIELDS "''::text AS idmigrate_key, ''::text AS idmigrate_digest"

/* `fields` come before the columns. */
static bool
create(struct migrate *m, const struct plan_table *table, const char *fields, bool with_columns,
       struct error *err)
{
    struct strbuf sql = STRBUF_INIT;
    strbuf_printf(&sql, "CREATE TEMPORARY TABLE idmigrate_stage AS SELECT %s", fields);
    if (with_columns)
        plan_sql_target_columns(&sql, table);
    strbuf_add_string(&sql, " FROM ");
    plan_sql_target_name(&sql, table);
    strbuf_add_string(&sql, " WITH NO DATA");
    bool good = db_execute(m->target, sql.data, err);
    strbuf_release(&sql);
    return good;
}

/* `table`: whose codec the lines are in, or NULL: text. */
static bool
fill(struct migrate *m, const struct plan_table *table, struct spool *lines, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    int64_t rows;
    strbuf_add_string(&sql, "COPY pg_temp.idmigrate_stage FROM STDIN");
    if (table != NULL)
        plan_sql_codec(&sql, table);
    return db_copy_in_begin(m->target, sql.data, err) && spool_put(lines, m->target, err) &&
           db_copy_in_end(m->target, &rows, err) &&
           db_execute(m->target, "ANALYZE pg_temp.idmigrate_stage", err);
}

/* Runs the statement that uses the staged rows. */
static bool
apply(struct migrate *m, const char *sql, int64_t expected, struct error *err)
{
    int64_t touched = 0;
    if (!db_command(m->target, sql, 0, NULL, &touched, err))
        return false;
    if (touched != expected) {
        error_set(err, EXIT_STOPPED, "%" PRId64 " rows to change, %" PRId64 " were there", expected,
                  touched);
        return error_hint(err, "a trigger of the target swallows changes of rows, or the target "
                               "was changed meanwhile; run the same command again");
    }
    return true;
}

static bool
drop(struct migrate *m, struct error *err)
{
    return db_execute(m->target, "DROP TABLE pg_temp.idmigrate_stage", err);
}

static void
add_assignment(struct strbuf *sql, const struct plan_column *column, bool first)
{
    strbuf_add_string(sql, first ? "" : ", ");
    db_quote_identifier(sql, column->target->name);
    strbuf_add_string(sql, " = s.");
    db_quote_identifier(sql, column->target->name);
}

void
stage_conflict_condition(struct strbuf *sql, const struct plan_table *table)
{
    for (size_t i = 0; i < table->conflict_key_count; i++) {
        const struct catalog_column *key = table->columns[table->conflict_key[i]].target;
        strbuf_add_string(sql, i > 0 ? " AND t." : "t.");
        db_quote_identifier(sql, key->name);
        plan_sql_equals(sql, &key->type);
        strbuf_add_string(sql, "s.");
        db_quote_identifier(sql, key->name);
    }
}

void
stage_update_sql(struct strbuf *sql, const struct plan_table *table, const char *staged)
{
    strbuf_add_string(sql, "UPDATE ");
    plan_sql_target_name(sql, table);
    strbuf_add_string(sql, " AS t SET ");
    for (size_t i = 0; i < table->conflict_set_count; i++)
        add_assignment(sql, &table->columns[table->conflict_set[i]], i == 0);
    strbuf_printf(sql, " FROM pg_temp.%s AS s WHERE ", staged);
    stage_conflict_condition(sql, table);
}

bool
stage_update(struct migrate *m, const struct plan_table *table, struct spool *lines, int64_t count,
             struct error *err)
{
    /* Nothing to take over: the row that is there stays as it is. */
    if (count == 0 || table->conflict_set_count == 0)
        return true;

    struct strbuf sql = STRBUF_INIT;
    stage_update_sql(&sql, table, "idmigrate_stage");
    bool good = create(m, table, "", true, err) && fill(m, table, lines, err) &&
                former_keep(m, table, err) && apply(m, sql.data, count, err) &&
                former_note(m, table, err) && drop(m, err);
    strbuf_release(&sql);
    return good;
}

void
stage_key_expression(struct strbuf *sql, const struct plan_table *table, const char *alias)
{
    const struct catalog_column **key =
        memory_alloc((table->target_key_count + 1) * sizeof(const struct catalog_column *));
    for (size_t i = 0; i < table->target_key_count; i++)
        key[i] = table->columns[table->target_key[i]].target;
    plan_sql_key_text(sql, key, table->target_key_count, alias);
    free(key);
}

static void
add_key(struct strbuf *lines, const char *key, struct digest row)
{
    char hex[DIGEST_HEX_SIZE];
    digest_to_hex(row, hex);
    row_escape(lines, key, strlen(key));
    strbuf_printf(lines, "\t%s\t", hex);
}

void
stage_add_replacement(struct strbuf *lines, const char *key, struct digest digest,
                      const struct row *row)
{
    if (row->table->codec != PLAN_CODEC_BINARY) {
        add_key(lines, key, digest);
        strbuf_add(lines, row->line.data, row->line.length);
        return;
    }
    char hex[DIGEST_HEX_SIZE];
    digest_to_hex(digest, hex);
    wire_add_count(lines, row->table->column_count + 2);
    wire_add_bytes(lines, key, strlen(key));
    wire_add_bytes(lines, hex, strlen(hex));
    strbuf_add(lines, row->line.data + WIRE_COUNT_SIZE, row->line.length - WIRE_COUNT_SIZE);
}

void
stage_add_removal(struct strbuf *lines, const char *key, struct digest row,
                  const struct strbuf *event)
{
    add_key(lines, key, row);
    row_escape(lines, event->data, event->length);
    strbuf_add_char(lines, '\n');
}

/* What has become of the staged rows in the target. */
struct stage_look {
    int64_t there, changed;
    bool by_place; /* pg_temp.idmigrate_place says where they are */
};

/* The digest that a line or tuple begins with, and the one of what follows. */
static bool
read_line(const struct plan_table *table, const char *line, size_t length, struct digest *expected,
          struct digest *found)
{
    bool is_binary = table->codec == PLAN_CODEC_BINARY;
    size_t start = is_binary ? WIRE_COUNT_SIZE + WIRE_LENGTH_SIZE : 0;
    size_t end = start + DIGEST_HEX_SIZE - 1, rest = end + (is_binary ? 0 : 1);
    if (length <= rest || !digest_from_hex(line + start, end - start, expected))
        return false;
    *found = digest_bytes(line + rest, length - rest - (is_binary ? 0 : 1));
    return true;
}

/* The staged rows as they are in the target now, digest first. */
static bool
compare_lines(struct migrate *m, const struct plan_table *table, struct stage_look *look,
              struct error *err)
{
    const char *line;
    size_t length;
    bool good = true;
    while ((good = db_copy_out_next(m->target, &line, &length, err)) && line != NULL) {
        struct digest expected, found;
        if (!read_line(table, line, length, &expected, &found))
            return error_set(err, EXIT_BUG, "unexpected line of staged rows");
        look->there++;
        look->changed += !digest_equal(expected, found);
    }
    return good;
}

static bool
refuse_rows(int64_t rows, const char *source, const char *target, struct error *err)
{
    error_set(err, EXIT_REFUSED,
              "%" PRId64 " rows %s in the source and, since they were moved, %s in the target",
              rows, source, target);
    return error_hint(err, "decide on these rows by hand: `idmigrate verify` names them");
}

/* Nobody else's change is overwritten: it is refused. */
static bool
look_at_target(struct migrate *m, const struct plan_table *table, bool removes,
               struct stage_look *look, struct error *err)
{
    struct strbuf sql = STRBUF_INIT;

    *look = (struct stage_look){0};
    strbuf_add_string(&sql, "COPY (SELECT s.idmigrate_digest");
    for (size_t i = 0; i < table->column_count; i++) {
        strbuf_add_string(&sql, ", t.");
        db_quote_identifier(&sql, table->columns[i].target->name);
    }
    strbuf_add_string(&sql, " FROM pg_temp.idmigrate_stage AS s JOIN ");
    plan_sql_target_name(&sql, table);
    strbuf_add_string(&sql, " AS t ON s.idmigrate_key = ");
    stage_key_expression(&sql, table, "t");
    strbuf_add_string(&sql, ") TO STDOUT");
    plan_sql_codec(&sql, table);
    bool good = db_copy_out_begin(m->target, sql.data, err) && compare_lines(m, table, look, err);
    strbuf_release(&sql);
    if (good && look->changed > 0)
        return refuse_rows(look->changed, removes ? "were deleted" : "changed", "changed too", err);
    return good;
}

static bool
find_staged(struct migrate *m, const struct plan_table *table, bool removes,
            struct stage_look *look, struct error *err)
{
    int64_t places;
    bool by_place;
    if (!stage_find_places(m, table, &by_place, &places, err))
        return false;
    if (!by_place)
        return look_at_target(m, table, removes, look, err);
    *look = (struct stage_look){.there = places, .by_place = true};
    return true;
}

/* What is staged as s WHERE it belongs to the target's row t. */
static void
add_staged(struct strbuf *sql, const struct plan_table *table, const struct stage_look *look)
{
    if (look->by_place) {
        stage_add_places(sql);
        return;
    }
    strbuf_add_string(sql, "pg_temp.idmigrate_stage AS s WHERE s.idmigrate_key = ");
    stage_key_expression(sql, table, "t");
}

bool
stage_replace(struct migrate *m, const struct plan_table *table, struct spool *lines, int64_t count,
              struct error *err)
{
    struct stage_look look;
    if (count == 0)
        return true;
    if (!create(m, table, KEY_FIELDS ", ", true, err) || !fill(m, table, lines, err) ||
        !find_staged(m, table, false, &look, err))
        return false;
    if (look.there < count)
        return refuse_rows(count - look.there, "changed", "deleted", err);

    struct strbuf sql = STRBUF_INIT;
    strbuf_add_string(&sql, "UPDATE ");
    plan_sql_target_name(&sql, table);
    strbuf_add_string(&sql, " AS t SET ");
    for (size_t i = 0; i < table->column_count; i++)
        add_assignment(&sql, &table->columns[i], i == 0);
    strbuf_add_string(&sql, " FROM ");
    add_staged(&sql, table, &look);
    bool good = apply(m, sql.data, count, err) && drop(m, err) && stage_drop_places(m, err);
    strbuf_release(&sql);
    return good;
}

/* ---- removing ---- */

/* The join of a child as c with the staged rows' table as t. */
static void
add_follower_join(struct strbuf *sql, const struct plan_table *table, const struct db_result *keys,
                  size_t key)
{
    strbuf_printf(sql, "%s AS c JOIN ", db_result_text(keys, key, 1));
    plan_sql_target_name(sql, table);
    strbuf_printf(sql, " AS t ON %s", db_result_text(keys, key, 2));
}

static bool
spare_followed(struct migrate *m, const struct plan_table *table, const struct db_result *keys,
               size_t key, struct error *err)
{
    struct strbuf sql = STRBUF_INIT;
    strbuf_add_string(&sql, "DELETE FROM pg_temp.idmigrate_stage AS s USING ");
    add_follower_join(&sql, table, keys, key);
    strbuf_add_string(&sql, " WHERE s.idmigrate_key = ");
    stage_key_expression(&sql, table, "t");
    bool good = db_execute(m->target, sql.data, err);
    strbuf_release(&sql);
    return good;
}

static bool
report_followed(const struct db_result *keys, size_t key, const struct db_result *rows,
                enum stage_followers followers, struct error *err)
{
    const char *child = db_result_text(keys, key, 1), *name = db_result_text(keys, key, 0);
    char hidden[LANE_HIDDEN_SIZE];
    if (followers == STAGE_REFUSE_TAKEN_ALONG) {
        error_set(err, EXIT_REFUSED,
                  "rows that are gone from the source cannot be taken back: %" PRId64
                  " rows of %s refer to them",
                  db_result_int64(rows, 0, 0), child);
        return error_hint(err,
                          "foreign key %s would take them along; decide on them by hand, then run "
                          "the same command again",
                          name);
    }
    const char *first = db_result_text(rows, 0, 2);
    struct row_value shown = lane_show((struct row_value){first, strlen(first)}, hidden);
    error_set(err, EXIT_REFUSED,
              "%" PRId64 " rows that were written are now to be merged, skipped or rejected, but "
              "%" PRId64 " rows of %s refer to them; the first is %.*s",
              db_result_int64(rows, 0, 1), db_result_int64(rows, 0, 0), child,
              (int)(shown.length < 128 ? shown.length : 128), shown.data);
    return error_hint(err,
                      "foreign key %s holds them; decide on these rows by hand, or restore the "
                      "target from before the run and run again",
                      name);
}

/* Rows that refer to the staged ones: they would silently go, or lose their reference, with them.
 * Those of the same table that go too do not count. */
static bool
refuse_followed(struct migrate *m, const struct plan_table *table, const struct db_result *keys,
                size_t key, enum stage_followers followers, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *rows = NULL;
    struct strbuf sql = STRBUF_INIT;
    strbuf_add_string(&sql,
                      "SELECT pg_catalog.count(*), pg_catalog.count(DISTINCT s.idmigrate_key), "
                      "pg_catalog.min(s.idmigrate_key COLLATE \"C\") FROM ");
    add_follower_join(&sql, table, keys, key);
    strbuf_add_string(&sql, " JOIN pg_temp.idmigrate_stage AS s ON s.idmigrate_key = ");
    stage_key_expression(&sql, table, "t");
    if (db_result_bool(keys, key, 3)) {
        strbuf_add_string(&sql, " WHERE NOT EXISTS (SELECT FROM pg_temp.idmigrate_stage AS o WHERE "
                                "o.idmigrate_key = ");
        stage_key_expression(&sql, table, "c");
        strbuf_add_string(&sql, ")");
    }
    bool good = db_query(m->target, sql.data, 0, NULL, &rows, err);
    strbuf_release(&sql);
    if (!good || db_result_int64(rows, 0, 0) == 0)
        return good;
    return report_followed(keys, key, rows, followers, err);
}

static bool
look_at_followers(struct migrate *m, const struct plan_table *table, enum stage_followers followers,
                  struct error *err)
{
    CLEANUP(db_result_free) struct db_result *keys = NULL;
    CLEANUP(memory_free_string) char *oid = memory_printf("%" PRIu32, table->target->oid);
    const char *values[] = {oid, followers == STAGE_REFUSE_TAKEN_ALONG ? "false" : "true"};

    if (!db_query(m->target, sql_query_migrate_followers, 2, values, &keys, err))
        return false;
    for (size_t i = 0; i < db_result_rows(keys); i++)
        if (!(followers == STAGE_SPARE_FOLLOWED
                  ? spare_followed(m, table, keys, i, err)
                  : refuse_followed(m, table, keys, i, followers, err)))
            return false;
    return true;
}

/* What is staged and gone from the target already needs no event: the application took it away. */
static bool
delete_staged(struct migrate *m, const struct plan_table *table, int64_t *removed,
              struct error *err)
{
    struct stage_look look;
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    if (!find_staged(m, table, true, &look, err))
        return false;
    strbuf_add_string(&sql, "DELETE FROM ");
    plan_sql_target_name(&sql, table);
    strbuf_add_string(&sql, " AS t USING ");
    add_staged(&sql, table, &look);
    bool good = db_command(m->target, sql.data, 0, NULL, removed, err) && stage_drop_places(m, err);
    if (!good || *removed == look.there)
        return good;
    error_set(err, EXIT_STOPPED, "%" PRId64 " rows to take back, the target deleted %" PRId64,
              look.there, *removed);
    return error_hint(
        err,
        "a trigger or rule of the target keeps them; decide on it and run the same command again");
}

static bool
take_events(struct migrate *m, struct spool *events, struct error *err)
{
    const char *line;
    size_t length;
    bool good = db_copy_out_begin(
        m->target, "COPY (SELECT idmigrate_event FROM pg_temp.idmigrate_stage) TO STDOUT", err);
    while (good && (good = db_copy_out_next(m->target, &line, &length, err)) && line != NULL) {
        row_unescape(&events->memory, line, length - 1);
        good = spool_flush(events, err);
    }
    return good;
}

bool
stage_remove(struct migrate *m, const struct plan_table *table, struct stage_removal *removal,
             struct error *err)
{
    return create(m, table, KEY_FIELDS ", ''::text AS idmigrate_event", false, err) &&
           fill(m, NULL, removal->keys, err) &&
           look_at_followers(m, table, removal->followers, err) &&
           delete_staged(m, table, &removal->removed, err) &&
           take_events(m, removal->events, err) &&
           db_execute(m->target, "DROP TABLE pg_temp.idmigrate_stage", err);
}
