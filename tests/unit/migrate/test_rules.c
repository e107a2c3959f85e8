/* Statements made from the catalogue; that they find what the server refuses is shown end to end.
 */
#include "refused.h"

#include "idmigrate/memory.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* The catalogue's texts are its own, to be changed: so are these. */
static char ext_equals[] = "OPERATOR(\"ext\".=)";
static char int4[] = "int4", integer_name[] = "integer", ext[] = "ext", citext_name[] = "citext",
            ext_citext[] = "ext.citext", public_name[] = "public", people[] = "people", id[] = "id",
            mail[] = "mail", kind[] = "kind", total[] = "total", seven[] = "7",
            id_and_one[] = "(id + 1)", draws[] = "nextval('s')", adult[] = "adult",
            adult_check[] = "CHECK ((id > 17)) NOT VALID", once[] = "once", boss[] = "boss",
            team[] = "team", teams[] = "teams";

static const struct catalog_type integer = {.name = int4,
                                            .text = integer_name,
                                            .text_plain = integer_name,
                                            .kind = 'b',
                                            .category = 'N',
                                            .is_builtin = true};
static const struct catalog_type citext = {.schema = ext,
                                           .name = citext_name,
                                           .text_plain = ext_citext,
                                           .kind = 'b',
                                           .category = 'S',
                                           .equals = ext_equals};

/* id, mail, kind (a constant default nobody feeds), total (generated). */
struct fixture {
    struct catalog_column columns[4];
    struct plan_column fed[2];
    struct catalog_table target;
    struct plan_table table;
    struct plan plan;
    struct mapping_table spec;
};

static void
prepare(struct fixture *f)
{
    *f = (struct fixture){
        .columns = {{.name = id, .type = integer, .not_null = true},
                    {.name = mail, .type = citext},
                    {.name = kind, .type = integer, .has_default = true, .default_sql = seven},
                    {.name = total,
                     .type = integer,
                     .has_default = true,
                     .generated = 's',
                     .default_sql = id_and_one}},
        .target = {.schema = public_name, .name = people, .kind = 'r', .column_count = 4},
    };
    f->target.columns = f->columns;
    f->fed[0].target = &f->columns[0];
    f->fed[1].target = &f->columns[1];
    f->table = (struct plan_table){
        .target = &f->target, .columns = f->fed, .column_count = 2, .spec = &f->spec};
    f->plan = (struct plan){.tables = &f->table, .table_count = 1};
}

static void
assert_rows(const struct fixture *f, const char *text, const char *expected)
{
    struct strbuf sql = STRBUF_INIT;
    sift_add_rows(&sql, &f->table, &text, 1);
    cr_expect_str_eq(sql.data, expected);
    strbuf_release(&sql);
}

Test(migrate_rules, rows_have_the_columns_that_an_expression_needs)
{
    struct fixture f;
    prepare(&f);
    assert_rows(&f, "id > 0",
                "(SELECT s.idmigrate_place, s.idmigrate_line, s.\"id\", s.\"mail\" FROM "
                "pg_temp.idmigrate_sifted AS s) AS \"people\"");
    assert_rows(&f, "kind > total",
                "(SELECT s.idmigrate_place, s.idmigrate_line, s.\"id\", s.\"mail\", CAST((7) AS "
                "integer) AS \"kind\", CAST(((id + 1)) AS integer) AS \"total\" FROM "
                "pg_temp.idmigrate_sifted AS s) AS \"people\"");
}

Test(migrate_rules, a_default_that_calls_something_is_not_guessed)
{
    struct fixture f;
    prepare(&f);
    f.columns[2].default_sql = draws;
    assert_rows(&f, "kind > 0",
                "(SELECT s.idmigrate_place, s.idmigrate_line, s.\"id\", s.\"mail\" FROM "
                "pg_temp.idmigrate_sifted AS s) AS \"people\"");
}

static const struct sift_rule *
find_rule(const struct sift_rules *rules, const char *sqlstate, const char *name)
{
    for (size_t i = 0; i < rules->count; i++)
        if (strcmp(rules->items[i].place.sqlstate, sqlstate) == 0 &&
            (strcmp(rules->items[i].place.constraint, name) == 0 ||
             (name[0] != '\0' && strcmp(rules->items[i].place.column, name) == 0)))
            return &rules->items[i];
    return NULL;
}

Test(migrate_rules, each_constraint_has_a_statement_that_names_it)
{
    struct fixture f;
    struct catalog_check check = {.name = adult, .definition = adult_check};
    char *key = mail, *other = id;
    int column = 0, second = 1;
    struct catalog_index index = {.name = once,
                                  .is_unique = true,
                                  .keys = &key,
                                  .columns = &second,
                                  .key_count = 1,
                                  .nulls_not_distinct = true};
    struct catalog_foreign_key foreign = {.name = boss,
                                          .other_schema = public_name,
                                          .other_table = people,
                                          .columns = &column,
                                          .other_columns = &other,
                                          .column_count = 1};
    CLEANUP(sift_rules_release) struct sift_rules rules = {.items = NULL};
    prepare(&f);
    f.target.checks = &check;
    f.target.indexes = &index;
    f.target.foreign_keys = &foreign;
    f.target.check_count = f.target.index_count = f.target.foreign_key_count = 1;
    struct sift_rules_request request = {
        .plan = &f.plan, .table = &f.table, .partitions = "(id < 100)"};
    sift_rules_make(&rules, &request);

    cr_assert_eq(rules.count, 5);
    cr_assert_not_null(find_rule(&rules, "23502", "id"));
    cr_assert_not_null(find_rule(&rules, "23514", "adult"));
    cr_expect_not_null(strstr(find_rule(&rules, "23514", "adult")->sql, "(((id > 17))) IS FALSE"));
    cr_expect_not_null(strstr(find_rule(&rules, "23514", "")->sql, "((id < 100)) IS NOT TRUE"));
    const struct sift_rule *reference = find_rule(&rules, "23503", "boss");
    cr_assert_not_null(reference);
    /* A row of the chunk may be the parent. */
    cr_expect(reference->repeats);
    cr_expect_not_null(strstr(reference->sql, "FROM pg_temp.idmigrate_sifted AS idmigrate_parent"));
    const struct sift_rule *unique = find_rule(&rules, "23505", "once");
    cr_assert_not_null(unique);
    cr_expect_not_null(strstr(unique->sql, "(mail) OPERATOR(\"ext\".=) idmigrate_k0"));
    cr_expect_not_null(strstr(unique->sql, "(mail) IS NULL AND idmigrate_k0 IS NULL"));
}

Test(migrate_rules, a_parent_that_is_still_to_come_is_not_missed_while_learning)
{
    struct fixture f;
    struct catalog_table later = {.schema = public_name, .name = teams};
    char *other = id;
    int column = 0;
    struct catalog_foreign_key foreign = {.name = team,
                                          .other_schema = public_name,
                                          .other_table = teams,
                                          .columns = &column,
                                          .other_columns = &other,
                                          .column_count = 1};
    CLEANUP(sift_rules_release) struct sift_rules rules = {.items = NULL};
    prepare(&f);
    f.target.foreign_keys = &foreign;
    f.target.foreign_key_count = 1;
    struct plan_table tables[] = {f.table, {.target = &later}};
    struct plan plan = {.tables = tables, .table_count = 2};
    struct sift_rules_request request = {.plan = &plan, .table = &f.table, .learns = true};
    sift_rules_make(&rules, &request);
    cr_expect_null(find_rule(&rules, "23503", "team"));
}
