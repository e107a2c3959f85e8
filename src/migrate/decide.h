/* Keys of source rows in a temporary table of the target, to find out which of them meet. */
#ifndef MIGRATE_DECIDE_H
#define MIGRATE_DECIDE_H

#include "internal.h"

struct retry;
struct decision_keys {
    struct migrate *m;
    const struct plan_table *table;
    struct lane *lane;
    struct prior
        *prior; /* rows that it knows as carried out are left out; or NULL: all are wanted */
    const struct digest_map *wanted; /* digests of texts of source keys: only these; or NULL */
    struct strbuf sql;
    size_t *ends;
    bool only_reads;      /* the keys are not staged: only their digest is wanted */
    struct digest digest; /* sum over the lines */
};

bool decision_open(struct decision_keys *keys, bool with_decisions, struct error *err);
void decision_close(struct decision_keys *keys);
/* pg_temp.idmigrate_keys: idmigrate_source, idmigrate_target (texts of the keys), idmigrate_winner,
 * and the columns of on_conflict. */
bool decision_create_table(struct decision_keys *keys, struct error *err);
/* Fills it with the rows of a COPY of the source that would be written, or would update a row. */
bool decision_copy_keys(struct decision_keys *keys, const char *source_sql, struct error *err);
/* Writes what is decided on the keys into idmigrate.merge. */
bool decision_write(struct decision_keys *keys, struct error *err);
/* COPY of the source keys of those that others of the source give way to. */
void decision_sql_group_winners(struct strbuf *sql, const struct decision_keys *keys);
/* Behind a FROM of the keys as k: those that are whole, and window w, by which the first of each
 * group is the winner. */
void decision_add_window(struct strbuf *sql, const struct plan_table *table);
/* pg_temp.idmigrate_ours (key): keys of the target's rows that this run wrote. */
bool decision_list_ours(struct decision_keys *keys, struct error *err);
/* decide_retry.c: before rejects are tried again, and afterwards; inside the caller's unit. */
bool decision_retry(struct migrate *m, const struct plan_table *table, const struct retry *retry,
                    struct error *err);
bool decision_end_retry(struct migrate *m, const struct plan_table *table, struct error *err);
/* decide_refused.c: takes winners that the target refuses out of the keys and decides again. */
bool decision_try_winners(struct decision_keys *keys, struct error *err);
/* Condition: row e of the target meets row k of the temporary table. */
void decision_add_join(struct strbuf *sql, const struct plan_table *table);

#endif
