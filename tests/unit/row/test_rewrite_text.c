/* Replacing IDs in free text. */
#include "fixture.h"

#include <criterion/criterion.h>
#include <string.h>

static void
assert_rewrites(const char *text, const char *expected, int64_t count)
{
    CLEANUP(idmap_free) struct idmap *map = fixture_idmap("people", fixture_people);
    CLEANUP(idmap_matcher_free) struct idmap_matcher *matcher = fixture_matcher(map);
    CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
    int64_t replaced = 100;
    enum row_rewrite_result result = row_rewrite_text(&out, matcher, text, strlen(text), &replaced);
    assert_text(out.data, out.length, expected);
    cr_assert_eq(replaced, 100 + count, "«%s»: %d replaced", text, (int)replaced - 100);
    cr_assert_eq(result, count > 0 ? ROW_REWRITE_CHANGED : ROW_REWRITE_SAME);
}

Test(row_rewrite_text, replaces_every_whole_id)
{
    assert_rewrites("u_bob", "w_b", 1);
    assert_rewrites("u_bob u_ann,u_bob", "w_b w_ANN_longer_than_before,w_b", 3);
    assert_rewrites("https://x/u_bob?a=auth0|12#u_bob", "https://x/w_b?a=w_12#w_b", 3);
    assert_rewrites("", "", 0);
    assert_rewrites("nobody", "nobody", 0);
}

Test(row_rewrite_text, leaves_ids_that_are_part_of_a_word)
{
    assert_rewrites("xu_bob u_bobx u_bob1 1u_bob _u_bob u_bob_",
                    "xu_bob u_bobx u_bob1 1u_bob _u_bob u_bob_", 0);
    assert_rewrites("u_bobu_bob", "u_bobu_bob", 0);
}

Test(row_rewrite_text, letters_of_other_scripts_are_letters)
{
    assert_rewrites("éu_bob", "éu_bob", 0);
    assert_rewrites("u_bobя", "u_bobя", 0);
    assert_rewrites("中u_bob", "中u_bob", 0);
    assert_rewrites("u_bob٣", "u_bob٣", 0);
    assert_rewrites("u_bob𝒜", "u_bob𝒜", 0);
}

Test(row_rewrite_text, emoji_and_punctuation_are_none)
{
    assert_rewrites("🙂u_bob🙂", "🙂w_b🙂", 1);
    assert_rewrites("«u_bob»—u_bob…", "«w_b»—w_b…", 2);
    assert_rewrites("\tu_bob\n(u_bob)-u_bob.", "\tw_b\n(w_b)-w_b.", 3);
}

Test(row_rewrite_text, bytes_that_are_no_text_stay)
{
    assert_rewrites("\xff\xfeu_bob\x80", "\xff\xfew_b\x80", 1);
}

Test(row_rewrite_text, a_map_of_ids_to_themselves_changes_nothing)
{
    const char *const pairs[] = {"u_ann", "u_ann", "u_bob", "u_bob", NULL};
    CLEANUP(idmap_free) struct idmap *map = fixture_idmap("same", pairs);
    CLEANUP(idmap_matcher_free) struct idmap_matcher *matcher = fixture_matcher(map);
    CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
    int64_t replaced = 0;
    cr_assert_eq(row_rewrite_text(&out, matcher, "u_ann u_bob", 11, &replaced), ROW_REWRITE_SAME);
    assert_text(out.data, out.length, "u_ann u_bob");
    cr_assert_eq(replaced, 0);
}
