/* Where those who carry out a run find its snapshot of each source. */
#include "idmigrate/sql.h"
#include "idmigrate/store.h"

bool
store_put_snapshot(struct db *db, const char *run_id, const char *source, const char *name,
                   struct error *err)
{
    const char *const values[] = {run_id, source, name};
    return db_command(db, sql_query_store_put_snapshot, 3, values, NULL, err) ||
           error_context(err, "snapshots of run %s", run_id);
}

bool
store_load_snapshots(struct db *db, const char *run_id, const char *source,
                     struct db_result **names, struct error *err)
{
    const char *const values[] = {run_id, source};
    return db_query(db, sql_query_store_load_snapshots, 2, values, names, err) ||
           error_context(err, "snapshots of run %s", run_id);
}

bool
store_forget_snapshots(struct db *db, const char *run_id, struct error *err)
{
    return db_command(db, sql_query_store_forget_snapshots, 1, &run_id, NULL, err) ||
           error_context(err, "snapshots of run %s", run_id);
}
