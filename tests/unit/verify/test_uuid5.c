/* UUIDs made from names. */
#include "uuid5.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <uuid.h>

static void
assert_made(const char *space_text, const char *name, const char *expected)
{
    struct uuid space;
    char text[UUID_TEXT_SIZE];
    cr_assert_eq(uuid_parse(space_text, space.bytes), 0);
    struct uuid made = uuid5_make(&space, span_of(name));
    uuid5_format(&made, text);
    cr_assert_str_eq(text, expected);
}

Test(verify_uuid5, gives_the_published_example)
{
    /* RFC 9562, appendix A.4 */
    assert_made("6ba7b810-9dad-11d1-80b4-00c04fd430c8", "www.example.com",
                "2ed6657d-e927-568b-95e1-2665a8aea6a2");
}

Test(verify_uuid5, agrees_with_the_library_that_the_writer_uses)
{
    struct uuid space = uuid5_namespace("meetings");
    for (int i = 0; i < 1000; i++) {
        char name[16], mine[UUID_TEXT_SIZE], theirs[UUID_STR_LEN];
        uuid_t made;
        snprintf(name, sizeof name, "%d", i * i);
        struct uuid uuid = uuid5_make(&space, span_of(name));
        uuid5_format(&uuid, mine);
        uuid_generate_sha1(made, space.bytes, name, strlen(name));
        uuid_unparse_lower(made, theirs);
        cr_assert_str_eq(mine, theirs);
    }
}
