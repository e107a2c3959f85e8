/* Tables and chunks: claimed by one, finished once, and only when they add up. */
#include "store.h"

#include <string.h>

static struct store
open_ledger(const char *name)
{
    struct store s = store_open_installed(name);
    begin_run(&s, RUN_ONE);
    put_table(&s, RUN_ONE, 0, 1);
    put_table(&s, RUN_ONE, 1, 0);
    put_chunk(&s, RUN_ONE, 0, 1);
    put_chunk(&s, RUN_ONE, 0, 2);
    return s;
}

static struct store_chunk
finished_chunk(int chunk_no)
{
    return (struct store_chunk){.table_no = 0,
                                .chunk_no = chunk_no,
                                .rows_read = 10,
                                .rows_written = 6,
                                .rows_merged = 2,
                                .rows_skipped = 1,
                                .rows_rejected = 1,
                                .rows_updated = 1,
                                .source_digest = {0x0123456789abcdef, 0xfedcba9876543210},
                                .source_bytes = 5000000000};
}

static bool
claim(struct db *db, int chunk_no)
{
    struct error err = ERROR_INIT;
    bool claimed = false;
    char now[40];
    assert_done(store_claim_chunk(db, RUN_ONE, 0, chunk_no, &claimed, now, &err));
    cr_expect_eq(claimed, now[0] != '\0');
    return claimed;
}

Test(ledger, keeps_ranges_of_keys_with_and_without_limits)
{
    struct error err = ERROR_INIT;
    struct store_chunk *chunks;
    size_t count;
    char column[] = "the \"key\"", limit[] = "a\tb\\N'";
    CLEANUP(store_release) struct store s = open_ledger("store_ledger_keys");
    const struct store_chunk planned[] = {
        {.table_no = 1,
         .chunk_no = 1,
         .state = "pending",
         .kind = "key",
         .key_column = column,
         .end_key = limit},
        {.table_no = 1,
         .chunk_no = 2,
         .state = "pending",
         .kind = "key",
         .key_column = column,
         .first_key = limit},
        {.table_no = 1, .chunk_no = 3, .state = "pending", .kind = "key", .key_column = column},
    };
    assert_done(store_put_chunks(s.db, RUN_ONE, planned, 3, &err));
    assert_done(store_load_chunks(s.db, RUN_ONE, 1, &chunks, &count, &err));
    cr_assert_eq(count, 3);
    for (size_t i = 0; i < count; i++) {
        cr_expect_str_eq(chunks[i].kind, "key");
        cr_expect_str_eq(chunks[i].key_column, column);
    }
    cr_expect_null(chunks[0].first_key);
    cr_expect_str_eq(chunks[0].end_key, limit);
    cr_expect_str_eq(chunks[1].first_key, limit);
    cr_expect_null(chunks[1].end_key);
    cr_expect_null(chunks[2].first_key);
    store_chunks_free(chunks, count);
}

Test(ledger, keeps_chunks_as_they_were_planned)
{
    struct error err = ERROR_INIT;
    struct store_chunk *chunks;
    size_t count;
    CLEANUP(store_release) struct store s = open_ledger("store_ledger_keep");
    assert_done(store_load_chunks(s.db, RUN_ONE, 0, &chunks, &count, &err));
    cr_assert_eq(count, 2);
    cr_expect_eq(chunks[1].chunk_no, 2);
    cr_expect_str_eq(chunks[1].state, "pending");
    cr_expect_str_eq(chunks[1].kind, "range");
    cr_expect_str_eq(chunks[1].leaf_table, "tab\there");
    cr_expect_eq(chunks[1].leaf_oid, 4000000000u);
    cr_expect_eq(chunks[1].first_block, 20);
    cr_expect_eq(chunks[1].end_block, 30);
    store_chunks_free(chunks, count);
}

Test(ledger, gives_a_chunk_to_one_worker)
{
    CLEANUP(store_release) struct store s = open_ledger("store_ledger_claim");
    CLEANUP(db_close) struct db *other = store_connect(&s, "worker");
    struct error err = ERROR_INIT;
    CLEANUP(db_transaction_release) struct db_transaction first = {0};
    CLEANUP(db_transaction_release) struct db_transaction second = {0};
    assert_done(db_begin(&first, s.db, DB_READ_WRITE, &err));
    assert_done(db_begin(&second, other, DB_READ_WRITE, &err));
    cr_expect(claim(s.db, 1));
    cr_expect(!claim(other, 1), "a claimed chunk was given away");
    cr_expect(claim(other, 2), "a free chunk was not given");
    assert_done(db_rollback(&first, &err));
    cr_expect(claim(other, 1), "what was rolled back is free again");
}

Test(ledger, finishes_a_chunk_with_what_it_did)
{
    struct error err = ERROR_INIT;
    struct store_chunk *chunks;
    size_t count;
    struct store_chunk done = finished_chunk(1);
    CLEANUP(store_release) struct store s = open_ledger("store_ledger_finish");
    cr_assert(claim(s.db, 1));
    assert_done(store_finish_chunk(s.db, RUN_ONE, &done, NULL, &err));
    assert_done(store_load_chunks(s.db, RUN_ONE, 0, &chunks, &count, &err));
    cr_expect_str_eq(chunks[0].state, "done");
    cr_expect_eq(chunks[0].rows_read, 10);
    cr_expect_eq(chunks[0].rows_updated, 1);
    cr_expect_eq(chunks[0].source_bytes, 5000000000);
    cr_expect(digest_equal(chunks[0].source_digest, done.source_digest));
    store_chunks_free(chunks, count);
    cr_expect(!claim(s.db, 1), "a chunk that is done was claimed");
}

Test(ledger, refuses_a_chunk_that_is_finished_twice)
{
    struct error err = ERROR_INIT;
    struct store_chunk done = finished_chunk(1);
    CLEANUP(store_release) struct store s = open_ledger("store_ledger_twice");
    assert_done(store_finish_chunk(s.db, RUN_ONE, &done, NULL, &err));
    assert_fails(store_finish_chunk(s.db, RUN_ONE, &done, NULL, &err), EXIT_BUG);
    expect_text(err.text, "not pending");
}

Test(ledger, refuses_a_chunk_that_does_not_add_up)
{
    struct error err = ERROR_INIT;
    struct store_chunk lost = finished_chunk(1);
    lost.rows_written = 5;
    CLEANUP(store_release) struct store s = open_ledger("store_ledger_sums");
    assert_fails(store_finish_chunk(s.db, RUN_ONE, &lost, NULL, &err), EXIT_STOPPED);
    cr_expect_str_eq(err.sqlstate, "23514");
    expect_text(err.text, "read 10 rows, but written 5 + merged 2 + skipped 1 + rejected 1");
}

Test(ledger, sums_its_chunks_for_each_table)
{
    struct error err = ERROR_INIT;
    struct store_table *tables;
    size_t count;
    struct store_chunk first = finished_chunk(1), second = finished_chunk(2);
    CLEANUP(store_release) struct store s = open_ledger("store_ledger_tables");
    assert_done(store_finish_chunk(s.db, RUN_ONE, &first,
                                   "{\"org_id\": {\"resolved\": 5, \"kept\": 1}}", &err));
    assert_done(store_finish_chunk(s.db, RUN_ONE, &second,
                                   "{\"org_id\": {\"resolved\": 7, \"nulled\": 2}}", &err));
    assert_done(store_load_tables(s.db, RUN_ONE, &tables, &count, &err));
    cr_assert_eq(count, 2);
    cr_expect_eq(tables[0].table_no, 0, "tables are in the mapping's order");
    cr_expect_eq(tables[0].step, 1);
    cr_expect_eq(tables[0].chunks, 2);
    cr_expect_eq(tables[0].chunks_done, 2);
    cr_expect_eq(tables[0].rows_read, 20);
    cr_expect_eq(tables[0].rows_written, 12);
    cr_expect_eq(tables[0].rows_rejected, 2);
    cr_expect_eq(tables[0].rows_estimated, 100);
    cr_expect_eq(tables[0].target_rows_before, 3);
    cr_expect_str_eq(tables[0].codec, "binary");
    cr_expect_str_eq(tables[0].column_counts,
                     "{\"org_id\": {\"kept\": 1, \"nulled\": 2, \"resolved\": 12}}");
    cr_expect_eq(tables[1].chunks, 0);
    cr_expect_eq(tables[1].rows_read, 0);
    cr_expect_null(tables[1].column_counts);
    store_tables_free(tables, count);
}

Test(ledger, counts_superseded_chunks_nowhere)
{
    struct error err = ERROR_INIT;
    struct store_table *tables;
    size_t count;
    struct store_chunk done = finished_chunk(1), again = finished_chunk(3);
    CLEANUP(store_release) struct store s = open_ledger("store_ledger_superseded");
    assert_done(store_finish_chunk(s.db, RUN_ONE, &done, "{\"org_id\": {\"resolved\": 5}}", &err));
    assert_done(store_supersede_chunks(s.db, RUN_ONE, 0, &err));
    put_chunk(&s, RUN_ONE, 0, 3);
    assert_done(store_finish_chunk(s.db, RUN_ONE, &again, "{\"org_id\": {\"resolved\": 6}}", &err));
    assert_done(store_load_tables(s.db, RUN_ONE, &tables, &count, &err));
    cr_expect_eq(tables[0].chunks, 1);
    cr_expect_eq(tables[0].rows_read, 10);
    cr_expect_str_eq(tables[0].column_counts, "{\"org_id\": {\"resolved\": 6}}");
    store_tables_free(tables, count);
    cr_expect(!claim(s.db, 2), "a superseded chunk was claimed");
}

Test(ledger, moves_a_table_through_its_states)
{
    struct error err = ERROR_INIT;
    CLEANUP(store_release) struct store s = open_ledger("store_ledger_states");
    assert_done(store_set_table_state(s.db, RUN_ONE, 0, "running", 0, &err));
    assert_done(store_set_table_state(s.db, RUN_ONE, 0, "done", 2, &err));
    cr_expect_eq(test_query_number(
                     s.own,
                     "SELECT pass FROM idmigrate.run_table WHERE table_no = 0 AND state = 'done'"
                     " AND started_at < finished_at"),
                 2);
    assert_fails(store_set_table_state(s.db, RUN_ONE, 9, "done", 0, &err), EXIT_BUG);
}
