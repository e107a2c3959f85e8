/*
 * Personal data by its look: an e-mail address where audit events hold nothing but IDs and digests.
 * Some providers' IDs are addresses; one that an ID map knows is an ID.
 */
#include "events.h"

#include <ctype.h>
#include <string.h>

static bool
is_of_name(char c)
{
    return isalnum((unsigned char)c) || (c != '\0' && strchr("._%+-", c) != NULL);
}

static bool
is_of_host(char c)
{
    return isalnum((unsigned char)c) || c == '-' || c == '.';
}

/* The address around the '@' at `at`; false when it is none: name@host.xy */
static bool
find_address(struct span text, size_t at, struct span *address)
{
    size_t start = at, end = at + 1, dot = 0;
    while (start > 0 && is_of_name(text.data[start - 1]))
        start--;
    for (; end < text.length && is_of_host(text.data[end]); end++)
        if (text.data[end] == '.')
            dot = end;
    *address = (struct span){.data = text.data + start, .length = end - start};
    return start < at && dot > at + 1 && end - dot > 2;
}

static bool
is_known_id(const struct pairs_list *maps, struct span address)
{
    struct span new_id;
    for (size_t i = 0; i < maps->count; i++)
        if (pairs_find(&maps->maps[i], address, &new_id) != PAIRS_NONE)
            return true;
    return false;
}

bool
personal_is_in(const struct pairs_list *maps, struct span text)
{
    struct span address;
    const char *at = text.data;
    while (at != NULL && (at = memchr(at, '@', text.length - (size_t)(at - text.data))) != NULL) {
        if (find_address(text, (size_t)(at - text.data), &address) && !is_known_id(maps, address))
            return true;
        at++;
    }
    return false;
}

void
personal_note(struct work *work, struct span line)
{
    if (line.data != NULL && memchr(line.data, '@', line.length) != NULL)
        work->events.personal += personal_is_in(&work->v->maps, line);
}

void
personal_judge(struct work *work)
{
    if (work->events.personal == 0)
        return;
    check_difference_text(&work->audit_check, SPAN_NULL, "personal data", "no e-mail address",
                          work->events.personal == 1 ? "1 event with one" : "events with one");
    work->audit_check.found += work->events.personal - 1;
}
