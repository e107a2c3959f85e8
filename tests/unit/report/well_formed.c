/* Whether markup is well-formed, more strictly than a browser is. */
#include "well_formed.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <string.h>

enum { DEEPEST = 64, LONGEST = 32 };

struct reader {
    const char *at;
    char open[DEEPEST][LONGEST];
    size_t depth;
    const char *fault;
};

static bool
fail(struct reader *reader, const char *what)
{
    reader->fault = what;
    return false;
}

/* Not with strspn(): AddressSanitizer then looks at all that follows, each time. */
static bool
read_name(struct reader *reader, char name[LONGEST])
{
    size_t length = 0;
    while (isalnum((unsigned char)reader->at[length]) || reader->at[length] == '-')
        length++;
    if (length == 0 || length >= LONGEST)
        return fail(reader, "no name");
    memcpy(name, reader->at, length);
    name[length] = '\0';
    reader->at += length;
    return true;
}

/* Of content or a value: an entity that both XML and HTML know, or a character that may stand
 * there. */
static bool
read_character(struct reader *reader)
{
    static const char *const entities[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
    if ((unsigned char)*reader->at < 0x20 && *reader->at != '\n')
        return fail(reader, "control character");
    if (*reader->at != '&') {
        reader->at++;
        return true;
    }
    for (size_t i = 0; i < sizeof entities / sizeof entities[0]; i++)
        if (strncmp(reader->at, entities[i], strlen(entities[i])) == 0) {
            reader->at += strlen(entities[i]);
            return true;
        }
    return fail(reader, "bare &");
}

static bool
read_attribute(struct reader *reader)
{
    char name[LONGEST];
    if (!read_name(reader, name))
        return false;
    if (strncmp(reader->at, "=\"", 2) != 0)
        return fail(reader, "attribute without a quoted value");
    reader->at += 2;
    while (*reader->at != '"')
        if (*reader->at == '\0' || *reader->at == '<' || !read_character(reader))
            return fail(reader, "value that does not end");
    reader->at++;
    return true;
}

static bool
read_end_tag(struct reader *reader)
{
    char name[LONGEST];
    reader->at += 2;
    if (!read_name(reader, name) || *reader->at++ != '>')
        return fail(reader, "end tag");
    if (reader->depth == 0 || strcmp(reader->open[reader->depth - 1], name) != 0)
        return fail(reader, "end tag of what is not open");
    reader->depth--;
    return true;
}

/* Style sheets are not looked into. */
static bool
read_start_tag(struct reader *reader)
{
    char name[LONGEST];
    reader->at++;
    if (!read_name(reader, name))
        return false;
    while (*reader->at == ' ' || *reader->at == '\n') {
        reader->at++;
        if (!read_attribute(reader))
            return false;
    }
    bool is_empty = *reader->at == '/' || strcmp(name, "meta") == 0;
    reader->at += *reader->at == '/';
    if (*reader->at++ != '>' || reader->depth == DEEPEST)
        return fail(reader, "start tag");
    if (!is_empty)
        memcpy(reader->open[reader->depth++], name, LONGEST);
    if (strcmp(name, "style") == 0)
        reader->at = strstr(reader->at, "</style>");
    return true;
}

static bool
read_one(struct reader *reader)
{
    if (strncmp(reader->at, "</", 2) == 0)
        return read_end_tag(reader);
    if (strncmp(reader->at, "<?xml ", 6) == 0 || strncmp(reader->at, "<!DOCTYPE ", 10) == 0) {
        reader->at = strchr(reader->at, '>') + 1;
        return true;
    }
    return *reader->at == '<' ? read_start_tag(reader) : read_character(reader);
}

void
assert_well_formed(const struct strbuf *markup)
{
    struct reader reader = {.at = markup->data};
    cr_assert_eq(strlen(markup->data), markup->length);
    while (*reader.at != '\0')
        if (!read_one(&reader))
            cr_assert_fail("%s: %.60s", reader.fault, reader.at);
    cr_expect_eq(reader.depth, 0, "what was opened is not closed");
}
