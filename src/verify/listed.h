/*
 * What the run wrote down about source rows that did not become rows of their own: idmigrate.merge
 * and idmigrate.reject, whole in memory, by table. It is what is checked, and what children of such
 * rows are looked up in.
 *
 * Memory: about 180 bytes a listed row plus its keys.
 */
#ifndef VERIFY_LISTED_H
#define VERIFY_LISTED_H

#include "text.h"

#include "idmigrate/db.h"
#include "idmigrate/error.h"
#include "idmigrate/plan.h"

#include <stdint.h>

enum listed_kind { LISTED_MERGED, LISTED_SKIPPED, LISTED_REJECTED };

struct listed {
    struct digest source_key, target_key, survivor_key; /* digests of the texts */
    size_t source_at, source_length, survivor_at, survivor_length, reason_at,
        reason_length;            /* in `bytes` */
    struct digest column, old_id; /* of a reject: digests of what it names, or of NULL */
    enum listed_kind kind;
    bool survivor_exists; /* was there before; otherwise a migrated row */
    bool updates;
    bool has_sqlstate; /* rejected by the server */
    bool is_seen;      /* a source row has this key */
    /* Filled in when its source row is read (merged and skipped). */
    struct digest conflict, set;
    size_t winner_at, winner_length; /* in `bytes`; length SIZE_MAX: NULL */
    size_t class_no;                 /* of its on_conflict key: classes.h */
};

struct listed_table {
    struct listed *rows; /* by source key's digest */
    size_t count, capacity;
    uint32_t *by_target; /* positions, by target key's digest: moved or rejected rows that children
                            may refer to */
    size_t moved_count;
    struct strbuf bytes;
    int64_t merged, skipped, rejected;
    struct digest *survivors; /* keys of the rows that stand for moved ones, sorted */
    /* Keys of rows that this verification found to be skipped with their parent; they are listed
     * nowhere. */
    struct digest *gone;
    size_t gone_count, gone_capacity;
    bool gone_is_sorted;
};

/* One for each table of the plan. */
struct listed_table *listed_new(size_t table_count);
bool listed_load(struct listed_table *tables, size_t table_count, struct db *target,
                 const char *run_id, struct error *err);
void listed_free(struct listed_table *tables, size_t table_count);

/* The first row listed under a source key that was not seen yet (rows without a key may be equal),
 * or NULL. `again`: seen ones too. */
struct listed *listed_find(struct listed_table *table, struct digest source_key, bool again);
struct span listed_text(const struct listed_table *table, size_t at, size_t length);

/*
 * IDs that rows of any table were rejected for, as sorted digests: they are legacy IDs although no
 * map has them. `count` gets their number; to be freed.
 */
struct digest *listed_rejected_ids(const struct listed_table *tables, size_t table_count,
                                   size_t *count);

enum listed_parent {
    LISTED_PARENT_NONE,
    LISTED_PARENT_REJECTED,
    LISTED_PARENT_MOVED,
    LISTED_PARENT_GONE
};
/* What became of a parent row with this target key; `survivor` is the key text of a moved one. */
enum listed_parent listed_find_parent(struct listed_table *table, struct digest target_key,
                                      struct span *survivor);
/* Whether a row with this target key stands for one that was moved. */
bool listed_is_survivor(const struct listed_table *table, struct digest target_key);
void listed_add_gone(struct listed_table *table, struct digest target_key);

#endif
