/*
 * A report against the requirements of a framework: for each what was looked at, and what it shows.
 * Rendered as text, JSON or HTML with the same words; filled by who looked.
 */
#ifndef IDMIGRATE_EVIDENCE_H
#define IDMIGRATE_EVIDENCE_H

#include "idmigrate/report.h"

enum evidence_verdict { EVIDENCE_PROVED, EVIDENCE_FAILED, EVIDENCE_NOT_CHECKED };

struct evidence {
    char *check; /* "append_only" */
    enum evidence_verdict verdict;
    char *found; /* one line: what was looked at and what it shows */
};
struct evidence_requirement {
    char *id, *title;
    enum evidence_verdict verdict; /* evidence_conclude() */
    struct evidence *items;
    size_t count;
};
struct evidence_report {
    char *framework, *title, *log, *database, *made_at;
    struct evidence_requirement *requirements;
    size_t count;
};
void evidence_release(struct evidence_report *report);

/* Failed when any of its evidence failed, proved when all of it is. */
void evidence_conclude(struct evidence_requirement *requirement);
enum exit_status evidence_status(const struct evidence_report *report);
/* REPORT_TEXT, REPORT_JSON or REPORT_HTML. */
void evidence_render(struct strbuf *out, const struct evidence_report *report,
                     enum report_format format);

#endif
