/*
 * One sealing under way; only for files of this room.
 *
 * Threads take months from the first to the last, each with a connection of its own: the server
 * sorts and sends on one processor what is hashed on another. The chain has one order, so a thread
 * writes only when it is its month's turn, on the one connection that writes. A month is one
 * transaction.
 */
#ifndef IDMIGRATE_SEAL_SEALING_H
#define IDMIGRATE_SEAL_SEALING_H

#include "recall.h"
#include "streams.h"

#include <pthread.h>

struct sealing {
    const struct seal_request *request;
    struct seal_layout *layout;
    struct seal_streams before; /* how far streams were sealed when this began: only read */
    struct seal_recall recall;  /* without times: all is read from the log */
    int64_t horizon, first_month, month_count;
    struct seal_outcome *outcome;

    pthread_mutex_t lock;
    pthread_cond_t changed;
    int64_t next_month, turn; /* counted from first_month */
    bool has_failed;
    struct error err; /* the first one */

    /* Of the thread whose turn it is. */
    struct seal_chain chain;
    struct seal_streams now;
    struct db_transaction tx;
    int64_t sealed_at;
};

/* sealing.c: */
/* Waits until it is this month's turn; false: another thread has failed. */
bool sealing_await_turn(struct sealing *sealing, int64_t month);
bool sealing_has_failed(struct sealing *sealing);
void sealing_fail(struct sealing *sealing, const struct error *err);
/* Writes one seal; `to` is where its stream is sealed to then. It is this month's turn. */
bool sealing_put(struct sealing *sealing, int64_t month, struct seal_batch *batch,
                 const struct seal_place *to, const char *reason, struct merkle_hasher *hasher,
                 struct error *err);
/* Commits what was put, writes it to the file of roots, and gives the turn to the next month. */
bool sealing_end_turn(struct sealing *sealing, struct error *err);

/* recall.c: of a run with a witness, what it may say of its events. Without an answer all of them
 * are read. `since`: what is sealed of the run ends here. */
bool sealing_recall(struct sealing *sealing, int64_t since, struct error *err);

/* accept.c: */
bool sealing_accept_late(struct sealing *sealing, struct error *err);

/* month.c: */
bool sealing_seal_month(struct sealing *sealing, struct db *db, int64_t month, struct error *err);

#endif
