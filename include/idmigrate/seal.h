/*
 * Seals: Merkle trees over the events of an audit log, chained, so that any event that is changed,
 * removed, put in or re-ordered afterwards is found and named.
 *
 * What is hashed is an event's canonical bytes: its tuple in PostgreSQL's binary COPY format, in
 * the columns and forms of a layout (layout.c). Leaves are in order of (recorded_at, id). A batch
 * is one month's events of one stream (a run's, or all others) within a range of that order;
 * mappings/seals.md describes all of it for who wants to rebuild it.
 */
#ifndef IDMIGRATE_SEAL_H
#define IDMIGRATE_SEAL_H

#include "idmigrate/log_table.h"
#include "idmigrate/merkle.h"
#include "idmigrate/seal_witness.h"

#include <stdint.h>
#include <stdio.h>

/* ---- times: microseconds since 2000-01-01 UTC, as the server counts ---- */

enum { SEAL_TIME_SIZE = 96 }; /* room for any six numbers: compilers ask for it */
/* "2026-11-20T17:40:00.123456Z", which the server reads too. */
void seal_time_format(int64_t time, char text[SEAL_TIME_SIZE]);
/* That, or as the server prints it ("2026-11-20 17:40:00.123456+00"). */
bool seal_time_parse(const char *text, int64_t *time);
/* The first moment of a month counted from 2000-01 (which is 0), and back. */
int64_t seal_month_start(int64_t month);
int64_t seal_month_of(int64_t time);

/* ---- one seal ---- */

/* A place in the order of events; id NULL: behind all events of that time. */
struct seal_place {
    int64_t time;
    char *id;
};

struct seal {
    char *log, *stream; /* stream NULL: events of no run */
    int64_t number, month;
    bool is_first; /* of its stream: nothing before `after` counts, and that is not set */
    struct seal_place after, to;
    int64_t events;
    struct merkle_hash root, leaves_digest, previous, hash;
    char *layout, *reason, *tool_version;
    int64_t sealed_at;
    unsigned char signature[64];
    bool is_signed;
    char *signer;
    char *certificate; /* of a pruned month: the event that tells of it; NULL: not pruned */
};
void seal_release(struct seal *seal);
/* The text that is hashed and signed. */
void seal_state(const struct seal *seal, struct strbuf *statement);
struct merkle_hash seal_hash(const struct seal *seal, struct merkle_hasher *hasher);

struct seal_chain {
    struct seal *seals; /* in the order of their numbers */
    size_t count, capacity;
};
#define SEAL_CHAIN_INIT                                                                            \
    {                                                                                              \
        .seals = NULL                                                                              \
    }
bool seal_chain_load(struct db *db, const char *log, struct seal_chain *chain, struct error *err);
void seal_chain_release(struct seal_chain *chain);

/* ---- keys: Ed25519, PEM ---- */

struct seal_key;
/* A private key that only its owner can read (EXIT_REFUSED otherwise). */
bool seal_key_load(const char *path, struct seal_key **key, struct error *err);
bool seal_key_load_public(const char *path, struct seal_key **key, struct error *err);
void seal_key_free(struct seal_key **key);
/* SHA-256 of the public key (DER, SubjectPublicKeyInfo) in hexadecimal. */
const char *seal_key_name(const struct seal_key *key);
void seal_key_sign(const struct seal_key *key, const struct strbuf *text,
                   unsigned char signature[64]);
bool seal_key_verify(const struct seal_key *key, const struct strbuf *text,
                     const unsigned char signature[64]);

/* ---- roots outside the database: one line of JSON for each seal ---- */

struct seal_root {
    int64_t number;
    struct merkle_hash hash;
    bool is_signed;
    unsigned char signature[64];
};
struct seal_roots {
    struct seal_root *items;
    size_t count, capacity;
};
#define SEAL_ROOTS_INIT                                                                            \
    {                                                                                              \
        .items = NULL                                                                              \
    }
/* The lines of one log; a file that is not there is an error unless `may_be_missing`. Each line is
 * held against its own statement. */
bool seal_roots_load(const char *path, const char *log, bool may_be_missing,
                     struct seal_roots *roots, struct error *err);
void seal_roots_release(struct seal_roots *roots);
/* Appends the seals that the file lacks, and syncs it. The file's last line must be of the chain.
 */
bool seal_roots_append(const char *path, const struct seal_chain *chain, struct error *err);

/* ---- sealing ---- */

/* Opens one more connection for a thread. */
typedef bool seal_opens(void *context, enum db_side side, struct db **db, struct error *err);

struct seal_request {
    struct db *db; /* DB_TARGET */
    const struct log_table *table;
    seal_opens *open;
    void *context;
    int jobs;
    double margin;           /* seconds before now that are left alone */
    const char *accept_late; /* reason; NULL: events behind a seal are named and left */
    const char *run_id; /* only the events of this run, all of them; NULL: all up to the horizon */
    const char *since;  /* of a run: none of its events is older */
    struct seal_witness *witness; /* of a run: who saw events written; or NULL */
    int64_t expected; /* with a witness: so many events of the run are in the log; -1: they are to
                         be counted */
    const struct seal_key *key;
    const char *roots;
};
struct seal_outcome {
    int64_t seals, events, late;
    int64_t recalled; /* of these events, so many were not read back */
    int64_t horizon;  /* sealed up to here */
    bool has_horizon;
    int64_t last; /* number of the chain's last seal, and its hash; 0: there is none */
    struct merkle_hash head;
    int64_t before;  /* sealed up to here when it began; the year 1: nothing was */
    char *waits_for; /* what holds the horizon back, or NULL */
    double seconds;
};
bool seal_run(const struct seal_request *request, struct seal_outcome *outcome, struct error *err);
void seal_outcome_release(struct seal_outcome *outcome);

/* ---- verifying ---- */

enum { SEAL_DIFFERENCES = 200 }; /* so many are named, all are counted */
struct seal_difference {
    const char *kind; /* static: "changed", "removed", "inserted", "moved", ...: see verify.c */
    char *event;      /* its ID, or NULL: about a seal */
    char *place;      /* time of recording, or where */
    int64_t number;   /* of the seal; 0: of none */
    char *detail;     /* or NULL */
};
struct seal_verdict {
    enum exit_status status;
    int64_t seals, events, pending, pruned, unplaced;
    int64_t differences, unchecked;
    struct seal_difference *items; /* differences, then what could not be checked */
    size_t count, capacity;
    int64_t signed_up_to, in_file_up_to; /* numbers; 0: none */
    int64_t last;                        /* number of the last seal */
    bool has_horizon;
    int64_t horizon;
    double seconds;
};
struct seal_verify_request {
    struct db *db; /* DB_TARGET_READER */
    const struct log_table *table;
    seal_opens *open;
    void *context;
    int jobs;
    const struct seal_key *public_key; /* or NULL */
    const char *roots;                 /* or NULL */
};
bool seal_verify(const struct seal_verify_request *request, struct seal_verdict *verdict,
                 struct error *err);
void seal_verdict_release(struct seal_verdict *verdict);
void seal_verdict_print(const struct seal_verdict *verdict, const char *log, FILE *out);
void seal_verdict_write(const struct seal_verdict *verdict, const char *log, struct strbuf *json);

/* ---- proving that one event is in the log ---- */

struct seal_prove_request {
    struct db *db;
    const struct log_table *table;
    const char *event;
    bool with_event; /* the proof holds the event's bytes too */
};
bool seal_prove(const struct seal_prove_request *request, struct strbuf *json, struct error *err);

struct seal_check_request {
    const char *path;
    const struct seal_key *public_key; /* or NULL */
    const char *roots;                 /* or NULL */
};
/* `status` is EXIT_DONE, EXIT_DIFFERENT or EXIT_NOT_CHECKED; `told` says why, line by line. */
bool seal_check_proof(const struct seal_check_request *request, enum exit_status *status,
                      struct strbuf *told, struct error *err);

#endif
