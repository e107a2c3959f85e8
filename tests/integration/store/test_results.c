/* What a run leaves for reports: ID maps, verification, rejects. */
#include "store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct idmap *
make_map(size_t pairs)
{
    struct error err = ERROR_INIT;
    struct idmap *map = idmap_new("user");
    for (size_t i = 0; i < pairs; i++) {
        char old_id[32], new_id[32];
        int old_length = snprintf(old_id, sizeof old_id, "Old_%06zu\\", pairs - i);
        int new_length = snprintf(new_id, sizeof new_id, "new\t%06zu", pairs - i);
        assert_done(
            idmap_add(map, old_id, (size_t)old_length, new_id, (size_t)new_length, i + 1, &err));
    }
    assert_done(idmap_freeze(map, IDMAP_AMBIGUOUS_ERROR, &err));
    return map;
}

/* More pairs than a page holds, with bytes that COPY escapes. */
Test(results, give_an_id_map_back_as_it_was)
{
    enum { PAIRS = 20001 };
    struct error err = ERROR_INIT;
    CLEANUP(store_release) struct store s = store_open_installed("store_results_map");
    CLEANUP(idmap_free) struct idmap *map = make_map(PAIRS);
    CLEANUP(idmap_free) struct idmap *loaded = idmap_new("user");
    begin_run(&s, RUN_ONE);
    assert_done(store_put_idmap(s.db, RUN_ONE, map, &err));
    assert_done(store_load_idmap(s.db, RUN_ONE, "user", loaded, &err));
    assert_done(idmap_freeze(loaded, IDMAP_AMBIGUOUS_ERROR, &err));
    cr_expect_eq(idmap_count(loaded), PAIRS);
    cr_expect(digest_equal(idmap_digest(loaded), idmap_digest(map)));
}

/* A query may give one old ID two new ones, for people nobody asks about; a page ends between them.
 */
Test(results, give_ambiguous_pairs_back_too)
{
    enum { PAIRS = 9999 };
    struct error err = ERROR_INIT;
    CLEANUP(store_release) struct store s = store_open_installed("store_results_ambiguous");
    CLEANUP(idmap_free) struct idmap *map = idmap_new("user");
    CLEANUP(idmap_free) struct idmap *loaded = idmap_new("user");
    for (size_t i = 1; i <= PAIRS; i++) {
        char id[32];
        int length = snprintf(id, sizeof id, "a%06zu", i);
        assert_done(idmap_add(map, id, (size_t)length, "x", 1, i, &err));
    }
    assert_done(idmap_add(map, "b", 1, "y", 1, PAIRS + 1, &err));
    assert_done(idmap_add(map, "b", 1, "z", 1, PAIRS + 2, &err));
    assert_done(idmap_freeze(map, IDMAP_AMBIGUOUS_KEEP, &err));
    begin_run(&s, RUN_ONE);
    assert_done(store_put_idmap(s.db, RUN_ONE, map, &err));
    assert_done(store_load_idmap(s.db, RUN_ONE, "user", loaded, &err));
    assert_done(idmap_freeze(loaded, IDMAP_AMBIGUOUS_KEEP, &err));
    cr_expect_eq(idmap_find(loaded, "b", 1, NULL), IDMAP_TWO);
    cr_expect_eq(idmap_ambiguous_count(loaded), 2);
    cr_expect(digest_equal(idmap_digest(loaded), idmap_digest(map)));
}

Test(results, count_the_pairs_of_each_map)
{
    struct error err = ERROR_INIT;
    struct store_idmap_count *counts;
    size_t count;
    CLEANUP(store_release) struct store s = store_open_installed("store_results_counts");
    CLEANUP(idmap_free) struct idmap *map = make_map(3);
    begin_run(&s, RUN_ONE);
    assert_done(store_put_idmap(s.db, RUN_ONE, map, &err));
    assert_done(store_count_idmaps(s.db, RUN_ONE, &counts, &count, &err));
    cr_assert_eq(count, 1);
    cr_expect_str_eq(counts[0].name, "user");
    cr_expect_eq(counts[0].pairs, 3);
    store_idmap_counts_free(counts, count);
}

Test(results, give_back_the_last_verification_in_its_order)
{
    struct error err = ERROR_INIT;
    char label[] = "events", detail[] = "2 of 7 rows differ", differences[] = "[{\"key\": \"1\"}]";
    struct store_check first[] = {{.name = "rows", .table_no = -1, .verdict = "equal"}};
    struct store_check second[] = {{.name = "rows",
                                    .table_no = 4,
                                    .label = label,
                                    .verdict = "different",
                                    .looked_at = 7,
                                    .found = 2,
                                    .detail = detail,
                                    .differences = differences,
                                    .is_partial = true},
                                   {.name = "sequences", .table_no = -1, .verdict = "not checked"}};
    struct store_check *checks;
    size_t count;
    CLEANUP(memory_free_string) char *verified_at = NULL;
    CLEANUP(store_release) struct store s = store_open_installed("store_results_verification");
    begin_run(&s, RUN_ONE);
    assert_done(store_load_verification(s.db, RUN_ONE, &checks, &count, &verified_at, &err));
    cr_expect_eq(count, 0);
    cr_expect_null(verified_at);
    store_checks_free(checks, count);
    assert_done(store_put_verification(s.db, RUN_ONE, first, 1, &err));
    assert_done(store_put_verification(s.db, RUN_ONE, second, 2, &err));
    assert_done(store_load_verification(s.db, RUN_ONE, &checks, &count, &verified_at, &err));
    cr_assert_eq(count, 2);
    cr_expect_str_eq(checks[0].name, "rows");
    cr_expect_str_eq(checks[0].verdict, "different");
    cr_expect_eq(checks[0].table_no, 4);
    cr_expect_eq(checks[0].looked_at, 7);
    cr_expect_eq(checks[0].found, 2);
    cr_expect_str_eq(checks[0].differences, differences);
    cr_expect(checks[0].is_partial);
    cr_expect_str_eq(checks[1].verdict, "not checked");
    cr_expect_eq(checks[1].table_no, -1);
    cr_expect_not_null(verified_at);
    store_checks_free(checks, count);
}

/* 30 rejects of one kind in table 0, and a single one in table 1. */
static void
plant_rejects(struct store *s)
{
    begin_run(s, RUN_ONE);
    put_table(s, RUN_ONE, 0, 0);
    put_table(s, RUN_ONE, 1, 0);
    test_execute(s->own, "INSERT INTO idmigrate.reject (run_id, table_no, source_key, target_key, "
                         "chunk_no, reason_code,"
                         " column_name, old_id, recorded_at, reject_no)"
                         " SELECT '" RUN_ONE
                         "', n / 30, 'key ' || n, '', 1, 'id_unresolved', 'org_id', 'user_' || n,"
                         " now(), n FROM generate_series(0, 30) AS n");
}

Test(results, count_rejects_by_reason)
{
    struct error err = ERROR_INIT;
    struct store_reject_count *counts;
    size_t count;
    CLEANUP(store_release) struct store s = store_open_installed("store_results_reject_counts");
    plant_rejects(&s);
    assert_done(store_count_rejects(s.db, RUN_ONE, &counts, &count, &err));
    cr_assert_eq(count, 2);
    cr_expect_eq(counts[0].rejects, 30);
    cr_expect_str_eq(counts[0].reason_code, "id_unresolved");
    cr_expect_str_eq(counts[0].column_name, "org_id");
    cr_expect_null(counts[0].constraint_name);
    cr_expect_eq(counts[1].rejects, 1);
    store_reject_counts_free(counts, count);
}

Test(results, sample_every_kind_of_reject_and_show_no_key)
{
    struct error err = ERROR_INIT;
    struct store_reject *rejects;
    size_t count;
    int64_t total;
    char hex[DIGEST_HEX_SIZE];
    CLEANUP(store_release) struct store s = store_open_installed("store_results_reject_samples");
    plant_rejects(&s);
    assert_done(store_load_rejects(s.db, RUN_ONE, 5, &rejects, &count, &total, &err));
    cr_assert_eq(count, 5);
    cr_expect_eq(total, 31);
    cr_expect_str_eq(rejects[0].old_id, "user_0");
    cr_expect_str_eq(rejects[1].old_id, "user_30",
                     "the small group comes before more of the large one");
    digest_to_hex(digest_bytes("key 30", 6), hex);
    cr_expect_str_eq(rejects[1].source_key_digest, hex);
    store_rejects_free(rejects, count);
}

/* ---- maps that expire ---- */

Test(expiry, removes_the_maps_of_a_run_that_is_done_and_says_who_did)
{
    struct error err = ERROR_INIT;
    int64_t pairs = 0;
    CLEANUP(store_release) struct store s = store_open_installed("store_results_expire");
    CLEANUP(idmap_free) struct idmap *map = make_map(3);
    CLEANUP(store_run_release) struct store_run run = {0};
    begin_run(&s, RUN_ONE);
    begin_run(&s, RUN_TWO);
    assert_done(store_put_idmap(s.db, RUN_ONE, map, &err));
    assert_done(store_put_idmap(s.db, RUN_TWO, map, &err));

    assert_fails(store_expire_idmaps(s.db, RUN_ONE, "{\"by\": \"me\"}", &pairs, &err),
                 EXIT_REFUSED);
    error_clear(&err);
    assert_done(store_end_run(s.db, RUN_ONE, "done", 0, "done", &err));
    assert_done(store_expire_idmaps(s.db, RUN_ONE, "{\"by\": \"me\"}", &pairs, &err));
    cr_expect_eq(pairs, 3);
    assert_done(store_find_run(s.db, RUN_ONE, &run, &err));
    expect_text(run.settings, "\"by\": \"me\"");
    expect_text(run.settings, "\"pairs\": 3");

    struct store_idmap_count *counts;
    size_t count;
    assert_done(store_count_idmaps(s.db, RUN_ONE, &counts, &count, &err));
    cr_expect_eq(count, 0);
    store_idmap_counts_free(counts, count);
    assert_done(store_count_idmaps(s.db, RUN_TWO, &counts, &count, &err));
    cr_expect_eq(count, 1);
    store_idmap_counts_free(counts, count);
}

Test(expiry, is_due_when_the_time_has_passed)
{
    struct error err = ERROR_INIT;
    bool is_due = true;
    char *due = NULL;
    CLEANUP(store_release) struct store s = store_open_installed("store_results_due");
    begin_run(&s, RUN_ONE);
    assert_done(store_idmap_is_due(s.db, RUN_ONE, "1 hour", &is_due, &due, &err));
    cr_expect_not(is_due, "it has not ended");
    cr_expect_null(due);
    assert_done(store_end_run(s.db, RUN_ONE, "done", 0, "done", &err));
    assert_done(store_idmap_is_due(s.db, RUN_ONE, "1 hour", &is_due, &due, &err));
    cr_expect_not(is_due);
    cr_expect_not_null(due);
    free(due);
    assert_done(db_execute(
        s.db, "UPDATE idmigrate.run SET finished_at = finished_at - interval '61 minutes'", &err));
    assert_done(store_idmap_is_due(s.db, RUN_ONE, "1 hour", &is_due, &due, &err));
    cr_expect(is_due);
    free(due);
}
