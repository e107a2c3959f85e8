/*
 * Corruptions, planted one at a time into the result of a run: each must be caught by the check
 * that is there for it and named by it, and no other check may cry.
 */
#include "fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(verify_mutations, .timeout = 300);

struct mutation {
    const char *what;
    const char *sql; /* on the target */
    const char *check, *label;
    const char *names[3]; /* each must be in the differences of that check */
    const char *also;     /* "check label" of the checks that see it too, parted by commas */
    bool on_source;
};

/* Audit events cannot be changed: the corruption takes the guard away first, as an owner could. */
#define UNGUARD                                                                                    \
    "DO $$ DECLARE part regclass; BEGIN FOR part IN SELECT relid FROM "                            \
    "pg_partition_tree('audit_logs') LOOP "                                                        \
    "EXECUTE format('ALTER TABLE %s DISABLE TRIGGER ALL', part); END LOOP; END $$; "
/* Foreign keys do not hold anybody back, as after a restore without them. */
#define FREELY             "SET session_replication_role = replica; "
#define EVENT_OF(type, id) "resource_type = '" type "' AND resource_id = '" id "'"
#define COMMENT(n)         "'00000000-0000-0000-0000-0000000000" n "'"

static const struct mutation mutations[] = {
    {"a row is lost",
     "DELETE FROM comments WHERE id = " COMMENT("05"),
     "rows",
     "comments",
     {"0000-000000000005", "a row"},
     "",
     false},
    {"the last row is lost",
     "DELETE FROM comments WHERE id = " COMMENT("c8"),
     "rows",
     "comments",
     {"0000-0000000000c8"},
     "",
     false},
    {"a row without a key is doubled",
     "INSERT INTO likes VALUES (1, 'm_ann')",
     "rows",
     "likes",
     {"1 rows too many"},
     "",
     false},
    {"a row without a key is lost",
     "DELETE FROM likes WHERE post_id = 3",
     "rows",
     "likes",
     {"a row"},
     "",
     false},
    {"one of two equal rows is lost",
     "DELETE FROM likes WHERE ctid = (SELECT min(ctid) FROM likes WHERE post_id = 1)",
     "rows",
     "likes",
     {"a row"},
     "",
     false},
    {"a row that was there before is gone",
     "DELETE FROM likes WHERE post_id = 1000",
     "rows",
     "likes",
     {"1 rows that were there before"},
     "",
     false},
    {"a row has another person's ID",
     "UPDATE comments SET member_id = 'm_bob' WHERE id = " COMMENT("04"),
     "rows",
     "comments",
     {"member_id", "\"expected\": \"m_ann\"", "\"found\": \"m_bob\""},
     "",
     false},
    {"two people are swapped",
     "UPDATE comments SET member_id = CASE member_id WHEN 'm_ann' THEN 'm_bob' ELSE 'm_ann' END "
     "WHERE id IN (" COMMENT("04") ", " COMMENT("05") ")",
     "rows",
     "comments",
     {"0000-000000000004", "0000-000000000005", "m_bob"},
     "",
     false},
    {"an ID that nobody has",
     "UPDATE calendars SET member_id = 'm_nobody' WHERE id = 3",
     "ids",
     "calendars",
     {"a new ID of the map person", "m_nobody"},
     "rows calendars",
     false},
    {"an old ID is left",
     "UPDATE calendars SET member_id = 'u_ann' WHERE id = 3",
     "residue",
     "calendars",
     {"member_id", "u_ann"},
     "rows calendars,ids calendars",
     false},
    {"an old ID is left in a row without a key",
     "UPDATE likes SET member_id = 'u_dan' WHERE post_id = 3",
     "residue",
     "likes",
     {"member_id", "u_dan"},
     "rows likes",
     false},
    {"an old ID is left in a JSON key",
     "UPDATE posts SET body = '{\"u_bob\": 1}' WHERE id = 1000",
     "residue",
     "posts",
     {"1000", "body", "u_bob"},
     "",
     false},
    {"an old ID is left in a JSON value that was rewritten",
     "UPDATE posts SET body = jsonb_set(body, '{by}', '\"u_ann\"') WHERE id = 1",
     "residue",
     "posts",
     {"body", "u_ann"},
     "rows posts",
     false},
    {"an old ID is left in a text",
     "UPDATE posts SET note = replace(note, 'm_ann', 'u_ann') WHERE id = 1",
     "residue",
     "posts",
     {"note", "u_ann"},
     "rows posts",
     false},
    {"an old ID is left in an array",
     "UPDATE posts SET tags = '{u_ann,\"a b\",NULL}' WHERE id = 1",
     "residue",
     "posts",
     {"tags", "u_ann"},
     "rows posts",
     false},
    {"more IDs are kept than there were",
     "UPDATE posts SET member_id = 'u_gone' WHERE id = 3",
     "ids",
     "posts",
     {"1 values that stay unresolved", "\"found\": \"2\""},
     "rows posts",
     false},
    {"NULL for an empty text",
     "UPDATE members SET name = NULL WHERE id = 'm_dan'",
     "rows",
     "people -> members",
     {"m_dan", "name", "\"found\": \"NULL\""},
     "",
     false},
    {"an empty text for NULL",
     "UPDATE members SET plan = '' WHERE id = 'm_bob'",
     "rows",
     "people -> members",
     {"m_bob", "plan", "\"expected\": \"NULL\""},
     "",
     false},
    {"a sensitive value",
     "UPDATE members SET email = 'other@example.org' WHERE id = 'm_bob'",
     "rows",
     "people -> members",
     {"email", "\"found\": \"(sensitive)\""},
     "",
     false},
    {"a digit of a number",
     "UPDATE posts SET price = 1.51 WHERE id = 1",
     "rows",
     "posts",
     {"price", "digest:"},
     "",
     false},
    {"a microsecond",
     "UPDATE posts SET created = created + interval '1 microsecond' WHERE id = 2",
     "rows",
     "posts",
     {"created"},
     "",
     false},
    {"an hour, by a time zone",
     "UPDATE posts SET created = created + interval '1 hour' WHERE id = 3",
     "rows",
     "posts",
     {"created"},
     "",
     false},
    {"a value that was mapped",
     "UPDATE posts SET state = 'live' WHERE id = 1",
     "rows",
     "posts",
     {"state", "\"expected\": \"open\"", "\"found\": \"live\""},
     "",
     false},
    {"an organization that is not the person's",
     "UPDATE posts SET team_id = 't_2' WHERE id = 1",
     "rows",
     "posts",
     {"team_id", "t_1", "t_2"},
     "",
     false},
    {"an organization for nobody's row",
     "UPDATE posts SET team_id = 't_1' WHERE id = 6",
     "rows",
     "posts",
     {"team_id", "\"expected\": \"NULL\""},
     "",
     false},
    {"a number in JSON loses its last digit",
     "UPDATE posts SET body = jsonb_set(body, '{n}', '1.5') WHERE id = 1",
     "rows",
     "posts",
     {"body"},
     "",
     false},
    {"a generated key",
     "UPDATE pages SET record_id = (SELECT id FROM records WHERE member_id = 'm_bob') WHERE page = "
     "2",
     "rows",
     "pages",
     {"a row"},
     "",
     false},
    {"a child does not follow",
     FREELY "UPDATE links SET profile_id = 1 WHERE id = 1",
     "rows",
     "links",
     {"profile_id", "\"expected\"", "\"found\""},
     "foreign_keys links",
     false},
    {"a child does not follow a key of two columns",
     FREELY "UPDATE drawers SET room = 'b', nr = 2 WHERE label = 'y'",
     "rows",
     "drawers",
     {"digest:", "room", "nr"},
     "foreign_keys drawers",
     false},
    {"a child of a skipped row is there",
     FREELY "UPDATE slots SET calendar_id = 2 WHERE hour = 9",
     "rows",
     "slots",
     {"a row"},
     "foreign_keys slots",
     false},
    {"the winner's values did not go into the row that was there",
     "UPDATE members SET plan = 'none' WHERE id = 'm_ann'",
     "rows",
     "people -> members",
     {"m_ann", "on_conflict/set"},
     "",
     false},
    {"the wrong one of two rows won",
     FREELY "UPDATE profiles SET id = 1, bio = 'one' WHERE id = 2; UPDATE links SET profile_id = 1 "
            "WHERE profile_id = 2;"
            "UPDATE idmigrate.merge SET source_key = '2', target_key = '2', survivor_key = '1' "
            "WHERE source_key = '1' AND survivor_key = '2'",
     "rows",
     "profiles",
     {"the rule names it"},
     "audit profiles,audit links,rows links",
     false},
    {"a merge points at another row",
     "UPDATE idmigrate.merge SET survivor_key = '3' WHERE source_key = '1' AND target_key = '1'"
     " AND survivor_key = '2'",
     "rows",
     "profiles",
     {"merged"},
     "audit profiles,rows links,audit links",
     false},
    {"a merge is forgotten",
     "DELETE FROM idmigrate.merge WHERE source_key = '1' AND survivor_key = '2' AND table_no = 4",
     "accounting",
     "profiles",
     {"rows listed"},
     "rows profiles,audit profiles,rows links,audit links",
     false},
    {"a reject is forgotten",
     "DELETE FROM idmigrate.reject WHERE source_key = 'u_zoe'",
     "rows",
     "people -> members",
     {"id_unresolved", "listed nowhere"},
     "accounting people -> members",
     false},
    {"a reject that never was",
     "INSERT INTO idmigrate.reject (run_id, table_no, source_key, target_key, chunk_no, "
     "reason_code, recorded_at, reject_no)"
     " SELECT run_id, 2, '00000000-0000-0000-0000-00000000ffff', 'x', 1, 'id_unresolved', now(), "
     "99 FROM idmigrate.run",
     "rows",
     "comments",
     {"the source has no such row"},
     "accounting comments",
     false},
    {"a good row is said to be rejected",
     "INSERT INTO idmigrate.reject (run_id, table_no, source_key, target_key, chunk_no, "
     "reason_code, recorded_at, reject_no)"
     " SELECT run_id, 2, " COMMENT("05") ", 'x', 1, 'id_unresolved', now(), 99 FROM idmigrate.run",
     "rows",
     "comments",
     {"listed as rejected"},
     "accounting comments,audit comments",
     false},
    {"the ledger counts a row too many",
     "UPDATE idmigrate.chunk SET rows_read = rows_read + 1, rows_written = rows_written + 1 WHERE "
     "table_no = 2 AND chunk_no = 1",
     "accounting",
     "comments",
     {"rows written"},
     "",
     false},
    {"a chunk is not done",
     "UPDATE idmigrate.chunk SET state = 'pending' WHERE table_no = 2 AND chunk_no = 1",
     "accounting",
     "comments",
     {"chunks that are not done"},
     "",
     false},
    {"a table is not done",
     "UPDATE idmigrate.run_table SET state = 'running' WHERE table_no = 2",
     "accounting",
     "comments",
     {"tables that are not done"},
     "",
     false},
    {"an event is missing",
     UNGUARD "DELETE FROM audit_logs WHERE " EVENT_OF("post", "2"),
     "audit",
     "posts",
     {"ROW_MIGRATED", "\"found\": null"},
     "",
     false},
    {"an event is doubled",
     UNGUARD "INSERT INTO audit_logs SELECT gen_random_uuid(), "
             "(to_jsonb(a)->>'recorded_at')::timestamptz, a.occurred_at, a.event_version,"
             " a.action, a.resource_type, a.resource_id, a.actor_id, a.actor_type, a.tenant_id, "
             "a.outcome, a.reason_code,"
             " a.old_values, a.new_values, a.metadata, a.row_digest, a.run_id FROM audit_logs AS a "
             "WHERE " EVENT_OF("post", "2"),
     "audit",
     "posts",
     {"one event for one row"},
     "",
     false},
    {"an event is forged",
     UNGUARD "INSERT INTO audit_logs (id, action, resource_type, resource_id, metadata, run_id) "
             "SELECT gen_random_uuid(), 'ROW_MIGRATED',"
             " 'post', '77', metadata || '{\"source_key_digest\": "
             "\"0123456789abcdef0123456789abcdef\"}', run_id"
             " FROM audit_logs WHERE " EVENT_OF("post", "2"),
     "audit",
     "posts",
     {"0123456789abcdef0123456789abcdef"},
     "",
     false},
    {"an event points at another row",
     UNGUARD "UPDATE audit_logs SET resource_id = '3' WHERE " EVENT_OF("post", "2"),
     "audit",
     "posts",
     {"resource id", "\"expected\": \"2\"", "\"found\": \"3\""},
     "",
     false},
    {"an event has the wrong action",
     UNGUARD "UPDATE audit_logs SET action = 'ROW_SKIPPED' WHERE " EVENT_OF("post", "2"),
     "audit",
     "posts",
     {"action", "ROW_MIGRATED", "ROW_SKIPPED"},
     "",
     false},
    {"an event has the wrong new ID",
     UNGUARD "UPDATE audit_logs SET new_values = new_values || '{\"member_id\": \"m_dan\"}' "
             "WHERE " EVENT_OF("post", "2"),
     "audit",
     "posts",
     {"new values", "m_bob", "m_dan"},
     "",
     false},
    {"an event has the wrong old ID",
     UNGUARD
     "UPDATE audit_logs SET old_values = old_values || '{\"author\": \"u_dan\"}' WHERE " EVENT_OF(
         "post", "2"),
     "audit",
     "posts",
     {"old values", "u_bob", "u_dan"},
     "",
     false},
    {"an event has the digest of another row",
     UNGUARD
     "UPDATE audit_logs SET row_digest = decode(md5('x'), 'hex') WHERE " EVENT_OF("post", "2"),
     "audit",
     "posts",
     {"row digest"},
     "",
     false},
    {"an event is of another type",
     UNGUARD "UPDATE audit_logs SET resource_type = 'page' WHERE " EVENT_OF("post", "2"),
     "audit",
     "posts",
     {"resource type"},
     "",
     false},
    {"an event has another actor",
     UNGUARD "UPDATE audit_logs SET actor_id = 'mallory' WHERE " EVENT_OF("post", "2"),
     "audit",
     "posts",
     {"actor id", "idmigrate", "mallory"},
     "",
     false},
    {"an event has no actor",
     UNGUARD "UPDATE audit_logs SET actor_id = NULL WHERE " EVENT_OF("post", "2"),
     "audit",
     "posts",
     {"actor id", "\"found\": null"},
     "",
     false},
    {"an event has an actor of another type",
     UNGUARD "UPDATE audit_logs SET actor_type = 'user' WHERE " EVENT_OF("post", "2"),
     "audit",
     "posts",
     {"actor type", "user"},
     "",
     false},
    {"an event has another outcome",
     UNGUARD
     "UPDATE audit_logs SET outcome = 'rejected', reason_code = 'x' WHERE " EVENT_OF("post", "2"),
     "audit",
     "posts",
     {"outcome", "reason code", "rejected"},
     "",
     false},
    {"an event has a reason",
     UNGUARD "UPDATE audit_logs SET reason_code = 'row_exists' WHERE " EVENT_OF("post", "2"),
     "audit",
     "posts",
     {"reason code", "row_exists"},
     "",
     false},
    {"an event is of another tenant",
     UNGUARD "UPDATE audit_logs SET tenant_id = 't_9' WHERE " EVENT_OF("post", "2"),
     "audit",
     "posts",
     {"tenant", "t_2", "t_9"},
     "",
     false},
    {"an event is of no tenant",
     UNGUARD "UPDATE audit_logs SET tenant_id = NULL WHERE " EVENT_OF("post", "2"),
     "audit",
     "posts",
     {"tenant", "t_2"},
     "",
     false},
    {"an event has another version",
     UNGUARD "UPDATE audit_logs SET event_version = 2 WHERE " EVENT_OF("post", "2"),
     "audit",
     "posts",
     {"event version"},
     "",
     false},
    {"an event has an address",
     UNGUARD "UPDATE audit_logs SET ip_address = '10.0.0.1' WHERE " EVENT_OF("post", "2"),
     "audit",
     "posts",
     {"other columns"},
     "",
     false},
    {"an event does not say its source",
     UNGUARD "UPDATE audit_logs SET metadata = metadata - 'source' WHERE " EVENT_OF("post", "2"),
     "audit",
     "posts",
     {"source", "app/public.posts"},
     "",
     false},
    {"an event says more than it was made with",
     UNGUARD
     "UPDATE audit_logs SET metadata = metadata || '{\"note\": 1}' WHERE " EVENT_OF("post", "2"),
     "audit",
     "posts",
     {"other columns"},
     "",
     false},
    {"a reject has another reason",
     UNGUARD "UPDATE audit_logs SET reason_code = 'value_not_mapped' WHERE action = 'ROW_REJECTED' "
             "AND " EVENT_OF("member", "u_zoe"),
     "audit",
     "people -> members",
     {"reason code", "id_unresolved", "value_not_mapped"},
     "",
     false},
    {"an event is of no table of the run",
     UNGUARD "INSERT INTO audit_logs (id, action, resource_type, resource_id, metadata, run_id) "
             "SELECT '12345678-0000-7000-8000-000000000000', 'ROW_MIGRATED', 'post', '77', "
             "metadata || '{\"table\": \"public.other\"}', run_id FROM audit_logs WHERE " EVENT_OF(
                 "post", "2"),
     "audit",
     NULL,
     {"12345678-0000-7000-8000-000000000000", "ROW_MIGRATED"},
     "",
     false},
    {"an event has the run's ID and nothing else",
     UNGUARD
     "INSERT INTO audit_logs (id, action, resource_type, run_id) "
     "SELECT '12345678-0000-7000-8000-000000000000', 'LOGIN', 'user', run_id FROM idmigrate.run",
     "audit",
     NULL,
     {"12345678-0000-7000-8000-000000000000", "LOGIN"},
     "",
     false},
    {"a sequence is behind",
     "SELECT setval('posts_id_seq', 3)",
     "sequences",
     "posts",
     {"posts_id_seq", "1000"},
     "",
     false},
    {"a foreign key has an orphan",
     "ALTER TABLE links DROP CONSTRAINT links_profile_id_fkey; INSERT INTO links VALUES (77, 4711, "
     "'x');"
     "ALTER TABLE links ADD CONSTRAINT links_profile FOREIGN KEY (profile_id) REFERENCES profiles "
     "NOT VALID",
     "foreign_keys",
     "links",
     {"links_profile", "1 rows"},
     "",
     false},
    {"a validated foreign key has an orphan",
     FREELY "INSERT INTO links VALUES (77, 4711, 'x')",
     "foreign_keys",
     "links",
     {"links_profile_id_fkey", "1 rows"},
     "",
     false},
    {"a stored ID map was changed",
     "UPDATE idmigrate.idmap SET new_id = 'm_other' WHERE old_id = 'u_eve'",
     "idmap",
     NULL,
     {"person"},
     "",
     false},
    {"a pair was added to a stored ID map",
     "INSERT INTO idmigrate.idmap SELECT run_id, 'person', 'u_new', 'm_new' FROM idmigrate.run",
     "idmap",
     NULL,
     {"person"},
     "",
     false},
    {"the source has changed",
     "UPDATE comments SET text = 'changed' WHERE id = " COMMENT("05"),
     "rows",
     "comments",
     {"text"},
     "audit comments",
     true},
    {"the source has a new row",
     "INSERT INTO links VALUES (55, 3, 'x')",
     "rows",
     "links",
     {"a row"},
     "audit links,accounting links",
     true},
};

static bool
is_listed(const char *list, const struct store_check *check)
{
    CLEANUP(memory_free_string)
    char *name = memory_printf("%s %s", check->name, check->label ? check->label : "");
    CLEANUP(memory_free_string) char *padded = memory_printf(",%s,", list);
    CLEANUP(memory_free_string) char *wanted = memory_printf(",%s,", name);
    return strstr(padded, wanted) != NULL;
}

static void
judge(const struct mutation *mutation, const struct verify_result *result)
{
    CLEANUP(memory_free_string) char *text = result_describe(result);
    const struct store_check *check = result_find(result, mutation->check, mutation->label);
    cr_expect(check != NULL && strcmp(check->verdict, "different") == 0 && check->found > 0,
              "%s: check %s is silent\n%s", mutation->what, mutation->check, text);
    cr_expect_eq(result->status, EXIT_DIFFERENT, "%s: status %d", mutation->what,
                 (int)result->status);
    for (size_t i = 0; check != NULL && i < 3 && mutation->names[i] != NULL; i++)
        cr_expect(strstr(check->differences, mutation->names[i]) != NULL,
                  "%s: \"%s\" is not named in\n%s", mutation->what, mutation->names[i], text);
    for (size_t i = 0; i < result->count; i++) {
        const struct store_check *other = &result->checks[i];
        if (other != check && strcmp(other->verdict, "equal") != 0)
            cr_expect(is_listed(mutation->also, other), "%s: %s %s cries too\n%s", mutation->what,
                      other->name, other->label ? other->label : "", text);
    }
}

static void
plant(const char *database, const char *sql)
{
    CLEANUP(test_disconnect) PGconn *connection = test_connect(database);
    test_execute(connection, "SET client_min_messages = warning");
    test_execute(connection, sql);
}

static void
try_mutation(const struct application *moved, const struct mutation *mutation)
{
    CLEANUP(test_database_release)
    struct test_database copy = test_database_copy(
        "verify_mutant", mutation->on_source ? moved->source.name : moved->target.name);
    CLEANUP(verify_result_release) struct verify_result result;
    CLEANUP(sides_close) struct sides sides;
    plant(copy.name, mutation->sql);
    sides_open(&sides, mutation->on_source ? copy.conninfo : moved->source.conninfo,
               mutation->on_source ? moved->target.conninfo : copy.conninfo, DB_TARGET_READER);
    sides_find_run(&sides);
    sides_verify(&sides, true, &result);
    judge(mutation, &result);
}

Test(verify_mutations, each_is_caught_and_named_by_its_check)
{
    CLEANUP(application_release) struct application moved = application_moved("verify_mutations");
    for (size_t i = 0; i < sizeof mutations / sizeof mutations[0]; i++)
        try_mutation(&moved, &mutations[i]);
}
