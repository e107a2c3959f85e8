/*
 * The requirements of a framework, and the evidence for them in a database: frameworks are data
 * (mappings/frameworks.json), what evidence looks at is code (evidence_*.c).
 */
#ifndef IDMIGRATE_FRAMEWORK_H
#define IDMIGRATE_FRAMEWORK_H

#include "idmigrate/evidence.h"
#include "idmigrate/log_table.h"
#include "idmigrate/seal.h"

struct framework_request {
    struct db *db; /* a transaction is open on it */
    const struct log_table *table;
    const char *name; /* "hipaa", ... */
    const char *path; /* a file of the user's own; NULL: the one that ships */
    /* Of `audit verify` with what it was given; NULL: it was not done. */
    const struct seal_verdict *verdict;
};
/* EXIT_USAGE for a framework that is not there, EXIT_INPUT for a file that is none. */
bool framework_check(const char *name, const char *path, struct error *err);
bool framework_report(const struct framework_request *request, struct evidence_report *report,
                      struct error *err);

#endif
