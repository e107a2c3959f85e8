/* Texts inside HTML and XML. */
#include "markup.h"

#include "grid.h"
#include "idmigrate/memory.h"
#include "idmigrate/utf8.h"

#include <stdbool.h>
#include <string.h>

static const char replacement[] = "\xEF\xBF\xBD"; /* U+FFFD */

static const char *
entity_of(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

static void
add_escaped(struct strbuf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        const char *entity = entity_of(*text);
        if (entity != NULL)
            strbuf_add_string(out, entity);
        else
            strbuf_add_char(out, *text);
    }
}

/* U+FFFE and U+FFFF are well-formed UTF-8 and no characters. */
static void
add_characters(struct strbuf *clean, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        bool is_none = length - i >= 3 && (memcmp(text + i, "\xEF\xBF\xBE", 3) == 0 ||
                                           memcmp(text + i, "\xEF\xBF\xBF", 3) == 0);
        if (is_none)
            strbuf_add_string(clean, replacement);
        else
            strbuf_add_char(clean, text[i]);
        i += is_none ? 2 : 0;
    }
}

static void
make_valid(struct strbuf *clean, const char *text)
{
    size_t left = strlen(text);
    while (left > 0) {
        size_t valid = utf8_valid_length(text, left);
        bool has_fault = valid < left;
        add_characters(clean, text, valid);
        strbuf_add_string(clean, has_fault ? replacement : "");
        text += valid + has_fault;
        left -= valid + has_fault;
    }
}

void
markup_add(struct strbuf *out, const char *text)
{
    CLEANUP(strbuf_release) struct strbuf clean = STRBUF_INIT;
    CLEANUP(strbuf_release) struct strbuf visible = STRBUF_INIT;
    if (text == NULL)
        return;
    make_valid(&clean, text);
    report_add_data(&visible, clean.data);
    add_escaped(out, visible.data);
}

void
markup_add_lines(struct strbuf *out, const char *text)
{
    while (text != NULL && *text != '\0') {
        size_t length = strcspn(text, "\n");
        CLEANUP(memory_free_string) char *line = memory_strndup(text, length);
        size_t carriage = length > 0 && line[length - 1] == '\r' ? length - 1 : length;
        line[carriage] = '\0';
        markup_add(out, line);
        text += length;
        if (*text == '\n') {
            strbuf_add_char(out, '\n');
            text++;
        }
    }
}

void
markup_add_attribute(struct strbuf *out, const char *name, const char *value)
{
    strbuf_printf(out, " %s=\"", name);
    markup_add(out, value);
    strbuf_add_char(out, '"');
}
