/* The parts of the HTML report; only for files of this room. */
#ifndef IDMIGRATE_REPORT_HTML_H
#define IDMIGRATE_REPORT_HTML_H

#include "summary.h"

/* html_parts.c: what pages are made of. Texts are escaped here; classes and IDs are ours. */

/* A section with its heading, which the contents link to; `note` may be NULL. */
void html_section(struct strbuf *out, const char *id, const char *title, const char *note);
void html_section_end(struct strbuf *out);
void html_heading(struct strbuf *out, const char *title); /* below a section's */
void html_paragraph(struct strbuf *out, const char *class, const char *text);
/* A term and its description in a <dl>; nothing when the text is NULL or empty. */
void html_fact(struct strbuf *out, const char *term, const char *text);
/* The same as code, which may be broken anywhere. */
void html_fact_code(struct strbuf *out, const char *term, const char *text);

/* A table that scrolls sideways in a narrow window. A column's name begins with '#' where numbers
 * stand in it; `columns` ends with NULL. */
void html_table(struct strbuf *out, const char *caption, const char *const *columns);
void html_table_end(struct strbuf *out);
void html_row(struct strbuf *out, const char *head); /* begins one; its first cell is a heading */
void html_row_end(struct strbuf *out);
void html_cell(struct strbuf *out, const char *class, const char *text); /* class NULL: none */
void html_cell_count(struct strbuf *out, int64_t count);                 /* negative: unknown */
void html_cell_verdict(struct strbuf *out, const char *verdict);

/* html_first.c: the first screen. */
void html_add_first(struct strbuf *out, const struct report_summary *summary);
/* html_proof.c: what was checked, and what differs. */
void html_add_proof(struct strbuf *out, const struct report_summary *summary);
void html_add_residue(struct strbuf *out, const struct report_summary *summary);
void html_add_audit(struct strbuf *out, const struct report_summary *summary);
void html_add_checks(struct strbuf *out, const struct report_summary *summary);
/* html_rows.c: tables, ID columns, rejects. */
void html_add_tables(struct strbuf *out, const struct report_summary *summary);
void html_add_ids(struct strbuf *out, const struct report_summary *summary);
void html_add_rejects(struct strbuf *out, const struct report_summary *summary);
/* html_chart.c: as SVG. */
void html_add_accounting(struct strbuf *out, const struct report_totals *totals);
void html_add_reject_chart(struct strbuf *out, const struct report_summary *summary);
void html_add_timings(struct strbuf *out, const struct report_summary *summary);
/* html_record.c: for who has to trust it: exceptions, population, mapping. */
void html_add_exceptions(struct strbuf *out, const struct report_summary *summary);
void html_add_left_out(struct strbuf *out, const struct report_summary *summary);
void html_add_population(struct strbuf *out, const struct report_summary *summary);
void html_add_mapping(struct strbuf *out, const struct report_summary *summary);
/* html_events.c: what was set aside, taken back, found before. */
void html_add_events(struct strbuf *out, const struct report_summary *summary);

#endif
