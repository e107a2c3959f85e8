/* Words of a provider. */
#include "finders.h"

#include <stdio.h>
#include <string.h>

static void
assert_words(const char *text, const char *expected)
{
    static const char *const list[] = {"clerk", "@clerk/", "better-auth"};
    CLEANUP(scan_words_free) struct scan_words *words = scan_words_new(list, 3);
    char found[256] = "";
    size_t used = 0, start, length, from = 0;
    const char *word;
    while (scan_words_find(words, text, strlen(text), from, &start, &length, &word)) {
        used += (size_t)snprintf(found + used, sizeof found - used, "%s%s@%zu", used > 0 ? " " : "",
                                 word, start);
        from = start + length;
    }
    cr_expect_str_eq(found, expected, "«%s»: «%s»", text, found);
}

Test(scan_words, finds_words_in_any_case)
{
    assert_words("Clerk, CLERK and clerk.", "clerk@0 clerk@7 clerk@17");
    assert_words("clerk's", "clerk@0");
}

Test(scan_words, finds_parts_of_names_as_programmers_write_them)
{
    assert_words("clerkUserId useClerk getClerkUser", "clerk@0 clerk@15 clerk@24");
    assert_words("clerk_user_id CLERK_SECRET_KEY next_public_clerk_key",
                 "clerk@0 clerk@14 clerk@43");
    assert_words("clerk2 CLERKUser 2clerk", "clerk@0 clerk@7 clerk@18");
    assert_words("clerk-js https://x.clerk.dev", "clerk@0 clerk@19");
}

Test(scan_words, passes_over_other_words)
{
    assert_words("clerkship clerks CLERKS MYCLERK myclerk Clerkenwell éclerk clerké", "");
}

Test(scan_words, takes_the_longest)
{
    assert_words("import x from '@clerk/nextjs'", "@clerk/@15");
    assert_words("better-auth Better-Auth", "better-auth@0 better-auth@12");
}
