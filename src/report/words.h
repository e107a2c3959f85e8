/* A plan in words; only for files of this room. */
#ifndef IDMIGRATE_REPORT_WORDS_H
#define IDMIGRATE_REPORT_WORDS_H

#include "idmigrate/plan.h"

/* "copied", "resolved", "rewritten", "values", "constant", "generated", "expression": as the store
 * keeps it. */
const char *report_words_how(const struct plan_column *column);
/* How the column was found: "mapped", "same_name", "snake_case". */
const char *report_words_match(const struct plan_column *column);
const char *report_words_unresolved(enum mapping_unresolved unresolved);
const char *report_words_conflict(enum mapping_conflict conflict);

/* Where the value comes from: `"clerkUserId"`, `constant 'user'`, `expression lower(t.email)`. */
void report_words_origin(struct strbuf *text, const struct plan_column *column);
/* What happens to it, or nothing: "resolved through user, then owner_org; otherwise null; text
 * becomes uuid". */
void report_words_change(struct strbuf *text, const struct plan *plan,
                         const struct plan_table *table, const struct plan_column *column);
/* Why the mapping wants it so: its reasons, or nothing. */
void report_words_reason(struct strbuf *text, const struct plan_column *column);

/* A column of the target that nobody writes: what it filled_with instead. The reason is the
 * mapping's, or NULL. */
struct report_words_gap {
    const struct catalog_column *column;
    const char *filled_with; /* "its default", "null", "what the server generates" */
    const char *reason;
};
/* Column `index` of the target; false when it is written. */
bool report_words_gap_at(const struct plan_table *table, size_t index,
                         struct report_words_gap *gap);

/* The tables that were found, in order of execution; those that could not be ordered come last.
   `ordered` has room for all of the plan's; the number is returned. */
size_t report_words_order(const struct plan *plan, const struct plan_table **ordered);

#endif
