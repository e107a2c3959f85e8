/* Transactions roll back unless they were committed. */
#include "session.h"

#include <string.h>

static void
assert_rows(const struct session *s, long long expected)
{
    CLEANUP(test_disconnect) PGconn *own = test_connect(s->database.name);
    cr_expect_eq(test_query_number(own, "SELECT count(*) FROM public.t"), expected);
}

static struct session
open_with_table(const char *name)
{
    struct session s = session_open(name, DB_TARGET);
    session_execute(s.db, "CREATE TABLE public.t (a int)");
    return s;
}

Test(transaction, commits)
{
    CLEANUP(session_release) struct session s = open_with_table("db_transaction_commit");
    CLEANUP(db_transaction_release) struct db_transaction tx = {0};
    struct error err = ERROR_INIT;
    cr_assert(db_begin(&tx, s.db, DB_READ_WRITE, &err));
    assert_session_text(s.db, "SHOW transaction_isolation", "read committed");
    session_execute(s.db, "INSERT INTO public.t VALUES (1)");
    assert_rows(&s, 0);
    cr_assert(db_commit(&tx, &err), "%s", err.text);
    cr_expect_null(tx.db);
    assert_rows(&s, 1);
}

Test(transaction, rolls_back_at_the_end_of_its_scope)
{
    CLEANUP(session_release) struct session s = open_with_table("db_transaction_scope");
    struct error err = ERROR_INIT;
    {
        CLEANUP(db_transaction_release) struct db_transaction tx = {0};
        cr_assert(db_begin(&tx, s.db, DB_READ_WRITE, &err));
        session_execute(s.db, "INSERT INTO public.t VALUES (1)");
    }
    assert_rows(&s, 0);
    assert_session_text(s.db, "SELECT count(*) FROM public.t", "0");
}

Test(transaction, rolls_back_in_the_middle_of_a_copy)
{
    static const char *const copies[] = {
        "COPY public.t FROM STDIN",
        "COPY (SELECT pg_catalog.generate_series(1, 10000000)) TO STDOUT"};
    CLEANUP(session_release) struct session s = open_with_table("db_transaction_copy");
    struct error err = ERROR_INIT;
    for (size_t i = 0; i < 2; i++) {
        CLEANUP(db_transaction_release) struct db_transaction tx = {0};
        cr_assert(db_begin(&tx, s.db, DB_READ_WRITE, &err));
        session_execute(s.db, "INSERT INTO public.t VALUES (1)");
        cr_assert((i == 0 ? db_copy_in_begin : db_copy_out_begin)(s.db, copies[i], &err), "%s",
                  err.text);
        cr_expect(db_rollback(&tx, &err), "%s", err.text);
        cr_expect_null(tx.db);
        assert_rows(&s, 0);
    }
}

Test(transaction, that_failed_does_not_pass_for_committed)
{
    CLEANUP(session_release) struct session s = open_with_table("db_transaction_failed");
    CLEANUP(db_transaction_release) struct db_transaction tx = {0};
    struct error err = ERROR_INIT;
    struct error ignored = ERROR_INIT;
    cr_assert(db_begin(&tx, s.db, DB_READ_WRITE, &err));
    session_execute(s.db, "INSERT INTO public.t VALUES (1)");
    cr_expect_not(db_execute(s.db, "SELECT 1 / 0", &ignored));
    cr_expect_not(db_commit(&tx, &err));
    cr_expect_eq(err.code, EXIT_STOPPED);
    assert_rows(&s, 0);
    session_execute(s.db, "SELECT 1");
}

Test(transaction, inside_another_is_a_bug)
{
    CLEANUP(session_release) struct session s = open_with_table("db_transaction_nested");
    CLEANUP(db_transaction_release) struct db_transaction outer = {0};
    CLEANUP(db_transaction_release) struct db_transaction inner = {0};
    struct error err = ERROR_INIT;
    cr_assert(db_begin(&outer, s.db, DB_READ_WRITE, &err));
    cr_expect_not(db_begin(&inner, s.db, DB_READ_WRITE, &err));
    cr_expect_eq(err.code, EXIT_BUG);
    cr_expect_null(inner.db);
}

Test(transaction, a_source_is_never_written)
{
    CLEANUP(session_release) struct session s = session_open("db_transaction_source", DB_SOURCE);
    CLEANUP(db_transaction_release) struct db_transaction tx = {0};
    struct error err = ERROR_INIT;
    cr_expect_not(db_begin(&tx, s.db, DB_READ_WRITE, &err));
    cr_expect_eq(err.code, EXIT_BUG);
    error_clear(&err);
    cr_assert(db_begin(&tx, s.db, DB_READ_ONLY_SNAPSHOT, &err));
    assert_session_text(s.db, "SHOW transaction_isolation", "repeatable read");
    cr_expect_not(db_execute(s.db, "CREATE TABLE public.t ()", &err));
    cr_expect_str_eq(err.sqlstate, "25006");
}

/* The server goes away while it commits: nobody knows what became of it. */
Test(transaction, a_connection_lost_during_commit_is_told_apart)
{
    CLEANUP(session_release) struct session s = open_with_table("db_transaction_lost");
    CLEANUP(db_transaction_release) struct db_transaction tx = {0};
    struct error err = ERROR_INIT;
    session_execute(
        s.db,
        "CREATE FUNCTION public.die() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN "
        "PERFORM pg_catalog.pg_terminate_backend(pg_catalog.pg_backend_pid()); "
        "PERFORM pg_catalog.pg_sleep(10); RETURN NULL; END$$;"
        "CREATE CONSTRAINT TRIGGER die AFTER INSERT ON public.t DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION public.die()");
    cr_assert(db_begin(&tx, s.db, DB_READ_WRITE, &err));
    session_execute(s.db, "INSERT INTO public.t VALUES (1)");
    cr_expect_not(db_commit(&tx, &err));
    cr_expect_str_eq(err.sqlstate, "08007");
    cr_expect_eq(err.code, EXIT_STOPPED);
    cr_expect(db_error_is_transient(&err));
    cr_expect_null(tx.db);
}
