/* How fast a run may be, as options of run and as keys of set. */
#ifndef IDMIGRATE_CMD_LIMITS_H
#define IDMIGRATE_CMD_LIMITS_H

#include "idmigrate/control.h"
#include "idmigrate/error.h"

/* Reads a limit into those of `limits` that it is about; "none" and 0 lift it. `name` is what the
 * error calls it. */
bool limits_read_rate(const char *name, const char *text, int64_t limits[CONTROL_LIMITS],
                      struct error *err);
bool limits_read_lag(const char *name, const char *text, int64_t limits[CONTROL_LIMITS],
                     struct error *err);
/* `limit` is CONTROL_WAL_RATE or CONTROL_SLOT_BYTES. */
bool limits_read_bytes(const char *name, const char *text, enum control_limit limit,
                       int64_t limits[CONTROL_LIMITS], struct error *err);

#endif
