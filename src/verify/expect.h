/*
 * What one row of the source must have become: the line of COPY text that the target must print for
 * it, or the fields of the binary row that it must send, by the table's codec; its keys and its
 * IDs.
 *
 * Made in two steps, because a row may have to follow a parent that was merged away: first the
 * values of all columns, then, when references have been replaced, the line.
 */
#ifndef VERIFY_EXPECT_H
#define VERIFY_EXPECT_H

#include "pairs.h"
#include "uuid5.h"

#include "idmigrate/error.h"
#include "idmigrate/plan.h"

enum expect_id {
    EXPECT_NULL,
    EXPECT_NEW, /* resolved, or a new ID already */
    EXPECT_LITERAL,
    EXPECT_NULLED,
    EXPECT_KEPT,
    EXPECT_UNRESOLVED
};

struct expect_column {
    const struct plan_column *plan;
    bool is_plain;     /* copied as it stands */
    bool is_generated; /* a UUID made here */
    bool is_rewritten, sorts;
    const struct pairs **chain;
    size_t chain_count;
    struct finder finder; /* of the maps that `rewrite` uses */
    struct uuid space;
    /* Of the row at hand. */
    struct span raw; /* the field as it came: escaped, or its bytes */
    struct span origin, value;
    enum expect_id state;
    bool is_changed; /* `value` counts, not `raw` */
    struct strbuf origin_text, rewritten, followed;
    char uuid_text[UUID_TEXT_SIZE];
};

struct expect {
    const struct plan *plan;
    const struct plan_table *table;
    struct expect_column *columns;
    struct span *fields;
    /* Of the row at hand. */
    bool is_rejected;
    const char *reason;       /* why; static */
    int reason_column;        /* or -1 */
    struct span reason_value; /* the value that has no answer, or NULL: a document is none */
    struct strbuf line;       /* without a newline; of a binary row: its fields */
    struct span *written;     /* the columns of `line`, escaped, or their bytes */
    struct strbuf source_key, target_key;
    struct digest source_digest; /* of the source line, with its newline */
    struct digest line_digest;
    struct digest source_key_digest, target_key_digest;
    struct strbuf scratch;
};

void expect_init(struct expect *expect, const struct plan *plan, const struct plan_table *table,
                 const struct pairs_list *maps);
void expect_release(struct expect *expect);

bool expect_read(struct expect *expect, const char *line, size_t length, struct error *err);
/* The column's value; valid until the next row. */
struct span expect_value(struct expect *expect, int column, struct strbuf *buffer);
void expect_replace(struct expect *expect, int column, struct span value);
bool expect_compose(struct expect *expect, struct error *err);
/* A field of the source row behind the columns. */
struct span expect_field(struct expect *expect, int field, struct strbuf *buffer);

/* The key text and its digest of a target row that was read; `line` is for tables without a key. */
struct digest expect_key_of(const struct plan_table *table, const struct span *written,
                            struct span line, struct strbuf *key, struct strbuf *scratch);

/* Whether the mapping lets the value pass as it is in this column. */
bool expect_is_literal(const struct plan *plan, const struct mapping_column *spec,
                       struct span value);

#endif
