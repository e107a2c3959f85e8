/* Opening a connection: who is there, and settings that the role, the database and the string try
 * to poison. */
#include "session.h"

#include "idmigrate/sql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Test(session, knows_what_it_is_connected_to)
{
    CLEANUP(session_release) struct session s = session_open("db_session_identity", DB_TARGET);
    CLEANUP(test_disconnect) PGconn *own = test_connect(s.database.name);
    CLEANUP(memory_free_string)
    char *system = test_query_text(own, "SELECT system_identifier FROM pg_control_system()");
    const struct db_identity *identity = db_identity(s.db);
    cr_expect_str_eq(identity->host, getenv("IDMIGRATE_TEST_HOST"));
    cr_expect_str_eq(identity->port, "5432");
    cr_expect_str_eq(identity->database, "db_session_identity");
    cr_expect_str_eq(identity->role, "postgres");
    cr_expect_str_eq(identity->encoding, "UTF8");
    cr_expect_str_eq(identity->system_identifier, system);
    cr_expect_eq(identity->version, test_query_number(own, "SHOW server_version_num"));
    cr_expect(identity->is_superuser && identity->bypasses_row_security && !identity->is_standby);
    cr_expect_str_eq(db_what(s.db), "target");
    assert_session_text(s.db, "SHOW application_name", "idmigrate test");
}

/* Every setting that is another one than a session must have. */
static const char *const poison[] = {
    "search_path = pg_temp, evil, pg_catalog",
    "row_security = on",
    "datestyle = 'German, DMY'",
    "timezone = 'Asia/Kathmandu'",
    "intervalstyle = 'iso_8601'",
    "extra_float_digits = -5",
    "bytea_output = 'escape'",
    "client_encoding = 'LATIN1'",
    "standard_conforming_strings = off",
    "default_transaction_read_only = on",
    "default_transaction_isolation = 'serializable'",
    "statement_timeout = '3s'",
    "idle_in_transaction_session_timeout = '3s'",
    "lock_timeout = '3s'",
    "quote_all_identifiers = on",
    "array_nulls = off",
    "xmloption = document",
    "transform_null_equals = on",
    "lc_monetary = 'C.UTF-8'",
};

struct poisoned {
    struct test_database database;
    PGconn *own;
    char role[64];
    char uri[1024];
};

static void
poisoned_release(struct poisoned *poisoned)
{
    char sql[256];
    snprintf(sql, sizeof sql, "DROP OWNED BY %s; DROP ROLE %s", poisoned->role, poisoned->role);
    test_execute(poisoned->own, sql);
    test_disconnect(&poisoned->own);
    test_database_release(&poisoned->database);
}

static struct poisoned
poisoned_create(const char *name, const char *attributes)
{
    struct poisoned poisoned = {.database = test_database_create(name)};
    char sql[4096];
    snprintf(poisoned.role, sizeof poisoned.role, "%s_role", name);
    snprintf(poisoned.uri, sizeof poisoned.uri, "%s user=%s", poisoned.database.conninfo,
             poisoned.role);
    poisoned.own = test_connect(name);
    snprintf(sql, sizeof sql, "DROP ROLE IF EXISTS %s; CREATE ROLE %s LOGIN %s", poisoned.role,
             poisoned.role, attributes);
    test_execute(poisoned.own, sql);
    return poisoned;
}

static void
assert_clean(struct db *db, const char *read_only, const char *lock_timeout, const char *idle)
{
    const char *const expected[][2] = {{"search_path", ""},
                                       {"row_security", "off"},
                                       {"DateStyle", "ISO, MDY"},
                                       {"TimeZone", "UTC"},
                                       {"IntervalStyle", "postgres"},
                                       {"extra_float_digits", "3"},
                                       {"bytea_output", "hex"},
                                       {"client_encoding", "UTF8"},
                                       {"standard_conforming_strings", "on"},
                                       {"default_transaction_read_only", read_only},
                                       {"transaction_isolation", "read committed"},
                                       {"statement_timeout", "0"},
                                       {"idle_in_transaction_session_timeout", idle},
                                       {"lock_timeout", lock_timeout},
                                       {"quote_all_identifiers", "off"},
                                       {"array_nulls", "on"},
                                       {"xmloption", "content"},
                                       {"transform_null_equals", "off"},
                                       {"lc_monetary", "C"},
                                       {"session_replication_role", "origin"},
                                       {"client_connection_check_interval", "10s"}};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        char sql[128];
        snprintf(sql, sizeof sql, "SHOW %s", expected[i][0]);
        assert_session_text(db, sql, expected[i][1]);
    }
}

Test(session, settings_of_role_and_database_do_not_win)
{
    CLEANUP(poisoned_release) struct poisoned p = poisoned_create("db_session_poison", "");
    CLEANUP(db_close) struct db *source = NULL;
    CLEANUP(db_close) struct db *target = NULL;
    CLEANUP(db_close) struct db *reader = NULL;
    struct error err = ERROR_INIT;
    char sql[512];
    for (size_t i = 0; i < sizeof poison / sizeof poison[0]; i++) {
        /* A setting for the role in the database wins over one for the role alone: both are tried.
         */
        snprintf(sql, sizeof sql, "ALTER ROLE %s %s SET %s", p.role,
                 i % 2 ? "" : "IN DATABASE db_session_poison", poison[i]);
        test_execute(p.own, sql);
    }

    cr_assert(db_open(&source, p.uri, "source", DB_SOURCE, "test", &err), "%s", err.text);
    assert_clean(source, "on", "1min", "0");
    cr_assert(db_open(&target, p.uri, "target", DB_TARGET, "test", &err), "%s", err.text);
    assert_clean(target, "off", "5s", "10min");
    cr_assert(db_open(&reader, p.uri, "target", DB_TARGET_READER, "test", &err), "%s", err.text);
    assert_clean(reader, "on", "1min", "0");
    cr_expect_not(db_identity(target)->is_superuser);
    cr_expect_not(db_identity(target)->bypasses_row_security);
    db_close(&reader);
    db_close(&target);
    db_close(&source);
}

/* A function that shadows one of PostgreSQL's would run with our privileges. */
Test(session, objects_in_the_role_s_path_are_never_called)
{
    CLEANUP(poisoned_release) struct poisoned p = poisoned_create("db_session_shadow", "");
    CLEANUP(db_close) struct db *db = NULL;
    struct error err = ERROR_INIT;
    char sql[2048];
    snprintf(
        sql, sizeof sql,
        "CREATE SCHEMA evil; GRANT ALL ON SCHEMA evil TO PUBLIC; CREATE TABLE evil.called ();"
        "CREATE FUNCTION evil.set_config(text, text, boolean) RETURNS text LANGUAGE plpgsql AS "
        "$$BEGIN RAISE EXCEPTION 'called'; END$$;"
        "CREATE FUNCTION evil.unnest(text[]) RETURNS SETOF text LANGUAGE plpgsql AS $$BEGIN RAISE "
        "EXCEPTION 'called'; END$$;"
        "CREATE FUNCTION evil.pg_backend_pid() RETURNS integer LANGUAGE sql AS 'SELECT 1';"
        "CREATE FUNCTION evil.differs(text, text) RETURNS boolean LANGUAGE plpgsql AS $$BEGIN "
        "RAISE "
        "EXCEPTION 'called'; END$$;"
        "CREATE OPERATOR evil.<> (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.differs);"
        "ALTER ROLE %s SET search_path = evil, pg_catalog",
        p.role);
    test_execute(p.own, sql);
    cr_expect(db_open(&db, p.uri, "target", DB_TARGET, "test", &err), "%s", err.text);
}

Test(session, options_of_the_string_do_not_win)
{
    CLEANUP(test_database_release)
    struct test_database database = test_database_create("db_session_options");
    CLEANUP(db_close) struct db *db = NULL;
    struct error err = ERROR_INIT;
    char uri[1024];
    snprintf(uri, sizeof uri,
             "%s application_name=other client_encoding=LATIN1 options='-c search_path=evil -c "
             "row_security=on "
             "-c statement_timeout=4321'",
             database.conninfo);
    cr_assert(db_open(&db, uri, "target", DB_TARGET, "test", &err), "%s", err.text);
    assert_clean(db, "off", "5s", "10min");
    assert_session_text(db, "SHOW application_name", "idmigrate test");
}

Test(session, synchronous_commit_stays_as_it_is)
{
    CLEANUP(poisoned_release) struct poisoned p = poisoned_create("db_session_commit", "");
    CLEANUP(db_close) struct db *db = NULL;
    struct error err = ERROR_INIT;
    test_execute(p.own, "ALTER ROLE db_session_commit_role SET synchronous_commit = remote_write");
    cr_assert(db_open(&db, p.uri, "target", DB_TARGET, "test", &err), "%s", err.text);
    assert_session_text(db, "SHOW synchronous_commit", "remote_write");
}

Test(session, switched_off_triggers_are_switched_on_by_who_may)
{
    CLEANUP(poisoned_release) struct poisoned p = poisoned_create("db_session_super", "SUPERUSER");
    CLEANUP(db_close) struct db *db = NULL;
    struct error err = ERROR_INIT;
    test_execute(p.own, "ALTER ROLE db_session_super_role SET session_replication_role = replica");
    cr_assert(db_open(&db, p.uri, "target", DB_TARGET, "test", &err), "%s", err.text);
    assert_session_text(db, "SHOW session_replication_role", "origin");
}

Test(session, switched_off_triggers_are_refused_for_who_may_not)
{
    CLEANUP(poisoned_release) struct poisoned p = poisoned_create("db_session_replica", "");
    CLEANUP(db_close) struct db *db = NULL;
    struct error err = ERROR_INIT;
    test_execute(p.own,
                 "ALTER ROLE db_session_replica_role SET session_replication_role = replica");
    cr_assert_not(db_open(&db, p.uri, "target", DB_TARGET, "test", &err));
    cr_expect_null(db);
    cr_expect(err.code == EXIT_REFUSED, "%d: %s", (int)err.code, err.text);
    cr_expect_not_null(strstr(err.text, "session_replication_role"), "%s", err.text);
    cr_expect_not_null(strstr(err.text, "'replica'"), "%s", err.text);
    cr_expect_not_null(strstr(err.hint, "ALTER ROLE"), "%s", err.hint);
}

/* A server that takes no setting, as something in between might: linked with --wrap=PQexecParams.
 */
static bool settings_are_lost;

PGresult *__real_PQexecParams(PGconn *, const char *, int, const Oid *, const char *const *,
                              const int *, const int *, int);
PGresult *__wrap_PQexecParams(PGconn *, const char *, int, const Oid *, const char *const *,
                              const int *, const int *, int);

PGresult *
__wrap_PQexecParams(PGconn *connection, const char *sql, int count, const Oid *types,
                    const char *const *values, const int *lengths, const int *formats, int format)
{
    if (settings_are_lost && sql == sql_query_session_set)
        sql = "SELECT $1::pg_catalog.text[], $2::pg_catalog.text[]";
    return __real_PQexecParams(connection, sql, count, types, values, lengths, formats, format);
}

Test(session, settings_that_do_not_take_are_refused)
{
    CLEANUP(test_database_release)
    struct test_database database = test_database_create("db_session_lost");
    CLEANUP(db_close) struct db *db = NULL;
    struct error err = ERROR_INIT;
    settings_are_lost = true;
    cr_assert_not(db_open(&db, database.conninfo, "target", DB_TARGET, "test", &err));
    cr_expect_null(db);
    cr_expect_eq(err.code, EXIT_REFUSED);
    cr_expect_not_null(strstr(err.text, "the session setting "), "%s", err.text);
}

Test(session, a_role_that_may_not_see_the_system_identifier_has_none)
{
    CLEANUP(poisoned_release) struct poisoned p = poisoned_create("db_session_system", "");
    CLEANUP(db_close) struct db *db = NULL;
    struct error err = ERROR_INIT;
    test_execute(p.own, "REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC");
    cr_assert(db_open(&db, p.uri, "target", DB_TARGET, "test", &err), "%s", err.text);
    cr_expect_str_empty(db_identity(db)->system_identifier);
}

Test(session, an_error_of_a_refused_login_holds_no_password)
{
    CLEANUP(test_database_release)
    struct test_database database = test_database_create("db_session_login");
    CLEANUP(db_close) struct db *db = NULL;
    struct error err = ERROR_INIT;
    char uri[1024];
    snprintf(uri, sizeof uri, "%s user=db_session_nobody password=hunter2", database.conninfo);
    cr_assert_not(db_open(&db, uri, "source app", DB_SOURCE, "test", &err));
    cr_expect_eq(err.code, EXIT_STOPPED);
    cr_expect_not_null(strstr(err.text, "source app: cannot connect: "));
    cr_expect_not_null(strstr(err.text, "db_session_nobody"), "%s", err.text);
    cr_expect_null(strstr(err.text, "hunter2"));
    cr_expect_null(strstr(err.hint, "hunter2"));
}
