/*
 * A row on its way: a line of COPY text from the source becomes a line of COPY text for the target,
 * or, where the table's codec is binary, a tuple becomes a tuple (wire.h).
 *
 * Untouched fields pass as the (escaped) bytes they are; only IDs are read, looked up and written
 * again. The target line is canonical: it is byte for byte what `COPY (SELECT <written columns>) TO
 * STDOUT` of the target gives for that row in the same format, so its digest can be compared with
 * the target at any later time.
 */
#ifndef IDMIGRATE_ROW_H
#define IDMIGRATE_ROW_H

#include "idmigrate/digest.h"
#include "idmigrate/error.h"
#include "idmigrate/plan.h"
#include "idmigrate/strbuf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct row_value {
    const char *data; /* unescaped bytes; NULL is null */
    size_t length;
};

/* What happened to one column that is resolved. */
enum row_id_state {
    ROW_ID_NULL, /* was NULL */
    ROW_ID_RESOLVED,
    ROW_ID_ALREADY,   /* was a new ID of the map already */
    ROW_ID_LITERAL,   /* a declared value that is no ID */
    ROW_ID_NULLED,    /* unresolved, and the mapping says null */
    ROW_ID_KEPT,      /* unresolved, and the mapping says keep */
    ROW_ID_UNRESOLVED /* unresolved: the row is rejected */
};
struct row_id {
    int column; /* position in plan_table.columns */
    enum row_id_state state;
    struct row_value old_value, new_value;
};

enum row_status {
    ROW_GOOD,
    ROW_REJECT, /* reason, reason_column and reason_value say why */
    ROW_FATAL   /* unresolved: "fail": the run must stop; as ROW_REJECT otherwise */
};

/*
 * Generated keys are RFC 9562 version 5 UUIDs of the old key's text, in a namespace that is the
 * version 5 UUID of the mapping's namespace text under this root, itself the one of "idmigrate"
 * under the RFC's DNS namespace. With uuid-ossp in SQL:
 * uuid_generate_v5(uuid_generate_v5(uuid_generate_v5(uuid_ns_dns(), 'idmigrate'), NAMESPACE), KEY).
 */
#define ROW_UUID_ROOT "66ceddd6-e7fa-5826-a4d7-9338bab40328"

/* Why a row is rejected: stable codes for idmigrate.reject and audit events. */
#define ROW_REASON_UNRESOLVED "id_unresolved"
#define ROW_REASON_AMBIGUOUS  "id_ambiguous"
#define ROW_REASON_VALUE      "value_not_mapped"
#define ROW_REASON_JSON_KEY   "json_key_collision"
#define ROW_REASON_JSON       "json_not_valid"
#define ROW_REASON_ARRAY      "array_not_valid"

/* The outcome for one line. All pointers are valid until the next line. */
struct row {
    enum row_status status;
    const char *reason;
    int reason_column;             /* plan column, or -1 */
    struct row_value reason_value; /* the ID that did not resolve, or null */
    const struct plan_table *table;
    struct strbuf line; /* for the target, with its newline, or a tuple; filled for rejected rows
                           too as far as it can be (the column in question as it was) */
    size_t *ends; /* end of each column's escaped text in `line` (its tab or newline is there), or
                     of its bytes */
    struct row_id *ids; /* one for each resolved column, in column order */
    size_t id_count;
    struct strbuf source_key; /* as text: one column as it is, several (or one that is NULL) as a
                                 JSON array of strings/null as jsonb prints it, ["a", null]; none:
                                 the line's digest in hex */
    struct strbuf
        target_key; /* the same of the target key; none: digest of the target line in hex */
    struct digest source_digest; /* of the source line as it came, its newline included */
    struct digest target_digest; /* of `line` without its newline; of a tuple: of its fields,
                                    without the count before them */
};

/* Counts by column, for reports. */
struct row_counts {
    int64_t resolved, already, literals, nulled, kept, unresolved,
        rewritten /* IDs replaced inside */;
};

struct row_transform;
struct row_transform *row_transform_new(const struct plan *plan, const struct plan_table *table);
void row_transform_free(struct row_transform **transform);

/* Carries out one line (with its newline) or tuple. False only for one that is not what the plan
 * selected, or for a value that the plan said could not be: a bug (EXIT_BUG). */
bool row_transform_line(struct row_transform *transform, const char *line, size_t length,
                        struct row **row, struct error *err);
/* One entry for each plan column. */
const struct row_counts *row_transform_counts(const struct row_transform *transform);

/* The text of one target column as it stands in the line, \N for NULL (of lines only); and its
 * value as text, by way of `buffer` where it must be unescaped or made, data NULL for NULL: in a
 * tuple only of columns that are not opaque. */
struct row_value row_column_escaped(const struct row *row, size_t column);
struct row_value row_column_value(const struct row *row, size_t column, struct strbuf *buffer);
/* Replaces one column's text in a good row (a child that follows a merged parent); key and digest
   are made anew, and the new value in `ids` follows. False for a text that a tuple's column cannot
   hold. */
bool row_replace_column(struct row_transform *transform, struct row *row, size_t column,
                        struct row_value value, struct error *err);
/* The digest of a target line (without its newline) or tuple. */
struct digest row_target_digest(const struct plan_table *table, const char *line, size_t length);

/* Appends a key as source_key and target_key have it: one value as it is, several as a JSON array.
 */
void row_encode_key(struct strbuf *key, const struct row_value *values, size_t count);

/* ---- COPY text format (PostgreSQL documentation, COPY, "Text Format")
 * ------------------------------------------ */

void row_escape(struct strbuf *out, const char *data, size_t length);
void row_unescape(struct strbuf *out, const char *data, size_t length);
/* Splits a line (with or without its newline) at its tabs: `ends` gets `count` ends. False when the
 * number of fields differs. */
bool row_split(const char *line, size_t length, size_t *ends, size_t count);

/* ---- rewriting, for rows and for check
 * ------------------------------------------------------------------------- */

/*
 * The text is appended to `out` whole, also when nothing was replaced; nothing is appended when it
 * is refused. `replaced` is added to. An ID whose new form is equal to the old one is not counted.
 */
enum row_rewrite_result {
    ROW_REWRITE_SAME,
    ROW_REWRITE_CHANGED,
    ROW_REWRITE_KEY_COLLISION,
    ROW_REWRITE_NOT_VALID
};
/* Replace every known whole ID in unescaped text; all other bytes stay. */
enum row_rewrite_result row_rewrite_text(struct strbuf *out, const struct idmap_matcher *matcher,
                                         const char *data, size_t length, int64_t *replaced);
/* JSON, up to 100,000 levels deep: inside strings as they read when decoded, keys included; two
   keys that become one are a collision, keys that were equal before are not. `sort_keys` puts
   objects whose keys changed back into jsonb's order (length, then bytes). */
enum row_rewrite_result row_rewrite_json(struct strbuf *out, const struct idmap_matcher *matcher,
                                         const char *data, size_t length, bool sort_keys,
                                         int64_t *replaced);
/* PostgreSQL array literal: inside elements, quoting as array_out does it. */
enum row_rewrite_result row_rewrite_array(struct strbuf *out, const struct idmap_matcher *matcher,
                                          const char *data, size_t length, int64_t *replaced);

#endif
