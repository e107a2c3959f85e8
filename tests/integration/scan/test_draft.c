/* A mapping drafted from what was found. */
#include "fixture.h"

#include "idmigrate/mapping.h"

#include <jansson.h>
#include <string.h>

static json_t *
draft(const struct fixture *fixture)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
    const struct scan_draft_request request = {.result = &fixture->result,
                                               .finder = fixture->finder,
                                               .name = "test",
                                               .source = "app",
                                               .ids_path = "/ids/users.csv",
                                               .old_column = "old",
                                               .new_column = "new"};
    scan_draft(&request, &text);
    json_error_t where;
    json_t *json = json_loads(text.data, JSON_REJECT_DUPLICATES, &where);
    cr_assert_not_null(json, "%s", where.text);
    return json;
}

/* "key=value" of a column of table people. */
static void
assert_column(const json_t *document, const char *column, const char *key, const char *value)
{
    size_t index;
    json_t *table;
    const char *found = NULL;
    json_array_foreach(json_object_get(document, "tables"), index, table)
    {
        const json_t *from = json_object_get(table, "from");
        if (json_is_string(from) && strcmp(json_string_value(from), "people") == 0)
            found = json_string_value(
                json_object_get(json_object_get(json_object_get(table, "columns"), column), key));
    }
    cr_assert_not_null(found, "%s has no %s", column, key);
    cr_expect_str_eq(found, value, "%s: %s", column, key);
}

static struct fixture
scan_places(const char *name)
{
    struct fixture fixture = fixture_open(name);
    test_run_file(fixture.database.name, "tests/integration/scan/places.sql", NULL);
    fixture.request.bytes = true;
    fixture_scan(&fixture, NULL);
    return fixture;
}

Test(scan_draft, says_what_becomes_of_each_sort_of_column)
{
    CLEANUP(fixture_release) struct fixture fixture = scan_places("scan_draft");
    json_t *document = draft(&fixture);
    assert_column(document, "id", "resolve", "user");
    assert_column(document, "free", "rewrite", "text");
    assert_column(document, "as_json", "rewrite", "json");
    assert_column(document, "list", "rewrite", "array");
    json_decref(document);
}

Test(scan_draft, asks_where_the_answer_is_not_in_the_data)
{
    CLEANUP(fixture_release) struct fixture fixture = scan_places("scan_questions");
    json_t *document = draft(&fixture);
    assert_column(document, "as_jsonb", "rewrite", "?");
    assert_column(document, "as_contact", "rewrite", "?");
    assert_column(document, "bytes", "sql", "?");
    json_decref(document);
}

static void
answer(json_t *json)
{
    const char *key;
    json_t *value;
    size_t index;
    json_array_foreach(json, index, value) answer(value);
    json_object_foreach(json, key, value)
    {
        answer(value);
        if (!json_is_string(value) || strcmp(json_string_value(value), "?") != 0)
            continue;
        json_object_set_new(json, key,
                            json_string(strcmp(key, "unresolved") == 0 ? "reject" : "text"));
    }
}

static bool
parse(json_t *document, struct error *err)
{
    CLEANUP(mapping_free) struct mapping *mapping = NULL;
    CLEANUP(memory_free_string) char *text = json_dumps(document, 0);
    return mapping_parse("draft.json", text, strlen(text), &mapping, err);
}

Test(scan_draft, is_a_mapping_once_it_is_answered)
{
    CLEANUP(fixture_release) struct fixture fixture = scan_places("scan_answers");
    struct error refused = ERROR_INIT, err = ERROR_INIT;
    json_t *document = draft(&fixture);
    cr_expect_not(parse(document, &refused));
    cr_expect_not_null(strstr(refused.text, "is a choice that is still open"), "%s", refused.text);
    answer(document);
    cr_expect(parse(document, &err), "%s", err.text);
    json_decref(document);
}
