/* From camelCase to snake_case. */
#include "idmigrate/mapping.h"
#include "idmigrate/memory.h"

#include <criterion/criterion.h>

static void
assert_snake(const char *name, const char *expected)
{
    CLEANUP(memory_free_string) char *snake = mapping_snake_case(name);
    cr_expect_str_eq(snake, expected, "%s: %s", name, snake);
}

Test(mapping_snake_case, parts_words_at_capital_letters)
{
    assert_snake("clerkUserId", "clerk_user_id");
    assert_snake("scheduleAvailabilities", "schedule_availabilities");
    assert_snake("Users", "users");
}

Test(mapping_snake_case, keeps_abbreviations_together)
{
    assert_snake("URLPath", "url_path");
    assert_snake("userID", "user_id");
    assert_snake("HTTPServerURL", "http_server_url");
    assert_snake("ID", "id");
}

Test(mapping_snake_case, digits_belong_to_the_word_before)
{
    assert_snake("address2Line", "address2_line");
    assert_snake("v2API", "v2_api");
}

Test(mapping_snake_case, leaves_what_is_snake_case_already)
{
    assert_snake("clerk_user_id", "clerk_user_id");
    assert_snake("user_ID", "user_id");
    assert_snake("", "");
    assert_snake("größe", "größe");
    assert_snake("with space", "with space");
}
