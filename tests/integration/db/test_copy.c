/* COPY in both directions: bytes, failures, giving up, a server that goes away. */
#include "session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
begin_in(struct db *db, const char *sql)
{
    struct error err = ERROR_INIT;
    cr_assert(db_copy_in_begin(db, sql, &err), "%s", err.text);
}

static void
put(struct db *db, const char *data, size_t length)
{
    struct error err = ERROR_INIT;
    cr_assert(db_copy_in_put(db, data, length, &err), "%s", err.text);
}

static int64_t
end_in(struct db *db)
{
    struct error err = ERROR_INIT;
    int64_t rows = -1;
    cr_assert(db_copy_in_end(db, &rows, &err), "%s", err.text);
    return rows;
}

/* Everything a COPY gives, and the number of its rows. */
static size_t
read_all(struct db *db, const char *sql, struct strbuf *all)
{
    struct error err = ERROR_INIT;
    const char *line;
    size_t length;
    size_t rows = 0;
    cr_assert(db_copy_out_begin(db, sql, &err), "%s", err.text);
    for (;;) {
        cr_assert(db_copy_out_next(db, &line, &length, &err), "%s", err.text);
        if (line == NULL)
            return rows;
        cr_expect_eq(line[length - 1], '\n');
        strbuf_add(all, line, length);
        rows++;
    }
}

/* Rows in COPY text format; one of 300,000 bytes is longer than any buffer. */
static void
make_rows(struct strbuf *rows)
{
    static const char odd[] = "1\ttab \\t newline \\n return \\r backslash \\\\ end\n"
                              "2\t\\N\n"
                              "3\t\n"
                              "4\t\\\\N\n"
                              "5\t\\\\.\n"
                              "6\temoji 😀 quote ' \" comma , brace { } percent %s\n"
                              "7\t\x01\x02\x7f\\b\\f\\v\n";
    strbuf_add(rows, odd, sizeof odd - 1);
    strbuf_add_string(rows, "8\t");
    for (int i = 0; i < 100000; i++)
        strbuf_add_string(rows, "€");
    strbuf_add_char(rows, '\n');
    for (int i = 9; i < 3000; i++)
        strbuf_printf(rows, "%d\trow %d\n", i, i);
}

Test(copy, keeps_every_byte_however_it_is_cut)
{
    static const size_t pieces[] = {1, 7, 65535, 65536, 65537, 131072, 1 << 30};
    CLEANUP(session_release) struct session s = session_open("db_copy_bytes", DB_TARGET);
    CLEANUP(strbuf_release) struct strbuf rows = STRBUF_INIT;
    make_rows(&rows);
    session_execute(s.db, "CREATE TABLE public.t (id int PRIMARY KEY, body text)");
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        CLEANUP(strbuf_release) struct strbuf found = STRBUF_INIT;
        session_execute(s.db, "TRUNCATE public.t");
        begin_in(s.db, "COPY public.t FROM STDIN");
        for (size_t done = 0; done < rows.length; done += pieces[i])
            put(s.db, rows.data + done,
                rows.length - done < pieces[i] ? rows.length - done : pieces[i]);
        cr_expect_eq(end_in(s.db), 2999);
        cr_expect_eq(read_all(s.db, "COPY (SELECT * FROM public.t ORDER BY id) TO STDOUT", &found),
                     2999);
        cr_assert_eq(found.length, rows.length);
        cr_expect_eq(memcmp(found.data, rows.data, rows.length), 0, "in pieces of %zu", pieces[i]);
    }
}

Test(copy, of_nothing_is_nothing)
{
    CLEANUP(session_release) struct session s = session_open("db_copy_nothing", DB_TARGET);
    CLEANUP(strbuf_release) struct strbuf found = STRBUF_INIT;
    session_execute(s.db, "CREATE TABLE public.t (id int)");
    begin_in(s.db, "COPY public.t FROM STDIN");
    cr_expect_eq(end_in(s.db), 0);
    cr_expect_eq(read_all(s.db, "COPY public.t TO STDOUT", &found), 0);
}

/* Fails to load one row, and gives the error. */
static struct error
fail_to_load(struct db *db, const char *row)
{
    struct error err = ERROR_INIT;
    int64_t rows;
    begin_in(db, "COPY public.users FROM STDIN");
    put(db, "7\tberta@example.org\t1\n", 22);
    put(db, row, strlen(row));
    cr_assert_not(db_copy_in_end(db, &rows, &err), "%s", row);
    cr_expect_eq(err.code, EXIT_STOPPED);
    cr_expect_null(strstr(err.text, "anna"), "%s", err.text);
    cr_expect_null(strstr(err.text, "secret"), "%s", err.text);
    cr_expect_null(strstr(err.hint, "anna"), "%s", err.hint);
    return err;
}

Test(copy, an_error_names_line_and_column_and_no_value)
{
    static const struct {
        const char *row, *sqlstate, *told[3];
    } cases[] = {
        {"8\tanna@example.org\t1\n",
         "23505",
         {"line 2", "constraint users_email_key", "table public.users"}},
        {"8\tx\tsecret, column y: \"anna\"\n", "22P02", {"line 2", "column age)", "not valid"}},
        {"8\tx\tsecret\\nCOPY users, line 9, column anna: \"x\"\n",
         "22P02",
         {"line 2", "column age)", "not valid"}},
        {"8\t\\N\t1\n", "23502", {"line 2", "column email", "table public.users"}},
        {"8\tsecret\n", "22P04", {"line 2", "COPY row", "22P04"}},
        {"8\tsecret\xFF\t1\n", "22021", {"line 2", "encoding", "22021"}},
        {"8\tx\t999999999999\n", "22003", {"line 2", "column age)", "out of range"}},
    };
    CLEANUP(session_release) struct session s = session_open("db_copy_errors", DB_TARGET);
    session_execute(
        s.db, "CREATE TABLE public.users (id int PRIMARY KEY, email text NOT NULL UNIQUE, age int);"
              "INSERT INTO public.users VALUES (1, 'anna@example.org', 30)");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error err = fail_to_load(s.db, cases[i].row);
        cr_expect_str_eq(err.sqlstate, cases[i].sqlstate, "%s", err.text);
        for (size_t t = 0; t < 3; t++)
            cr_expect_not_null(strstr(err.text, cases[i].told[t]), "'%s' is not in '%s'",
                               cases[i].told[t], err.text);
    }
    assert_session_text(s.db, "SELECT count(*) FROM public.users", "1");
}

Test(copy, out_ends_with_an_error_in_the_middle)
{
    CLEANUP(session_release) struct session s = session_open("db_copy_middle", DB_SOURCE);
    struct error err = ERROR_INIT;
    const char *line = "";
    size_t length;
    size_t rows = 0;
    cr_assert(db_copy_out_begin(
        s.db,
        "COPY (SELECT 1 / (5000 - i) FROM pg_catalog.generate_series(1, 9999) AS i) TO STDOUT",
        &err));
    while (db_copy_out_next(s.db, &line, &length, &err) && line != NULL)
        rows++;
    cr_expect_eq(rows, 4999);
    cr_expect_str_eq(err.sqlstate, "22012");
    cr_expect_not(db_copy_out_next(s.db, &line, &length, &err), "it is over");
    session_execute(s.db, "SELECT 1");
}

Test(copy, can_be_given_up_in_both_directions)
{
    CLEANUP(session_release) struct session s = session_open("db_copy_abandon", DB_TARGET);
    struct error err = ERROR_INIT;
    const char *line;
    size_t length;
    cr_assert(db_copy_out_begin(s.db,
                                "COPY (SELECT pg_catalog.repeat('x', 1000) FROM "
                                "pg_catalog.generate_series(1, 100000000)) TO STDOUT",
                                &err));
    cr_assert(db_copy_out_next(s.db, &line, &length, &err));
    cr_expect(db_copy_out_abandon(s.db, &err), "%s", err.text);
    session_execute(s.db, "CREATE TABLE public.t (id int)");
    begin_in(s.db, "COPY public.t FROM STDIN");
    put(s.db, "1\n2\n", 4);
    cr_expect(db_copy_in_abandon(s.db, &err), "%s", err.text);
    assert_session_text(s.db, "SELECT count(*) FROM public.t", "0");
    cr_expect(db_copy_out_abandon(s.db, &err), "nothing to give up");
}

Test(copy, used_in_the_wrong_order_is_a_bug)
{
    CLEANUP(session_release) struct session s = session_open("db_copy_order", DB_TARGET);
    struct error err = ERROR_INIT;
    const char *line;
    size_t length;
    int64_t rows;
    cr_expect_not(db_copy_out_next(s.db, &line, &length, &err));
    cr_expect_eq(err.code, EXIT_BUG);
    error_clear(&err);
    cr_expect_not(db_copy_in_put(s.db, "x", 1, &err));
    error_clear(&err);
    cr_expect_not(db_copy_in_end(s.db, &rows, &err));
    error_clear(&err);
    session_execute(s.db, "CREATE TABLE public.t (id int)");
    begin_in(s.db, "COPY public.t FROM STDIN");
    cr_expect_not(db_execute(s.db, "SELECT 1", &err));
    cr_expect_eq(err.code, EXIT_BUG);
    error_clear(&err);
    put(s.db, "1\n", 2);
    cr_expect_eq(end_in(s.db), 1, "the COPY is not disturbed");
    cr_expect_not(db_copy_in_begin(s.db, "COPY public.t TO STDOUT", &err));
    cr_expect_eq(err.code, EXIT_BUG);
}

static void
kill_backend(const struct session *s)
{
    CLEANUP(test_disconnect) PGconn *own = test_connect(s->database.name);
    cr_assert_eq(test_query_number(
                     own,
                     "SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity "
                     "WHERE application_name = 'idmigrate test' AND datname = current_database()"),
                 1);
}

static void
assert_lost(const struct error *err)
{
    cr_expect(err->is_set);
    cr_expect_eq(err->code, EXIT_STOPPED, "%d: %s", (int)err->code, err->text);
    cr_expect(db_error_is_transient(err), "%s: %s", err->sqlstate, err->text);
}

Test(copy, out_of_a_server_that_goes_away_stops, .timeout = 30)
{
    CLEANUP(session_release) struct session s = session_open("db_copy_killed_out", DB_SOURCE);
    struct error err = ERROR_INIT;
    const char *line = "";
    size_t length;
    cr_assert(db_copy_out_begin(s.db,
                                "COPY (SELECT pg_catalog.repeat('x', 1000) FROM "
                                "pg_catalog.generate_series(1, 100000000)) TO STDOUT",
                                &err));
    cr_assert(db_copy_out_next(s.db, &line, &length, &err));
    kill_backend(&s);
    while (db_copy_out_next(s.db, &line, &length, &err))
        cr_assert_not_null(line, "half of the rows were taken for all of them");
    assert_lost(&err);
    error_clear(&err);
    cr_expect_not(db_execute(s.db, "SELECT 1", &err));
    assert_lost(&err);
}

Test(copy, into_a_server_that_goes_away_stops, .timeout = 30)
{
    CLEANUP(session_release) struct session s = session_open("db_copy_killed_in", DB_TARGET);
    CLEANUP(db_transaction_release) struct db_transaction tx = {0};
    struct error err = ERROR_INIT;
    int64_t rows;
    session_execute(s.db, "CREATE TABLE public.t (body text)");
    cr_assert(db_begin(&tx, s.db, DB_READ_WRITE, &err));
    begin_in(s.db, "COPY public.t FROM STDIN");
    put(s.db, "first\n", 6);
    kill_backend(&s);
    bool done = true;
    for (int i = 0; i < 100000 && done; i++)
        done = db_copy_in_put(s.db, "one more row of the many that follow\n", 37, &err);
    cr_expect_not(done && db_copy_in_end(s.db, &rows, &err));
    assert_lost(&err);
}
