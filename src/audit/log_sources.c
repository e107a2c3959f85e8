/*
 * The functions around the log as the program would install them.
 *
 * They are taken out of the script itself, so that what is compared is what is installed: the body
 * between the dollar quotes is what the server keeps as a function's source.
 */
#include "idmigrate/memory.h"
#include "log.h"

#include <stdlib.h>
#include <string.h>

static const char create[] = "CREATE OR REPLACE FUNCTION ";

static char *
copy_without_quotes(const char *text, size_t length)
{
    struct strbuf name = STRBUF_INIT;
    for (size_t i = 0; i < length; i++)
        if (text[i] != '"')
            strbuf_add_char(&name, text[i]);
    return strbuf_take(&name);
}

/* Where the body begins and how long it is; NULL at the end. */
static const char *
find_body(const char *from, size_t *length)
{
    const char *as = strstr(from, "AS $");
    if (as == NULL)
        return NULL;
    const char *quote = as + strlen("AS ");
    size_t size = strcspn(quote + 1, "$") + 2;
    CLEANUP(memory_free_string) char *mark = memory_strndup(quote, size);
    const char *body = quote + size, *end = strstr(body, mark);
    *length = end != NULL ? (size_t)(end - body) : 0;
    return end != NULL ? body : NULL;
}

void
log_sources_read(struct log_sources *sources, const struct audit_log_state *state)
{
    CLEANUP(strbuf_release) struct strbuf script = STRBUF_INIT;
    size_t length;
    *sources = (struct log_sources){0};
    audit_log_write_sql(state, &script);
    for (const char *at = strstr(script.data, create); at != NULL; at = strstr(at, create)) {
        at += strlen(create);
        const char *body = find_body(at, &length);
        if (body == NULL)
            break;
        sources->items =
            memory_realloc_array(sources->items, sources->count + 1, sizeof *sources->items);
        sources->items[sources->count++] =
            (struct log_source){.name = copy_without_quotes(at, strcspn(at, "(")),
                                .source = memory_strndup(body, length)};
        at = body + length;
    }
}

void
log_sources_release(struct log_sources *sources)
{
    for (size_t i = 0; i < sources->count; i++) {
        free(sources->items[i].name);
        free(sources->items[i].source);
    }
    free(sources->items);
    *sources = (struct log_sources){0};
}
