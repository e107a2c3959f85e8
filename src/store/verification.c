/* Results of verification: every one is kept, the last one is read. */
#include "idmigrate/memory.h"
#include "idmigrate/sql.h"
#include "idmigrate/store.h"
#include "parameter.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void
add_field(struct strbuf *lines, const char *text)
{
    strbuf_add_char(lines, '\t');
    store_copy_text(lines, text);
}

/* One line, in the order of the columns of store_put_checks.sql; `next` is its number and time. */
static void
copy_check(struct strbuf *lines, const char *run_id, const struct db_result *next, size_t item_no,
           const struct store_check *check)
{
    strbuf_printf(lines, "%s\t%s\t%zu", run_id, db_result_text(next, 0, 0), item_no);
    add_field(lines, check->name);
    add_field(lines, check->table_no >= 0 ? STORE_NUMBER(check->table_no) : NULL);
    add_field(lines, check->label);
    add_field(lines, check->verdict);
    strbuf_printf(lines, "\t%" PRId64 "\t%" PRId64, check->looked_at, check->found);
    add_field(lines, check->detail != NULL ? check->detail : "");
    add_field(lines, check->differences != NULL ? check->differences : "[]");
    add_field(lines, check->is_partial ? "true" : "false");
    add_field(lines, db_result_text(next, 0, 1));
    add_field(lines, IDMIGRATE_VERSION);
    strbuf_add_char(lines, '\n');
}

bool
store_put_verification(struct db *db, const char *run_id, const struct store_check *checks,
                       size_t count, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *next = NULL;
    CLEANUP(strbuf_release) struct strbuf lines = STRBUF_INIT;
    if (!db_query(db, sql_query_store_next_verification, 1, &run_id, &next, err))
        return error_context(err, "verification of run %s", run_id);
    for (size_t i = 0; i < count; i++)
        copy_check(&lines, run_id, next, i + 1, &checks[i]);
    if (!db_copy_in_begin(db, sql_query_store_put_checks, err) ||
        !db_copy_in_put(db, lines.data, lines.length, err) || !db_copy_in_end(db, NULL, err))
        return error_context(err, "verification of run %s", run_id);
    return true;
}

/* `name` and `verdict` of a check are static texts for those who make them; here they must be found
 * again. */
static const char *
known_verdict(const char *text)
{
    static const char *const known[] = {"equal", "different", "not checked"};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(known[i], text) == 0)
            return known[i];
    return NULL;
}

/* In the order of the columns of store_load_verification.sql. */
static void
take_check(struct store_check *check, const struct db_result *result, size_t row)
{
    *check = (struct store_check){
        .loaded_name = store_take_text(result, row, 0),
        .table_no =
            db_result_text(result, row, 1) != NULL ? (int)db_result_int64(result, row, 1) : -1,
        .label = store_take_text(result, row, 2),
        .verdict = known_verdict(db_result_text(result, row, 3)),
        .looked_at = db_result_int64(result, row, 4),
        .found = db_result_int64(result, row, 5),
        .detail = store_take_text(result, row, 6),
        .differences = store_take_text(result, row, 7),
        .is_partial = db_result_bool(result, row, 8),
    };
    check->name = check->loaded_name;
}

bool
store_load_verification(struct db *db, const char *run_id, struct store_check **checks,
                        size_t *count, char **verified_at, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    *checks = NULL;
    *count = 0;
    *verified_at = NULL;
    if (!db_query(db, sql_query_store_load_verification, 1, &run_id, &result, err))
        return error_context(err, "verification of run %s", run_id);
    *count = db_result_rows(result);
    *checks = memory_realloc_array(NULL, *count, sizeof **checks);
    for (size_t i = 0; i < *count; i++)
        take_check(&(*checks)[i], result, i);
    if (*count > 0)
        *verified_at = store_take_text(result, 0, 9);
    return true;
}

void
store_checks_free(struct store_check *checks, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(checks[i].label);
        free(checks[i].detail);
        free(checks[i].differences);
        free(checks[i].loaded_name);
    }
    free(checks);
}
