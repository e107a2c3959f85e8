/* Which checks `verify` makes: by name, by table, or what differed the last time. */
#ifndef IDMIGRATE_CMD_SELECTION_H
#define IDMIGRATE_CMD_SELECTION_H

#include "command.h"

#include "idmigrate/store.h"
#include "idmigrate/verify.h"

struct selection {
    struct option_list checks, tables; /* empty: all */
    bool since_last;
    struct store_check *last; /* of the last verification, with since_last; owned */
    size_t last_count;
};
void selection_release(struct selection *selection);

bool selection_is_whole(const struct selection *selection);
/* Names of checks and tables must be known; loads the last verification where it is asked for. */
bool selection_prepare(struct selection *selection, const struct plan *plan, struct db *target,
                       const char *run_id, struct error *err);
/* A verify_selects; the context is the selection. */
bool selection_selects(void *context, const char *check, const struct plan_table *table);

#endif
