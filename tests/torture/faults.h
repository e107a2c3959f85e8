/* What faults.c and libpq_memory.c have in common. */
#ifndef IDMIGRATE_TORTURE_FAULTS_H
#define IDMIGRATE_TORTURE_FAULTS_H

#include <stdint.h>

/* The same in each run of a program; of return addresses up to the first outside the program. */
uint32_t digest_of_frames(void *const *frames, int count);

#endif
