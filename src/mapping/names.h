/* Names: from camelCase to snake_case, and which known name somebody may have meant. */
#ifndef MAPPING_NAMES_H
#define MAPPING_NAMES_H

#include <stddef.h>

/* The known name closest to `wanted`; fed one candidate after another. */
struct nearest {
    const char *wanted;
    const char *name; /* borrowed; NULL while nothing is close enough */
    size_t distance;
};

struct nearest nearest_begin(const char *wanted);
void nearest_consider(struct nearest *nearest, const char *candidate);

#endif
