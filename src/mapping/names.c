/* Names: from camelCase to snake_case, and which known name somebody may have meant. */
#include "names.h"

#include "idmigrate/mapping.h"
#include "idmigrate/memory.h"
#include "idmigrate/strbuf.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Longer names are not compared: the work grows with the product of both lengths. */
enum { LONGEST_COMPARED = 63 };

static bool
is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool
is_lower_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* A word begins at an upper-case letter after a lower-case one, and at the last of several
 * upper-case ones: URL|Path. */
static bool
word_begins(const char *name, size_t i)
{
    if (i == 0 || !is_upper(name[i]))
        return false;
    if (is_lower_or_digit(name[i - 1]))
        return true;
    return is_upper(name[i - 1]) && name[i + 1] >= 'a' && name[i + 1] <= 'z';
}

char *
mapping_snake_case(const char *name)
{
    struct strbuf snake = STRBUF_INIT;
    for (size_t i = 0; name[i] != '\0'; i++) {
        if (word_begins(name, i))
            strbuf_add_char(&snake, '_');
        strbuf_add_char(&snake, is_upper(name[i]) ? (char)(name[i] - 'A' + 'a') : name[i]);
    }
    return strbuf_take(&snake);
}

static size_t
least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Edits (insert, remove, replace, swap two neighbours) between two names of at most
 * LONGEST_COMPARED bytes. */
static size_t
edit_distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t rows[3][LONGEST_COMPARED + 1];
    size_t *before = rows[0], *previous = rows[1], *current = rows[2];
    for (size_t j = 0; j <= b_length; j++)
        previous[j] = before[j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        current[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t replaced = previous[j - 1] + (a[i - 1] != b[j - 1]);
            current[j] = least(replaced, least(previous[j], current[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                current[j] = least(current[j], before[j - 2] + 1);
        }
        size_t *oldest = before;
        before = previous;
        previous = current;
        current = oldest;
    }
    return previous[b_length];
}

struct nearest
nearest_begin(const char *wanted)
{
    return (struct nearest){.wanted = wanted, .name = NULL, .distance = SIZE_MAX};
}

void
nearest_consider(struct nearest *nearest, const char *candidate)
{
    if (strlen(nearest->wanted) > LONGEST_COMPARED / 2 || strlen(candidate) > LONGEST_COMPARED / 2)
        return;
    /* Compared in one case, so that onConflict is on_conflict. */
    CLEANUP(memory_free_string) char *a = mapping_snake_case(nearest->wanted);
    CLEANUP(memory_free_string) char *b = mapping_snake_case(candidate);
    size_t a_length = strlen(a), b_length = strlen(b);
    size_t distance = edit_distance(a, a_length, b, b_length);
    size_t longer = a_length > b_length ? a_length : b_length;
    if (distance * 3 > longer || distance >= nearest->distance)
        return;
    nearest->name = candidate;
    nearest->distance = distance;
}
