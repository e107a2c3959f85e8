/* An entry by its name in a data file of the program's own: {"name": {...}, ...}. */
#ifndef IDMIGRATE_NAMED_H
#define IDMIGRATE_NAMED_H

#include "idmigrate/error.h"

#include <jansson.h>

/*
 * The entry, borrowed; NULL with EXIT_USAGE when there is none: "there is no <what> "<name>"", and
 * the names there are as hint, with `hint` (or "") behind them.
 */
const json_t *named_find(json_t *all, const char *name, const char *what, const char *hint,
                         struct error *err);

#endif
