/* How far events can be sealed; only for files of this room. */
#ifndef IDMIGRATE_SEAL_HORIZON_H
#define IDMIGRATE_SEAL_HORIZON_H

#include "idmigrate/seal.h"

/* Nothing is recorded at or before `horizon` any more; `holder` (to be freed) says what holds it
 * back. Refused where that cannot be known. */
bool seal_find_horizon(struct db *db, const struct log_table *table, double margin,
                       int64_t *horizon, char **holder, struct error *err);

#endif
