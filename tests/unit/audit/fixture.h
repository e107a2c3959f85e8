/* A plan with nothing in it but an audit table: the default layout, or one of the application's
 * own. */
#ifndef TEST_AUDIT_FIXTURE_H
#define TEST_AUDIT_FIXTURE_H

#include "idmigrate/audit.h"
#include "idmigrate/memory.h"

#define RUN_ID      "22222222-cccc-4ccc-8ccc-000000000003"
#define RECORDED_AT "2026-11-20 17:40:00.123456+00"

/* A column of an own layout and the name of its type in the target. */
struct fixture_column {
    const char *name, *type;
    enum audit_field field;
    const char *value;
};

struct audit_fixture {
    struct mapping mapping;
    struct mapping_connection source;
    struct catalog_table table; /* the audit table */
    struct plan plan;
    struct mapping_table spec; /* of the table whose rows have events */
    struct catalog_table target;
    struct plan_table entry;
    struct strbuf texts[64]; /* what the above points to */
    size_t text_count;
};

/* `columns` ended by a NULL name; NULL: the default layout. */
void fixture_init(struct audit_fixture *fixture, const char *schema, const char *audit_table,
                  const struct fixture_column *columns);
void fixture_release(struct audit_fixture *fixture);

/* The event of a row with two IDs out of one source column and one that does not resolve. */
extern const struct audit_event fixture_event;

#endif
