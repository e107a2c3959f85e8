/* What the server said, told without a value of a row. */
#include "session.h"

#include <stdio.h>
#include <string.h>

static const char schema[] =
    "CREATE DOMAIN public.small AS int CHECK (VALUE < 10);"
    "CREATE TABLE public.other (id int PRIMARY KEY);"
    "CREATE TABLE public.users (id int PRIMARY KEY, email text NOT NULL UNIQUE, age int CHECK (age "
    "< 150),"
    "    other int REFERENCES public.other, size public.small, code varchar(3));"
    "INSERT INTO public.users VALUES (1, 'anna@secret.example', 30);"
    "CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS "
    "  $$BEGIN IF NEW.email LIKE 'raise%' THEN RAISE EXCEPTION 'not % please', NEW.email; END IF;"
    "  IF NEW.email LIKE 'denied%' THEN RAISE EXCEPTION 'not % please', NEW.email USING ERRCODE = "
    "'42501'; END IF;"
    "  RETURN NEW; END$$;"
    "CREATE TRIGGER refuse BEFORE INSERT ON public.users FOR EACH ROW EXECUTE FUNCTION "
    "public.refuse()";

struct failing {
    const char *sql;
    enum exit_status code;
    const char *sqlstate;
    const char *told[4]; /* what the text must hold */
};

static void
assert_fails(struct db *db, const struct failing *failing)
{
    struct error err = ERROR_INIT;
    cr_assert_not(db_execute(db, failing->sql, &err), "%s", failing->sql);
    cr_expect_eq(err.code, failing->code, "%d: %s", (int)err.code, err.text);
    cr_expect_str_eq(err.sqlstate, failing->sqlstate, "%s: %s", err.sqlstate, err.text);
    for (size_t i = 0; i < 4 && failing->told[i] != NULL; i++)
        cr_expect_not_null(strstr(err.text, failing->told[i]), "'%s' is not in '%s'",
                           failing->told[i], err.text);
    cr_expect_null(strstr(err.text, "secret"), "%s", err.text);
    cr_expect_null(strstr(err.hint, "secret"), "%s", err.hint);
    cr_expect_null(strchr(err.text, '\n'), "%s", err.text);
}

Test(failure, of_a_row_names_the_place_and_no_value)
{
    static const struct failing cases[] = {
        {"INSERT INTO public.users VALUES (2, 'anna@secret.example')",
         EXIT_STOPPED,
         "23505",
         {"a unique key", "table public.users", "constraint users_email_key"}},
        {"INSERT INTO public.users VALUES (2, NULL, 7)",
         EXIT_STOPPED,
         "23502",
         {"not be null", "column email"}},
        {"INSERT INTO public.users VALUES (2, 'secret', 999)",
         EXIT_STOPPED,
         "23514",
         {"users_age_check"}},
        {"INSERT INTO public.users VALUES (2, 'secret', 9, 77)",
         EXIT_STOPPED,
         "23503",
         {"users_other_fkey"}},
        {"INSERT INTO public.users VALUES (2, 'secret', 9, NULL, 11)",
         EXIT_STOPPED,
         "23514",
         {"small_check", "type public.small"}},
        {"INSERT INTO public.users (id, email, code) VALUES (2, 'x', 'secret')",
         EXIT_STOPPED,
         "22001",
         {"too long"}},
        {"SELECT 'secret'::text::int", EXIT_STOPPED, "22P02", {"not valid for its column's type"}},
        {"SELECT 'secret'::text::timestamptz", EXIT_STOPPED, "22007", {"date or time"}},
        {"SELECT '{\"secret'::text::jsonb", EXIT_STOPPED, "22P02", {"22P02"}},
        {"SELECT pg_catalog.convert_from('\\xff', 'UTF8')", EXIT_STOPPED, "22021", {"encoding"}},
    };
    CLEANUP(session_release) struct session s = session_open("db_failure_rows", DB_TARGET);
    session_execute(s.db, schema);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_fails(s.db, &cases[i]);
}

Test(failure, raised_by_a_function_is_withheld_but_named)
{
    static const struct failing cases[] = {
        {"INSERT INTO public.users VALUES (2, 'raise@secret.example')",
         EXIT_STOPPED,
         "P0001",
         {"raised an error", "refuse()"}},
        {"INSERT INTO public.users VALUES (2, 'denied@secret.example')",
         EXIT_REFUSED,
         "42501",
         {"raised an error", "refuse()"}},
    };
    CLEANUP(session_release) struct session s = session_open("db_failure_raise", DB_TARGET);
    session_execute(s.db, schema);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_fails(s.db, &cases[i]);
}

Test(failure, of_a_statement_is_passed_on)
{
    static const struct failing cases[] = {
        {"SELECT * FROM public.nothing",
         EXIT_REFUSED,
         "42P01",
         {"target: ", "\"public.nothing\" does not exist"}},
        {"SELECT nothing FROM public.users", EXIT_REFUSED, "42703", {"column \"nothing\""}},
        {"SELEC", EXIT_REFUSED, "42601", {"syntax error"}},
    };
    CLEANUP(session_release) struct session s = session_open("db_failure_statement", DB_TARGET);
    session_execute(s.db, schema);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_fails(s.db, &cases[i]);
}

Test(failure, of_a_source_to_write_is_a_refusal)
{
    CLEANUP(session_release) struct session s = session_open("db_failure_source", DB_SOURCE);
    static const struct failing write = {
        "CREATE TABLE public.t ()", EXIT_REFUSED, "25006", {"read-only"}};
    assert_fails(s.db, &write);
}

Test(failure, for_want_of_a_privilege_is_a_refusal_with_a_hint)
{
    CLEANUP(session_release) struct session s = session_open("db_failure_privilege", DB_TARGET);
    CLEANUP(test_disconnect) PGconn *own = test_connect(s.database.name);
    CLEANUP(db_close) struct db *db = NULL;
    struct error err = ERROR_INIT;
    char uri[600];
    session_execute(s.db, schema);
    test_execute(
        own, "DROP ROLE IF EXISTS db_failure_reader; CREATE ROLE db_failure_reader LOGIN;"
             "CREATE TABLE public.guarded (); ALTER TABLE public.guarded ENABLE ROW LEVEL SECURITY;"
             "GRANT SELECT, INSERT ON public.guarded TO db_failure_reader");
    snprintf(uri, sizeof uri, "%s user=db_failure_reader", s.database.conninfo);
    cr_assert(db_open(&db, uri, "target", DB_TARGET, "test", &err), "%s", err.text);

    cr_expect_not(db_execute(db, "SELECT FROM public.users", &err));
    cr_expect_eq(err.code, EXIT_REFUSED);
    cr_expect_not_null(strstr(err.hint, "GRANT"), "%s", err.hint);
    error_clear(&err);
    cr_expect_not(db_execute(db, "SELECT FROM public.guarded", &err));
    cr_expect_eq(err.code, EXIT_REFUSED);
    cr_expect_not_null(strstr(err.hint, "BYPASSRLS"), "%s", err.hint);
    error_clear(&err);
    cr_expect_not(db_copy_out_begin(db, "COPY public.guarded TO STDOUT", &err));
    cr_expect_not_null(strstr(err.hint, "BYPASSRLS"), "%s / %s", err.text, err.hint);
    error_clear(&err);
    cr_expect_not(db_copy_in_begin(db, "COPY public.guarded FROM STDIN", &err));
    cr_expect_not_null(strstr(err.hint, "BYPASSRLS"), "%s / %s", err.text, err.hint);

    db_close(&db);
    test_execute(own, "DROP OWNED BY db_failure_reader; DROP ROLE db_failure_reader");
}

Test(failure, of_waiting_for_a_lock_may_be_tried_again, .timeout = 30)
{
    CLEANUP(session_release) struct session s = session_open("db_failure_lock", DB_TARGET);
    CLEANUP(test_disconnect) PGconn *own = test_connect(s.database.name);
    struct error err = ERROR_INIT;
    session_execute(s.db, schema);
    test_execute(own, "BEGIN; LOCK TABLE public.users");
    cr_expect_not(db_execute(s.db, "SELECT FROM public.users", &err));
    cr_expect_str_eq(err.sqlstate, "55P03");
    cr_expect(db_error_is_transient(&err));
    cr_expect_str_not_empty(err.hint);
}
