/* What pages are made of. */
#include "html.h"

#include "markup.h"

#include "idmigrate/clock.h"

#include <string.h>

void
html_section(struct strbuf *out, const char *id, const char *title, const char *note)
{
    strbuf_printf(out, "<section aria-labelledby=\"%s\">\n<h2 id=\"%s\">", id, id);
    markup_add(out, title);
    strbuf_add_string(out, "</h2>\n");
    if (note != NULL)
        html_paragraph(out, "note", note);
}

void
html_section_end(struct strbuf *out)
{
    strbuf_add_string(out, "</section>\n");
}

void
html_heading(struct strbuf *out, const char *title)
{
    strbuf_add_string(out, "<h3>");
    markup_add(out, title);
    strbuf_add_string(out, "</h3>\n");
}

void
html_paragraph(struct strbuf *out, const char *class, const char *text)
{
    strbuf_printf(out, class != NULL ? "<p class=\"%s\">" : "<p>", class);
    markup_add(out, text);
    strbuf_add_string(out, "</p>\n");
}

static void
add_fact(struct strbuf *out, const char *term, const char *text, bool is_code)
{
    if (text == NULL || text[0] == '\0')
        return;
    strbuf_add_string(out, "<dt>");
    markup_add(out, term);
    strbuf_add_string(out, is_code ? "</dt><dd><code>" : "</dt><dd>");
    markup_add(out, text);
    strbuf_add_string(out, is_code ? "</code></dd>\n" : "</dd>\n");
}

void
html_fact(struct strbuf *out, const char *term, const char *text)
{
    add_fact(out, term, text, false);
}

void
html_fact_code(struct strbuf *out, const char *term, const char *text)
{
    add_fact(out, term, text, true);
}

/* ---- tables
 * ---------------------------------------------------------------------------------------------------
 */

/* Who moves by keys alone must be able to scroll it: it can have the focus. */
void
html_table(struct strbuf *out, const char *caption, const char *const *columns)
{
    strbuf_add_string(out, "<div class=\"scroll\" role=\"group\" tabindex=\"0\"");
    markup_add_attribute(out, "aria-label", caption);
    strbuf_add_string(out, ">\n<table>\n<caption>");
    markup_add(out, caption);
    strbuf_add_string(out, "</caption>\n<thead><tr>");
    for (size_t i = 0; columns[i] != NULL; i++) {
        bool is_number = columns[i][0] == '#';
        strbuf_add_string(out, is_number ? "<th scope=\"col\" class=\"n\">" : "<th scope=\"col\">");
        markup_add(out, columns[i] + is_number);
        strbuf_add_string(out, "</th>");
    }
    strbuf_add_string(out, "</tr></thead>\n<tbody>\n");
}

void
html_table_end(struct strbuf *out)
{
    strbuf_add_string(out, "</tbody>\n</table>\n</div>\n");
}

void
html_row(struct strbuf *out, const char *head)
{
    strbuf_add_string(out, "<tr><th scope=\"row\">");
    markup_add(out, head);
    strbuf_add_string(out, "</th>");
}

void
html_row_end(struct strbuf *out)
{
    strbuf_add_string(out, "</tr>\n");
}

void
html_cell(struct strbuf *out, const char *class, const char *text)
{
    strbuf_printf(out, class != NULL ? "<td class=\"%s\">" : "<td>", class);
    markup_add(out, text);
    strbuf_add_string(out, "</td>");
}

void
html_cell_count(struct strbuf *out, int64_t count)
{
    char number[32];
    html_cell(out, count == 0 ? "n zero" : "n",
              count < 0 ? "" : clock_format_count(count, number, sizeof number));
}

void
html_cell_verdict(struct strbuf *out, const char *verdict)
{
    const char *tone = strcmp(verdict, "equal") == 0       ? "good"
                       : strcmp(verdict, "different") == 0 ? "bad"
                                                           : "notice";
    strbuf_printf(out, "<td><span class=\"mark %s\">", tone);
    markup_add(out, verdict);
    strbuf_add_string(out, "</span></td>");
}
