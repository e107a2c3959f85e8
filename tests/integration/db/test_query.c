/* Statements, their parameters and results, quoting as the server reads it, cancelling. */
#include "session.h"

#include <pthread.h>
#include <string.h>
#include <unistd.h>

Test(query, gives_rows_of_text)
{
    CLEANUP(session_release) struct session s = session_open("db_query_rows", DB_TARGET);
    CLEANUP(db_result_free) struct db_result *result = NULL;
    struct error err = ERROR_INIT;
    const char *const values[] = {"7", NULL, "it's \\ \"x\"\n😀"};
    cr_assert(db_query(s.db,
                       "SELECT $1::int * 6, $2::text, $3::text, $1::int = 7 FROM "
                       "pg_catalog.generate_series(1, 2)",
                       3, values, &result, &err),
              "%s", err.text);
    cr_expect_eq(db_result_rows(result), 2);
    cr_expect_eq(db_result_int64(result, 1, 0), 42);
    cr_expect_null(db_result_text(result, 0, 1));
    cr_expect_eq(db_result_int64(result, 0, 1), 0);
    cr_expect_not(db_result_bool(result, 0, 1));
    cr_expect_str_eq(db_result_text(result, 0, 2), values[2]);
    cr_expect_eq(db_result_length(result, 0, 2), strlen(values[2]));
    cr_expect(db_result_bool(result, 0, 3));
}

Test(query, a_command_tells_how_many_rows)
{
    CLEANUP(session_release) struct session s = session_open("db_query_affected", DB_TARGET);
    struct error err = ERROR_INIT;
    int64_t affected = -1;
    session_execute(s.db,
                    "CREATE TABLE public.t (a int); INSERT INTO public.t VALUES (1), (2), (3)");
    const char *const values[] = {"2"};
    cr_expect(db_command(s.db, "DELETE FROM public.t WHERE a >= $1", 1, values, &affected, &err));
    cr_expect_eq(affected, 2);
    cr_expect(db_command(s.db, "DELETE FROM public.t WHERE a >= $1", 1, values, &affected, &err));
    cr_expect_eq(affected, 0);
}

Test(query, several_statements_end_at_the_first_that_fails)
{
    CLEANUP(session_release) struct session s = session_open("db_query_several", DB_TARGET);
    struct error err = ERROR_INIT;
    cr_expect_not(
        db_execute(s.db, "CREATE TABLE public.a (); SELECT 1 / 0; CREATE TABLE public.b ()", &err));
    cr_expect_str_eq(err.sqlstate, "22012");
    assert_session_text(
        s.db, "SELECT count(*) FROM pg_catalog.pg_tables WHERE schemaname = 'public'", "0");
    session_execute(s.db, "");
}

Test(quote, the_server_reads_back_what_was_quoted)
{
    static const char *const texts[] = {"",        "plain",      "it's",     "a\\b",
                                        "\\'",     "\"quoted\"", "%s $1 :x", "line\nbreak\ttab",
                                        "Größe 😀", "E'x'",       "\\x41"};
    static const char *const settings[] = {
        "SET standard_conforming_strings = on",
        "SET standard_conforming_strings = off; SET escape_string_warning = off"};
    CLEANUP(session_release) struct session s = session_open("db_query_quote", DB_TARGET);
    for (size_t set = 0; set < 2; set++) {
        session_execute(s.db, settings[set]);
        for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
            CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
            strbuf_add_string(&sql, "SELECT");
            db_quote_literal(&sql, texts[i]);
            assert_session_text(s.db, sql.data, texts[i]);
        }
    }
}

Test(quote, names_of_any_kind_can_be_made_and_found)
{
    static const char *const texts[] = {
        "plain", "with space", "with \"quotes\"", "Größe", "back\\slash", "select", "$1"};
    CLEANUP(session_release) struct session s = session_open("db_query_names", DB_TARGET);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
        strbuf_add_string(&sql, "CREATE TABLE ");
        db_quote_name(&sql, "public", texts[i]);
        strbuf_add_string(&sql, " ()");
        session_execute(s.db, sql.data);
        const char *const values[] = {texts[i]};
        struct error err = ERROR_INIT;
        CLEANUP(db_result_free) struct db_result *result = NULL;
        cr_assert(db_query(s.db, "SELECT FROM pg_catalog.pg_class WHERE relname = $1", 1, values,
                           &result, &err));
        cr_expect_eq(db_result_rows(result), 1, "%s", texts[i]);
    }
}

Test(quote, the_server_reads_back_the_elements_of_an_array)
{
    static const char *const texts[] = {"",     "a,b",  "{}",  "\"",     "\\",
                                        "NULL", "null", " x ", "Größe\n"};
    enum { COUNT = sizeof texts / sizeof texts[0] };
    CLEANUP(session_release) struct session s = session_open("db_query_array", DB_TARGET);
    CLEANUP(strbuf_release) struct strbuf array = STRBUF_INIT;
    CLEANUP(db_result_free) struct db_result *result = NULL;
    struct error err = ERROR_INIT;
    db_format_array(&array, texts, COUNT);
    const char *const values[] = {array.data};
    cr_assert(db_query(s.db, "SELECT pg_catalog.unnest($1::text[])", 1, values, &result, &err),
              "%s", err.text);
    cr_assert_eq(db_result_rows(result), COUNT);
    for (size_t i = 0; i < COUNT; i++)
        cr_expect_str_eq(db_result_text(result, i, 0), texts[i]);
}

static void *
cancel_soon(void *db)
{
    usleep(300 * 1000);
    db_cancel(db);
    return NULL;
}

Test(cancel, ends_a_statement_from_another_thread, .timeout = 20)
{
    CLEANUP(session_release) struct session s = session_open("db_query_cancel", DB_TARGET);
    struct error err = ERROR_INIT;
    pthread_t thread;
    cr_assert_eq(pthread_create(&thread, NULL, cancel_soon, s.db), 0);
    cr_expect_not(db_execute(s.db, "SELECT pg_catalog.pg_sleep(60)", &err));
    pthread_join(thread, NULL);
    cr_expect_str_eq(err.sqlstate, "57014");
    cr_expect_eq(err.code, EXIT_INTERRUPTED);
    cr_expect_not(db_error_is_transient(&err));
    session_execute(s.db, "SELECT 1");
}

Test(cancel, by_an_administrator_may_be_tried_again, .timeout = 20)
{
    CLEANUP(session_release) struct session s = session_open("db_query_admin", DB_TARGET);
    struct error err = ERROR_INIT;
    session_execute(s.db, "SET statement_timeout = 100");
    cr_expect_not(db_execute(s.db, "SELECT pg_catalog.pg_sleep(60)", &err));
    cr_expect_eq(err.code, EXIT_STOPPED);
    cr_expect(db_error_is_transient(&err));
}
