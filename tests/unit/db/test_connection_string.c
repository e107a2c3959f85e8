/* Connection strings that cannot work, and what of them is shown. */
#include "idmigrate/db.h"
#include "idmigrate/memory.h"

#include <criterion/criterion.h>
#include <string.h>

Test(connection_string, tells_whether_it_holds_a_password)
{
    static const struct {
        const char *uri;
        bool has;
    } cases[] = {{"", false},
                 {"postgresql://user@host/db", false},
                 {"postgresql://user:secret@host/db", true},
                 {"postgresql://host/db?password=secret", true},
                 {"host=h password=secret", true},
                 {"host=h password=''", false},
                 {"sslpassword=secret", true},
                 {"host=h user=password", false},
                 {"not a connection string", false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        cr_expect_eq(db_uri_has_password(cases[i].uri), cases[i].has, "%s", cases[i].uri);
}

static void
assert_refused(const char *uri, enum exit_status code)
{
    CLEANUP(db_close) struct db *db = NULL;
    struct error err = ERROR_INIT;
    cr_assert_not(db_open(&db, uri, "target", DB_TARGET, "test", &err), "%s", uri);
    cr_expect_null(db);
    cr_expect_eq(err.code, code, "%s: %d", uri, (int)err.code);
    cr_expect_eq(strncmp(err.text, "target: ", 8), 0, "%s", err.text);
    cr_expect_null(strstr(err.text, "sec"), "%s", err.text);
    cr_expect_null(strstr(err.text, "ret"), "%s", err.text);
    cr_expect_str_not_empty(err.hint);
}

/* Each mistake moves a part of the password into another field, where libpq's message would quote
 * it. */
Test(connection_string, never_shows_a_part_of_the_password)
{
    static const char *const uris[] = {
        "postgresql://user:sec@ret@host/db",   /* host "ret@host" */
        "postgresql://user:sec/ret@host/db",   /* database "ret@host/db" */
        "postgresql://user:sec?a@ret@host/db", /* host "ret@host" */
        "postgresql://user:se@c?ret@host/db",  /* a parameter */
        "postgresql://user:secret%zz@host/db", /* a bad escape */
        "postgresql://user:secret@host:5432:x/db?nonsense=\"secret\"",
        "host=h password=sec ret", /* a word without '=' */
        "host=h password='secret", /* no end */
        "secret",
        "postgresql://user:secret", /* port "secret" */
        "postgresql://user:sec/ret",
    };
    for (size_t i = 0; i < sizeof uris / sizeof uris[0]; i++)
        assert_refused(uris[i], EXIT_USAGE);
}

Test(connection_string, a_server_that_is_not_there_stops)
{
    assert_refused("host=/nonexistent dbname=x user=y password=secret", EXIT_STOPPED);
    assert_refused("postgresql://user:sec:r?et@127.0.0.1:1/db?connect_timeout=2", EXIT_STOPPED);
    assert_refused("postgresql://user:secret@127.0.0.1:1/db?connect_timeout=2", EXIT_STOPPED);
}

Test(connection_string, the_error_of_a_missing_server_names_the_place)
{
    CLEANUP(db_close) struct db *db = NULL;
    struct error err = ERROR_INIT;
    cr_assert_not(
        db_open(&db, "host=/nonexistent dbname=x", "source app", DB_SOURCE, "test", &err));
    cr_expect_not_null(strstr(err.text, "source app: cannot connect: "), "%s", err.text);
    cr_expect_not_null(strstr(err.text, "/nonexistent"), "%s", err.text);
    cr_expect_null(strchr(err.text, '\n'));
    cr_expect(db_error_is_transient(&err));
}
