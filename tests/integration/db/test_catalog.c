/* The catalogue of a database that has one of everything (catalog.sql). */
#include "idmigrate_test.h"

#include "idmigrate/catalog.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static const char *const schemas[] = {"neu", "Odd Schema"};

/* The database is made once for each test, because each test is a process of its own. */
struct fixture {
    struct test_database database;
    struct db *db;
    struct catalog catalog;
};

static void
fixture_release(struct fixture *fixture)
{
    catalog_release(&fixture->catalog);
    db_close(&fixture->db);
    test_database_release(&fixture->database);
}

static struct fixture
load(const char *name)
{
    struct error err = ERROR_INIT;
    struct fixture fixture = {.database = test_database_create(name)};
    test_run_file(fixture.database.name, "tests/integration/db/catalog.sql", NULL);
    cr_assert(db_open(&fixture.db, fixture.database.conninfo, "source", DB_SOURCE, "test", &err),
              "%s", err.text);
    cr_assert(catalog_load(fixture.db, schemas, 2, &fixture.catalog, &err), "%s", err.text);
    return fixture;
}

static const struct catalog_table *
find(const struct fixture *fixture, const char *name)
{
    const struct catalog_table *table = catalog_find(&fixture->catalog, "neu", name);
    cr_assert_not_null(table, "no table %s", name);
    return table;
}

static const struct catalog_column *
find_column(const struct catalog_table *table, const char *name)
{
    int position = catalog_find_column(table, name);
    cr_assert_geq(position, 0, "no column %s", name);
    return &table->columns[position];
}

static const struct catalog_index *
find_index(const struct catalog_table *table, const char *name)
{
    for (size_t i = 0; i < table->index_count; i++)
        if (strcmp(table->indexes[i].name, name) == 0)
            return &table->indexes[i];
    cr_assert_fail("no index %s", name);
    return NULL;
}

static void
assert_text(const char *found, const char *expected)
{
    if (expected == NULL)
        cr_expect_null(found, "%s", found);
    else
        cr_expect(found != NULL && strcmp(found, expected) == 0, "found %s, expected %s",
                  found != NULL ? found : "NULL", expected);
}

Test(catalog, lists_tables_in_order_without_partitions_and_heirs)
{
    static const char *const expected[] = {
        "a table", "animal",      "counted", "dog",    "far_away", "forced", "guarded", "kept",
        "month",   "month_empty", "numbers", "parent", "refers",   "seen",   "types",   "unlogged"};
    CLEANUP(fixture_release) struct fixture f = load("db_catalog_tables");
    cr_assert_eq(f.catalog.table_count, sizeof expected / sizeof expected[0]);
    for (size_t i = 0; i < f.catalog.table_count; i++) {
        cr_expect_str_eq(f.catalog.tables[i].name, expected[i]);
        cr_expect_eq(catalog_find(&f.catalog, f.catalog.tables[i].schema, expected[i]),
                     &f.catalog.tables[i]);
    }
    cr_expect_null(catalog_find(&f.catalog, "neu", "month_1"));
    cr_expect_null(catalog_find(&f.catalog, "neu", "zz"));
    cr_expect_null(catalog_find(&f.catalog, "", "animal"));
    cr_expect_eq(f.catalog.block_size, 8192);
    cr_expect(f.catalog.can_create_schema);
    cr_expect(f.catalog.can_create_temp);
}

Test(catalog, tells_kinds_apart)
{
    static const struct {
        const char *name;
        char kind, persistence;
        bool has_rules;
        size_t leaves;
    } cases[] = {{"parent", 'r', 'p', false, 1},      {"month", 'p', 'p', false, 2},
                 {"month_empty", 'p', 'p', false, 0}, {"seen", 'v', 'p', true, 0},
                 {"kept", 'm', 'p', false, 1},        {"far_away", 'f', 'p', false, 1},
                 {"unlogged", 'r', 'u', false, 1}};
    CLEANUP(fixture_release) struct fixture f = load("db_catalog_kinds");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct catalog_table *table = find(&f, cases[i].name);
        cr_expect_eq(table->kind, cases[i].kind, "%s", cases[i].name);
        cr_expect_eq(table->persistence, cases[i].persistence, "%s", cases[i].name);
        cr_expect_eq(table->has_rules, cases[i].has_rules, "%s", cases[i].name);
        cr_expect_eq(table->leaf_count, cases[i].leaves, "%s", cases[i].name);
        cr_expect_str_eq(table->owner, "postgres");
        cr_expect(table->is_owner);
    }
}

Test(catalog, describes_what_came_with_postgresql_18)
{
    CLEANUP(fixture_release) struct fixture f = load("db_catalog_18");
    struct error err = ERROR_INIT;
    if (db_identity(f.db)->version < 180000)
        cr_skip_test("virtual columns and unenforced keys came with PostgreSQL 18");
    CLEANUP(test_disconnect) PGconn *own = test_connect(f.database.name);
    test_execute(
        own, "CREATE TABLE neu.new (a int PRIMARY KEY, b int GENERATED ALWAYS AS (a + 1) VIRTUAL,"
             "c int REFERENCES neu.new NOT ENFORCED, d int CONSTRAINT named NOT NULL)");
    catalog_release(&f.catalog);
    cr_assert(catalog_load(f.db, schemas, 2, &f.catalog, &err), "%s", err.text);
    const struct catalog_table *t = find(&f, "new");
    cr_expect_eq(find_column(t, "b")->generated, 'v');
    cr_expect_eq(t->foreign_key_count, 1);
    cr_expect_not(t->foreign_keys[0].is_validated);
    cr_expect(find_column(t, "d")->not_null);
    cr_expect_eq(t->check_count, 0);
}

static void
assert_type(const struct catalog_table *table, const char *column, const char *text,
            const char *plain, const char *base, int modifier, const char *element)
{
    const struct catalog_type *type = &find_column(table, column)->type;
    assert_text(type->text, text);
    assert_text(type->text_plain, plain);
    assert_text(type->base_text_plain, base);
    assert_text(type->element_text, element);
    cr_expect_eq(type->modifier, modifier, "%s: %d", column, type->modifier);
    cr_expect_eq(type->element_oid != 0, element != NULL);
}

Test(catalog, resolves_types)
{
    CLEANUP(fixture_release) struct fixture f = load("db_catalog_types");
    const struct catalog_table *t = find(&f, "types");
    assert_type(t, "v", "character varying(20)", "character varying", "character varying", 24,
                NULL);
    assert_type(t, "c", "character(3)", "bpchar", "bpchar", 7, NULL);
    assert_type(t, "bare", "bpchar", "bpchar", "bpchar", -1, NULL);
    assert_type(t, "n", "numeric(10,2)", "numeric", "numeric", (10 << 16 | 2) + 4, NULL);
    assert_type(t, "t", "timestamp(3) without time zone", "timestamp without time zone",
                "timestamp without time zone", 3, NULL);
    assert_type(t, "s", "neu.short", "neu.short", "character varying", 24, NULL);
    assert_type(t, "sr", "neu.shorter", "neu.shorter", "character varying", 24, NULL);
    assert_type(t, "sa", "neu.short[]", "neu.short[]", "neu.short[]", -1, "neu.short");
    assert_type(t, "ta", "text[]", "text[]", "text[]", -1, "text");
    assert_type(t, "p", "point", "point", "point", -1, NULL);

    cr_expect_eq(find_column(t, "s")->type.kind, 'd');
    cr_expect_eq(find_column(t, "s")->type.category, 'S');
    cr_expect_eq(find_column(t, "ea")->type.category, 'A');
    cr_expect(find_column(t, "v")->type.is_builtin);
    cr_expect_not(find_column(t, "s")->type.is_builtin);
    cr_expect_not(find_column(t, "s")->not_null);
    cr_expect(find_column(t, "sr")->not_null);
    cr_expect(find_column(t, "sr")->type.domain_not_null);
    cr_expect(find_column(t, "sr")->has_default);
    cr_expect_not(find_column(t, "f")->is_collation_deterministic);
    cr_expect(find_column(t, "v")->is_collation_deterministic);
}

Test(catalog, keeps_the_labels_of_enums_in_order)
{
    CLEANUP(fixture_release) struct fixture f = load("db_catalog_labels");
    static const char *const columns[] = {"e", "ea"};
    for (size_t i = 0; i < 2; i++) {
        const struct catalog_type *type = &find_column(find(&f, "types"), columns[i])->type;
        cr_assert_eq(type->label_count, 3);
        cr_expect_str_eq(type->labels[0], "owner");
        cr_expect_str_eq(type->labels[1], "member, or guest");
        cr_expect_str_eq(type->labels[2], "say \"no\"");
    }
    cr_expect_eq(find_column(find(&f, "types"), "v")->type.label_count, 0);
}

static void
assert_filled_by(const struct catalog_table *table, const char *name, char identity, char generated,
                 const char *sequence)
{
    const struct catalog_column *column = find_column(table, name);
    cr_expect_eq(column->identity, identity, "%s", name);
    cr_expect_eq(column->generated, generated, "%s", name);
    assert_text(column->sequence, sequence);
    cr_expect(column->has_default, "%s", name);
}

Test(catalog, knows_what_fills_a_column)
{
    CLEANUP(fixture_release) struct fixture f = load("db_catalog_fill");
    const struct catalog_table *t = find(&f, "numbers");
    assert_filled_by(t, "always", 'a', 0, "neu.numbers_always_seq");
    assert_filled_by(t, "by_default", 'd', 0, "neu.numbers_by_default_seq");
    assert_filled_by(t, "small", 0, 0, "neu.numbers_small_seq");
    assert_filled_by(t, "free", 0, 0, "neu.loose");
    assert_filled_by(t, "twice", 0, 's', NULL);
    assert_filled_by(t, "Größe \"x\"", 0, 0, NULL);
    cr_expect_eq(t->column_count, 6);
    assert_text(find_column(t, "Größe \"x\"")->default_sql, "7");
    assert_text(find_column(find(&f, "types"), "v")->default_sql, NULL);
    cr_expect_not(find_column(find(&f, "types"), "v")->has_default);
}

Test(catalog, describes_indexes)
{
    CLEANUP(fixture_release) struct fixture f = load("db_catalog_indexes");
    const struct catalog_table *t = find(&f, "parent");
    const struct catalog_index *primary = catalog_primary_key(t);
    cr_assert_not_null(primary);
    cr_expect_eq(t->index_count, 5);
    cr_expect_eq(primary->key_count, 2);
    cr_expect_eq(primary->columns[0], 1);
    cr_expect_eq(primary->columns[1], 0);
    cr_expect(primary->is_unique && primary->is_valid && !primary->is_deferrable);

    const struct catalog_index *lower = find_index(t, "parent_lower");
    cr_assert_eq(lower->key_count, 2);
    cr_expect_str_eq(lower->keys[0], "lower(email)");
    cr_expect_eq(lower->columns[0], -1);
    cr_expect_str_eq(lower->keys[1], "a");
    cr_expect_eq(lower->columns[1], 0);
    assert_text(lower->predicate, "a > 3");
    cr_expect(strstr(lower->definition, "INCLUDE (b)") != NULL, "%s", lower->definition);

    cr_expect(find_index(t, "parent_email_key")->is_deferrable);
    cr_expect(find_index(t, "parent_span_excl")->is_exclusion);
    cr_expect_not(find_index(t, "parent_plain")->is_unique);
    cr_expect_null(catalog_primary_key(find(&f, "types")));
}

Test(catalog, describes_nulls_not_distinct_where_the_server_has_it)
{
    CLEANUP(fixture_release) struct fixture f = load("db_catalog_nulls");
    struct error err = ERROR_INIT;
    if (db_identity(f.db)->version < 150000)
        cr_skip_test("NULLS NOT DISTINCT came with PostgreSQL 15");
    CLEANUP(test_disconnect) PGconn *own = test_connect(f.database.name);
    test_execute(own, "CREATE UNIQUE INDEX one_null ON neu.types (v) NULLS NOT DISTINCT;"
                      "CREATE UNIQUE INDEX many_nulls ON neu.types (c)");
    catalog_release(&f.catalog);
    cr_assert(catalog_load(f.db, schemas, 2, &f.catalog, &err), "%s", err.text);
    cr_expect(find_index(find(&f, "types"), "one_null")->nulls_not_distinct);
    cr_expect_not(find_index(find(&f, "types"), "many_nulls")->nulls_not_distinct);
}

Test(catalog, describes_foreign_keys)
{
    CLEANUP(fixture_release) struct fixture f = load("db_catalog_foreign");
    const struct catalog_table *t = catalog_find(&f.catalog, "Odd Schema", "a table");
    cr_assert_not_null(t);
    cr_assert_eq(t->foreign_key_count, 3);

    const struct catalog_foreign_key *own = &t->foreign_keys[0];
    cr_expect_str_eq(own->name, "a table_my id_fkey");
    cr_expect_str_eq(own->other_schema, "Odd Schema");
    cr_expect_str_eq(own->other_table, "a table");
    cr_expect_eq(own->on_delete, 'n');
    cr_expect(own->is_validated && !own->is_deferrable);

    const struct catalog_foreign_key *far = &t->foreign_keys[1];
    cr_assert_eq(far->column_count, 2);
    cr_expect_eq(far->columns[0], 2);
    cr_expect_eq(far->columns[1], 3);
    cr_expect_str_eq(far->other_columns[0], "b");
    cr_expect_str_eq(far->other_columns[1], "a");
    cr_expect_eq(far->on_delete, 'c');
    cr_expect_eq(far->on_update, 'r');
    cr_expect(far->is_deferrable && far->is_deferred);

    cr_expect_not(t->foreign_keys[2].is_validated);
    cr_expect_eq(find(&f, "refers")->foreign_key_count, 1,
                 "partitions of the other table add none");
}

Test(catalog, describes_checks_and_no_not_null)
{
    CLEANUP(fixture_release) struct fixture f = load("db_catalog_checks");
    const struct catalog_table *t = find(&f, "parent");
    cr_assert_eq(t->check_count, 2);
    cr_expect_str_eq(t->checks[0].name, "parent_a_check");
    cr_expect_str_eq(t->checks[0].definition, "CHECK ((a > 0))");
    cr_expect(t->checks[0].is_validated);
    cr_expect_not(t->checks[1].is_validated);
    cr_expect(find_column(t, "a")->not_null);
    cr_expect_not(find_column(t, "email")->not_null);
    cr_expect_eq(find(&f, "refers")->check_count, 0, "a foreign key is none");
}

Test(catalog, describes_triggers)
{
    CLEANUP(fixture_release) struct fixture f = load("db_catalog_triggers");
    const struct catalog_table *t = find(&f, "parent");
    cr_assert_eq(t->trigger_count, 2, "foreign keys' own triggers are left out");
    const struct catalog_trigger *late = &t->triggers[0];
    const struct catalog_trigger *watch = &t->triggers[1];
    cr_expect_str_eq(late->name, "late");
    cr_expect_eq(late->enabled, 'D');
    cr_expect(late->on_delete && late->on_truncate && !late->on_insert && !late->per_row &&
              !late->before);
    cr_expect_str_eq(watch->function, "neu.\"on change\"");
    cr_expect_eq(watch->enabled, 'A');
    cr_expect(watch->before && watch->per_row && watch->on_insert && watch->on_update &&
              !watch->on_delete);

    const struct catalog_table *month = find(&f, "month");
    cr_assert_eq(month->trigger_count, 2);
    cr_expect_str_eq(month->triggers[0].name, "on_leaf");
    cr_expect_str_eq(month->triggers[1].name, "on_root");
}

Test(catalog, finds_where_the_rows_are)
{
    CLEANUP(fixture_release) struct fixture f = load("db_catalog_leaves");
    const struct catalog_table *month = find(&f, "month");
    cr_assert_eq(month->leaf_count, 2);
    cr_expect_str_eq(month->leaves[0].schema, "elsewhere");
    cr_expect_str_eq(month->leaves[0].name, "month_2_one");
    cr_expect_str_eq(month->leaves[1].name, "month_1");

    const struct catalog_table *animal = find(&f, "animal");
    cr_assert_eq(animal->leaf_count, 3);
    cr_expect_str_eq(animal->leaves[0].name, "animal");
    cr_expect_str_eq(animal->leaves[1].name, "cat");
    cr_expect_str_eq(animal->leaves[2].name, "kitten");

    /* A child with a column of its own is a table of its own, with its own heirs. */
    const struct catalog_table *dog = find(&f, "dog");
    cr_assert_eq(dog->leaf_count, 2);
    cr_expect_str_eq(dog->leaves[0].name, "dog");
    cr_expect_str_eq(dog->leaves[1].name, "puppy");
}

Test(catalog, sizes_are_exact_and_rows_estimated_from_them)
{
    CLEANUP(fixture_release) struct fixture f = load("db_catalog_sizes");
    CLEANUP(test_disconnect) PGconn *own = test_connect(f.database.name);
    const struct catalog_leaf *counted = &find(&f, "counted")->leaves[0];
    cr_expect_eq(counted->pages,
                 test_query_number(own, "SELECT pg_relation_size('neu.counted') / 8192"));
    cr_expect_geq(counted->bytes, counted->pages * 8192);
    cr_expect_float_eq(counted->rows, 10000, 200, "%f", counted->rows);
    cr_expect_eq(counted->file_node,
                 test_query_number(own, "SELECT pg_relation_filenode('neu.counted')"));
    cr_expect_eq(counted->oid,
                 test_query_number(own, "SELECT 'neu.counted'::regclass::oid::bigint"));
    cr_expect_eq(find(&f, "far_away")->leaves[0].rows, -1);
    cr_expect_eq(find(&f, "types")->leaves[0].pages, 0);
}

/* Loads the catalogue as a role that was granted one column and nothing else. */
Test(catalog, tells_what_the_role_may_do)
{
    CLEANUP(fixture_release) struct fixture f = load("db_catalog_grants");
    struct error err = ERROR_INIT;
    CLEANUP(test_disconnect) PGconn *own = test_connect(f.database.name);
    test_execute(own,
                 "DROP ROLE IF EXISTS db_catalog_reader; CREATE ROLE db_catalog_reader LOGIN;"
                 "GRANT USAGE ON SCHEMA neu TO db_catalog_reader;"
                 "GRANT SELECT (n), INSERT (open) ON neu.guarded TO db_catalog_reader;"
                 "GRANT SELECT ON neu.parent, neu.forced, elsewhere.hidden TO db_catalog_reader;"
                 "GRANT SELECT, DELETE ON \"Odd Schema\".\"a table\" TO db_catalog_reader;"
                 "REVOKE TEMPORARY ON DATABASE db_catalog_grants FROM PUBLIC");
    db_close(&f.db);
    catalog_release(&f.catalog);
    char uri[600];
    snprintf(uri, sizeof uri, "%s user=db_catalog_reader", f.database.conninfo);
    cr_assert(db_open(&f.db, uri, "target", DB_TARGET, "test", &err), "%s", err.text);
    cr_assert(catalog_load(f.db, schemas, 2, &f.catalog, &err), "%s", err.text);

    const struct catalog_table *guarded = find(&f, "guarded");
    cr_expect_not(guarded->can_select);
    cr_expect(find_column(guarded, "n")->can_select);
    cr_expect_not(find_column(guarded, "secret")->can_select);
    cr_expect(find_column(guarded, "open")->can_insert);
    cr_expect_not(guarded->is_owner);
    cr_expect(guarded->row_security && guarded->has_policies && guarded->row_security_applies);
    cr_expect(find(&f, "forced")->row_security_applies);
    cr_expect(find(&f, "parent")->can_select);
    cr_expect_not(find(&f, "parent")->can_truncate);
    cr_expect_not(find(&f, "parent")->row_security_applies);
    const struct catalog_table *odd = catalog_find(&f.catalog, "Odd Schema", "a table");
    cr_expect_not(odd->can_select, "a table in a schema without USAGE");
    cr_expect_not(odd->can_delete);
    cr_expect_not(f.catalog.can_create_schema);
    cr_expect_not(f.catalog.can_create_temp);

    db_close(&f.db);
    test_execute(own, "DROP OWNED BY db_catalog_reader; DROP ROLE db_catalog_reader");
}

Test(catalog, row_security_does_not_apply_to_who_bypasses_it)
{
    CLEANUP(fixture_release) struct fixture f = load("db_catalog_bypass");
    cr_expect_not(find(&f, "guarded")->row_security_applies);
    cr_expect_not(find(&f, "forced")->row_security_applies);
    cr_expect(find(&f, "forced")->force_row_security);
}

Test(catalog, joins_a_transaction_that_is_open)
{
    CLEANUP(fixture_release) struct fixture f = load("db_catalog_inside");
    struct error err = ERROR_INIT;
    CLEANUP(db_transaction_release) struct db_transaction tx = {0};
    struct catalog again;
    cr_assert(db_begin(&tx, f.db, DB_READ_ONLY_SNAPSHOT, &err));
    cr_assert(catalog_load(f.db, schemas, 2, &again, &err), "%s", err.text);
    cr_expect_eq(again.table_count, f.catalog.table_count);
    catalog_release(&again);
    cr_expect(db_commit(&tx, &err), "the caller's transaction is still open");
}

Test(catalog, tells_an_extension_s_tables)
{
    CLEANUP(fixture_release) struct fixture f = load("db_catalog_extension");
    struct error err = ERROR_INIT;
    CLEANUP(test_disconnect) PGconn *own = test_connect(f.database.name);
    test_execute(own, "CREATE EXTENSION pg_stat_statements SCHEMA neu");
    catalog_release(&f.catalog);
    cr_assert(catalog_load(f.db, schemas, 2, &f.catalog, &err), "%s", err.text);
    cr_expect(find(&f, "pg_stat_statements")->is_extension_member);
    cr_expect_not(find(&f, "parent")->is_extension_member);
}
