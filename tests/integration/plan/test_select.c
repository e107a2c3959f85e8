/*
 * What the source is asked for is what the target prints for the stored value, to the byte: a row's
 * digest is compared with the target at any later time. Every pair of types of types.sql goes out,
 * in, and out again.
 */
#include "../check/fixture.h"
#include "idmigrate_test.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static char *
copy_out(struct db *db, const char *sql)
{
    struct strbuf lines = STRBUF_INIT;
    struct error err = ERROR_INIT;
    const char *line;
    size_t length;
    cr_assert(db_copy_out_begin(db, sql, &err), "%s\n%s", err.text, sql);
    for (;;) {
        cr_assert(db_copy_out_next(db, &line, &length, &err), "%s", err.text);
        if (line == NULL)
            return strbuf_take(&lines);
        strbuf_add(&lines, line, length);
    }
}

static void
copy_in(struct db *db, const char *sql, const char *lines)
{
    struct error err = ERROR_INIT;
    int64_t rows;
    cr_assert(db_copy_in_begin(db, sql, &err), "%s", err.text);
    cr_assert(db_copy_in_put(db, lines, strlen(lines), &err), "%s", err.text);
    cr_assert(db_copy_in_end(db, &rows, &err), "%s", err.text);
}

struct types {
    struct test_database database;
    char *mapping, *formats;
    const char *sources[1];
    struct fixture fixture;
};

static struct types
open_types(const char *name)
{
    struct types types = {.database = test_database_create(name)};
    test_run_file(types.database.name, "tests/integration/plan/types.sql", NULL);
    types.mapping = test_source_path("tests/integration/plan/mapping.json");
    types.formats = test_read_file("mappings/formats.json");
    types.sources[0] = types.database.conninfo;
    const struct fixture_options options = {
        .mapping = types.mapping,
        .formats = types.formats,
        .sources = types.sources,
        .target = types.database.conninfo,
        .in_transaction = true,
    };
    types.fixture = fixture_open(&options);
    return types;
}

static void
close_types(struct types *types)
{
    fixture_release(&types->fixture);
    test_database_release(&types->database);
    free(types->mapping);
    free(types->formats);
}

/* By line and column, so that a failure names the pair of types. */
static void
assert_same_fields(const struct plan_table *table, char *selected, char *stored)
{
    char *selected_line = NULL, *stored_line = NULL;
    for (char *a = strtok_r(selected, "\n", &selected_line),
              *b = strtok_r(stored, "\n", &stored_line);
         a != NULL || b != NULL;
         a = strtok_r(NULL, "\n", &selected_line), b = strtok_r(NULL, "\n", &stored_line)) {
        cr_assert(a != NULL && b != NULL, "another number of rows");
        for (size_t i = 0; i < table->column_count; i++) {
            char *one = strsep(&a, "\t"), *other = strsep(&b, "\t");
            cr_expect_str_eq(one, other, "%s: \"%s\" is selected, \"%s\" is stored (%s)",
                             table->columns[i].target->name, one, other, table->columns[i].select);
        }
    }
}

Test(plan_select, source_selects_what_the_target_prints, .timeout = 60)
{
    CLEANUP(close_types) struct types types = open_types("plan_select");
    const struct plan_table *table = &types.fixture.plan->tables[0];
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    cr_assert_eq(table->column_count, table->target->column_count);

    plan_sql_copy_out(&sql, table, NULL);
    CLEANUP(memory_free_string) char *selected = copy_out(types.fixture.sources[0], sql.data);
    /* The key follows the columns; here it is one. */
    CLEANUP(strbuf_release) struct strbuf lines = STRBUF_INIT;
    for (const char *line = selected; *line != '\0'; line = strchr(line, '\n') + 1) {
        size_t length = strcspn(line, "\n");
        while (line[length - 1] != '\t')
            length--;
        strbuf_add(&lines, line, length - 1);
        strbuf_add_char(&lines, '\n');
    }
    strbuf_reset(&sql);
    plan_sql_copy_in(&sql, table);
    copy_in(types.fixture.target, sql.data, lines.data);
    strbuf_reset(&sql);
    plan_sql_copy_target(&sql, table);
    CLEANUP(memory_free_string) char *stored = copy_out(types.fixture.target, sql.data);
    CLEANUP(memory_free_string) char *written = strbuf_take(&lines);
    assert_same_fields(table, written, stored);
}

Test(plan_select, naive_times_are_read_in_the_zone_of_the_mapping, .timeout = 60)
{
    CLEANUP(close_types) struct types types = open_types("plan_select_zone");
    const struct plan_table *table = &types.fixture.plan->tables[0];
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    CLEANUP(db_result_free) struct db_result *result = NULL;
    struct error err = ERROR_INIT;
    const char *naive = NULL, *zoned = NULL;
    for (size_t i = 0; i < table->column_count; i++) {
        if (strcmp(table->columns[i].target->name, "naive") == 0)
            naive = table->columns[i].select;
        if (strcmp(table->columns[i].target->name, "zoned") == 0)
            zoned = table->columns[i].select;
    }
    CLEANUP(memory_free_string) char *expressions = memory_printf("%s, %s", naive, zoned);
    plan_sql_select_source(&sql, table, expressions);
    cr_assert(db_query(types.fixture.sources[0], sql.data, 0, NULL, &result, &err), "%s", err.text);
    /* 02:30 does not exist on that day in Berlin; the server reads it as 03:30 in summer time. */
    cr_expect_str_eq(db_result_text(result, 0, 0), "2024-03-31 01:30:00.123456+00");
    cr_expect_str_eq(db_result_text(result, 0, 1), "2024-10-27 02:30:00");
}

Test(plan_select, an_ordinary_table_is_read_without_tables_of_their_own_that_inherit_from_it,
     .timeout = 60)
{
    CLEANUP(close_types) struct types types = open_types("plan_select_only");
    CLEANUP(test_disconnect) PGconn *connection = test_connect(types.database.name);
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    CLEANUP(db_result_free) struct db_result *result = NULL;
    struct error err = ERROR_INIT;
    db_transaction_release(&types.fixture.transactions[0]);
    test_execute(connection, "create table old.heir (more int) inherits (old.many); insert into "
                             "old.heir (id) values (9)");
    plan_sql_select_source(&sql, &types.fixture.plan->tables[0], "pg_catalog.count(*)");
    cr_assert(db_query(types.fixture.sources[0], sql.data, 0, NULL, &result, &err), "%s", err.text);
    cr_expect_eq(db_result_int64(result, 0, 0), 3);
}
