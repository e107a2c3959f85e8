/* Lines on their way: plain columns, origins and transforms, keys and digests. */
#include "fixture.h"

#include <criterion/criterion.h>
#include <string.h>

static const char *const new_people_to_orgs[] = {"w_ANN_longer_than_before", "org_1", "w_b",
                                                 "org_2", NULL};

static void
assert_digest(struct digest found, const char *text)
{
    cr_assert(digest_equal(found, digest_bytes(text, strlen(text))), "not the digest of «%s»",
              text);
}

static void
assert_id(const struct row_id *id, enum row_id_state state, const char *old_value,
          const char *new_value)
{
    cr_assert_eq(id->state, state, "state %d", (int)id->state);
    assert_value(id->old_value, old_value);
    assert_value(id->new_value, new_value);
}

static void
assert_rejected(const struct row *row, enum row_status status, const char *reason, int column,
                const char *value)
{
    cr_assert_eq(row->status, status);
    cr_assert_str_eq(row->reason, reason);
    cr_assert_eq(row->reason_column, column);
    assert_value(row->reason_value, value);
}

/* ---- plain columns ---- */

Test(row_transform, plain_columns_pass_as_the_bytes_they_are)
{
    CLEANUP_FIXTURE fixture = {.extra_fields = 1};
    CLEANUP(strbuf_release) struct strbuf buffer = STRBUF_INIT;
    for (int i = 0; i < 4; i++)
        fixture_add_plain(&fixture);
    fixture_begin(&fixture);

    struct row *row = fixture_row(&fixture, "a\\tb\t\\N\t\t\\x41é\tkey");
    assert_line(row, "a\\tb\t\\N\t\t\\x41é");
    cr_assert_eq(row->status, ROW_GOOD);
    assert_value(row_column_escaped(row, 0), "a\\tb");
    assert_value(row_column_value(row, 0, &buffer), "a\tb");
    assert_value(row_column_escaped(row, 1), "\\N");
    assert_value(row_column_value(row, 1, &buffer), NULL);
    assert_value(row_column_value(row, 2, &buffer), "");
    assert_value(row_column_value(row, 3, &buffer), "Aé");
}

Test(row_transform, columns_may_come_in_another_order_than_their_fields)
{
    CLEANUP_FIXTURE fixture = {0};
    for (int i = 0; i < 5; i++)
        fixture_add_plain(&fixture)->field = (int[]){3, 4, 0, 1, 2}[i];
    fixture_begin(&fixture);

    struct row *row = fixture_row(&fixture, "a\tbb\t\tdddd\te");
    assert_line(row, "dddd\te\ta\tbb\t");
    for (size_t i = 0; i < 5; i++)
        assert_value(row_column_escaped(row, i), (const char *[]){"dddd", "e", "a", "bb", ""}[i]);
}

Test(row_transform, a_table_without_written_columns_gives_empty_lines)
{
    CLEANUP_FIXTURE fixture = {.extra_fields = 1};
    fixture_begin(&fixture);
    assert_line(fixture_row(&fixture, "key"), "");
}

Test(row_transform, refuses_a_line_of_other_fields_as_a_bug)
{
    CLEANUP_FIXTURE fixture = {0};
    fixture_add_plain(&fixture);
    fixture_add_plain(&fixture);
    fixture_begin(&fixture);
    static const char *const lines[] = {"secret\n", "a\tb\tc\n", "a\tb", "", "\n"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct error err = ERROR_INIT;
        struct row *row;
        cr_assert_not(
            row_transform_line(fixture.transform, lines[i], strlen(lines[i]), &row, &err));
        cr_assert_eq(err.code, EXIT_BUG);
        cr_assert_str_eq(err.text, "table people: a row of the source is not a line of 2 fields");
    }
}

/* ---- resolve ---- */

struct people {
    struct idmap *users, *orgs;
};

static void
people_release(struct people *people)
{
    idmap_free(&people->users);
    idmap_free(&people->orgs);
}
#define CLEANUP_PEOPLE CLEANUP(people_release) struct people

static struct people
make_people(void)
{
    return (struct people){.users = fixture_idmap("user", fixture_people),
                           .orgs = fixture_idmap("owner_org", new_people_to_orgs)};
}

Test(row_transform, an_old_id_becomes_the_new_one)
{
    CLEANUP_PEOPLE people = make_people();
    CLEANUP_FIXTURE fixture = {0};
    fixture_add_plain(&fixture);
    fixture_add_resolved(&fixture, people.users, NULL);
    fixture_add_plain(&fixture);
    fixture_begin(&fixture);

    struct row *row = fixture_row(&fixture, "1\tu_ann\tx");
    assert_line(row, "1\tw_ANN_longer_than_before\tx");
    assert_value(row_column_escaped(row, 2), "x");
    cr_assert_eq(row->id_count, 1);
    cr_assert_eq(row->ids[0].column, 1);
    assert_id(&row->ids[0], ROW_ID_RESOLVED, "u_ann", "w_ANN_longer_than_before");
    row = fixture_row(&fixture, "2\tu_bob\t");
    assert_line(row, "2\tw_b\t");
    cr_assert_eq(row_transform_counts(fixture.transform)[1].resolved, 2);
    cr_assert_eq(row_transform_counts(fixture.transform)[0].resolved, 0);
}

Test(row_transform, a_new_id_is_escaped_for_copy)
{
    const char *const pairs[] = {"a\tb", "c\\d\te", NULL};
    CLEANUP(idmap_free) struct idmap *map = fixture_idmap("odd", pairs);
    CLEANUP_FIXTURE fixture = {0};
    fixture_add_resolved(&fixture, map, NULL);
    fixture_begin(&fixture);

    struct row *row = fixture_row(&fixture, "a\\tb");
    assert_line(row, "c\\\\d\\te");
    assert_id(&row->ids[0], ROW_ID_RESOLVED, "a\tb", "c\\d\te");
}

Test(row_transform, null_a_new_id_and_a_literal_pass_as_they_are)
{
    CLEANUP_PEOPLE people = make_people();
    CLEANUP_FIXTURE fixture = {0};
    char system[] = "system", empty[] = "";
    char *everywhere[] = {system}, *here[] = {empty};
    fixture.mapping.literals = everywhere;
    fixture.mapping.literal_count = 1;
    struct mapping_column *spec = fixture_add_resolved(&fixture, people.users, NULL);
    spec->literals = here;
    spec->literal_count = 1;
    fixture_begin(&fixture);

    static const struct {
        const char *line, *value;
        enum row_id_state state;
    } cases[] = {{"\\N", NULL, ROW_ID_NULL},
                 {"w_b", "w_b", ROW_ID_ALREADY},
                 {"system", "system", ROW_ID_LITERAL},
                 {"", "", ROW_ID_LITERAL},
                 {"system", "system", ROW_ID_LITERAL}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct row *row = fixture_row(&fixture, cases[i].line);
        assert_line(row, cases[i].line);
        assert_id(&row->ids[0], cases[i].state, cases[i].value, cases[i].value);
        cr_assert_eq(row->status, ROW_GOOD);
    }
    const struct row_counts *counts = row_transform_counts(fixture.transform);
    cr_assert_eq(counts->already, 1);
    cr_assert_eq(counts->literals, 3);
    cr_assert_eq(counts->resolved + counts->unresolved + counts->kept + counts->nulled, 0);
}

Test(row_transform, a_chain_goes_from_map_to_map)
{
    CLEANUP_PEOPLE people = make_people();
    CLEANUP_FIXTURE fixture = {0};
    fixture_add_resolved(&fixture, people.users, people.orgs);
    fixture_begin(&fixture);

    struct row *row = fixture_row(&fixture, "u_ann");
    assert_line(row, "org_1");
    assert_id(&row->ids[0], ROW_ID_RESOLVED, "u_ann", "org_1");
    row = fixture_row(&fixture, "w_b");
    assert_line(row, "org_2");
    assert_id(&row->ids[0], ROW_ID_ALREADY, "w_b", "org_2");
}

Test(row_transform, an_id_that_does_not_resolve_rejects_the_row)
{
    CLEANUP_PEOPLE people = make_people();
    CLEANUP_FIXTURE fixture = {0};
    fixture_add_plain(&fixture);
    fixture_add_resolved(&fixture, people.users, NULL);
    fixture_add_resolved(&fixture, people.users, people.orgs);
    fixture_begin(&fixture);

    /* auth0|12 is a person without an organization: what is named is what stands in the source. */
    struct row *row = fixture_row(&fixture, "x\tu_bob\tauth0|12");
    assert_rejected(row, ROW_REJECT, ROW_REASON_UNRESOLVED, 2, "auth0|12");
    assert_line(row, "x\tw_b\tauth0|12");
    assert_id(&row->ids[0], ROW_ID_RESOLVED, "u_bob", "w_b");
    assert_id(&row->ids[1], ROW_ID_UNRESOLVED, "auth0|12", NULL);
    assert_digest(row->target_digest, "x\tw_b\tauth0|12");
    /* The next row is not touched by that. */
    row = fixture_row(&fixture, "x\tu_bob\tu_bob");
    cr_assert_eq(row->status, ROW_GOOD);
    cr_assert_null(row->reason);
    cr_assert_eq(row->reason_column, -1);
}

Test(row_transform, all_columns_are_carried_out_and_the_first_reason_wins)
{
    CLEANUP_PEOPLE people = make_people();
    CLEANUP_FIXTURE fixture = {0};
    for (int i = 0; i < 3; i++)
        fixture_add_resolved(&fixture, people.users, NULL);
    fixture_begin(&fixture);

    struct row *row = fixture_row(&fixture, "u_x\tu_bob\tu_y");
    assert_rejected(row, ROW_REJECT, ROW_REASON_UNRESOLVED, 0, "u_x");
    assert_line(row, "u_x\tw_b\tu_y");
    assert_id(&row->ids[1], ROW_ID_RESOLVED, "u_bob", "w_b");
    assert_id(&row->ids[2], ROW_ID_UNRESOLVED, "u_y", NULL);
}

Test(row_transform, a_reason_to_stop_goes_before_one_to_reject)
{
    CLEANUP_PEOPLE people = make_people();
    CLEANUP_FIXTURE fixture = {0};
    fixture_add_resolved(&fixture, people.users, NULL);
    fixture_add_resolved(&fixture, people.users, NULL)->unresolved = MAPPING_UNRESOLVED_FAIL;
    fixture_add_resolved(&fixture, people.users, NULL)->unresolved = MAPPING_UNRESOLVED_FAIL;
    fixture_begin(&fixture);
    assert_rejected(fixture_row(&fixture, "u_x\tu_y\tu_z"), ROW_FATAL, ROW_REASON_UNRESOLVED, 1,
                    "u_y");
    assert_rejected(fixture_row(&fixture, "u_x\tu_bob\tu_bob"), ROW_REJECT, ROW_REASON_UNRESOLVED,
                    0, "u_x");
}

Test(row_transform, an_unresolved_id_may_become_null_or_stay)
{
    CLEANUP_PEOPLE people = make_people();
    CLEANUP_FIXTURE fixture = {0};
    fixture_add_resolved(&fixture, people.users, people.orgs)->unresolved = MAPPING_UNRESOLVED_NULL;
    fixture_add_resolved(&fixture, people.users, people.orgs)->unresolved = MAPPING_UNRESOLVED_KEEP;
    fixture_begin(&fixture);

    struct row *row = fixture_row(&fixture, "auth0|12\tauth0|12");
    cr_assert_eq(row->status, ROW_GOOD);
    assert_line(row, "\\N\tauth0|12");
    assert_id(&row->ids[0], ROW_ID_NULLED, "auth0|12", NULL);
    assert_id(&row->ids[1], ROW_ID_KEPT, "auth0|12", "auth0|12");
    cr_assert_eq(row_transform_counts(fixture.transform)[0].nulled, 1);
    cr_assert_eq(row_transform_counts(fixture.transform)[1].kept, 1);
}

Test(row_transform, an_id_with_two_new_ones_does_not_resolve)
{
    const char *const pairs[] = {"u_1", "w_1", "u_1", "w_2", NULL};
    CLEANUP(idmap_free) struct idmap *map = fixture_idmap("two", pairs);
    CLEANUP_FIXTURE fixture = {0};
    fixture_add_resolved(&fixture, map, NULL);
    fixture_begin(&fixture);
    assert_rejected(fixture_row(&fixture, "u_1"), ROW_REJECT, ROW_REASON_AMBIGUOUS, 0, "u_1");
    cr_assert_eq(row_transform_counts(fixture.transform)->unresolved, 1);
}

/* A table of its own for each length of the first, so that memory for them ends at every place of
 * an ID. */
Test(row_transform, many_long_ids_of_one_row_stand_side_by_side)
{
    CLEANUP_PEOPLE people = make_people();
    for (int first = 1; first < 150; first++) {
        CLEANUP_FIXTURE fixture = {0};
        CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;
        for (int i = 0; i < FIXTURE_COLUMNS; i++) {
            fixture_add_resolved(&fixture, people.users, NULL)->unresolved =
                MAPPING_UNRESOLVED_KEEP;
            strbuf_printf(&line, "%s%0*d", i ? "\t" : "", i ? 140 : first, i);
        }
        fixture_begin(&fixture);
        struct row *row = fixture_row(&fixture, line.data);
        assert_line(row, line.data);
        for (int i = 0; i < FIXTURE_COLUMNS; i++) {
            CLEANUP(memory_free_string) char *expected = memory_printf("%0*d", i ? 140 : first, i);
            assert_id(&row->ids[i], ROW_ID_KEPT, expected, expected);
        }
    }
}

/* ---- values ---- */

static struct mapping_value roles[] = {{(char[]){"expert"}, (char[]){"owner"}},
                                       {(char[]){"a\tb"}, (char[]){"c\td"}},
                                       {(char[]){"gone"}, NULL},
                                       {(char[]){""}, (char[]){"none"}}};

static struct mapping_column *
add_roles(struct table_fixture *fixture)
{
    struct mapping_column *spec = fixture_add_column(fixture);
    spec->values = roles;
    spec->value_count = sizeof roles / sizeof roles[0];
    return spec;
}

Test(row_transform, values_are_exact_and_of_unescaped_text)
{
    CLEANUP_FIXTURE fixture = {0};
    add_roles(&fixture);
    fixture_begin(&fixture);
    assert_line(fixture_row(&fixture, "expert"), "owner");
    assert_line(fixture_row(&fixture, "a\\tb"), "c\\td");
    assert_line(fixture_row(&fixture, "gone"), "\\N");
    assert_line(fixture_row(&fixture, ""), "none");
    assert_line(fixture_row(&fixture, "\\N"), "\\N");
    struct row *row = fixture_row(&fixture, "Expert");
    assert_rejected(row, ROW_REJECT, ROW_REASON_VALUE, 0, "Expert");
    assert_line(row, "Expert");
}

Test(row_transform, values_may_have_a_default)
{
    CLEANUP_FIXTURE fixture = {0};
    char member[] = "member";
    add_roles(&fixture)->default_kind = MAPPING_DEFAULT_KEEP;
    struct mapping_column *spec = add_roles(&fixture);
    spec->default_kind = MAPPING_DEFAULT_VALUE;
    spec->default_value = member;
    add_roles(&fixture)->default_kind = MAPPING_DEFAULT_VALUE;
    fixture_begin(&fixture);
    assert_line(fixture_row(&fixture, "a\\\\b\ta\\\\b\ta\\\\b"), "a\\\\b\tmember\t\\N");
    assert_line(fixture_row(&fixture, "\\N\t\\N\t\\N"), "\\N\t\\N\t\\N");
}

Test(row_transform, values_come_before_resolve)
{
    CLEANUP_PEOPLE people = make_people();
    CLEANUP_FIXTURE fixture = {0};
    struct mapping_value values[] = {{(char[]){"bobby"}, (char[]){"u_bob"}},
                                     {(char[]){"eve"}, (char[]){"u_eve"}}};
    struct mapping_column *spec = fixture_add_resolved(&fixture, people.users, NULL);
    spec->values = values;
    spec->value_count = 2;
    fixture_begin(&fixture);
    struct row *row = fixture_row(&fixture, "bobby");
    assert_line(row, "w_b");
    assert_id(&row->ids[0], ROW_ID_RESOLVED, "bobby", "w_b");
    row = fixture_row(&fixture, "eve");
    assert_rejected(row, ROW_REJECT, ROW_REASON_UNRESOLVED, 0, "u_eve");
    assert_line(row, "eve");
    row = fixture_row(&fixture, "x");
    assert_rejected(row, ROW_REJECT, ROW_REASON_VALUE, 0, "x");
    assert_id(&row->ids[0], ROW_ID_UNRESOLVED, "x", NULL);
    cr_assert_eq(row_transform_counts(fixture.transform)->unresolved, 1);
}

/* ---- rewrite ---- */

static void
add_rewritten(struct table_fixture *fixture, enum mapping_rewrite rewrite,
              struct idmap_matcher *matcher)
{
    fixture_add_column(fixture)->rewrite = rewrite;
    fixture->columns[fixture->table.column_count - 1].matcher = matcher;
}

Test(row_transform, rewrites_the_unescaped_value_and_escapes_it_again)
{
    CLEANUP_PEOPLE people = make_people();
    CLEANUP(idmap_matcher_free) struct idmap_matcher *matcher = fixture_matcher(people.users);
    CLEANUP_FIXTURE fixture = {0};
    add_rewritten(&fixture, MAPPING_REWRITE_TEXT, matcher);
    add_rewritten(&fixture, MAPPING_REWRITE_JSON, matcher);
    add_rewritten(&fixture, MAPPING_REWRITE_ARRAY, matcher);
    fixture.columns[1].sorts_json_keys = true;
    fixture_begin(&fixture);

    assert_line(
        fixture_row(&fixture, "a\\tu_bob\t{\"u_bob\": \"\\\\n\", \"a\": 1}\t{\"\\\\\"\",u_odd}"),
        "a\\tw_b\t{\"a\": 1, \"w_b\": \"\\\\n\"}\t{\"\\\\\"\",\"w \\\\\"\\\\\\\\{,}\"}");
    /* Unchanged: as the bytes it was, also where they are not how we would write them. */
    assert_line(fixture_row(&fixture, "\\x41\t[\"\\x41\"]\t{\\x41}"),
                "\\x41\t[\"\\x41\"]\t{\\x41}");
    assert_line(fixture_row(&fixture, "\\N\t\\N\t\\N"), "\\N\t\\N\t\\N");
    for (size_t i = 0; i < 3; i++)
        cr_assert_eq(row_transform_counts(fixture.transform)[i].rewritten, 1);
}

Test(row_transform, a_document_that_cannot_be_rewritten_rejects_the_row_and_is_not_quoted)
{
    CLEANUP_PEOPLE people = make_people();
    CLEANUP(idmap_matcher_free) struct idmap_matcher *matcher = fixture_matcher(people.users);
    CLEANUP_FIXTURE fixture = {0};
    add_rewritten(&fixture, MAPPING_REWRITE_JSON, matcher);
    add_rewritten(&fixture, MAPPING_REWRITE_ARRAY, matcher);
    fixture_begin(&fixture);
    static const char *const lines[] = {"{\"u_bob\":1,\"w_b\":2}\t{}", "{anna\t{}", "{}\tanna"};
    static const char *const reasons[] = {ROW_REASON_JSON_KEY, ROW_REASON_JSON, ROW_REASON_ARRAY};
    for (size_t i = 0; i < 3; i++) {
        struct row *row = fixture_row(&fixture, lines[i]);
        assert_rejected(row, ROW_REJECT, reasons[i], i == 2, NULL);
        assert_line(row, lines[i]);
    }
    cr_assert_eq(row_transform_counts(fixture.transform)->rewritten, 0);
}

Test(row_transform, a_rewritten_value_may_be_resolved)
{
    CLEANUP_PEOPLE people = make_people();
    CLEANUP(idmap_matcher_free) struct idmap_matcher *matcher = fixture_matcher(people.users);
    const char *const pairs[] = {"auth0/w_b", "auth0/w_b/new", NULL};
    CLEANUP(idmap_free) struct idmap *paths = fixture_idmap("paths", pairs);
    CLEANUP_FIXTURE fixture = {0};
    for (int i = 0; i < 2; i++) {
        struct mapping_column *spec = fixture_add_resolved(&fixture, paths, NULL);
        spec->rewrite = MAPPING_REWRITE_TEXT;
        spec->unresolved = MAPPING_UNRESOLVED_KEEP;
        fixture.columns[i].matcher = matcher;
    }
    fixture_begin(&fixture);
    struct row *row = fixture_row(&fixture, "x/u_bob\tauth0/u_bob");
    assert_line(row, "x/w_b\tauth0/w_b/new");
    assert_id(&row->ids[0], ROW_ID_KEPT, "x/u_bob", "x/w_b");
    assert_id(&row->ids[1], ROW_ID_RESOLVED, "auth0/u_bob", "auth0/w_b/new");
}

Test(row_transform, a_huge_value_passes_and_so_does_the_row_after_it)
{
    enum { LENGTH = 8 << 20 };
    CLEANUP_PEOPLE people = make_people();
    CLEANUP(idmap_matcher_free) struct idmap_matcher *matcher = fixture_matcher(people.users);
    CLEANUP_FIXTURE fixture = {0};
    CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;
    add_rewritten(&fixture, MAPPING_REWRITE_TEXT, matcher);
    fixture_add_resolved(&fixture, people.users, NULL)->unresolved = MAPPING_UNRESOLVED_KEEP;
    fixture_begin(&fixture);
    for (size_t i = 0; i < LENGTH; i++)
        strbuf_add_char(&line, "ab\\\\"[i % 4]);
    strbuf_add_string(&line, " u_bob\t");
    strbuf_reserve(&line, LENGTH);
    strbuf_add(&line, line.data, LENGTH);

    struct row *row = fixture_row(&fixture, line.data);
    cr_assert_eq(row->status, ROW_GOOD);
    cr_assert_eq(row->ends[0], LENGTH + 4);
    cr_assert_eq(row->line.length, 2 * LENGTH + 6);
    cr_assert_eq(memcmp(row->line.data, line.data, LENGTH + 1), 0);
    cr_assert_eq(memcmp(row->line.data + LENGTH, " w_b\tab\\\\", 9), 0);
    cr_assert_eq(row->ids[0].old_value.length, LENGTH / 4 * 3);
    assert_line(fixture_row(&fixture, "a\tb"), "a\tb");
}

/* ---- generated keys ---- */

Test(row_transform, a_generated_key_is_a_version_5_uuid_of_the_old_one)
{
    CLEANUP_FIXTURE fixture = {.extra_fields = 1};
    char meetings[] = "meetings";
    struct mapping_column *spec = fixture_add_column(&fixture);
    spec->origin = MAPPING_UUID;
    spec->namespace = meetings;
    spec = fixture_add_column(&fixture);
    spec->origin = MAPPING_UUID;
    spec->namespace = meetings;
    fixture.columns[1].from_field = 1;
    spec = fixture_add_column(&fixture);
    spec->origin = MAPPING_UUID; /* the namespace of the table's name, "people" */
    fixture.source_key[0] = 3;
    fixture.table.source_key_count = 1;
    fixture_begin(&fixture);

    /* Made with Python: uuid5(uuid5(uuid5(NAMESPACE_DNS, "idmigrate"), "meetings"), "42"), and
     * "people". */
    assert_line(fixture_row(&fixture, "\\N\t42\t\\N\t42"),
                "97b5ed29-b0ca-5e8d-b157-94811a3722e7\t97b5ed29-b0ca-5e8d-b157-"
                "94811a3722e7\t6fad2ebc-9100-5be5-abe4-90e61cfe9fee");
    assert_line(fixture_row(&fixture, "\\N\ta\\tb\t\\N\ta\\tb"),
                "cf899ca5-e82f-518f-90e3-b8ba2b26d87c\tcf899ca5-e82f-518f-90e3-"
                "b8ba2b26d87c\t0cfbd559-0c56-5a44-93b0-25e6f5b2791c");
    assert_line(fixture_row(&fixture, "\\N\t\\N\t\\N\t\\N"), "\\N\t\\N\t\\N");
}

Test(row_transform, a_generated_key_of_a_composite_key_hashes_its_json)
{
    CLEANUP_FIXTURE fixture = {.extra_fields = 2};
    char meetings[] = "meetings";
    struct mapping_column *spec = fixture_add_column(&fixture);
    spec->origin = MAPPING_UUID;
    spec->namespace = meetings;
    fixture.source_key[0] = 1;
    fixture.source_key[1] = 2;
    fixture.table.source_key_count = 2;
    fixture_begin(&fixture);
    struct row *row = fixture_row(&fixture, "\\N\ta\"\\n\t\\N");
    assert_text(row->source_key.data, row->source_key.length, "[\"a\\\"\\n\", null]");
    assert_line(row, "b0888244-c228-5303-84ae-dcf8b44ef7f9");
}

/* ---- keys and digests ---- */

Test(row_transform, keys_are_those_of_source_and_target)
{
    CLEANUP_PEOPLE people = make_people();
    CLEANUP_FIXTURE fixture = {.extra_fields = 1};
    fixture_add_resolved(&fixture, people.users, NULL);
    fixture_add_plain(&fixture);
    fixture.source_key[0] = 2;
    fixture.table.source_key_count = 1;
    fixture.table.target_key_count = 2;
    fixture.target_key[0] = 1;
    fixture.target_key[1] = 0;
    fixture_begin(&fixture);
    struct row *row = fixture_row(&fixture, "u_bob\ta\\tb\tu\\\\k");
    assert_text(row->source_key.data, row->source_key.length, "u\\k");
    assert_text(row->target_key.data, row->target_key.length, "[\"a\\tb\", \"w_b\"]");
    assert_digest(row->source_digest, "u_bob\ta\\tb\tu\\\\k\n");
    assert_digest(row->target_digest, "w_b\ta\\tb");
}

Test(row_transform, a_row_without_a_key_goes_by_its_digest)
{
    char hex[DIGEST_HEX_SIZE];
    CLEANUP_FIXTURE fixture = {0};
    fixture_add_plain(&fixture);
    fixture_begin(&fixture);
    struct row *row = fixture_row(&fixture, "a");
    digest_to_hex(digest_bytes("a\n", 2), hex);
    assert_text(row->source_key.data, row->source_key.length, hex);
    digest_to_hex(digest_bytes("a", 1), hex);
    assert_text(row->target_key.data, row->target_key.length, hex);
}

Test(row_transform, a_key_that_is_null_differs_from_an_empty_one)
{
    CLEANUP_FIXTURE fixture = {0};
    fixture_add_plain(&fixture);
    fixture.table.source_key_count = fixture.table.target_key_count = 1;
    fixture_begin(&fixture);
    struct row *row = fixture_row(&fixture, "\\N");
    assert_text(row->source_key.data, row->source_key.length, "[null]");
    assert_text(row->target_key.data, row->target_key.length, "[null]");
    row = fixture_row(&fixture, "");
    assert_text(row->source_key.data, row->source_key.length, "");
    assert_text(row->target_key.data, row->target_key.length, "");
}

Test(row_transform, other_rooms_write_keys_the_same_way)
{
    const struct row_value values[] = {{"a\"", 2}, {NULL, 0}, {"", 0}};
    static const struct {
        size_t first, count;
        const char *expected;
    } cases[] = {
        {0, 1, "a\""}, {1, 1, "[null]"}, {2, 1, ""}, {0, 3, "[\"a\\\"\", null, \"\"]"}, {0, 0, ""}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;
        CLEANUP(memory_free_string) char *expected = memory_printf("before%s", cases[i].expected);
        strbuf_add_string(&key, "before");
        row_encode_key(&key, values + cases[i].first, cases[i].count);
        assert_text(key.data, key.length, expected);
    }
}

/* ---- replacing a column ---- */

Test(row_transform, a_replaced_column_changes_line_key_digest_and_id)
{
    CLEANUP_PEOPLE people = make_people();
    CLEANUP_FIXTURE fixture = {0};
    CLEANUP(strbuf_release) struct strbuf buffer = STRBUF_INIT;
    fixture_add_plain(&fixture);
    fixture_add_resolved(&fixture, people.users, NULL);
    fixture_add_plain(&fixture);
    fixture.table.target_key_count = 1;
    fixture.target_key[0] = 1;
    fixture_begin(&fixture);

    struct error err = ERROR_INIT;
    struct row *row = fixture_row(&fixture, "a\tu_bob\tz");
    cr_assert(row_replace_column(fixture.transform, row, 1,
                                 (struct row_value){.data = "new\t\\", .length = 5}, &err));
    assert_line(row, "a\tnew\\t\\\\\tz");
    assert_id(&row->ids[0], ROW_ID_RESOLVED, "u_bob", "new\t\\");
    assert_text(row->target_key.data, row->target_key.length, "new\t\\");
    assert_digest(row->target_digest, "a\tnew\\t\\\\\tz");
    assert_digest(row->source_digest, "a\tu_bob\tz\n");
    assert_value(row_column_value(row, 2, &buffer), "z");

    cr_assert(row_replace_column(fixture.transform, row, 2, row_column_escaped(row, 0), &err));
    cr_assert(
        row_replace_column(fixture.transform, row, 0, (struct row_value){.data = NULL}, &err));
    assert_line(row, "\\N\tnew\\t\\\\\ta");
    assert_value(row_column_escaped(row, 2), "a");
    assert_line(fixture_row(&fixture, "a\tu_bob\tz"), "a\tw_b\tz");
}

/* ---- random lines ---- */

static void
add_random_field(struct random *random, struct strbuf *line)
{
    static const char *const fields[] = {
        "", "\\N", "a", "\\t", "42", "\\\\N", "é", "long text with words", "{\"a\": 1}"};
    strbuf_add_string(line, fields[random_below(random, sizeof fields / sizeof fields[0])]);
}

Test(row_transform, random_lines_change_in_their_ids_only)
{
    CLEANUP_PEOPLE people = make_people();
    struct random random = {11};
    for (int table = 0; table < 300; table++) {
        CLEANUP_FIXTURE fixture = {0};
        bool is_id[12];
        size_t count = 1 + random_below(&random, 12);
        for (size_t i = 0; i < count; i++) {
            is_id[i] = random_chance(&random, 30);
            if (is_id[i])
                fixture_add_resolved(&fixture, people.users, NULL);
            else
                fixture_add_plain(&fixture);
        }
        fixture_begin(&fixture);
        for (int round = 0; round < 10; round++) {
            CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT, expected = STRBUF_INIT;
            size_t ends[12];
            for (size_t i = 0; i < count; i++) {
                size_t start = line.length, who = random_below(&random, 3) * 2;
                if (is_id[i])
                    strbuf_add_string(&line, fixture_people[who]);
                else
                    add_random_field(&random, &line);
                strbuf_add_string(&expected,
                                  is_id[i] ? fixture_people[who + 1] : line.data + start);
                ends[i] = expected.length;
                strbuf_add_string(&line, i + 1 < count ? "\t" : "");
                strbuf_add_string(&expected, i + 1 < count ? "\t" : "");
            }
            struct row *row = fixture_row(&fixture, line.data);
            assert_line(row, expected.data);
            cr_assert_arr_eq(row->ends, ends, count * sizeof ends[0]);
            assert_digest(row->target_digest, expected.data);
        }
    }
}
