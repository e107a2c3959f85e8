/*
 * Rows whose values go into a row that is there (on_conflict update) and that the target refuses,
 * by a check, a foreign key, a key of its own or a trigger. All of the chunk's are tried, by halves
 * until each refused one is known; then it is as if nothing had been tried, and the chunk applies
 * the others in one statement.
 */
#include "refused.h"

#include "idmigrate/memory.h"

#include <inttypes.h>

static bool
create(struct sift *sift, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    strbuf_add_string(&sql, "CREATE TEMPORARY TABLE idmigrate_updates ON COMMIT DROP AS SELECT "
                            "NULL::bigint AS idmigrate_no, NULL::text AS idmigrate_line, ");
    plan_sql_target_columns(&sql, sift->table);
    strbuf_add_string(&sql, " FROM ");
    plan_sql_target_name(&sql, sift->table);
    strbuf_add_string(&sql, " WITH NO DATA");
    return db_execute(sift->m->target, sql.data, err);
}

/* A table with on_conflict goes as text. */
static bool
add_line(struct sift *sift, struct sift_batch *batch, const struct row *row, void *context,
         struct error *err)
{
    int64_t *count = context;
    char hex[DIGEST_HEX_SIZE];
    (void)sift;
    (void)err;
    digest_to_hex(row->source_digest, hex);
    strbuf_printf(&batch->lines, "%" PRId64 "\t%s\t", ++*count, hex);
    strbuf_add(&batch->lines, row->line.data, row->line.length);
    *ARRAY_ADD(batch->items, batch->count, batch->capacity) =
        (struct sift_line){.end = batch->lines.length, .source = row->source_digest};
    return true;
}

static bool
is_update(struct sift *sift, const struct lane_row *row)
{
    return row->outcome == LANE_UPDATE && sift_is_new(sift, row);
}

static bool
stage(struct sift *sift, int64_t *count, struct error *err)
{
    const struct sift_intake intake = {.wants = is_update,
                                       .add = add_line,
                                       .context = count,
                                       .copy = "COPY pg_temp.idmigrate_updates FROM STDIN"};
    return create(sift, err) && sift_take_in(sift, &intake, err) &&
           db_execute(sift->m->target,
                      "CREATE UNIQUE INDEX ON pg_temp.idmigrate_updates (idmigrate_no);"
                      "ANALYZE pg_temp.idmigrate_updates",
                      err);
}

struct update_range {
    const char *sql;
    int64_t first, last;
    int64_t changed;
};

static bool
apply(struct sift *sift, void *context, struct error *err)
{
    struct update_range *range = context;
    CLEANUP(memory_free_string)
    char *sql = memory_printf("%s AND s.idmigrate_no BETWEEN %" PRId64 " AND %" PRId64, range->sql,
                              range->first, range->last);
    return db_command(sift->m->target, sql, 0, NULL, &range->changed, err);
}

/* Of two that would change one row, only one is tried: the other may be refused all the same. */
static bool
is_tried(const struct update_range *range)
{
    int64_t count = range->last - range->first + 1;
    return count == 1 || range->changed == count;
}

static bool
refuse(struct sift *sift, int64_t number, const struct db_place *place, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    CLEANUP(memory_free_string)
    char *sql = memory_printf(
        "SELECT idmigrate_line FROM pg_temp.idmigrate_updates WHERE idmigrate_no = %" PRId64,
        number);
    struct digest line;
    if (!db_query(sift->m->target, sql, 0, NULL, &result, err))
        return false;
    const char *hex = db_result_rows(result) == 1 ? db_result_text(result, 0, 0) : "";
    if (!digest_from_hex(hex, strlen(hex), &line))
        return error_set(err, EXIT_BUG, "unexpected line of a staged row");
    refused_add(sift->refused, line, place);
    return true;
}

static bool
try_range(struct sift *sift, struct update_range range, struct error *err)
{
    struct error failed = ERROR_INIT;
    if (range.last < range.first)
        return true;
    if (!sift_try(sift, apply, &range, &failed, err))
        return false;
    if (!failed.is_set && is_tried(&range))
        return true;
    if (failed.is_set && !refused_is_by_row(sift->m, sift->table, &failed)) {
        *err = failed;
        return false;
    }
    struct db_place place = *db_failure_place(sift->m->target);
    if (range.first == range.last)
        return refuse(sift, range.first, &place, err);
    int64_t middle = range.first + (range.last - range.first) / 2;
    return try_range(sift, (struct update_range){range.sql, range.first, middle, 0}, err) &&
           try_range(sift, (struct update_range){range.sql, middle + 1, range.last, 0}, err);
}

static bool
try_all(struct sift *sift, int64_t count, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    stage_update_sql(&sql, sift->table, "idmigrate_updates");
    db_savepoint(sift->m->target, "idmigrate_updates");
    return try_range(sift, (struct update_range){sql.data, 1, count, 0}, err) &&
           db_savepoint_rollback(sift->m->target, "idmigrate_updates", err);
}

bool
refused_sift_updates(struct sift *sift, struct error *err)
{
    int64_t count = 0;
    if (sift->table->spec->conflict != MAPPING_CONFLICT_UPDATE ||
        sift->table->conflict_set_count == 0)
        return true;
    return stage(sift, &count, err) && (count == 0 || try_all(sift, count, err)) &&
           db_execute(sift->m->target, "DROP TABLE pg_temp.idmigrate_updates", err);
}
