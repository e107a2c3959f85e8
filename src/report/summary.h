/*
 * What a model comes to, in words and numbers: made once, and told by every format in its own way;
 * only for files of this room.
 */
#ifndef IDMIGRATE_REPORT_SUMMARY_H
#define IDMIGRATE_REPORT_SUMMARY_H

#include "verdict.h"

#include "idmigrate/report.h"

/* How good the news is. */
enum report_tone { REPORT_GOOD, REPORT_NOTICE, REPORT_BAD, REPORT_OPEN };

/* All checks of one name. */
struct report_group {
    const char *name;    /* borrowed */
    const char *verdict; /* static: as report_verdict() */
    int64_t looked_at, found;
    size_t checks, different, not_checked;
    bool is_partial; /* there are more differences than found */
};

struct report_advice {
    char *text;
    char *command; /* NULL: there is none */
};

/* What the mapping, or who ran it, allowed beyond the rule that every row and every ID arrives. */
struct report_exception {
    const char *kind; /* static: "keep", "null", "skip", ... */
    char *place;      /* table and column; NULL: the whole run */
    char *what;       /* one sentence */
    char *reason;     /* as the mapping gives it; NULL: it gives none */
    int64_t uses;     /* rows or IDs it was used for; -1: not counted */
};

struct report_phase {
    const char *name;  /* static */
    double begin, end; /* seconds from the start */
};

/* A statement that counts again what the report tells. */
struct report_statement {
    char *what;
    const char *where; /* "source", "target" */
    char *sql;
};

enum { REPORT_MOST_ADVICE = 6, REPORT_MOST_PHASES = 5 };

struct report_summary {
    const struct report_model *model; /* borrowed */
    struct report_totals totals;
    enum report_tone tone;
    char *verdict;  /* "Done and proved" */
    char *sentence; /* what it rests on */
    int64_t differences;
    struct report_group *groups; /* in the order of the checks */
    size_t group_count;
    size_t checks_equal, checks_different, checks_not_checked;
    bool is_stale; /* the checks are older than the undo */
    struct report_advice advice[REPORT_MOST_ADVICE];
    size_t advice_count;
    struct report_exception *exceptions;
    size_t exception_count, exception_capacity;
    bool lacks_exceptions; /* this program cannot read the mapping: its own are not listed */
    struct report_phase phases[REPORT_MOST_PHASES];
    size_t phase_count;
    struct report_statement *statements;
    size_t statement_count, statement_capacity;
};

void report_summarize(const struct report_model *model, struct report_summary *summary);
void report_summary_release(struct report_summary *summary); /* idempotent; for CLEANUP too */

/* "good", "notice", "bad", "open". */
const char *report_tone_word(enum report_tone tone);

/* "3 differences; <the check's one line>", what comes from data through `add`. */
void report_add_finding(struct strbuf *out, const struct store_check *check,
                        void (*add)(struct strbuf *out, const char *text));

extern const char report_lacks_exceptions[]; /* the sentence that says so */

/* The parts, in the order in which they are made; each fills its own members. */
void report_judge(struct report_summary *summary);  /* verdict.. */
void report_advise(struct report_summary *summary); /* advice */
void report_find_exceptions(struct report_summary *summary);
void report_find_phases(struct report_summary *summary);
void report_find_statements(struct report_summary *summary);

#endif
