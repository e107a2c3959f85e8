/* What is said to a run while it is carried out. */
#include "idmigrate/control.h"

#include "idmigrate/memory.h"
#include "idmigrate/sql.h"
#include "parameter.h"

#include <stdlib.h>

void
store_control_release(struct store_control *control)
{
    memory_free_string(&control->waiting);
}

bool
store_reset_control(struct db *db, const char *run_id, struct error *err)
{
    return db_command(db, sql_query_store_reset_control, 1, &run_id, NULL, err) ||
           error_context(err, "control of run %s", run_id);
}

static int64_t
number_or_unset(const struct db_result *result, int column)
{
    return db_result_text(result, 0, column) == NULL ? -1 : db_result_int64(result, 0, column);
}

bool
store_load_control(struct db *db, const char *run_id, struct store_control *control,
                   struct error *err)
{
    enum { FIRST_LIMIT = 3 };
    CLEANUP(db_result_free) struct db_result *result = NULL;
    *control = (struct store_control)STORE_CONTROL_INIT;
    if (!db_query(db, sql_query_store_load_control, 1, &run_id, &result, err))
        return error_context(err, "control of run %s", run_id);
    if (db_result_rows(result) == 0)
        return true;
    control->paused = db_result_bool(result, 0, 0);
    control->jobs = (int)number_or_unset(result, 1);
    control->waiting = store_take_text(result, 0, 2);
    for (int i = 0; i < CONTROL_LIMITS; i++)
        control->limits[i] = number_or_unset(result, FIRST_LIMIT + i);
    return true;
}

bool
store_change_control(struct db *db, const char *run_id, const struct store_control *control,
                     bool *taken, struct error *err)
{
    enum { FIRST_LIMIT = 3, COUNT = FIRST_LIMIT + CONTROL_LIMITS };
    struct store_number numbers[CONTROL_LIMITS];
    const char *values[COUNT] = {run_id,
                                 control->paused < 0 ? NULL
                                 : control->paused   ? "t"
                                                     : "f",
                                 control->jobs < 0 ? NULL : STORE_NUMBER(control->jobs)};
    int64_t affected;
    for (int i = 0; i < CONTROL_LIMITS; i++) {
        numbers[i] = store_number_of(control->limits[i]);
        values[FIRST_LIMIT + i] = control->limits[i] < 0 ? NULL : numbers[i].text;
    }
    if (!db_command(db, sql_query_store_change_control, COUNT, values, &affected, err))
        return error_context(err, "control of run %s", run_id);
    *taken = affected == 1;
    return true;
}

bool
store_note_waiting(struct db *db, const char *run_id, const char *reason, struct error *err)
{
    const char *const values[] = {run_id, reason};
    return db_command(db, sql_query_store_note_waiting, 2, values, NULL, err) ||
           error_context(err, "control of run %s", run_id);
}
