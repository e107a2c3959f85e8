/* One check while it is made: what it looked at, what differs, and one line for people. */
#ifndef VERIFY_CHECK_H
#define VERIFY_CHECK_H

#include "text.h"

#include "idmigrate/error.h"
#include "idmigrate/plan.h"
#include "idmigrate/store.h"
#include "idmigrate/verify.h"

#include <stdint.h>

struct check {
    const char *name;               /* static */
    const struct plan_table *table; /* or NULL */
    int64_t looked_at, found;
    size_t limit, named; /* differences that may be, and are, in the list */
    bool is_partial;     /* there may be more than `found` */
    struct strbuf differences, notes;
    char *not_checked; /* why; NULL: it was */
    bool is_used;      /* there is something to check at all */
};

void check_init(struct check *check, const char *name, const struct plan_table *table,
                size_t limit);
void check_release(struct check *check);

/* A difference; NULL spans become JSON null. Beyond the limit it is counted only. */
void check_difference(struct check *check, struct span key, const char *column,
                      struct span expected, struct span found);
void check_difference_text(struct check *check, struct span key, const char *column,
                           const char *expected, const char *found);
/* Something for the detail line; several are parted by "; ". */
void check_note(struct check *check, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The verdict can only be "not checked" from now on. */
void check_give_up(struct check *check, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

struct check_list {
    struct store_check *items;
    size_t count, capacity;
    verify_selects *selects; /* NULL: all */
    void *selection;
};
bool check_is_selected(const struct check_list *list, const char *name,
                       const struct plan_table *table);
/* Settles the verdict and moves the check into the list; one that is not used or not selected is
 * dropped. */
void check_finish(struct check *check, struct check_list *list);
/* One number more was looked at; a difference when it is not the one expected. */
void check_count(struct check *check, const char *what, int64_t expected, int64_t found);
/* What all verdicts come to; no checks are "not checked". */
enum exit_status check_status(const struct check_list *checks);

/* ---- how things are shown ---- */

/* A target key: as it is where the audit log may show it, otherwise its digest. */
void check_show_key(struct strbuf *out, const struct plan_table *table, struct span key);
/* The key of a source row, by its digest, as audit events have it. */
void check_show_source_key(struct strbuf *out, struct digest key);
/* A column's escaped value: IDs, keys that tell nothing and harmless columns as they are, others as
 * digests, sensitive ones not. */
void check_show_value(struct strbuf *out, const struct plan_table *table, size_t column,
                      struct span escaped);
/* The same of a value that is text already. */
void check_show_text(struct strbuf *out, const struct plan_table *table, size_t column,
                     struct span value);

#endif
