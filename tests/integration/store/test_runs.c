/* Runs: begun, found, resumed, ended. */
#include "store.h"

#include <string.h>

Test(runs, are_read_back_as_they_were_begun)
{
    struct error err = ERROR_INIT;
    CLEANUP(store_run_release) struct store_run run = {0};
    CLEANUP(store_release) struct store s = store_open_installed("store_runs_read");
    begin_run(&s, RUN_ONE);
    assert_done(store_find_run(s.db, "last", &run, &err));
    cr_expect_str_eq(run.run_id, RUN_ONE);
    cr_expect_str_eq(run.name, "eleva");
    cr_expect_str_eq(run.state, "running");
    cr_expect_str_eq(run.operator, "anna@host");
    cr_expect_str_eq(run.ticket, "CHG-7");
    cr_expect_null(run.approved_by);
    cr_expect_null(run.finished_at);
    cr_expect_eq(run.exit_status, -1);
    cr_expect_eq(run.attempts, 1);
    expect_text(run.target, "\"database\": \"store_runs_read\"");
    cr_expect(strlen(run.started_at) > 20 && run.started_at[10] == ' ', "%s", run.started_at);
    cr_expect_str_eq(run.started_at + strlen(run.started_at) - 3, "+00", "%s is not UTC",
                     run.started_at);
    cr_expect_eq(
        test_query_number(s.own, "SELECT count(*) FROM idmigrate.run WHERE start_lsn IS NOT NULL"),
        1);
}

Test(runs, are_found_by_an_unambiguous_prefix_in_any_case)
{
    struct error err = ERROR_INIT;
    CLEANUP(store_run_release) struct store_run run = {0};
    CLEANUP(store_release) struct store s = store_open_installed("store_runs_prefix");
    begin_run(&s, RUN_ONE);
    begin_run(&s, RUN_TWO);
    assert_done(store_find_run(s.db, "11111111-B", &run, &err));
    cr_expect_str_eq(run.run_id, RUN_TWO);
}

Test(runs, that_share_a_prefix_are_listed)
{
    struct error err = ERROR_INIT;
    CLEANUP(store_run_release) struct store_run run = {0};
    CLEANUP(store_release) struct store s = store_open_installed("store_runs_ambiguous");
    begin_run(&s, RUN_ONE);
    begin_run(&s, RUN_TWO);
    assert_fails(store_find_run(s.db, "1111", &run, &err), EXIT_USAGE);
    expect_text(err.text, "more than one run");
    expect_text(err.hint, RUN_ONE);
    expect_text(err.hint, RUN_TWO);
    cr_expect_null(run.run_id);
}

Test(runs, with_an_unknown_or_empty_id_are_not_found)
{
    static const char *const wrong[] = {"2", "", "%", "11111111_", "last "};
    CLEANUP(store_release) struct store s = store_open_installed("store_runs_unknown");
    begin_run(&s, RUN_ONE);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct error err = ERROR_INIT;
        CLEANUP(store_run_release) struct store_run run = {0};
        assert_fails(store_find_run(s.db, wrong[i], &run, &err), EXIT_USAGE);
        expect_text(err.hint, RUN_ONE);
    }
}

Test(runs, in_an_empty_store_are_none)
{
    struct error err = ERROR_INIT;
    CLEANUP(store_run_release) struct store_run run = {0};
    CLEANUP(store_release) struct store s = store_open_installed("store_runs_none");
    assert_fails(store_find_run(s.db, NULL, &run, &err), EXIT_USAGE);
    expect_text(err.hint, "no run in this database yet");
}

Test(runs, go_through_stop_resume_and_end)
{
    struct error err = ERROR_INIT;
    CLEANUP(store_run_release) struct store_run run = {0};
    CLEANUP(store_release) struct store s = store_open_installed("store_runs_life");
    begin_run(&s, RUN_ONE);
    assert_done(store_end_run(s.db, RUN_ONE, "stopped", EXIT_STOPPED, "connection lost", &err));
    assert_done(store_find_unfinished(s.db, "eleva", &run, &err));
    cr_expect_str_eq(run.outcome, "connection lost");
    cr_expect_eq(run.exit_status, EXIT_STOPPED);
    assert_done(store_resume_run(s.db, RUN_ONE, &err));
    store_run_release(&run);
    assert_done(store_find_run(s.db, RUN_ONE, &run, &err));
    cr_expect_str_eq(run.state, "running");
    cr_expect_eq(run.attempts, 2);
    cr_expect_eq(run.exit_status, -1);
    cr_expect_null(run.outcome);
    assert_done(store_end_run(s.db, RUN_ONE, "done", EXIT_DONE, "all tables", &err));
    assert_fails(store_resume_run(s.db, RUN_ONE, &err), EXIT_REFUSED);
}

Test(runs, unfinished_ones_are_of_their_own_mapping)
{
    struct error err = ERROR_INIT;
    CLEANUP(store_run_release) struct store_run run = {0};
    CLEANUP(store_release) struct store s = store_open_installed("store_runs_unfinished");
    begin_run(&s, RUN_ONE);
    assert_done(store_find_unfinished(s.db, "other", &run, &err));
    cr_expect_null(run.run_id);
    assert_done(store_end_run(s.db, RUN_ONE, "done", EXIT_DONE, "", &err));
    assert_done(store_find_unfinished(s.db, "eleva", &run, &err));
    cr_expect_null(run.run_id);
}

static void
assert_done_run(struct store *s, const char *mapping_digest, const char *idmap_digests, bool found)
{
    struct error err = ERROR_INIT;
    CLEANUP(store_run_release) struct store_run run = {0};
    assert_done(store_find_done(s->db, mapping_digest, idmap_digests, &run, &err));
    cr_expect_eq(run.run_id != NULL, found, "%s %s", mapping_digest, idmap_digests);
}

Test(runs, that_are_done_are_found_by_both_digests)
{
    struct error err = ERROR_INIT;
    static const char mapping[] = "0123456789abcdef0123456789abcdef";
    /* The same object in another order and spacing. */
    static const char maps[] = "{\"org\":\"bbbb\",\"user\":\"aaaa\"}";
    CLEANUP(store_release) struct store s = store_open_installed("store_runs_done");
    begin_run(&s, RUN_ONE);
    assert_done_run(&s, mapping, maps, false);
    assert_done(store_end_run(s.db, RUN_ONE, "done", EXIT_DONE, "", &err));
    assert_done_run(&s, mapping, maps, true);
    assert_done_run(&s, "ffff", maps, false);
    assert_done_run(&s, mapping, "{\"org\":\"bbbb\"}", false);
}

Test(runs, are_listed_the_newest_first)
{
    struct error err = ERROR_INIT;
    struct store_run *runs;
    size_t count;
    CLEANUP(store_release) struct store s = store_open_installed("store_runs_list");
    begin_run(&s, RUN_ONE);
    begin_run(&s, RUN_TWO);
    assert_done(store_load_runs(s.db, 10, &runs, &count, &err));
    cr_assert_eq(count, 2);
    cr_expect_str_eq(runs[0].run_id, RUN_TWO);
    store_runs_free(runs, count);
    assert_done(store_load_runs(s.db, 1, &runs, &count, &err));
    cr_expect_eq(count, 1);
    store_runs_free(runs, count);
}

Test(runs, keep_no_secret_of_a_database)
{
    CLEANUP(store_release) struct store s = store_open_installed("store_runs_identity");
    CLEANUP(memory_free_string) char *described = store_describe_database(s.db);
    expect_text(described, "\"role\":\"postgres\"");
    expect_text(described, "\"system_identifier\":\"");
    cr_expect_null(strstr(described, "password"));
}

/* As with `status` on a target that no run has touched. */
Test(runs, in_a_database_without_the_schema_are_none)
{
    struct error err = ERROR_INIT;
    struct store_run *runs;
    size_t count = 1;
    CLEANUP(store_run_release) struct store_run run = {0};
    CLEANUP(store_release) struct store s = store_open("store_runs_no_schema");
    assert_done(store_load_runs(s.db, 10, &runs, &count, &err));
    cr_expect_eq(count, 0);
    store_runs_free(runs, count);
    assert_done(store_find_unfinished(s.db, "eleva", &run, &err));
    cr_expect_null(run.run_id);
    assert_fails(store_find_run(s.db, "last", &run, &err), EXIT_USAGE);
    expect_text(err.hint, "no run in this database yet");
}
