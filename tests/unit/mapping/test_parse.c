/* What a right mapping becomes. */
#include "idmigrate/mapping.h"
#include "idmigrate/memory.h"

#include <criterion/criterion.h>
#include <string.h>

/* A mapping around the given members; JSON in single quotes, so that it can be read. */
static struct mapping *
parse(const char *members)
{
    struct mapping *mapping = NULL;
    struct error err = ERROR_INIT;
    char *text = memory_printf("{'version': 1, 'name': 'test', 'sources': {'app': {'env': 'OLD'}}, "
                               "'target': {'env': 'NEW', 'schema': 'new'}, %s}",
                               members);
    for (char *c = text; *c != '\0'; c++)
        if (*c == '\'')
            *c = '"';
    cr_assert(mapping_parse("m.json", text, strlen(text), &mapping, &err), "%s (%s)", err.text,
              err.hint);
    memory_free_string(&text);
    return mapping;
}

static struct mapping *
parse_column(const char *column)
{
    CLEANUP(memory_free_string)
    char *members =
        memory_printf("'ids': {'user': {'query': 'q'}, 'org': {'query': 'q', 'derived': true}}, "
                      "'tables': [{'from': 't', 'columns': {'c': %s}}]",
                      column);
    return parse(members);
}

Test(mapping_parse, fills_in_what_is_not_said)
{
    CLEANUP(mapping_free) struct mapping *m = parse("'tables': [{'from': 'userNotes'}]");
    const struct mapping_table *table = &m->tables[0];
    cr_expect_str_eq(m->timezone, "UTC");
    cr_expect_str_eq(m->sources[0].schema, "public");
    cr_expect_str_eq(m->audit.schema, "new");
    cr_expect_str_eq(m->audit.table, "audit_logs");
    cr_expect_str_eq(m->audit.actions[AUDIT_REMOVED], "ROW_REMOVED");
    cr_expect_eq(m->audit.column_count, 0);
    cr_expect_str_eq(table->pointer, "/tables/0");
    cr_expect_str_eq(table->from_schema, "public");
    cr_expect_str_eq(table->to_schema, "new");
    cr_expect_null(table->to);
    cr_expect_str_eq(table->timezone, "UTC");
    cr_expect_null(table->resource_type);
    cr_expect_not(table->has_on_conflict || table->audit_self || table->triggers_fire);
}

Test(mapping_parse, reads_every_kind_of_id_map)
{
    CLEANUP(mapping_free)
    struct mapping *m = parse(
        "'ids': {'any': {'union': ['csv', 'table'], 'many_to_one': 'merged people'}, "
        "'csv': {'old': 'a', 'new': 'b', 'strict': true, 'file': {'path': 'x', 'format': 'csv', "
        "'old_column': 'o', 'new_column': 'n', 'delimiter': '\\t'}}, "
        "'table': {'table': {'name': 't', 'old_column': 'o', 'new_column': 'n', 'on': 'app'}}, "
        "'query': {'query': 'select 1', 'derived': true}}, 'tables': [{'from': 't'}]");
    cr_assert_eq(m->id_count, 4);
    cr_expect_eq(m->ids[0].kind, MAPPING_IDS_UNION);
    cr_expect_eq(m->ids[0].member_count, 2);
    cr_expect_eq(m->ids[0].members[0], 1);
    cr_expect_eq(m->ids[0].members[1], 2);
    cr_expect_str_eq(m->ids[0].many_to_one, "merged people");
    cr_expect_eq(m->ids[1].format, MAPPING_FORMAT_CSV);
    cr_expect_eq(m->ids[1].delimiter, '\t');
    cr_expect(m->ids[1].strict);
    cr_expect_eq(m->ids[2].on, 0);
    cr_expect_null(m->ids[2].schema);
    cr_expect_eq(m->ids[3].on, MAPPING_ON_TARGET);
    cr_expect(m->ids[3].derived);
}

Test(mapping_parse, a_text_is_a_source_column)
{
    CLEANUP(mapping_free) struct mapping *m = parse_column("'oldName'");
    cr_expect_eq(m->tables[0].columns[0].origin, MAPPING_FROM);
    cr_expect_str_eq(m->tables[0].columns[0].from, "oldName");
    cr_expect_str_eq(m->tables[0].columns[0].pointer, "/tables/0/columns/c");
}

Test(mapping_parse, resolves_through_a_chain)
{
    CLEANUP(mapping_free)
    struct mapping *m = parse_column("{'from': 'x', 'resolve': ['user', 'org'], "
                                     "'unresolved': 'keep', 'literals': ['system', ''], "
                                     "'reason': 'why'}");
    const struct mapping_column *column = &m->tables[0].columns[0];
    cr_assert_eq(column->resolve_count, 2);
    cr_expect_eq(column->resolve[0], 0);
    cr_expect_eq(column->resolve[1], 1);
    cr_expect_eq(column->unresolved, MAPPING_UNRESOLVED_KEEP);
    cr_expect(mapping_is_literal(m, column, "system", 6));
    cr_expect(mapping_is_literal(m, column, "", 0));
    cr_expect_not(mapping_is_literal(m, column, "syste", 5));
    cr_expect_not(mapping_is_literal(m, column, "systems", 7));
}

Test(mapping_parse, literals_of_the_mapping_hold_for_every_column)
{
    CLEANUP(mapping_free)
    struct mapping *m = parse("'literals': ['unknown'], 'tables': [{'from': 't', "
                              "'columns': {'c': 'x'}}]");
    cr_expect(mapping_is_literal(m, &m->tables[0].columns[0], "unknown", 7));
    cr_expect_not(mapping_is_literal(m, &m->tables[0].columns[0], "Unknown", 7));
}

Test(mapping_parse, constants_keep_their_text)
{
    static const struct {
        const char *json, *text;
    } rows[] = {
        {"'user'", "user"}, {"''", ""},
        {"12", "12"},       {"-9007199254740993", "-9007199254740993"},
        {"0.1", "0.1"},     {"0.12345678901234566", "0.12345678901234566"},
        {"true", "true"},   {"false", "false"},
        {"null", NULL},     {"{'b': [1, 0.5, null], 'a': 'x'}", "{\"b\":[1,0.5,null],\"a\":\"x\"}"},
        {"[]", "[]"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CLEANUP(memory_free_string) char *json = memory_printf("{'value': %s}", rows[i].json);
        CLEANUP(mapping_free) struct mapping *m = parse_column(json);
        cr_expect_eq(m->tables[0].columns[0].origin, MAPPING_VALUE);
        if (rows[i].text == NULL)
            cr_expect_null(m->tables[0].columns[0].value);
        else
            cr_expect_str_eq(m->tables[0].columns[0].value, rows[i].text);
    }
}

Test(mapping_parse, values_keep_their_order_and_null_is_null)
{
    CLEANUP(mapping_free)
    struct mapping *m = parse_column("{'from': 'x', 'values': {'z': 'Z', 'a': null, 'n': 7}, "
                                     "'default': {'value': null}}");
    const struct mapping_column *column = &m->tables[0].columns[0];
    cr_assert_eq(column->value_count, 3);
    cr_expect_str_eq(column->values[0].old_value, "z");
    cr_expect_str_eq(column->values[0].new_value, "Z");
    cr_expect_null(column->values[1].new_value);
    cr_expect_str_eq(column->values[2].new_value, "7");
    cr_expect_eq(column->default_kind, MAPPING_DEFAULT_VALUE);
    cr_expect_null(column->default_value);
}

Test(mapping_parse, generates_a_uuid_from_the_key_or_from_a_column)
{
    CLEANUP(mapping_free) struct mapping *key = parse_column("{'generate': 'uuid'}");
    CLEANUP(mapping_free)
    struct mapping *column =
        parse_column("{'generate': 'uuid', 'from': 'x', 'namespace': 'people'}");
    cr_expect_eq(key->tables[0].columns[0].origin, MAPPING_UUID);
    cr_expect_null(key->tables[0].columns[0].from);
    cr_expect_eq(column->tables[0].columns[0].origin, MAPPING_UUID);
    cr_expect_str_eq(column->tables[0].columns[0].from, "x");
    cr_expect_str_eq(column->tables[0].columns[0].namespace, "people");
}

Test(mapping_parse, rewrites_with_all_maps_or_with_some)
{
    CLEANUP(mapping_free) struct mapping *all = parse_column("{'from': 'x', 'rewrite': 'json'}");
    CLEANUP(mapping_free)
    struct mapping *some = parse_column("{'from': 'x', 'rewrite': 'array', 'ids': ['org']}");
    cr_expect_eq(all->tables[0].columns[0].rewrite, MAPPING_REWRITE_JSON);
    cr_expect_eq(all->tables[0].columns[0].rewrite_id_count, 0);
    cr_expect_eq(some->tables[0].columns[0].rewrite, MAPPING_REWRITE_ARRAY);
    cr_assert_eq(some->tables[0].columns[0].rewrite_id_count, 1);
    cr_expect_eq(some->tables[0].columns[0].rewrite_ids[0], 1);
}

Test(mapping_parse, reads_what_happens_to_rows_that_meet)
{
    CLEANUP(mapping_free)
    struct mapping *m = parse("'tables': [{'from': 't', 'to': {'schema': 's', 'table': 'u'}, "
                              "'on_conflict': {'key': ['a', 'b'], 'do': 'update', 'set': ['c'], "
                              "'children': 'skip'}, 'winner': {'by': 'at', 'dir': 'newest'}, "
                              "'key': ['k'], 'audit': 'self', 'triggers': 'fire'}]");
    const struct mapping_table *table = &m->tables[0];
    cr_expect_str_eq(table->to_schema, "s");
    cr_expect_str_eq(table->to, "u");
    cr_expect(table->has_on_conflict);
    cr_expect_eq(table->conflict, MAPPING_CONFLICT_UPDATE);
    cr_expect_eq(table->conflict_key_count, 2);
    cr_expect_str_eq(table->conflict_set[0], "c");
    cr_expect_eq(table->children, MAPPING_CHILDREN_SKIP);
    cr_expect_str_eq(table->winner_by, "at");
    cr_expect(table->winner_highest);
    cr_expect(table->audit_self);
    cr_expect(table->triggers_fire);
}

Test(mapping_parse, the_winner_is_the_highest_or_the_lowest)
{
    static const struct {
        const char *dir;
        bool highest;
    } rows[] = {{"newest", true}, {"oldest", false}, {"highest", true}, {"lowest", false}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CLEANUP(memory_free_string)
        char *members = memory_printf("'tables': [{'from': 't', 'on_conflict': {'key': ['a']}, "
                                      "'winner': {'by': 'at', 'dir': '%s'}}]",
                                      rows[i].dir);
        CLEANUP(mapping_free) struct mapping *m = parse(members);
        cr_expect_eq(m->tables[0].winner_highest, rows[i].highest, "%s", rows[i].dir);
    }
}

Test(mapping_parse, a_table_may_have_a_time_zone_of_its_own)
{
    CLEANUP(mapping_free)
    struct mapping *m = parse("'timezone': 'Europe/Lisbon', 'tables': [{'from': 'a'}, "
                              "{'from': 'b', 'timezone': 'Asia/Tokyo'}]");
    cr_expect_str_eq(m->timezone, "Europe/Lisbon");
    cr_expect_str_eq(m->tables[0].timezone, "Europe/Lisbon");
    cr_expect_str_eq(m->tables[1].timezone, "Asia/Tokyo");
}

Test(mapping_parse, left_behind_names_source_schema_and_table)
{
    static const char two[] =
        "{\"version\": 1, \"name\": \"n\", \"sources\": {\"app\": {}, \"audit\": {\"schema\": "
        "\"a\"}}, "
        "\"target\": {}, \"tables\": [{\"source\": \"app\", \"from\": \"t\"}], \"left_behind\": "
        "{\"audit/logs\": \"r\", \"app/other.logs\": \"r\", \"audit/x/y\": \"r\", "
        "\"a.b/c\": {\"reason\": \"r\", \"source\": \"app\"}, "
        "\"label\": {\"reason\": \"r\", \"source\": \"audit\", \"schema\": \"s\", \"table\": "
        "\"d.e\"}}}";
    static const struct {
        int source;
        const char *schema, *table;
    } rows[] = {{1, "a", "logs"},
                {0, "other", "logs"},
                {1, "a", "x/y"},
                {0, "public", "a.b/c"},
                {1, "s", "d.e"}};
    CLEANUP(mapping_free) struct mapping *m = NULL;
    struct error err = ERROR_INIT;
    cr_assert(mapping_parse("m", two, strlen(two), &m, &err), "%s", err.text);
    cr_assert_eq(m->left_behind_count, 5);
    for (size_t i = 0; i < 5; i++) {
        cr_expect_eq(m->left_behind[i].source, rows[i].source);
        cr_expect_str_eq(m->left_behind[i].schema, rows[i].schema);
        cr_expect_str_eq(m->left_behind[i].table, rows[i].table);
    }
}

Test(mapping_parse, one_table_may_feed_two_targets)
{
    CLEANUP(mapping_free)
    struct mapping *m = parse("'tables': [{'from': 't', 'to': 'a'}, {'from': 't', 'to': 'b'}]");
    cr_expect_eq(m->table_count, 2);
}

Test(mapping_parse, an_audit_table_of_the_application)
{
    CLEANUP(mapping_free)
    struct mapping *m =
        parse("'audit': {'table': 'log', 'schema': 'x', 'actions': {'merged': 'M'}, 'columns': "
              "{'id': {'event': 'id'}, 'kind': {'value': 'migration'}, 'none': {'value': null}, "
              "'meta': {'event': 'metadata'}}}, 'tables': [{'from': 't'}]");
    cr_expect_str_eq(m->audit.schema, "x");
    cr_expect_str_eq(m->audit.actions[AUDIT_MERGED], "M");
    cr_expect_str_eq(m->audit.actions[AUDIT_MIGRATED], "ROW_MIGRATED");
    cr_assert_eq(m->audit.column_count, 4);
    cr_expect_eq(m->audit.columns[0].field, AUDIT_FIELD_ID);
    cr_expect_eq(m->audit.columns[1].field, AUDIT_FIELD_VALUE);
    cr_expect_str_eq(m->audit.columns[1].value, "migration");
    cr_expect_null(m->audit.columns[2].value);
    cr_expect_eq(m->audit.columns[3].field, AUDIT_FIELD_METADATA);
}
