/* Expressions over an audit table, whichever it is; only for files of this room. */
#ifndef IDMIGRATE_AUDIT_READING_H
#define IDMIGRATE_AUDIT_READING_H

#include "idmigrate/audit.h"
#include "idmigrate/strbuf.h"
#include "layout.h"

/* The table's rows go by the alias `e`. */
struct reading {
    const struct plan *plan;
    struct audit_layout layout;
    const struct audit_column *metadata; /* or NULL */
    const struct audit_run *run;
};

/* query.c; the layout is to be released. */
struct reading reading_begin(const struct plan *plan, const struct audit_run *run);

/* The table, or for a role that row-level security applies to the function that reads it. */
void reading_add_table(struct strbuf *sql, const struct reading *reading);
bool reading_is_json(const struct audit_column *column);
void reading_add_column(struct strbuf *sql, const struct audit_column *column);
/* A column's value as text; NULL stays NULL. */
void reading_add_text(struct strbuf *sql, const struct audit_column *column);
/* A test that a row with metadata of type text is ours: only then it can be read as JSON. */
void reading_add_starts_with_run(struct strbuf *sql, const struct reading *reading);
/* A member of the metadata as text; NULL when it is not there. */
void reading_add_member(struct strbuf *sql, const struct reading *reading, const char *member);

/* query.c: conditions, the second one with AND before it or not at all: events of the run, and not
 * older than it. */
void reading_add_run(struct strbuf *sql, const struct reading *reading);
void reading_add_time(struct strbuf *sql, const struct reading *reading);
/* places.c: events where those of the table are; nothing when that is not known */
void reading_add_place(struct strbuf *sql, const struct reading *reading,
                       const struct plan_table *table);
/* What events of the table call it where they do not name it. */
const char *reading_resource_type(const struct plan_table *table);

/* fields.c: "SELECT <the fields of audit_copy_out()>" */
void reading_add_fields(struct strbuf *sql, const struct reading *reading);

#endif
