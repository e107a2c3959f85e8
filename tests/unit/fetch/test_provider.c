/* What is known of providers' APIs, and where a key may go. */
#include "idmigrate/fetch.h"
#include "idmigrate/memory.h"
#include "idmigrate/sql.h"

#include <criterion/criterion.h>
#include <string.h>

Test(fetch_provider, those_that_come_with_the_program_are_whole)
{
    static const char *const names[] = {"workos", "clerk"};
    static const char *const resources[] = {"users", "organizations", "memberships"};
    for (size_t i = 0; i < 2; i++) {
        CLEANUP(fetch_provider_release) struct fetch_provider provider = {.name = NULL};
        struct error err = ERROR_INIT;
        cr_assert(fetch_provider_read(embedded_fetch_json, names[i], &provider, &err), "%s",
                  err.text);
        cr_expect(fetch_check_base_url(provider.base_url, &err), "%s", err.text);
        for (size_t r = 0; r < 3; r++) {
            const struct fetch_resource *resource = fetch_resource_find(&provider, resources[r]);
            cr_assert_not_null(resource, "%s %s", names[i], resources[r]);
            cr_expect_gt(resource->field_count, 0, "%s %s would be kept whole", names[i],
                         resources[r]);
        }
        cr_expect_null(fetch_resource_find(&provider, "secrets"));
    }
}

Test(fetch_provider, keys_tell_their_environment)
{
    CLEANUP(fetch_provider_release) struct fetch_provider provider = {.name = NULL};
    struct error err = ERROR_INIT;
    cr_assert(fetch_provider_read(embedded_fetch_json, "clerk", &provider, &err), "%s", err.text);
    cr_expect_str_eq(fetch_environment_of(&provider, "sk_test_x"), "development");
    cr_expect_str_eq(fetch_environment_of(&provider, "sk_live_x"), "production");
    cr_expect_null(fetch_environment_of(&provider, "sk_"));
}

Test(fetch_provider, names_those_that_there_are)
{
    struct fetch_provider provider;
    struct error err = ERROR_INIT;
    cr_assert_not(fetch_provider_read(embedded_fetch_json, "auth00", &provider, &err));
    cr_expect_eq(err.code, EXIT_USAGE);
    cr_expect_str_eq(err.hint, "known are workos, clerk");
}

Test(fetch_provider, one_that_is_not_whole_is_a_bug)
{
    static const char *const texts[] = {
        "{\"p\": {}}",
        "{\"p\": {\"base_url\": \"https://x\", \"key_variable\": \"K\", \"paging\": {\"query\": "
        "\"q\", \"cursor\": \"c\"}, \"resources\": {\"a\": {\"path\": \"/a\", \"items\": \"\", "
        "\"each\": {\"resource\": \"b\", \"parameter\": \"b\"}}}}}",
        "not JSON"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        CLEANUP(fetch_provider_release) struct fetch_provider provider = {.name = NULL};
        struct error err = ERROR_INIT;
        cr_expect_not(fetch_provider_read(texts[i], "p", &provider, &err), "%s", texts[i]);
        cr_expect_eq(err.code, EXIT_BUG, "%s", texts[i]);
    }
}

Test(fetch_base_url, a_key_goes_in_clear_to_this_machine_only)
{
    static const struct {
        const char *url;
        bool is_good;
    } rows[] = {
        {"https://api.example.com", true},
        {"https://api.example.com:8443/v1/", true},
        {"http://localhost:4300", true},
        {"http://127.0.0.1", true},
        {"http://[::1]:80/v1", true},
        {"HTTP://LOCALHOST", true},
        {"http://example.com", false},
        {"http://localhost.example.com", false},
        {"http://127.0.0.1.example.com", false},
        {"https://user:pass@example.com", false},
        {"http://localhost@example.com", false},
        {"ftp://localhost", false},
        {"https://", false},
        {"https:///path", false},
        {"https://example.com?x=1", false},
        {"https://example.com/#x", false},
        {"api.example.com", false},
        {"", false},
        {"http://[::1", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct error err = ERROR_INIT;
        cr_expect_eq(fetch_check_base_url(rows[i].url, &err), rows[i].is_good, "%s", rows[i].url);
        cr_expect_null(strstr(err.text, "pass"), "%s", err.text);
    }
}
