/* Only for files of this room. */
#ifndef IDMIGRATE_SEAL_RECALL_SAMPLE_H
#define IDMIGRATE_SEAL_RECALL_SAMPLE_H

#include "sealing.h"

/* Reads a few events of every transaction that a witness saw, and compares them with what it kept:
 * whatever makes the table hold something else than it was given makes it so for all of a kind. */
bool seal_recall_is_true(struct sealing *sealing, bool *is_true, struct error *err);

#endif
