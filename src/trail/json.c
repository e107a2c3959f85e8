/* An event as JSON. Columns that are JSON go in as they are: their numbers keep their digits. */
#include "idmigrate/trail.h"

#include <string.h>

void
trail_add_json_string(struct strbuf *json, const char *text)
{
    strbuf_add_char(json, '"');
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\') {
            strbuf_add_char(json, '\\');
            strbuf_add_char(json, (char)c);
        } else if (c < ' ') {
            strbuf_printf(json, "\\u%04x", (unsigned)c);
        } else {
            strbuf_add_char(json, (char)c);
        }
    }
    strbuf_add_char(json, '"');
}

/* What is JSON, or a number, already. */
static bool
is_json(const char *type)
{
    static const char *const types[] = {"json", "jsonb", "smallint", "integer", "bigint"};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (strcmp(types[i], type) == 0)
            return true;
    return false;
}

/* The type json keeps line ends as they were written; an event is one line. */
static void
add_raw(struct strbuf *json, const char *text)
{
    for (; *text != '\0'; text++)
        strbuf_add_char(json, *text == '\n' || *text == '\r' ? ' ' : *text);
}

void
trail_add_json(struct strbuf *json, const struct log_table *table, const struct trail_event *event)
{
    const char *before = "{";
    for (size_t part = 0; part < LOG_PART_COUNT; part++) {
        const struct log_column *column = table->parts[part];
        if (column == NULL)
            continue;
        strbuf_add_string(json, before);
        trail_add_json_string(json, log_part_name((enum log_part)part));
        strbuf_add_char(json, ':');
        if (event->parts[part] == NULL)
            strbuf_add_string(json, "null");
        else if (part != LOG_ID && is_json(column->type))
            add_raw(json, event->parts[part]);
        else
            trail_add_json_string(json, event->parts[part]);
        before = ",";
    }
    strbuf_add_char(json, '}');
}
