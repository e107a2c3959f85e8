/* Values as providers write them: texts with white space around, times in three ways, lists in
 * four. */
#include "extract.h"

#include "idmigrate/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

static bool
is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* A dashboard puts a tab in front of what a spreadsheet would take for a formula. */
struct provider_text
value_trim(const char *text, size_t length)
{
    while (length > 0 && is_space(text[length - 1]))
        length--;
    while (length > 0 && is_space(*text)) {
        text++;
        length--;
    }
    return (struct provider_text){length > 0 ? text : NULL, length};
}

struct provider_text
value_text(const json_t *value, char digits[24])
{
    if (json_is_string(value))
        return value_trim(json_string_value(value), json_string_length(value));
    if (!json_is_integer(value))
        return (struct provider_text){NULL, 0};
    int length = snprintf(digits, 24, "%lld", (long long)json_integer_value(value));
    return (struct provider_text){digits, (size_t)length};
}

bool
value_is_true(const json_t *value)
{
    char digits[24];
    if (json_is_boolean(value))
        return json_is_true(value);
    struct provider_text text = value_text(value, digits);
    return (text.length == 4 && strncasecmp(text.text, "true", 4) == 0) ||
           (text.length == 3 && strncasecmp(text.text, "yes", 3) == 0) ||
           (text.length == 1 && text.text[0] == '1');
}

/* "2026-02-18T12:39:14.250Z", "2026-02-18 12:39:14+01:00"; without a zone it is UTC. */
static int64_t
parse_time(const char *text)
{
    struct tm tm = {.tm_isdst = 0};
    const char *rest = strptime(text, "%Y-%m-%d", &tm);
    int64_t milliseconds = 0, scale = 100, zone = 0;
    if (rest == NULL || (*rest != 'T' && *rest != ' '))
        return 0;
    rest = strptime(rest + 1, "%H:%M:%S", &tm);
    if (rest == NULL)
        return 0;
    if (*rest == '.')
        for (rest++; *rest >= '0' && *rest <= '9'; rest++, scale /= 10)
            milliseconds += (*rest - '0') * scale;
    if (*rest == '+' || *rest == '-') {
        char *end;
        long hours = strtol(rest + 1, &end, 10);
        long minutes = *end == ':' ? strtol(end + 1, NULL, 10) : 0;
        if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59)
            return 0;
        zone = (hours * 60 + minutes) * (*rest == '+' ? 60 : -60);
    }
    return ((int64_t)timegm(&tm) - zone) * 1000 + milliseconds;
}

int64_t
value_time(const json_t *value)
{
    /* Seconds reach this number in the year 5138, milliseconds had it in 1973. */
    static const json_int_t least_milliseconds = 100000000000;
    /* The year 9999. */
    static const json_int_t most_milliseconds = 253402300799999;
    if (json_is_string(value))
        return parse_time(json_string_value(value));
    json_int_t number = json_is_integer(value) ? json_integer_value(value)
                        : json_is_real(value) && json_real_value(value) > 0 &&
                                json_real_value(value) < (double)most_milliseconds
                            ? (json_int_t)json_real_value(value)
                            : 0;
    if (number <= 0 || number > most_milliseconds)
        return 0;
    return number < least_milliseconds ? number * 1000 : number;
}

static void
cut(struct extract *extract, const char *text, const char *separators, value_each *call, bool flag)
{
    for (;;) {
        size_t length = strcspn(text, separators);
        struct provider_text part = value_trim(text, length);
        if (part.text != NULL)
            call(extract, part.text, part.length, flag);
        if (text[length] == '\0')
            return;
        text += length + 1;
    }
}

static void
each_element(struct extract *extract, const json_t *array, value_each *call, bool flag)
{
    for (size_t i = 0; i < json_array_size(array); i++) {
        const json_t *element = json_array_get(array, i);
        if (!json_is_string(element))
            continue;
        struct provider_text part =
            value_trim(json_string_value(element), json_string_length(element));
        if (part.text != NULL)
            call(extract, part.text, part.length, flag);
    }
}

void
value_for_each(struct extract *extract, const json_t *value, const char *separators,
               value_each *call, bool flag)
{
    if (json_is_array(value)) {
        each_element(extract, value, call, flag);
        return;
    }
    if (!json_is_string(value))
        return;
    struct provider_text text = value_trim(json_string_value(value), json_string_length(value));
    if (text.text == NULL)
        return;
    if (*text.text == '[') {
        json_t *array = json_loadb(text.text, text.length, 0, NULL);
        if (array != NULL) {
            *ARRAY_ADD(extract->owned, extract->owned_count, extract->owned_capacity) = array;
            each_element(extract, array, call, flag);
            return;
        }
    }
    cut(extract, text.text, separators, call, flag);
}
