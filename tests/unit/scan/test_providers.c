/* The vocabularies that come with the program. */
#include "finders.h"

#include "idmigrate/sql.h"

#include <string.h>

Test(scan_providers, knows_words_and_formats)
{
    CLEANUP(scan_provider_release) struct scan_provider provider = {0};
    struct error err = ERROR_INIT;
    cr_assert(scan_provider_read(embedded_providers_json, "clerk", &provider, &err), "%s",
              err.text);
    cr_expect_str_eq(provider.words[0], "clerk");
    cr_expect_str_eq(provider.formats[0], "clerk-user");
    cr_expect_eq(provider.format_count, 2);
}

Test(scan_providers, names_those_that_there_are)
{
    struct scan_provider provider;
    struct error err = ERROR_INIT;
    cr_assert_not(scan_provider_read(embedded_providers_json, "klerk", &provider, &err));
    cr_expect_eq(err.code, EXIT_USAGE);
    cr_expect_not_null(strstr(err.hint, "clerk"), "%s", err.hint);
}

/* Every format that a vocabulary names is one of mappings/formats.json. */
Test(scan_providers, their_formats_are_there)
{
    static const char *const names[] = {"auth0", "clerk",  "descope", "kinde",
                                        "okta",  "stytch", "workos"};
    CLEANUP(finder_release) struct test_finder made = finder_make("", NULL);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        CLEANUP(scan_provider_release) struct scan_provider provider = {0};
        struct error err = ERROR_INIT;
        cr_assert(scan_provider_read(embedded_providers_json, names[i], &provider, &err));
        cr_expect_gt(provider.format_count, 0, "%s", names[i]);
        for (size_t f = 0; f < provider.format_count; f++)
            cr_expect_not_null(idmap_format_find(made.formats, provider.formats[f]), "%s",
                               provider.formats[f]);
    }
}
