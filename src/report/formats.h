/* A run in each format; only for files of this room. */
#ifndef IDMIGRATE_REPORT_FORMATS_H
#define IDMIGRATE_REPORT_FORMATS_H

#include "summary.h"

void report_run_to_json(struct strbuf *out, const struct report_summary *summary);
void report_run_to_text(struct strbuf *out, const struct report_summary *summary, bool color);
void report_run_to_html(struct strbuf *out, const struct report_summary *summary);
void report_run_to_junit(struct strbuf *out, const struct report_summary *summary);
void report_run_to_markdown(struct strbuf *out, const struct report_summary *summary);

#endif
