/* Names and values inside SQL texts. */
#include "idmigrate/db.h"
#include "idmigrate/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
add_doubled(struct strbuf *sql, const char *text, const char *doubled)
{
    for (const char *c = text; *c != '\0'; c++) {
        if (strchr(doubled, *c) != NULL)
            strbuf_add_char(sql, *c);
        strbuf_add_char(sql, *c);
    }
}

void
db_quote_identifier(struct strbuf *sql, const char *name)
{
    strbuf_add_char(sql, '"');
    add_doubled(sql, name, "\"");
    strbuf_add_char(sql, '"');
}

void
db_quote_name(struct strbuf *sql, const char *schema, const char *name)
{
    db_quote_identifier(sql, schema);
    strbuf_add_char(sql, '.');
    db_quote_identifier(sql, name);
}

void
db_quote_literal(struct strbuf *sql, const char *text)
{
    /* The space keeps the E from joining a word that stands before it. */
    strbuf_add_string(sql, strchr(text, '\\') != NULL ? " E'" : "'");
    add_doubled(sql, text, "'\\");
    strbuf_add_char(sql, '\'');
}

void
db_format_array(struct strbuf *text, const char *const *values, size_t count)
{
    strbuf_add_char(text, '{');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            strbuf_add_char(text, ',');
        if (values[i] == NULL) {
            strbuf_add_string(text, "NULL");
            continue;
        }
        strbuf_add_char(text, '"');
        for (const char *c = values[i]; *c != '\0'; c++) {
            if (*c == '"' || *c == '\\')
                strbuf_add_char(text, '\\');
            strbuf_add_char(text, *c);
        }
        strbuf_add_char(text, '"');
    }
    strbuf_add_char(text, '}');
}

/* Length of the comment, constant or quoted name that starts here, inside which psql replaces
 * nothing; or 0. */
static size_t
opaque_length(const char *text)
{
    if (strncmp(text, "--", 2) == 0)
        return strcspn(text, "\n");
    if (strncmp(text, "/*", 2) == 0) {
        const char *end = strstr(text + 2, "*/");
        return end != NULL ? (size_t)(end - text) + 2 : strlen(text);
    }
    if (*text == '\'' || *text == '"') {
        const char *end = strchr(text + 1, *text);
        return end != NULL ? (size_t)(end - text) + 1 : strlen(text);
    }
    return 0;
}

static const char *
find_value(const char *const *names, const char *name, size_t length)
{
    for (size_t i = 0; names[i] != NULL; i += 2)
        if (strlen(names[i]) == length && memcmp(names[i], name, length) == 0)
            return names[i + 1];
    fprintf(stderr, "idmigrate: bug: no value for the placeholder %.*s\n", (int)length, name);
    abort();
}

void
db_fill(struct strbuf *sql, const char *text, const char *const *names)
{
    for (const char *c = text; *c != '\0';) {
        size_t opaque = opaque_length(c);
        size_t colons = strspn(c, ":");
        if (opaque > 0) {
            strbuf_add(sql, c, opaque);
            c += opaque;
        } else if (colons == 1 && (c[1] == '"' || c[1] == '\'')) {
            const char *name = c + 2;
            size_t length = strcspn(name, c[1] == '"' ? "\"" : "'");
            const char *value = find_value(names, name, length);
            (c[1] == '"' ? db_quote_identifier : db_quote_literal)(sql, value);
            c = name + length + 1;
        } else {
            /* "::" is a cast, also before a quoted type: ::"char". */
            size_t length = colons > 0 ? colons : 1;
            strbuf_add(sql, c, length);
            c += length;
        }
    }
}
