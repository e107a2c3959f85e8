/* Old and new IDs of an event. */
#include "document.h"

#include <criterion/criterion.h>

static bool
same(const char *a, const char *b)
{
    return digest_equal(document_digest(span_of(a)), document_digest(span_of(b)));
}

Test(verify_document, does_not_care_for_order_and_white_space)
{
    cr_assert(same("{\"a\": \"1\", \"b\": null}", "{\"b\":null,\"a\":\"1\"}"));
    cr_assert(same("{}", ""));
}

Test(verify_document, cares_for_everything_else)
{
    cr_assert_not(same("{\"a\": \"1\"}", "{\"a\": \"2\"}"));
    cr_assert_not(same("{\"a\": \"1\"}", "{\"b\": \"1\"}"));
    cr_assert_not(same("{\"a\": null}", "{\"a\": \"null\"}"));
    cr_assert_not(same("{\"a\": null}", "{}"));
    cr_assert_not(same("{\"a\": \"\"}", "{\"a\": null}"));
    cr_assert_not(same("{\"a\": \"1\", \"b\": \"2\"}", "{\"a\": \"2\", \"b\": \"1\"}"));
}

Test(verify_document, reads_escapes)
{
    struct digest expected =
        document_member_digest(span_digest(span_of("a\"b")), span_of("\t\\\"\001"));
    cr_assert(
        digest_equal(document_digest(span_of("{\"a\\\"b\": \"\\t\\\\\\\"\\u0001\"}")), expected));
}

Test(verify_document, survives_what_is_no_document)
{
    static const char *const texts[] = {
        "\"", "{\"a", "{\"a\": ", "{\"a\": \"\\", "[1, 2]", "{\"a\": {\"b\": 1}}"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        document_digest(span_of(texts[i]));
}
