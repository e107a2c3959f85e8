/* Texts inside HTML and XML, escaped here and nowhere else; only for files of this room. */
#ifndef IDMIGRATE_REPORT_MARKUP_H
#define IDMIGRATE_REPORT_MARKUP_H

#include "idmigrate/strbuf.h"

/*
 * Appends a text as content or inside a quoted attribute. What would not show as itself is made
 * visible as in report_add_data(); what is no UTF-8, or no character that XML may hold, becomes
 * U+FFFD. NULL is nothing.
 */
void markup_add(struct strbuf *out, const char *text);
/* The same of several lines, which stay lines. */
void markup_add_lines(struct strbuf *out, const char *text);
/* An attribute with a blank before it. */
void markup_add_attribute(struct strbuf *out, const char *name, const char *value);

#endif
