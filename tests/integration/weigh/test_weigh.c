/* What IDs without a partner own, by the columns of a mapping. */
#include "idmigrate_test.h"

#include "idmigrate/weigh.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define assert_done(call) cr_assert(call, "%s / %s", err.text, err.hint)

static const char mapping_text[] =
    "{\"version\": 1, \"name\": \"n\", \"sources\": {\"app\": {}}, \"target\": {}, "
    "\"literals\": [\"system\"], "
    "\"ids\": {\"user\": {\"file\": {\"path\": \"u.json\"}}, \"org\": {\"derived\": true, "
    "\"file\": "
    "{\"path\": \"o.json\"}}}, "
    "\"tables\": ["
    "{\"from\": \"a\", \"where\": \"n < 100 -- all but the last\", \"columns\": {"
    "\"who\": {\"from\": \"who\", \"resolve\": \"user\", \"values\": {\"me\": \"u9\", \"none\": "
    "null}, "
    "\"default\": \"keep\"}, "
    "\"org\": {\"from\": \"who\", \"resolve\": [\"user\", \"org\"], \"unresolved\": \"null\", "
    "\"reason\": \"r\"}}}, "
    "{\"from\": \"b\", \"columns\": {\"x\": {\"sql\": \"upper(t.x)\", \"resolve\": \"user\"}}}, "
    "{\"from\": \"gone\", \"columns\": {\"x\": {\"from\": \"x\", \"resolve\": \"user\"}}}]}";

static const char tables[] =
    "CREATE TABLE a (n int, who text);"
    "INSERT INTO a VALUES (1, 'u1'), (2, 'u2'), (3, 'u3'), (4, 'u3'), (5, 'me'), (6, 'none'), "
    "(7, 'system'), (8, NULL), (9, E'u\\t3'), (200, 'u4'), (10, 'n1');"
    "CREATE TABLE b (x text);"
    "INSERT INTO b VALUES ('u3'), ('u1');";

static struct idmap *
make_map(const char *name, const char *const *pairs)
{
    struct error err = ERROR_INIT;
    struct idmap *map = idmap_new(name);
    for (size_t i = 0; pairs[i] != NULL; i += 2)
        assert_done(idmap_add(map, pairs[i], strlen(pairs[i]), pairs[i + 1], strlen(pairs[i + 1]),
                              i + 1, &err));
    assert_done(idmap_freeze(map, IDMAP_AMBIGUOUS_KEEP, &err));
    return map;
}

static void
expect_sum(const struct weigh *weigh, int map, const char *expected)
{
    const struct weigh_sum sum = weigh_sum(weigh, map);
    char found[128];
    snprintf(found, sizeof found,
             "%" PRId64 " own %" PRId64 " in %zu, %" PRId64 " pass in %" PRId64, sum.ids, sum.rows,
             sum.tables, sum.lets_ids, sum.lets_rows);
    cr_expect_str_eq(found, expected, "map %d: %s", map, found);
}

Test(weigh, counts_as_a_run_would_resolve)
{
    static const char *const users[] = {"u1", "n1", "u2", "n2", "U1", "n3", NULL};
    static const char *const orgs[] = {"n1", "o1", NULL};
    struct error err = ERROR_INIT;
    CLEANUP(test_database_release) struct test_database made = test_database_create("weigh_rows");
    CLEANUP(test_disconnect) PGconn *own = test_connect(made.name);
    CLEANUP(mapping_free) struct mapping *mapping = NULL;
    CLEANUP(idmap_free) struct idmap *user = make_map("user", users);
    CLEANUP(idmap_free) struct idmap *org = make_map("org", orgs);
    CLEANUP(weigh_release) struct weigh weigh = WEIGH_INIT;
    CLEANUP(db_close) struct db *db = NULL;
    CLEANUP(db_transaction_release) struct db_transaction snapshot = {0};
    const struct idmap *const maps[] = {user, org};

    test_execute(own, tables);
    assert_done(mapping_parse("m.json", mapping_text, strlen(mapping_text), &mapping, &err));
    assert_done(db_open(&db, made.conninfo, "source", DB_SOURCE, "test", &err));
    assert_done(db_begin(&snapshot, db, DB_READ_ONLY_SNAPSHOT, &err));
    weigh.maps = maps;
    weigh.map_count = 2;
    weigh_add_mapping(&weigh, mapping, 0, NULL);
    const struct weigh_request request = {.db = db, .source = "app"};
    assert_done(weigh_read(&weigh, &request, &err));

    /* u3 twice in a, once in b (where the expression makes it U3); u9, which `values` made; and one
     * with a tab. "none" is NULL by then, "system" no ID, the last row not asked for. */
    expect_sum(&weigh, 0, "4 own 5 in 2, 4 pass in 1");
    /* u2 has no organization. */
    expect_sum(&weigh, 1, "0 own 0 in 0, 1 pass in 1");
    expect_sum(&weigh, -1, "4 own 5 in 2, 5 pass in 2");
    cr_expect_eq(weigh.already, 2); /* n1, on both its ways */

    const struct weigh_owner *owners[WEIGH_OWNERS + 1];
    weigh_largest(&weigh, 0, owners);
    cr_expect_str_eq(owners[0]->shown, "u3");
    cr_expect_eq(owners[0]->rows, 2);
    cr_expect_null(strchr(owners[1]->shown, '\t'));

    cr_assert_eq(weigh.table_count, 3);
    cr_expect_null(weigh.tables[0].failure);
    cr_expect_not_null(weigh.tables[2].failure);
    cr_expect_not_null(strstr(weigh.tables[2].failure, "gone"), "%s", weigh.tables[2].failure);
}
