/* How IDs look. */
#include "maps.h"

#include "idmigrate/sql.h"

#include <string.h>

static struct idmap_formats *
load_formats(const char *extra)
{
    struct idmap_formats *formats = NULL;
    struct error err = ERROR_INIT;
    cr_assert(
        idmap_formats_new(embedded_formats_json, extra, "mapping m.json: /formats", &formats, &err),
        "%s", err.text);
    return formats;
}

Test(idmap_formats, the_built_in_ones_tell_ids_apart)
{
    static const struct {
        const char *format, *id;
        bool matches;
    } rows[] = {
        {"clerk-user", "user_2YDryYFVMM1W1plDDKz7Gzf4we6", true},
        {"clerk-user", "user_01E4ZCR3C56J083X43JQXF3JK5", false},
        {"clerk-user", "user_2YDryYFVMM1W1plDDKz7Gzf4we", false},
        {"clerk-user", "user_2YDryYFVMM1W1plDDKz7Gzf4we66", false},
        {"clerk-user", "user_2YDryYFVMM1W1plDDKz7Gzf4we-", false},
        {"clerk-user", "org_2YDryYFVMM1W1plDDKz7Gzf4we6", false},
        {"workos-user", "user_01E4ZCR3C56J083X43JQXF3JK5", true},
        {"workos-user", "user_01E4ZCR3C56J083X43JQXF3JKI", false}, /* no I, L, O, U */
        {"workos-user", "user_01e4zcr3c56j083x43jqxf3jk5", false},
        {"workos-user", "user_2YDryYFVMM1W1plDDKz7Gzf4we6", false},
        {"auth0-user", "auth0|646f87bb15b536ffce0f9b1b", true},
        {"auth0-user", "auth0|646f87bb15b536ffce0f9b1g", false},
        {"uuid", "68e1e380-d0c1-7028-4256-3361fd833080", true},
        {"uuid", "68E1E380-D0C1-7028-4256-3361FD833080", true},
        {"uuid", "68e1e380d-0c1-7028-4256-3361fd833080", false},
        {"uuid", "68e1e380-d0c1-7028-4256-3361fd83308g", false},
        {"uuid", "------------------------------------", false},
        {"stytch-user", "user-live-16d9ba61-97a1-4ba4-9720-b03761dc50c6", true},
        {"number", "567772", true},
        {"number", "", false},
        {"any", "whatever é", true},
        {"any", "", false},
    };
    CLEANUP(idmap_formats_free) struct idmap_formats *formats = load_formats(NULL);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct idmap_format *format = idmap_format_find(formats, rows[i].format);
        cr_assert_not_null(format, "%s", rows[i].format);
        cr_expect_eq(idmap_format_matches(format, rows[i].id, strlen(rows[i].id)), rows[i].matches,
                     "%s: %s", rows[i].format, rows[i].id);
    }
    cr_expect_null(idmap_format_find(formats, "clerk"));
}

Test(idmap_formats, describe_themselves)
{
    static const struct {
        const char *format, *text;
    } rows[] = {{"clerk-user", "user_ and 27 of base62"},
                {"firebase-user", "28 of base62"},
                {"uuid", "a UUID"},
                {"number", "1 to 20 of digits"},
                {"stytch-user", "user-live- and a UUID"}};
    CLEANUP(idmap_formats_free) struct idmap_formats *formats = load_formats(NULL);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        cr_expect_str_eq(idmap_format_describe(idmap_format_find(formats, rows[i].format)),
                         rows[i].text);
}

Test(idmap_formats, a_mapping_adds_its_own_and_replaces_built_in_ones)
{
    CLEANUP(idmap_formats_free)
    struct idmap_formats *formats =
        load_formats("{\"staff\": {\"prefix\": \"s:\", \"alphabet\": \"slug\", \"min_length\": 1, "
                     "\"max_length\": 9}, "
                     "\"uuid\": {\"alphabet\": \"hex\", \"min_length\": 32, \"max_length\": 32}}");
    cr_expect(idmap_format_matches(idmap_format_find(formats, "staff"), "s:anna-b_2", 10));
    cr_expect(idmap_format_matches(idmap_format_find(formats, "uuid"),
                                   "68e1e380d0c1702842563361fd833080", 32));
    cr_expect_not_null(idmap_format_find(formats, "clerk-user"));
}

Test(idmap_formats, wrong_ones_are_refused)
{
    static const struct {
        const char *json, *text;
    } rows[] = {
        {"[]", "must be an object"},
        {"{\"x\": 1}", "x: must be an object"},
        {"{\"x\": {\"case\": \"lower\"}}", "x: unknown key \"case\""},
        {"{\"x\": {\"prefix\": 1}}", "x: \"prefix\" must be a text"},
        {"{\"x\": {\"min_length\": 1, \"max_length\": 1}}", "x: \"alphabet\" is missing"},
        {"{\"x\": {\"alphabet\": \"base64\"}}", "x: \"alphabet\" is not known"},
        {"{\"x\": {\"alphabet\": \"hex\", \"max_length\": 1}}",
         "x: \"min_length\" must be a number from 1 to 1024"},
        {"{\"x\": {\"alphabet\": \"hex\", \"min_length\": 1, \"max_length\": 1025}}",
         "x: \"max_length\" must be a number from 1 to 1024"},
        {"{\"x\": {\"alphabet\": \"hex\", \"min_length\": 3, \"max_length\": 2}}",
         "x: \"min_length\" is above \"max_length\""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct idmap_formats *formats = NULL;
        struct error err = ERROR_INIT;
        CLEANUP(memory_free_string)
        char *text = memory_printf("mapping m.json: /formats: %s", rows[i].text);
        cr_expect_not(idmap_formats_new(embedded_formats_json, rows[i].json,
                                        "mapping m.json: /formats", &formats, &err));
        cr_expect_eq(err.code, EXIT_INPUT);
        cr_expect_str_eq(err.text, text);
        cr_expect_null(formats);
    }
}

static bool
check(const char *pairs, struct idmap_outside *outside, struct error *err)
{
    CLEANUP(idmap_formats_free)
    struct idmap_formats *formats =
        load_formats("{\"old\": {\"prefix\": \"o\", \"alphabet\": \"digits\", \"min_length\": 1, "
                     "\"max_length\": 3}, \"new\": {\"prefix\": \"n\", \"alphabet\": \"digits\", "
                     "\"min_length\": 1, \"max_length\": 3}}");
    CLEANUP(idmap_free) struct idmap *map = maps_frozen("user", pairs);
    return idmap_check_formats(map, idmap_format_find(formats, "old"),
                               idmap_format_find(formats, "new"), outside, err);
}

Test(idmap_check_formats, counts_ids_out_of_format)
{
    struct idmap_outside outside;
    struct error err = ERROR_INIT;
    cr_assert(check("o1>n1 o2>x2 x3>n3 x4>n4 o5>n5", &outside, &err));
    cr_expect_eq(outside.old_count, 2);
    cr_expect_eq(outside.new_count, 1);
}

Test(idmap_check_formats, refuses_swapped_columns)
{
    struct idmap_outside outside;
    struct error err = ERROR_INIT;
    cr_assert_not(check("n1>o1 n2>o2 o3>n3", &outside, &err));
    cr_expect_eq(err.code, EXIT_INPUT);
    cr_expect_str_eq(err.text, "ID map user: old and new IDs are swapped: 2 of 3 old ones look "
                               "like new ones (n and 1 to 3 of digits)");
}

Test(idmap_check_formats, a_few_swapped_pairs_are_out_of_format_only)
{
    struct idmap_outside outside;
    struct error err = ERROR_INIT;
    cr_assert(check("n1>o1 o2>n2", &outside, &err), "%s", err.text);
    cr_expect_eq(outside.old_count, 1);
    cr_expect_eq(outside.new_count, 1);
}

Test(idmap_check_formats, without_formats_nothing_is_outside)
{
    CLEANUP(idmap_free) struct idmap *map = maps_frozen("user", "a>b");
    struct idmap_outside outside;
    struct error err = ERROR_INIT;
    cr_assert(idmap_check_formats(map, NULL, NULL, &outside, &err));
    cr_expect_eq(outside.old_count + outside.new_count, 0);
    cr_expect_null(outside.old_example);
}
