/*
 * One verification under way; only for files of this room.
 *
 * The chain is checked first, then each month's trees are made anew from the events in one pass,
 * in order and in constant memory. Only a tree that differs is looked at event by event, beside
 * the list of leaves that was stored with its seal.
 */
#ifndef IDMIGRATE_SEAL_VERIFYING_H
#define IDMIGRATE_SEAL_VERIFYING_H

#include "internal.h"

#include <pthread.h>

/* An event that lies behind a seal and is in none. */
struct seal_late {
    int64_t month;
    char stream[37];
    int64_t time;
    unsigned char *id;
    size_t id_length;
    struct merkle_hash leaf; /* in the layout of today */
};
struct seal_late_list {
    struct seal_late *items;
    size_t count, capacity;
};

struct verifying {
    const struct seal_verify_request *request;
    struct seal_verdict *verdict; /* behind the lock */
    struct seal_chain chain;
    struct seal_layout **layouts; /* the different ones */
    bool *fits;                   /* of each: its columns are there */
    size_t layout_count;
    size_t *layout_of; /* for each seal */
    struct strbuf snapshot;
    bool has_horizon;
    int64_t horizon;                  /* every event up to here must be in a seal */
    int64_t first_month, month_count; /* to be looked at */

    struct seal_late_list *late; /* NULL: these events are only named */
    size_t today;                /* with `late`: the layout of today */

    pthread_mutex_t lock;
    int64_t next_month;
    bool has_failed;
    struct error err;
};

/* verify_chain.c */
void verifying_check_chain(struct verifying *verifying);
bool verifying_check_outside(struct verifying *verifying, struct error *err);

/* verify_month.c */
bool verifying_check_month(struct verifying *verifying, struct db *db, int64_t month,
                           struct error *err);

/* verify_name.c: says which events of one seal differ. A transaction is open on `db`. */
bool verifying_name_events(struct verifying *verifying, struct db *db, size_t seal,
                           struct error *err);
/* Removed events that are elsewhere now were moved. */
bool verifying_find_moved(struct verifying *verifying, struct error *err);

/* late.c: `layout` is that of today in the reader. */
void verifying_collect(struct verifying *verifying, int64_t month, const struct seal_event *event,
                       struct seal_reader *reader, size_t layout);
/* Verifies, and lists the events that came late. */
bool seal_find_late(const struct seal_verify_request *request, struct seal_late_list *late,
                    struct seal_verdict *verdict, struct error *err);
void seal_late_release(struct seal_late_list *late);

/* verify.c */
bool verifying_run(struct verifying *verifying, struct error *err);

/* verdict.c: `kind` is static; the texts are taken over and may be NULL. */
void verifying_add(struct verifying *verifying, const char *kind, char *event, char *place,
                   int64_t seal, char *detail);
void verifying_add_unchecked(struct verifying *verifying, int64_t seal, char *detail);

#endif
