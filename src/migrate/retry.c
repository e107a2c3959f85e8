/* Which rejects are tried again, and what became of them. */
#include "retry.h"

#include "decide.h"
#include "refused.h"

#include "idmigrate/memory.h"
#include "idmigrate/sql.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_AT_ONCE = 10000 };

struct retry_item {
    struct digest key, source, why; /* of the source key's text, the source row, the reason */
    bool has_source;
    int chunk_no;
    int reject_no;
    char *text;    /* of the source key */
    size_t next;   /* another one with this key, or SIZE_MAX: rows without a key may be equal */
    bool is_seen;  /* in this reading */
    bool is_moved; /* carried out again */
};

struct retry {
    const struct plan_table *table;
    struct retry_item *items;
    size_t count;
    struct digest_map by_key;
};

/* ---- loading ---- */

static struct digest
digest_why(const char *reason, const char *column, const char *sqlstate, const char *constraint)
{
    CLEANUP(memory_free_string)
    char *text = memory_printf("%s\t%s\t%s\t%s", reason, column ? column : "",
                               sqlstate ? sqlstate : "", constraint ? constraint : "");
    return digest_bytes(text, strlen(text));
}

static void
take_item(struct retry *retry, const struct db_result *rows, size_t i)
{
    const char *key = db_result_text(rows, i, 2), *source = db_result_text(rows, i, 3);
    struct retry_item *item = &retry->items[i];
    uint64_t position;
    *item = (struct retry_item){
        .key = digest_bytes(key, db_result_length(rows, i, 2)),
        .why = digest_why(db_result_text(rows, i, 4), db_result_text(rows, i, 5),
                          db_result_text(rows, i, 6), db_result_text(rows, i, 7)),
        .chunk_no = (int)db_result_int64(rows, i, 0),
        .reject_no = (int)db_result_int64(rows, i, 1),
        .text = memory_strdup(key),
        .next = SIZE_MAX,
    };
    item->has_source = source != NULL && digest_from_hex(source, strlen(source), &item->source);
    if (digest_map_get(&retry->by_key, item->key, &position))
        item->next = (size_t)position;
    digest_map_put(&retry->by_key, item->key, i);
}

static void
release(struct retry *retry)
{
    for (size_t i = 0; i < retry->count; i++)
        free(retry->items[i].text);
    free(retry->items);
    digest_map_release(&retry->by_key);
    *retry = (struct retry){.items = NULL};
}

/* The next ones behind the chunk and number given. */
static bool
load(struct migrate *m, const struct plan_table *table, const int after[2], int last_chunk,
     struct retry *retry, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *rows = NULL;
    CLEANUP(memory_free_string) char *table_no = memory_printf("%d", table->number);
    CLEANUP(memory_free_string) char *chunk = memory_printf("%d", after[0]);
    CLEANUP(memory_free_string) char *number = memory_printf("%d", after[1]);
    CLEANUP(memory_free_string) char *last = memory_printf("%d", last_chunk);
    CLEANUP(memory_free_string) char *most = memory_printf("%d", MOST_AT_ONCE);
    const char *values[] = {m->run_id, table_no, chunk, number, last, most};

    *retry = (struct retry){.table = table};
    if (!db_query(m->target, sql_query_migrate_load_retries, 6, values, &rows, err))
        return false;
    retry->count = db_result_rows(rows);
    retry->items = memory_zalloc((retry->count + 1) * sizeof *retry->items);
    for (size_t i = 0; i < retry->count; i++)
        take_item(retry, rows, i);
    return true;
}

/* ---- reading by key ---- */

void
retry_source_sql(const struct retry *retry, struct strbuf *sql)
{
    struct retry_keys keys = RETRY_KEYS_INIT;
    for (size_t i = 0; i < retry->count; i++)
        retry_keys_add(&keys, retry->items[i].text);
    retry_keys_sql(sql, retry->table, &keys);
    retry_keys_release(&keys);
}

const struct digest_map *
retry_wanted(const struct retry *retry)
{
    return &retry->by_key;
}

void
retry_begin(struct retry *retry)
{
    for (size_t i = 0; i < retry->count; i++)
        retry->items[i].is_seen = retry->items[i].is_moved = false;
}

static struct retry_item *
find_unseen(struct retry *retry, struct digest key)
{
    uint64_t position;
    if (!digest_map_get(&retry->by_key, key, &position))
        return NULL;
    size_t i = (size_t)position;
    while (i != SIZE_MAX && retry->items[i].is_seen)
        i = retry->items[i].next;
    return i != SIZE_MAX ? &retry->items[i] : NULL;
}

static bool
is_as_before(const struct retry *retry, const struct retry_item *item, const struct lane_row *row)
{
    if (row->outcome != LANE_REJECTED || !item->has_source ||
        !digest_equal(item->source, row->row->source_digest))
        return false;
    const struct refused_row *refused = row->refused;
    const char *column = lane_reject_column(retry->table, row);
    return digest_equal(item->why,
                        digest_why(row->reason, column, refused != NULL ? refused->sqlstate : NULL,
                                   refused != NULL ? refused->constraint : NULL));
}

enum prior_verdict
retry_judge(struct retry *retry, const struct lane_row *row)
{
    const struct strbuf *key = &row->row->source_key;
    struct retry_item *item = find_unseen(retry, digest_bytes(key->data, key->length));
    if (item == NULL)
        return PRIOR_OTHER_PART;
    item->is_seen = true;
    item->is_moved = !is_as_before(retry, item, row);
    return item->is_moved ? PRIOR_NEW : PRIOR_OTHER_PART;
}

/* ---- the ledger ---- */

/* What is no longer a reject of its chunk: carried out again, or gone from the source. */
static bool
is_taken(const struct retry_item *item)
{
    return item->is_moved || !item->is_seen;
}

static bool
take_from_chunk(struct migrate *m, const struct retry *retry, const struct store_chunk *chunk,
                struct error *err)
{
    struct digest left = chunk->source_digest;
    int64_t rows = 0;
    char hex[DIGEST_HEX_SIZE];
    for (size_t i = 0; i < retry->count; i++) {
        const struct retry_item *item = &retry->items[i];
        if (item->chunk_no != chunk->chunk_no || !is_taken(item))
            continue;
        rows++;
        digest_subtract(&left, item->source);
    }
    if (rows == 0)
        return true;
    CLEANUP(memory_free_string) char *table_no = memory_printf("%d", chunk->table_no);
    CLEANUP(memory_free_string) char *chunk_no = memory_printf("%d", chunk->chunk_no);
    CLEANUP(memory_free_string) char *count = memory_printf("%" PRId64, rows);
    digest_to_hex(left, hex);
    const char *values[] = {m->run_id, table_no, chunk_no, count, hex};
    int64_t changed;
    if (!db_command(m->target, sql_query_migrate_take_from_chunk, 5, values, &changed, err))
        return false;
    return changed == 1 ||
           error_set(err, EXIT_BUG, "chunk %d is not in the ledger", chunk->chunk_no);
}

static bool
take_rejects(struct migrate *m, const struct retry *retry, int64_t *taken, struct error *err)
{
    struct strbuf chunks = STRBUF_INIT, numbers = STRBUF_INIT;
    CLEANUP(memory_free_string) char *table_no = memory_printf("%d", retry->table->number);
    int64_t removed = 0;
    *taken = 0;
    for (size_t i = 0; i < retry->count; i++)
        if (is_taken(&retry->items[i])) {
            strbuf_printf(&chunks, "%c%d", *taken > 0 ? ',' : '{', retry->items[i].chunk_no);
            strbuf_printf(&numbers, "%c%d", *taken > 0 ? ',' : '{', retry->items[i].reject_no);
            (*taken)++;
        }
    strbuf_add_char(&chunks, '}');
    strbuf_add_char(&numbers, '}');
    const char *values[] = {m->run_id, table_no, chunks.data, numbers.data};
    bool good = *taken == 0 ||
                db_command(m->target, sql_query_migrate_take_rejects, 4, values, &removed, err);
    strbuf_release(&chunks);
    strbuf_release(&numbers);
    return good && (removed == *taken || error_set(err, EXIT_BUG, "a reject is not in the store"));
}

static bool
settle(struct migrate *m, const struct retry *retry, const struct store_chunk *chunks, size_t count,
       int chunk_no, int64_t *taken, struct error *err)
{
    if (!take_rejects(m, retry, taken, err))
        return false;
    for (size_t i = 0; i<count && * taken> 0; i++)
        if (strcmp(chunks[i].state, "done") == 0 && !take_from_chunk(m, retry, &chunks[i], err))
            return false;
    CLEANUP(memory_free_string) char *table_no = memory_printf("%d", retry->table->number);
    CLEANUP(memory_free_string) char *number = memory_printf("%d", chunk_no);
    CLEANUP(memory_free_string) char *rows = memory_printf("%" PRId64, *taken);
    const char *values[] = {m->run_id, table_no, number, rows};
    return db_command(m->target, sql_query_migrate_note_retried, 4, values, NULL, err);
}

/* ---- a table ---- */

static int
next_number(const struct store_chunk *chunks, size_t count)
{
    int next = 1;
    for (size_t i = 0; i < count; i++)
        if (chunks[i].chunk_no >= next)
            next = chunks[i].chunk_no + 1;
    return next;
}

/* One transaction; nothing is left of it when nothing changed. */
static bool
carry_out(struct migrate *m, const struct plan_table *table, struct retry *retry,
          const struct store_chunk *chunks, size_t count, int64_t *taken, struct error *err)
{
    CLEANUP(db_transaction_release) struct db_transaction unit = {0};
    struct store_chunk chunk = {
        .table_no = table->number,
        .chunk_no = next_number(chunks, count),
        .pass = m->shared->tables[table->number].pass,
        .state = "pending",
        .kind = "retry",
    };
    if (!migrate_begin(m, &unit, err))
        return false;
    if (!decision_retry(m, table, retry, err))
        return false;
    struct lane *lane = lane_open(m, table, true, err);
    bool good = lane != NULL && store_put_chunks(m->target, m->run_id, &chunk, 1, err) &&
                chunk_carry_out_retry(m, lane, table, &chunk, retry, err);
    if (good)
        failpoint("retry-carried-out");
    good = good && settle(m, retry, chunks, count, chunk.chunk_no, taken, err) &&
           decision_end_retry(m, table, err);
    if (good && *taken > 0) {
        failpoint("retry-settled");
        good = migrate_commit(m, &unit, err);
        failpoint("retry-committed");
    }
    lane_close(&lane);
    return good;
}

static bool
retry_table(struct migrate *m, const struct plan_table *table, int64_t *taken, struct error *err)
{
    struct retry retry = {.items = NULL};
    int after[2] = {0, -1}, last = 0;
    bool good = true;
    for (bool more = true; good && more;) {
        struct store_chunk *chunks = NULL;
        size_t count = 0;
        int64_t now = 0;
        if (migrate_is_interrupted(err) ||
            !store_load_chunks(m->target, m->run_id, table->number, &chunks, &count, err))
            return false;
        if (last == 0)
            last = next_number(chunks, count) - 1;
        good = load(m, table, after, last, &retry, err);
        more = good && retry.count > 0;
        if (more) {
            after[0] = retry.items[retry.count - 1].chunk_no;
            after[1] = retry.items[retry.count - 1].reject_no;
            good = carry_out(m, table, &retry, chunks, count, &now, err);
        }
        *taken += now;
        release(&retry);
        store_chunks_free(chunks, count);
    }
    return good || error_context(err, "table %s: trying its rejects again", table->label);
}

/* Tables of a step refer to each other: what passes may let another row pass. */
static bool
retry_step(struct migrate *m, const struct plan_step *step, struct error *err)
{
    int64_t taken;
    do {
        taken = 0;
        for (size_t i = 0; i < step->table_count; i++)
            if (!retry_table(m, &m->plan->tables[step->tables[i]], &taken, err))
                return false;
    } while (step->one_transaction && taken > 0);
    return true;
}

/* Which event of a row is the last one must be told by its ID. */
static bool
check_audit(const struct migrate *m, struct error *err)
{
    const struct mapping_audit *audit = &m->plan->mapping->audit;
    bool has_id = audit->column_count == 0;
    for (size_t i = 0; i < audit->column_count; i++)
        has_id = has_id || audit->columns[i].field == AUDIT_FIELD_ID;
    if (has_id)
        return true;
    error_set(
        err, EXIT_REFUSED,
        "the audit table does not store event IDs, so the order of events would not be known");
    return error_hint(err, "give it a column with {\"event\": \"id\"}");
}

/* Parents first: their children are tried when they are in. */
bool
migrate_retry_rejects(struct migrate *m, struct error *err)
{
    m->phase = "copying";
    if (!check_audit(m, err))
        return false;
    for (size_t i = 0; i < m->plan->step_count; i++)
        if (!retry_step(m, &m->plan->steps[i], err))
            return false;
    return true;
}
