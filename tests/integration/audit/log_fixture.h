/* A target with an audit log of a layout that an application may have, and events in it. */
#ifndef IDMIGRATE_TEST_LOG_FIXTURE_H
#define IDMIGRATE_TEST_LOG_FIXTURE_H

#include "idmigrate_test.h"

#include "../../unit/audit/fixture.h"

struct log_layout {
    const char *ddl;
    const struct fixture_column *columns;
    bool has_key_digest, has_id, has_outcome, has_tenant;
};
/* A column for everything; JSON and a naive rounded time; text columns that hold anything; without
 * metadata; types whose bytes the writer knows, all of them. */
extern const struct log_layout log_layouts[];

struct log {
    struct test_database database;
    struct db *db;
};
struct log log_open(const char *name, const struct log_layout *layout);
void log_release(struct log *target);

/* One event of each action; the third has an ID that needs every escape. `ids` get the events'. */
void log_write(enum audit_format format, struct log *target, struct audit_fixture *fixture,
               const char *run_id, char ids[][AUDIT_UUID_SIZE]);
/* Reads the events of a run: fields still escaped, parted by tabs. To be freed; `count` gets their
 * number. */
char *log_read(struct log *target, struct audit_fixture *fixture, const struct audit_run *run,
               size_t *count);

#endif
