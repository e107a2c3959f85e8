/* Transactions roll back unless they were committed. */
#include "session.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

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

/* Whether a socket is one to the server. */
static bool
is_to_server(int fd)
{
    const char *host = getenv("IDMIGRATE_TEST_HOST");
    struct sockaddr_un peer = {0};
    socklen_t length = sizeof peer;
    return getpeername(fd, (struct sockaddr *)&peer, &length) == 0 && peer.sun_family == AF_UNIX &&
           strncmp(peer.sun_path, host, strlen(host)) == 0;
}

enum { MOST_DESCRIPTORS = 256 };

/* Breaks every connection of this process to the server, without the server's knowledge. */
static void
break_connections(void)
{
    int broken = 0;
    for (int fd = 3; fd < MOST_DESCRIPTORS; fd++)
        broken += is_to_server(fd) && shutdown(fd, SHUT_RDWR) == 0;
    cr_assert_gt(broken, 0);
}

static void
wait_for_message(void)
{
    for (int fd = 3; fd < MOST_DESCRIPTORS; fd++) {
        struct pollfd wanted = {.fd = fd, .events = POLLIN};
        if (is_to_server(fd) && poll(&wanted, 1, 10000) == 1)
            return;
    }
    cr_assert_fail("no message came");
}

Test(transaction, a_connection_lost_before_its_commit_is_sent_is_told_apart_too)
{
    CLEANUP(session_release) struct session s = open_with_table("db_transaction_unsent");
    CLEANUP(db_transaction_release) struct db_transaction tx = {0};
    struct error err = ERROR_INIT;
    cr_assert(db_begin(&tx, s.db, DB_READ_WRITE, &err));
    session_execute(s.db, "INSERT INTO public.t VALUES (1)");
    break_connections();
    cr_expect_not(db_commit(&tx, &err));
    cr_expect_str_eq(err.sqlstate, "08007", "%s: %s", err.sqlstate, err.text);
    cr_expect(db_error_is_transient(&err));
    cr_expect_not(db_is_sound(s.db));
}

/*
 * A server that crashes says so before it goes, without being asked. libpq then reads that message
 * instead of the end, and still calls the connection good. Here the message is a notification.
 */
Test(transaction, a_server_that_says_something_before_it_goes_is_gone_nevertheless)
{
    CLEANUP(session_release) struct session s = open_with_table("db_statement_unsent");
    struct error err = ERROR_INIT;
    session_execute(s.db, "LISTEN something");
    {
        CLEANUP(test_disconnect) PGconn *own = test_connect(s.database.name);
        test_execute(own, "NOTIFY something");
    }
    wait_for_message();
    break_connections();
    cr_expect_not(db_execute(s.db, "SELECT 1", &err));
    cr_expect_str_eq(err.sqlstate, "08006", "%s: %s", err.sqlstate, err.text);
    cr_expect(db_error_is_transient(&err));
    cr_expect_not(db_is_sound(s.db));
}
