/* The functions around an installed audit log: addresses, redaction, IDs, retention rules, months.
 */
#include "idmigrate_test.h"

#include "idmigrate/audit_log.h"
#include "idmigrate/memory.h"
#include "idmigrate/sql.h"

#include <criterion/criterion.h>
#include <string.h>

static const char *prefix; /* of the test's own roles: tests run at the same time */

struct log {
    struct test_database database;
    struct db *db;
    PGconn *own;
};

static void
drop_roles(void)
{
    static const char *const names[] = {"owner", "writer", "auditor", "pruner", "migrator"};
    CLEANUP(test_disconnect) PGconn *server = test_connect("postgres");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        CLEANUP(memory_free_string)
        char *sql = memory_printf("DROP ROLE IF EXISTS %s_%s", prefix, names[i]);
        test_execute(server, sql);
    }
}

static void
install(struct db *db)
{
    struct error err = ERROR_INIT;
    CLEANUP(audit_registry_release) struct audit_registry registry = {0};
    CLEANUP(audit_profile_release) struct audit_profile profile = {0};
    CLEANUP(audit_log_state_free) struct audit_log_state *state = NULL;
    CLEANUP(db_transaction_release) struct db_transaction tx = {0};
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    CLEANUP(strbuf_release) struct strbuf validation = STRBUF_INIT;
    struct audit_log_request request = {.schema = "public",
                                        .table = "audit_logs",
                                        .roles = prefix,
                                        .profile = &profile,
                                        .registry = &registry,
                                        .months = 3,
                                        .shorten_ip = -1};
    cr_assert(audit_profile_read(embedded_audit_profiles_json, "standard", &profile, &err));
    cr_assert(audit_registry_add(&registry, embedded_audit_registry_json, "shipped", &err));
    cr_assert(audit_log_look(db, &request, &state, &err), "%s", err.text);
    audit_log_write_sql(state, &sql);
    audit_log_write_validation(state, &validation);
    cr_assert(db_begin(&tx, db, DB_READ_WRITE, &err) && db_execute(db, sql.data, &err) &&
                  db_execute(db, validation.data, &err) && db_commit(&tx, &err),
              "%s", err.text);
}

static struct log
log_open(const char *name)
{
    struct error err = ERROR_INIT;
    struct log log = {.database = test_database_create(name)};
    prefix = name;
    drop_roles();
    cr_assert(db_open(&log.db, log.database.conninfo, "target", DB_TARGET, "test", &err), "%s",
              err.text);
    install(log.db);
    log.own = test_connect(log.database.name);
    return log;
}

static void
log_release(struct log *log)
{
    test_disconnect(&log->own);
    db_close(&log->db);
    test_database_release(&log->database);
    drop_roles();
}

/* One row of one column, as text; "-" for NULL. */
static void
assert_gives(struct log *log, const char *sql, const char *expected)
{
    PGresult *result = PQexec(log->own, sql);
    bool good = PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1;
    const char *found = !good                       ? PQresultErrorMessage(result)
                        : PQgetisnull(result, 0, 0) ? "-"
                                                    : PQgetvalue(result, 0, 0);
    cr_expect_str_eq(found, expected, "%s gives %s", sql, found);
    PQclear(result);
}

Test(audit_log, functions_do_what_they_say)
{
    static const char *const cases[][2] = {
        {"SELECT idmigrate_audit.shorten_ip('203.0.113.77')", "203.0.113.0"},
        {"SELECT idmigrate_audit.shorten_ip('203.0.113.77/32')", "203.0.113.0"},
        {"SELECT idmigrate_audit.shorten_ip('2001:db8:1:2:3:4:5:6')", "2001:db8:1:2::"},
        {"SELECT idmigrate_audit.shorten_ip('fe80::1%eth0')", "fe80::"},
        {"SELECT idmigrate_audit.shorten_ip('::ffff:203.0.113.77')", "::"},
        {"SELECT idmigrate_audit.shorten_ip('10.1.2.3 ,unknown,SYSTEM_WEBHOOK')",
         "10.1.2.0, unknown, SYSTEM_WEBHOOK"},
        {"SELECT idmigrate_audit.shorten_ip('10.1.2.3:4711')", "[UNREADABLE]"},
        {"SELECT idmigrate_audit.shorten_ip('999.1.2.3')", "[UNREADABLE]"},
        {"SELECT idmigrate_audit.shorten_ip(NULL)", "-"},
        {"SELECT idmigrate_audit.redact('{\"a\": {\"E-Mail\": 1, \"b\": [1, {\"UserEmail\": "
         "{}}]}}',"
         " '{email}')",
         "{\"a\": {\"b\": [1, {\"UserEmail\": \"[REDACTED]\"}], \"E-Mail\": \"[REDACTED]\"}}"},
        {"SELECT idmigrate_audit.redact('[]', '{email}')", "[]"},
        {"SELECT idmigrate_audit.redact('{}', '{email}')", "{}"},
        {"SELECT idmigrate_audit.redact('\"{email: 1\"', '{email}')", "\"{email: 1\""},
        {"SELECT idmigrate_audit.redact('\"[{\\\"email\\\": 1}]\"', '{email}')",
         "\"[{\\\"email\\\": \\\"[REDACTED]\\\"}]\""},
        {"SELECT idmigrate_audit.redact('null', '{email}')", "null"},
        {"SELECT idmigrate_audit.redact(NULL, '{email}')", "-"},
        {"SELECT idmigrate_audit.uuid7()::text ~"
         " '^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$'",
         "t"},
        {"SELECT abs(('x' || left(replace(idmigrate_audit.uuid7()::text, '-', ''), 12))::bit(48)"
         "::bigint - extract(epoch FROM clock_timestamp()) * 1000) < 5000",
         "t"},
        {"SELECT idmigrate_audit.keeps('{\"default\": \"1 year\"}', 'x', NULL)", "1 year"},
        {"SELECT idmigrate_audit.keeps('{\"default\": \"1 year\", \"classes\": {\"x\": \"1 "
         "day\"}}',"
         " 'x', 't')",
         "1 day"},
        {"SELECT idmigrate_audit.keeps('{\"default\": \"1 year\", \"classes\": {\"x\": \"1 day\"},"
         " \"tenants\": {\"t\": \"2 days\"}}', 'x', 't')",
         "2 days"},
        {"SELECT count(*) FROM idmigrate_audit.partitions() WHERE NOT is_default", "3"},
        {"SELECT idmigrate_audit.make_months(5)", "2"},
        {"SELECT idmigrate_audit.make_months(5)", "0"},
    };
    CLEANUP(log_release) struct log log = log_open("audit_log_functions");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_gives(&log, cases[i][0], cases[i][1]);
}

Test(audit_log, months_made_later_are_guarded)
{
    CLEANUP(log_release) struct log log = log_open("audit_log_months");
    assert_gives(&log, "SELECT idmigrate_audit.make_months(8)", "5");
    assert_gives(&log,
                 "SELECT count(*) FROM pg_class AS c WHERE c.relname ~ '^audit_logs_p'"
                 " AND c.relkind = 'r' AND c.relrowsecurity AND c.relforcerowsecurity"
                 " AND pg_get_userbyid(c.relowner) = 'audit_log_months_owner'"
                 " AND 2 = (SELECT count(*) FROM pg_trigger AS t WHERE t.tgrelid = c.oid"
                 " AND t.tgenabled = 'A' AND t.tgfoid = 'idmigrate_audit.refuse_change'::regproc)",
                 "8");
}

Test(audit_log, nothing_is_found_in_a_new_one_and_what_is_taken_away_is)
{
    CLEANUP(log_release) struct log log = log_open("audit_log_check");
    struct error err = ERROR_INIT;
    struct audit_findings findings;
    size_t before = 0, after = 0;
    cr_assert(audit_log_check(log.db, NULL, 0, &findings, &err), "%s", err.text);
    cr_expect_str_eq(findings.table, "audit_logs");
    for (size_t i = 0; i < findings.count; i++)
        before += findings.items[i].role == NULL && findings.items[i].kind == AUDIT_FINDING_FAULT;
    audit_findings_release(&findings);
    test_execute(log.own, "DROP FUNCTION idmigrate_audit.shorten_ip(text);"
                          " DROP TRIGGER append_only ON audit_logs");
    cr_assert(audit_log_check(log.db, NULL, 0, &findings, &err), "%s", err.text);
    for (size_t i = 0; i < findings.count; i++)
        after += findings.items[i].role == NULL && findings.items[i].kind == AUDIT_FINDING_FAULT;
    audit_findings_release(&findings);
    cr_expect_eq(before, 0);
    cr_expect_eq(after, 6, "%zu: the function, and the trigger of log and four partitions", after);
}
