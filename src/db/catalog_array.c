/* Array values as the server writes them. */
#include "catalog_read.h"
#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

/* One element, from `c` to the delimiter behind it, which is returned. */
static const char *
parse_element(const char *c, char **element)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
    bool is_quoted = *c == '"';
    c += is_quoted;
    while (*c != '\0' && (is_quoted ? *c != '"' : *c != ',' && *c != '}')) {
        if (*c == '\\' && c[1] != '\0')
            c++;
        strbuf_add_char(&text, *c++);
    }
    *element = !is_quoted && strcmp(text.data, "NULL") == 0 ? NULL : strbuf_take(&text);
    return c + (is_quoted && *c == '"');
}

char **
catalog_parse_array(const char *text, size_t *count)
{
    char **elements = NULL;
    size_t capacity = 0;
    *count = 0;
    if (text == NULL || text[0] != '{' || text[1] == '}')
        return NULL;
    const char *c = text;
    do
        c = parse_element(c + 1, ARRAY_ADD(elements, *count, capacity));
    while (*c == ',');
    return elements;
}

void
catalog_free_texts(char **texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(texts[i]);
    free(texts);
}
