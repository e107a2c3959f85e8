/* Valid UTF-8, and where words begin and end. */
#include "idmigrate/utf8.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

Test(utf8, accepts_every_valid_length)
{
    static const char text[] = "a\0\x7f é ß € \xED\x9F\xBF \xEE\x80\x80 😀 \xF4\x8F\xBF\xBF";
    cr_expect_eq(utf8_valid_length(text, sizeof text - 1), sizeof text - 1);
    cr_expect_eq(utf8_valid_length("", 0), 0);
}

Test(utf8, finds_the_first_wrong_byte)
{
    static const struct {
        const char *text;
        size_t offset;
    } cases[] = {
        {"ab\xFF", 2},
        {"ab\x80", 2},    /* a continuation without a start */
        {"é\xC3", 2},     /* cut off */
        {"\xC3(", 0},     /* no continuation */
        {"x\xC0\xAF", 1}, /* overlong */
        {"x\xC1\xBF", 1},
        {"x\xE0\x80\x80", 1},     /* overlong */
        {"x\xF0\x80\x80\x80", 1}, /* overlong */
        {"x\xED\xA0\x80", 1},     /* surrogate */
        {"x\xF4\x90\x80\x80", 1}, /* above U+10FFFF */
        {"x\xF8\x88\x80\x80\x80", 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        cr_expect_eq(utf8_valid_length(cases[i].text, strlen(cases[i].text)), cases[i].offset,
                     "case %zu", i);
}

static void
assert_ends(const char *before, bool is_word)
{
    char text[64];
    snprintf(text, sizeof text, "%sID", before);
    cr_expect_eq(utf8_word_ends_at(text, strlen(before)), is_word, "after '%s'", before);
}

static void
assert_starts(const char *after, bool is_word)
{
    char text[64];
    snprintf(text, sizeof text, "ID%s", after);
    cr_expect_eq(utf8_word_starts_at(text, strlen(text), 2), is_word, "before '%s'", after);
}

Test(utf8, letters_digits_and_underscores_of_any_script_make_words)
{
    static const char *const words[] = {"a", "Z", "0", "9", "_", "é", "ß", "я", "字", "٣", "𝒳"};
    static const char *const others[] = {"",   " ", "-", ".", "/",  "\"",   ":",
                                         "\n", "–", "€", "😀", "。", "\xFF", "\x80"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        assert_ends(words[i], true);
        assert_starts(words[i], true);
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_ends(others[i], false);
        assert_starts(others[i], false);
    }
}

Test(utf8, looks_at_the_neighbour_only)
{
    assert_ends("é ", false);
    assert_ends(" é", true);
    assert_ends("a\x80", false);
    assert_ends("\xC3", false);
    assert_starts(" é", false);
    assert_starts("\xC3", false);
}

Test(utf8, ends_of_the_text_are_no_words)
{
    cr_expect_not(utf8_word_ends_at("abc", 0));
    cr_expect_not(utf8_word_starts_at("abc", 3, 3));
    cr_expect_not(utf8_word_starts_at("ab\xC3\xA9", 3, 2), "a character cut off by the end");
}

static void
assert_hidden(const char *text, size_t length, uint32_t expected)
{
    uint32_t character = 0;
    cr_expect_eq(utf8_hidden_length(text, &character), length, "'%s'", text);
    if (length > 0)
        cr_expect_eq(character, expected);
}

Test(utf8, knows_what_does_not_show_as_itself)
{
    assert_hidden("\033[31m", 1, 0x1B);
    assert_hidden("\x7F", 1, 0x7F);
    assert_hidden("\xC2\x9B"
                  "31m",
                  2, 0x9B);
    assert_hidden("\xE2\x80\xAE"
                  "abc",
                  3, 0x202E);
    assert_hidden("\xE2\x81\xA6", 3, 0x2066);
    assert_hidden("\xE2\x80\x8B", 3, 0x200B);
    assert_hidden("\xEF\xBB\xBF", 3, 0xFEFF);
    assert_hidden("\xF3\xA0\x81\x81", 4, 0xE0041);
}

Test(utf8, shows_letters_of_any_script_and_bytes_that_are_none)
{
    static const char *const texts[] = {
        "", "a", " ", "\xC3\xA9", "\xD7\x90", "\xE2\x80\x8D", "\xFF", "\xE2\x80"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_hidden(texts[i], 0, 0);
}
