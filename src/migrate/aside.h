/* What set_aside*.c and rebuild*.c share: lists of things, and the statements of one thing. */
#ifndef IDMIGRATE_MIGRATE_ASIDE_H
#define IDMIGRATE_MIGRATE_ASIDE_H

#include "idmigrate/failpoint.h"
#include "idmigrate/set_aside.h"
#include "idmigrate/strbuf.h"

/* One thing that could be set aside, as the catalogue has it. */
struct aside_item {
    struct store_aside stored; /* `top` is a position in the list; reason: why it stays, or NULL */
    uint32_t oid, top_oid, table; /* table: one of the request's */
    uint32_t needs;               /* index that a foreign key needs */
    bool is_inbound;              /* a foreign key of another table */
    bool is_left;                 /* stays, and nobody cares */
};
struct aside_list {
    struct aside_item *items;
    size_t count, capacity;
};
#define ASIDE_LIST_INIT                                                                            \
    {                                                                                              \
        .items = NULL                                                                              \
    }
void aside_list_release(struct aside_list *list);

/* set_aside_list.c */
bool aside_is_key(const struct store_aside *item); /* a foreign key */
/* Lists everything of these tables, and decides what stays by what the catalogue says. */
bool aside_list_load(struct db *db, const struct set_aside_table *const *tables, size_t count,
                     struct aside_list *list, struct error *err);
/* Says why one thing stays (unless that is known), and finds what must stay with it. */
void aside_list_keep(struct aside_list *list, size_t position, const char *reason);
void aside_list_spread(struct aside_list *list);
/* Whether it is to be set aside. */
bool aside_goes(const struct aside_item *item);

/* set_aside_trial.c: takes everything away and brings it back, and keeps what does not come back
 * as it was. Inside the caller's transaction, which is afterwards as it was before. */
bool aside_try(struct db *db, struct aside_list *list, struct error *err);

/* aside_item.c: all inside the caller's transaction. */
bool aside_drop(struct db *db, const struct store_aside *item, struct error *err);
bool aside_build(struct db *db, const struct store_aside *item, struct error *err);
/* Makes an index that was built, with those of its partitions, what it was: items of one `top`. */
bool aside_shape(struct db *db, const struct store_aside *const *items, size_t count,
                 struct error *err);
/* A foreign key, unproved where that is possible; then proved. */
bool aside_add_key(struct db *db, const struct store_aside *item, struct error *err);
bool aside_validate(struct db *db, const struct store_aside *item, struct error *err);
/* What the catalogue says about things now, as texts in their order, NULL for what is not there;
 * freed with aside_texts_free(). */
bool aside_describe(struct db *db, const struct store_aside *const *items, size_t count,
                    char ***texts, struct error *err);
void aside_texts_free(char **texts, size_t count);
/* violating.c: struct rebuild_request, take_back; the context is the run's struct migrate. */
bool migrate_take_back_violating(void *context, const struct store_aside *items, size_t count,
                                 const struct store_aside *violated, struct error *err);
/* struct rebuild_request, order: tables that others refer to come first, so that no row has lost to
 * one that then goes with its parent. */
int migrate_order_violated(void *context, const struct store_aside *item);
/* "index x of y.z" */
void aside_name(struct strbuf *name, const struct store_aside *item);

#endif
