/*
 * Words of a provider in text. What a programmer reads as one word ends at a blank, a sign or '_',
 * and where the case changes: useClerk, clerkUserId, CLERKUser.
 */
#include "idmigrate/scan.h"

#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct scan_words {
    char **words;
    size_t *lengths;
    size_t count;
    bool starts[256];
};

static bool
is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool
is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

/* Letters of other scripts go on with a word; digits and '_' end it, since clerk_id and clerk2 are
 * made of it. */
static bool
is_letter(char c)
{
    return is_lower(c) || is_upper(c) || (unsigned char)c >= 0x80;
}

static int
compare_lengths(const void *a, const void *b)
{
    const char *const *left = a, *const *right = b;
    size_t x = strlen(*left), y = strlen(*right);
    return (x < y) - (x > y);
}

struct scan_words *
scan_words_new(const char *const *words, size_t count)
{
    struct scan_words *made = memory_zalloc(sizeof *made);
    made->words = memory_zalloc((count + 1) * sizeof *made->words);
    made->lengths = memory_zalloc((count + 1) * sizeof *made->lengths);
    for (size_t i = 0; i < count; i++)
        if (words[i][0] != '\0')
            made->words[made->count++] = memory_strdup(words[i]);
    qsort(made->words, made->count, sizeof *made->words, compare_lengths);
    for (size_t i = 0; i < made->count; i++) {
        char first = made->words[i][0];
        made->lengths[i] = strlen(made->words[i]);
        made->starts[(unsigned char)first] = true;
        if (is_lower(first) || is_upper(first))
            made->starts[(unsigned char)(first ^ ' ')] = true;
    }
    return made;
}

void
scan_words_free(struct scan_words **words)
{
    struct scan_words *old = *words;
    if (old == NULL)
        return;
    *words = NULL;
    for (size_t i = 0; i < old->count; i++)
        free(old->words[i]);
    free(old->words);
    free(old->lengths);
    free(old);
}

static bool
begins_there(const char *text, size_t at)
{
    if (at == 0 || !is_letter(text[at]) || !is_letter(text[at - 1]))
        return true;
    return is_lower(text[at - 1]) && is_upper(text[at]);
}

/* "CLERKUser" is CLERK and User; "CLERKS" is another word. */
static bool
ends_there(const char *text, size_t length, size_t end)
{
    if (end == length || !is_letter(text[end]) || !is_letter(text[end - 1]))
        return true;
    if (!is_upper(text[end]))
        return false;
    return is_lower(text[end - 1]) || (end + 1 < length && is_lower(text[end + 1]));
}

static bool
find_at(const struct scan_words *words, const char *text, size_t length, size_t at, size_t *found)
{
    for (size_t i = 0; i < words->count; i++)
        if (words->lengths[i] <= length - at &&
            strncasecmp(text + at, words->words[i], words->lengths[i]) == 0 &&
            begins_there(text, at) && ends_there(text, length, at + words->lengths[i])) {
            *found = i;
            return true;
        }
    return false;
}

bool
scan_words_find(const struct scan_words *words, const char *text, size_t length, size_t from,
                size_t *start, size_t *found_length, const char **word)
{
    size_t found;
    for (size_t at = from; at < length; at++)
        if (words->starts[(unsigned char)text[at]] && find_at(words, text, length, at, &found)) {
            *start = at;
            *found_length = words->lengths[found];
            *word = words->words[found];
            return true;
        }
    return false;
}
