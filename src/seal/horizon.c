/* The horizon is asked for before the snapshot in which events are read: what was recorded at or
 * before it is then in there, or will never be. */
#include "horizon.h"

#include "idmigrate/memory.h"
#include "idmigrate/sql.h"

#include <stdio.h>

enum { HORIZON, HOLDER, MAY_SEE, HIDDEN, PREPARED, IS_STANDBY };

static bool
check_sight(struct db *db, const struct db_result *found, struct error *err)
{
    if (db_result_bool(found, 0, IS_STANDBY))
        return error_set(err, EXIT_REFUSED, "%s: a standby cannot be sealed", db_what(db));
    if (!db_result_bool(found, 0, MAY_SEE)) {
        error_set(err, EXIT_REFUSED,
                  "role %s does not see when transactions of others began, so it cannot tell which "
                  "events may still come",
                  db_identity(db)->role);
        return error_hint(err, "GRANT pg_read_all_stats TO %s", db_identity(db)->role);
    }
    if (db_result_text(found, 0, HIDDEN) != NULL) {
        error_set(err, EXIT_REFUSED, "%s does not tell when its transaction began",
                  db_result_text(found, 0, HIDDEN));
        return error_hint(err, "track_activities must be on in every session of the database");
    }
    if (db_result_text(found, 0, PREPARED) != NULL) {
        error_set(
            err, EXIT_REFUSED,
            "the prepared transaction \"%s\" holds events back, from a time that nobody knows",
            db_result_text(found, 0, PREPARED));
        return error_hint(err, "COMMIT PREPARED or ROLLBACK PREPARED it first");
    }
    return true;
}

bool
seal_find_horizon(struct db *db, const struct log_table *table, double margin, int64_t *horizon,
                  char **holder, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *found = NULL;
    char seconds[40];
    snprintf(seconds, sizeof seconds, "%.6f", margin);
    const char *const values[] = {seconds, table->schema, table->table};
    if (!db_query(db, sql_query_seal_horizon, 3, values, &found, err) ||
        !check_sight(db, found, err))
        return false;
    *holder = memory_strdup(db_result_text(found, 0, HOLDER));
    return seal_time_parse(db_result_text(found, 0, HORIZON), horizon) ||
           error_set(err, EXIT_BUG, "the server's time is out of range");
}
