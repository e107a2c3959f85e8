/* The columns of the audit table that a run fills, whichever table it is; only for files of this
 * room. */
#ifndef IDMIGRATE_AUDIT_LAYOUT_H
#define IDMIGRATE_AUDIT_LAYOUT_H

#include "idmigrate/plan.h"

#include <stdbool.h>
#include <stddef.h>

/* What the type of a column makes of a field's text. */
enum audit_type {
    AUDIT_TYPE_TEXT, /* as it is; also for numbers and everything not named here */
    AUDIT_TYPE_UUID, /* a text that is no UUID becomes null */
    AUDIT_TYPE_JSON, /* json: texts become JSON strings */
    AUDIT_TYPE_JSONB,
    AUDIT_TYPE_TIMESTAMP, /* without zone: UTC */
    AUDIT_TYPE_TIMESTAMPTZ,
    AUDIT_TYPE_BYTEA /* digests as 16 bytes */
};

struct audit_column {
    const char *name;
    enum audit_field field;
    enum audit_type type;
    const char *value; /* AUDIT_FIELD_VALUE; NULL is null */
};

struct audit_layout {
    const char *schema, *table;
    struct audit_column *columns; /* owned; the texts are borrowed from the plan */
    size_t count;
    bool is_default;
};

struct audit_layout audit_layout_new(const struct plan *plan);
void audit_layout_release(struct audit_layout *layout);

/* The column that stores a field, or NULL. */
const struct audit_column *audit_layout_find(const struct audit_layout *layout,
                                             enum audit_field field);

/* The type of a column of the application's own audit table: the base type's name, and the type as
 * declared; "text" when the table is not known. */
const char *audit_layout_type(const struct plan *plan, const char *column);
const char *audit_layout_full_type(const struct plan *plan, const char *column);

#endif
