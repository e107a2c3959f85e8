/*
 * The rows of one chunk, when they are in a temporary table (refused_stage.c): the rules of the
 * catalogue take out what would break them, then the rest goes into the target.
 *
 * Rows are taken in the order of their source keys, so that it does not depend on the order of
 * their arrival which of two that meet in a key stays.
 */
#include "refused.h"
#include "retry.h"

#include "idmigrate/memory.h"
#include "idmigrate/sql.h"
#include "idmigrate/wire.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- rules ---- */

struct rule_work {
    const char *sql;
    int64_t found;
    const struct db_place *place; /* NULL: what is found goes with its parent, for its own reason */
};

/* The rows that the rule takes out: they are remembered only when the statement has ended well. */
static bool
apply_rule(struct sift *sift, void *context, struct error *err)
{
    struct rule_work *rule = context;
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT, found = STRBUF_INIT;
    const char *line;
    size_t length;
    struct digest digest;

    strbuf_printf(&sql, "COPY (%s) TO STDOUT", rule->sql);
    bool good = db_copy_out_begin(sift->m->target, sql.data, err);
    while (good && (good = db_copy_out_next(sift->m->target, &line, &length, err)) && line != NULL)
        strbuf_add(&found, line, length);
    rule->found = 0;
    for (size_t at = 0; good && at + 33 <= found.length; at += 33, rule->found++) {
        if (!digest_from_hex(found.data + at, 32, &digest))
            return error_set(err, EXIT_BUG, "unexpected line of a staged row");
        if (rule->place != NULL)
            refused_add(sift->refused, digest, rule->place);
    }
    return good;
}

static bool
apply_rules(struct sift *sift, const struct sift_rules *rules, struct error *err)
{
    for (size_t i = 0; i < rules->count; i++) {
        const struct sift_rule *rule = &rules->items[i];
        struct rule_work work = {.sql = rule->sql, .place = &rule->place};
        do {
            struct error failed = ERROR_INIT;
            if (!sift_try(sift, apply_rule, &work, &failed, err))
                return false;
            /* A rule that cannot be asked is left to the server. */
            if (failed.is_set)
                break;
            if (sift->learns)
                work.place = NULL;
        } while (rule->repeats && work.found > 0);
        failpoint("sift-rule-applied");
    }
    return true;
}

static bool
read_partitions(struct sift *sift, char **condition, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    CLEANUP(memory_free_string) char *oid = memory_printf("%" PRIu32, sift->table->target->oid);
    const char *values[] = {oid};
    *condition = NULL;
    if (sift->table->target->kind != 'p')
        return true;
    if (!db_query(sift->m->target, sql_query_check_partitions, 1, values, &result, err))
        return false;
    const char *text = db_result_text(result, 0, 0);
    *condition = memory_strdup(text != NULL ? text : "false");
    return true;
}

static bool
take_out_offenders(struct sift *sift, struct error *err)
{
    CLEANUP(memory_free_string) char *partitions = NULL;
    CLEANUP(sift_rules_release) struct sift_rules rules = {.items = NULL};
    if (!read_partitions(sift, &partitions, err))
        return false;
    struct sift_rules_request request = {.plan = sift->m->plan,
                                         .table = sift->table,
                                         .learns = sift->learns,
                                         .partitions = partitions};
    sift_rules_make(&rules, &request);
    return apply_rules(sift, &rules, err);
}

/* ---- rows that meet each other ---- */

struct meeting_work {
    struct contest *contest;
    const char *sql;
    size_t index;
    bool are_pairs;
};

static bool
read_meetings(struct sift *sift, void *context, struct error *err)
{
    struct meeting_work *work = context;
    const char *line;
    size_t length;
    bool good = db_copy_out_begin(sift->m->target, work->sql, err);
    while (good && (good = db_copy_out_next(sift->m->target, &line, &length, err)) &&
           line != NULL) {
        char *behind;
        int64_t first = strtoll(line, &behind, 10), second = strtoll(behind, NULL, 10);
        if (work->are_pairs)
            contest_add_pair(work->contest, first, work->index, second);
        else
            contest_add_group(work->contest, second, work->index, first);
    }
    return good;
}

static bool
find_unique_meetings(struct sift *sift, struct contest *contest, size_t index, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    struct error failed = ERROR_INIT;
    sift_sql_unique_groups(&sql, sift->table, &sift->table->target->indexes[index]);
    struct meeting_work work = {.contest = contest, .sql = sql.data, .index = index};
    return sift_try(sift, read_meetings, &work, &failed, err);
}

struct exclusion_work {
    struct contest *contest;
    struct sift_exclusion sql;
    size_t number;
    const char *name;
};

/* Taken out last: what is remembered must be what the statements did. */
static bool
find_excluded_there(struct sift *sift, void *context, struct error *err)
{
    struct exclusion_work *work = context;
    struct db_place place = refused_place("23P01", work->name, NULL);
    struct rule_work rule = {.sql = work->sql.there.data, .place = &place};
    return db_execute(sift->m->target, work->sql.keys.data, err) && apply_rule(sift, &rule, err);
}

static bool
find_excluded_pairs(struct sift *sift, void *context, struct error *err)
{
    struct exclusion_work *work = context;
    struct meeting_work meetings = {.contest = work->contest,
                                    .sql = work->sql.pairs.data,
                                    .index = work->number,
                                    .are_pairs = true};
    return db_execute(sift->m->target, work->sql.keys.data, err) &&
           read_meetings(sift, &meetings, err);
}

static void
release_exclusion(struct exclusion_work *work)
{
    strbuf_release(&work->sql.keys);
    strbuf_release(&work->sql.there);
    strbuf_release(&work->sql.pairs);
}

static bool
try_exclusion(struct sift *sift, struct contest *contest, size_t number, bool there,
              struct error *err)
{
    const struct catalog_index *index = &sift->table->target->indexes[number];
    CLEANUP(release_exclusion)
    struct exclusion_work work = {.contest = contest,
                                  .sql = {STRBUF_INIT, STRBUF_INIT, STRBUF_INIT},
                                  .number = number,
                                  .name = index->name};
    CLEANUP(db_result_free) struct db_result *result = NULL;
    const char *values[] = {sift->table->target->schema, index->name};
    struct error failed = ERROR_INIT;

    if (!db_query(sift->m->target, sql_query_check_exclusion, 2, values, &result, err))
        return false;
    if (db_result_rows(result) != index->key_count)
        return true;
    const char **operators = memory_alloc((index->key_count + 1) * sizeof *operators);
    for (size_t k = 0; k < index->key_count; k++)
        operators[k] = db_result_text(result, k, 0);
    bool is_made = sift_sql_exclusion(&work.sql, sift->table, index, operators);
    free(operators);
    return !is_made ||
           sift_try(sift, there ? find_excluded_there : find_excluded_pairs, &work, &failed, err);
}

struct losers {
    const struct plan_table *table;
    struct strbuf values; /* "(place,index),..." */
};

static void
note_loser(void *context, int64_t place, size_t index)
{
    struct losers *losers = context;
    strbuf_printf(&losers->values, "%s(%" PRId64 ",%zu)", losers->values.length > 0 ? "," : "",
                  place, index);
}

/* They stay in the table: the rows that they lost to may be refused by the server itself. */
static bool
mark_losers(struct sift *sift, struct contest *contest, bool *any, struct error *err)
{
    struct losers losers = {.table = sift->table, .values = STRBUF_INIT};
    struct strbuf sql = STRBUF_INIT;
    contest_decide(contest, note_loser, &losers);
    *any = losers.values.length > 0;
    strbuf_printf(&sql,
                  "UPDATE pg_temp.idmigrate_sifted AS s SET idmigrate_lost = true, idmigrate_no = "
                  "l.index FROM (VALUES %s) AS l (place, index) WHERE s.idmigrate_place = l.place",
                  losers.values.data);
    bool good = !*any || db_execute(sift->m->target, sql.data, err);
    strbuf_release(&losers.values);
    strbuf_release(&sql);
    return good;
}

/* Whoever meets a row that is there is out before anybody can lose to it. */
static bool
decide_contest(struct sift *sift, bool *any, struct error *err)
{
    CLEANUP(contest_free) struct contest *contest = contest_new();
    const struct catalog_table *target = sift->table->target;
    for (size_t i = 0; i < target->index_count; i++)
        if (target->indexes[i].is_exclusion && !try_exclusion(sift, contest, i, true, err))
            return false;
    for (size_t i = 0; i < target->index_count; i++)
        if (target->indexes[i].is_exclusion
                ? !try_exclusion(sift, contest, i, false, err)
                : target->indexes[i].is_unique && !find_unique_meetings(sift, contest, i, err))
            return false;
    return mark_losers(sift, contest, any, err);
}

/* ---- into the target ---- */

struct fetch {
    int64_t place; /* of the last line that was fetched */
    bool lost;
};

static void
add_fetch_sql(struct strbuf *sql, struct sift *sift, const struct fetch *fetch, size_t limit)
{
    const struct drawn *drawn = lane_drawn(sift->lane);
    strbuf_add_string(sql, "COPY (SELECT idmigrate_place, idmigrate_line");
    for (size_t i = 0; i < sift->table->column_count; i++) {
        strbuf_add_string(sql, ", ");
        db_quote_identifier(sql, sift->table->columns[i].target->name);
    }
    for (size_t i = 0; i < drawn->count; i++) {
        strbuf_add_string(sql, ", ");
        db_quote_identifier(sql, drawn->columns[i].column->name);
    }
    strbuf_printf(sql,
                  " FROM pg_temp.idmigrate_sifted WHERE idmigrate_place > %" PRId64
                  " AND idmigrate_lost = %s ORDER BY idmigrate_place LIMIT %zu) TO STDOUT",
                  fetch->place, fetch->lost ? "true" : "false", limit);
    plan_sql_codec(sql, sift->table);
}

static void
free_ends(size_t **ends)
{
    free(*ends);
}

/* Behind the place and the digest of a fetched tuple is the target's row. */
static bool
read_tuple(struct sift *sift, const char *tuple, size_t length, int64_t *place,
           struct digest *source, size_t *rest)
{
    size_t count = sift->table->column_count + lane_drawn(sift->lane)->count + 2;
    CLEANUP(free_ends) size_t *ends = memory_alloc(count * sizeof *ends);
    struct row_value text;
    struct strbuf buffer = STRBUF_INIT;
    bool good = wire_split(tuple, length, ends, count) &&
                wire_read(PLAN_WIRE_INT8, wire_field(tuple, ends, 0), &buffer, &text);
    if (good)
        *place = strtoll(text.data, NULL, 10);
    strbuf_release(&buffer);
    struct row_value hex = good ? wire_field(tuple, ends, 1) : (struct row_value){NULL, 0};
    *rest = good ? wire_start(ends, 2) : 0;
    return good && hex.data != NULL && digest_from_hex(hex.data, hex.length, source);
}

static bool
read_line(const char *line, size_t length, int64_t *place, struct digest *source, size_t *rest)
{
    char *behind;
    *place = strtoll(line, &behind, 10);
    *rest = (size_t)(behind - line) + 34; /* a tab, the digest, and a tab */
    return *rest < length && digest_from_hex(behind + 1, 32, source);
}

static bool
take_fetched(struct sift *sift, struct fetch *fetch, struct sift_batch *batch, const char *line,
             size_t length, struct error *err)
{
    bool is_binary = sift->table->codec == PLAN_CODEC_BINARY;
    struct sift_line item;
    size_t rest;
    if (!(is_binary ? read_tuple(sift, line, length, &fetch->place, &item.source, &rest)
                    : read_line(line, length, &fetch->place, &item.source, &rest)))
        return error_set(err, EXIT_BUG, "unexpected line of a staged row");
    if (is_binary)
        wire_add_count(&batch->lines, sift->table->column_count + lane_drawn(sift->lane)->count);
    strbuf_add(&batch->lines, line + rest, length - rest);
    item.end = batch->lines.length;
    *ARRAY_ADD(batch->items, batch->count, batch->capacity) = item;
    return true;
}

/* Large rows end a batch early: what is fetched beyond it is fetched again. */
static bool
fetch_batch(struct sift *sift, struct fetch *fetch, struct sift_batch *batch, struct error *err)
{
    struct strbuf sql = STRBUF_INIT;
    const char *line;
    size_t length;
    add_fetch_sql(&sql, sift, fetch, batch->wanted);
    bool good = db_copy_out_begin(sift->m->target, sql.data, err);
    strbuf_release(&sql);
    while (good && (good = db_copy_out_next(sift->m->target, &line, &length, err)) && line != NULL)
        if (!sift_batch_is_full(batch))
            good = take_fetched(sift, fetch, batch, line, length, err);
    return good;
}

static bool
write_rows(struct sift *sift, bool lost, struct error *err)
{
    CLEANUP(sift_batch_release) struct sift_batch batch = SIFT_BATCH_INIT;
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    struct fetch fetch = {.place = 0, .lost = lost};
    int64_t taken;
    batch.wanted = 8000;
    drawn_sql_copy_in(&sql, sift->table, lane_drawn(sift->lane));
    for (;;) {
        if (!fetch_batch(sift, &fetch, &batch, err))
            return false;
        if (batch.count == 0)
            return true;
        if (!sift_put_batch(sift, &batch, sql.data, &taken, err))
            return false;
        sift->written += taken;
        failpoint("sift-batch-written");
    }
}

/* Rows that lost to rows which are in the target now are refused for it; if the server refused a
 * row of its own account, one that lost to it may have its key. */
static bool
settle_losers(struct sift *sift, bool server_refused, struct error *err)
{
    if (server_refused)
        return write_rows(sift, true, err);
    for (size_t i = 0; i < sift->table->target->index_count; i++) {
        const struct catalog_index *index = &sift->table->target->indexes[i];
        struct db_place place =
            refused_place(index->is_exclusion ? "23P01" : "23505", index->name, NULL);
        CLEANUP(memory_free_string)
        char *sql = memory_printf("SELECT idmigrate_line FROM pg_temp.idmigrate_sifted WHERE "
                                  "idmigrate_lost AND idmigrate_no = %zu",
                                  i);
        struct rule_work rule = {.sql = sql, .place = &place};
        if (!apply_rule(sift, &rule, err))
            return false;
    }
    return true;
}

/* A reference to the table itself can only be judged when all of it is there: it waits. Where the
 * role may not say so, what only a trigger refuses cannot be told apart. */
static bool
defer_references(struct sift *sift, void *context, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    (void)context;
    for (size_t i = 0; i < sift->table->reference_count; i++) {
        const struct plan_reference *reference = &sift->table->references[i];
        if (sift->m->plan->tables[reference->parent].step != sift->table->step)
            continue;
        if (!reference->key->is_deferrable) {
            strbuf_add_string(&sql, "ALTER TABLE ");
            plan_sql_target_name(&sql, sift->table);
            strbuf_add_string(&sql, " ALTER CONSTRAINT ");
            db_quote_identifier(&sql, reference->key->name);
            strbuf_add_string(&sql, " DEFERRABLE;");
        }
        strbuf_add_string(&sql, "SET CONSTRAINTS ");
        db_quote_name(&sql, sift->table->target->schema, reference->key->name);
        strbuf_add_string(&sql, " DEFERRED;");
    }
    return sql.length == 0 || db_execute(sift->m->target, sql.data, err);
}

static bool
begin(struct sift *sift, bool *can_write, struct error *err)
{
    struct error failed = ERROR_INIT;
    if (sift->learns) {
        bool good = sift_try(sift, defer_references, NULL, &failed, err);
        *can_write = !failed.is_set;
        return good;
    }
    *can_write = true;
    /* What would be checked at COMMIT is checked where its row is known; and the target waits while
     * the source is read. */
    return db_execute(sift->m->target,
                      "SET CONSTRAINTS ALL IMMEDIATE;"
                      "SET LOCAL idle_in_transaction_session_timeout TO 0",
                      err);
}

static bool
write_sifted(struct sift *sift, bool any_lost, struct error *err)
{
    int64_t known = sift->refused->total;
    return write_rows(sift, false, err) &&
           (!any_lost || settle_losers(sift, sift->refused->total > known, err));
}

bool
refused_sift(struct sift *sift, struct error *err)
{
    bool any_lost, can_write;
    if (!begin(sift, &can_write, err) || !sift_stage(sift, err))
        return false;
    failpoint("sift-rows-staged");
    if (!sift_order(sift, err) || !take_out_offenders(sift, err) ||
        !decide_contest(sift, &any_lost, err))
        return false;
    failpoint("sift-offenders-out");
    if (can_write ? !write_sifted(sift, any_lost, err) : !settle_losers(sift, false, err))
        return false;
    failpoint("sift-rows-written");
    return db_execute(sift->m->target, "DROP TABLE pg_temp.idmigrate_sifted", err) &&
           refused_sift_updates(sift, err);
}
