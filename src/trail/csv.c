/*
 * CSV as RFC 4180 has it, every cell in quotes, and safe for who opens it in a spreadsheet: a cell
 * that begins with = + - @, a tab or a line end, or their full-width forms, is taken for a formula
 * there (OWASP, "CSV Injection"). Such a cell gets an apostrophe in front, which the manifest
 * counts.
 */
#include "export.h"

#include <string.h>

static bool
is_formula(const char *text)
{
    static const char *const beginnings[] = {"=",  "+",  "-",  "@",  "\t", "\r",
                                             "\n", "＝", "＋", "－", "＠", "'"};
    const char *inner = text + strspn(text, " ");
    for (size_t i = 0; i < sizeof beginnings / sizeof beginnings[0]; i++)
        if (strncmp(inner, beginnings[i], strlen(beginnings[i])) == 0)
            return true;
    return false;
}

static void
add_cell(struct strbuf *out, const char *text, struct trail_manifest *manifest)
{
    strbuf_add_char(out, '"');
    if (is_formula(text)) {
        strbuf_add_char(out, '\'');
        manifest->guarded++;
    }
    for (; *text != '\0'; text++) {
        if (*text == '"')
            strbuf_add_char(out, '"');
        strbuf_add_char(out, *text);
    }
    strbuf_add_char(out, '"');
}

void
trail_csv_header(struct strbuf *out, const struct log_table *table)
{
    const char *before = "";
    for (size_t part = 0; part < LOG_PART_COUNT; part++) {
        if (table->parts[part] == NULL)
            continue;
        strbuf_printf(out, "%s\"%s\"", before, log_part_name((enum log_part)part));
        before = ",";
    }
    strbuf_add_string(out, "\r\n");
}

/* Null is nothing at all, an empty text is two quotes. */
void
trail_csv_render(struct strbuf *out, const struct trail_export *request,
                 const struct trail_event *event, struct trail_manifest *manifest)
{
    const char *before = "";
    for (size_t part = 0; part < LOG_PART_COUNT; part++) {
        if (request->table->parts[part] == NULL)
            continue;
        strbuf_add_string(out, before);
        if (event->parts[part] != NULL)
            add_cell(out, event->parts[part], manifest);
        before = ",";
    }
    strbuf_add_string(out, "\r\n");
}
