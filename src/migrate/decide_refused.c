/*
 * Winners that the target refuses: of several rows that meet in a key, the next one takes the place
 * of a winner that may not be written, or may not change the row that is there. That must be known
 * before any of them is carried out, since the others name their survivor. So the winners of groups
 * are tried under a savepoint when a table is decided on; what is refused is taken out of the keys,
 * and the rest is decided on again.
 *
 * The refused row itself stays marked in idmigrate.merge (updates, survivor 'migrated': 'skipped'
 * for a row to be written, 'merged' for one to be updated by) until its chunk has it refused once
 * more and makes it a reject.
 */
#include "decide.h"

#include "refused.h"
#include "retry.h"

#include "idmigrate/memory.h"
#include "idmigrate/sql.h"

#include <stdlib.h>
#include <string.h>

/*
 * More than so many are tried only when a chunk has failed by one of them: they would be written
 * twice. Then, and in a dry run, which has no second attempt, all rows of the table are tried: one
 * that meets nobody may be in a winner's way by another key.
 */
enum { MOST_TRIED = 10000, MOST_ROUNDS = 1000 };

struct trial {
    struct decision_keys *keys;
    struct retry_keys winners;
    struct digest_map wanted, tried; /* by the source key's text */
    struct refused refused;
    struct strbuf source_sql, names; /* an array of source keys */
    size_t found;
    bool is_whole; /* all rows of the table go with them */
};

static void
trial_release(struct trial *trial)
{
    retry_keys_release(&trial->winners);
    digest_map_release(&trial->wanted);
    digest_map_release(&trial->tried);
    refused_release(&trial->refused);
    strbuf_release(&trial->source_sql);
    strbuf_release(&trial->names);
}

static void
forget_round(struct trial *trial)
{
    retry_keys_release(&trial->winners);
    digest_map_release(&trial->wanted);
    refused_release(&trial->refused);
    trial->wanted = (struct digest_map){.count = 0};
    strbuf_reset(&trial->source_sql);
    strbuf_reset(&trial->names);
    trial->found = 0;
}

/* Winners of groups of more than one row that were not tried yet. */
static bool
list_winners(struct trial *trial, struct error *err)
{
    struct decision_keys *keys = trial->keys;
    const char *line;
    size_t length;
    strbuf_reset(&keys->sql);
    decision_sql_group_winners(&keys->sql, keys);
    bool good = db_copy_out_begin(keys->m->target, keys->sql.data, err);
    while (good && (good = db_copy_out_next(keys->m->target, &line, &length, err)) &&
           line != NULL) {
        CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;
        uint64_t ignored;
        row_unescape(&key, line, length - 1);
        struct digest digest = digest_bytes(key.data, key.length);
        if (!trial->is_whole && digest_map_get(&trial->tried, digest, &ignored))
            continue;
        digest_map_put(&trial->wanted, digest, 0);
        digest_map_put(&trial->tried, digest, 0);
        retry_keys_add(&trial->winners, key.data);
    }
    return good;
}

/* Tables of one step refer to each other, and a winner by itself may refer to a row that is not
 * there yet. Such a step learns what is refused when it fails, and is begun again with that known.
 */
static bool
refers_to_its_step(const struct migrate *m, const struct plan_table *table)
{
    bool refers = m->plan->steps[table->step].one_transaction;
    for (size_t i = 0; i < table->reference_count; i++)
        refers = refers || table->references[i].parent == table->number;
    return refers;
}

/* Nothing of it stays. */
static bool
try_winners(struct trial *trial, struct lane *lane, struct error *err)
{
    struct migrate *m = trial->keys->m;
    struct sift sift = {.m = m,
                        .lane = lane,
                        .table = trial->keys->table,
                        .source_sql = trial->source_sql.data,
                        .wanted = trial->is_whole ? NULL : &trial->wanted,
                        .refused = &trial->refused};
    db_savepoint(m->target, "idmigrate_trial");
    return refused_sift(&sift, err) && db_savepoint_rollback(m->target, "idmigrate_trial", err);
}

/* Which source rows they are: those of the reading that are rejects by now. */
static bool
name_refused(struct trial *trial, struct lane *lane, struct error *err)
{
    struct migrate *m = trial->keys->m;
    const struct plan_table *table = trial->keys->table;
    struct retry_keys refused = RETRY_KEYS_INIT;
    const char *line;
    size_t length;
    uint64_t ignored;

    lane_set_refused(lane, &trial->refused);
    bool good = chunk_begin_source(m, table, trial->source_sql.data, err);
    bool begun = good;
    while (good && (good = db_copy_out_next(migrate_source(m, table), &line, &length, err)) &&
           line != NULL) {
        struct lane_row row;
        good = lane_put(lane, line, length, &row, err);
        if (good && row.refused != NULL &&
            digest_map_get(&trial->wanted,
                           digest_bytes(row.row->source_key.data, row.row->source_key.length),
                           &ignored))
            retry_keys_add(&refused, row.row->source_key.data);
    }
    if (begun)
        chunk_end_source(m, table, good);
    trial->found = refused.count;
    db_format_array(&trial->names, (const char *const *)refused.texts, refused.count);
    retry_keys_release(&refused);
    return good;
}

static bool
try_round(struct trial *trial, struct error *err)
{
    struct decision_keys *keys = trial->keys;
    struct lane *lane = lane_open(keys->m, keys->table, true, err);
    if (lane == NULL)
        return false;
    bool good = try_winners(trial, lane, err) &&
                (trial->refused.count == 0 || name_refused(trial, lane, err));
    lane_close(&lane);
    return good;
}

/* ON CONFLICT: those that were to change a row are marked already. */
static const char mark_winners[] =
    "INSERT INTO idmigrate.merge (run_id, table_no, source_key, outcome, target_key, survivor_key, "
    "survivor, updates) SELECT $1::uuid, $2::integer, k.idmigrate_source, 'skipped', "
    "k.idmigrate_target, k.idmigrate_target, 'migrated', true FROM pg_temp.idmigrate_keys AS k "
    "WHERE k.idmigrate_source = ANY ($3::text[]) ON CONFLICT (run_id, table_no, source_key) DO "
    "NOTHING";
static const char take_out_keys[] =
    "DELETE FROM pg_temp.idmigrate_keys WHERE idmigrate_source = ANY ($1::text[])";

/* Marks them and takes them out of the keys; of the other decisions nothing is left. */
static bool
take_out(struct trial *trial, struct error *err)
{
    struct decision_keys *keys = trial->keys;
    CLEANUP(memory_free_string) char *number = memory_printf("%d", keys->table->number);
    const char *values[] = {keys->m->run_id, number, trial->names.data};
    return db_command(keys->m->target, sql_query_migrate_mark_refused_updates, 3, values, NULL,
                      err) &&
           db_command(keys->m->target, sql_query_migrate_forget_decisions, 2, values, NULL, err) &&
           db_command(keys->m->target, mark_winners, 3, values, NULL, err) &&
           db_command(keys->m->target, take_out_keys, 1, &values[2], NULL, err);
}

/* Whether a chunk of the table has failed by such a row. */
static bool
was_stopped(const struct trial *trial, bool *stopped, struct error *err)
{
    const struct migrate *m = trial->keys->m;
    CLEANUP(db_result_free) struct db_result *result = NULL;
    CLEANUP(memory_free_string) char *number = memory_printf("%d", trial->keys->table->number);
    const char *values[] = {m->run_id, number};
    if (!db_query(m->target, sql_query_migrate_find_decisions, 2, values, &result, err))
        return false;
    const char *decided = db_result_text(result, 0, 0);
    *stopped = decided != NULL && strcmp(decided, DECISIONS_REFUSED) == 0;
    return true;
}

static bool
is_worth_it(const struct trial *trial)
{
    const struct migrate *m = trial->keys->m;
    return trial->is_whole || (int64_t)trial->winners.count <= failpoint_chunk_rows(MOST_TRIED) ||
           m->shared->tables[trial->keys->table->number].pass > 0;
}

static void
make_source_sql(struct trial *trial)
{
    const struct plan_table *table = trial->keys->table;
    if (!trial->is_whole && trial->winners.count <= MOST_TRIED)
        retry_keys_sql(&trial->source_sql, table, &trial->winners);
    else
        plan_sql_copy_out(&trial->source_sql, table, NULL);
}

bool
decision_try_winners(struct decision_keys *keys, struct error *err)
{
    CLEANUP(trial_release)
    struct trial trial = {.keys = keys,
                          .winners = RETRY_KEYS_INIT,
                          .refused = REFUSED_INIT,
                          .source_sql = STRBUF_INIT,
                          .names = STRBUF_INIT};
    if (refers_to_its_step(keys->m, keys->table))
        return true;
    if (!was_stopped(&trial, &trial.is_whole, err))
        return false;
    trial.is_whole = trial.is_whole || keys->m->in->dry_run;
    for (int round = 0; round < MOST_ROUNDS; round++) {
        forget_round(&trial);
        if (!list_winners(&trial, err))
            return false;
        if (trial.winners.count == 0 || !is_worth_it(&trial))
            return true;
        make_source_sql(&trial);
        if (!try_round(&trial, err))
            return error_context(err, "trying the rows that others give way to");
        failpoint("winners-tried");
        if (trial.found == 0)
            return true;
        if (!take_out(&trial, err) || !decision_write(keys, err))
            return false;
    }
    return true;
}
