/*
 * Indexes and constraints that the run has set aside: each must be back, and be what the catalogue
 * said about it before, in everything that was written down then.
 */
#include "work.h"

#include "copy.h"

#include "idmigrate/memory.h"
#include "idmigrate/sql.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { KIND, SCHEMA, TABLE, NAME, DESCRIPTION, STATE, NAMES = 4 };

/* The catalogue as it is now, one row for each of `items`. */
static bool
describe(struct verify *v, const struct db_result *items, struct db_result **now, struct error *err)
{
    size_t count = db_result_rows(items);
    const char **texts = memory_alloc((count + 1) * sizeof *texts);
    struct strbuf arrays[NAMES];
    const char *values[NAMES];
    for (int field = 0; field < NAMES; field++) {
        arrays[field] = (struct strbuf)STRBUF_INIT;
        for (size_t i = 0; i < count; i++)
            texts[i] = db_result_text(items, i, field);
        db_format_array(&arrays[field], texts, count);
        values[field] = arrays[field].data;
    }
    bool good = copy_query(v->in->target, sql_query_set_aside_describe, NAMES, values, now, err);
    for (int field = 0; field < NAMES; field++)
        strbuf_release(&arrays[field]);
    free(texts);
    return good;
}

static void
compare(struct check *check, const struct db_result *items, size_t row, const char *now)
{
    const char *was = db_result_text(items, row, DESCRIPTION);
    bool is_back = strcmp(db_result_text(items, row, STATE), "back") == 0;
    check->looked_at++;
    if (is_back && now != NULL && was != NULL && strcmp(now, was) == 0)
        return;
    CLEANUP(memory_free_string)
    char *what = memory_printf("%s %s of %s.%s", db_result_text(items, row, KIND),
                               db_result_text(items, row, NAME), db_result_text(items, row, SCHEMA),
                               db_result_text(items, row, TABLE));
    check_difference_text(check, SPAN_NULL, what, "as it was before the run",
                          !is_back      ? "still set aside"
                          : now == NULL ? NULL
                                        : "there, but otherwise than before");
}

bool
set_aside_check(struct verify *v, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *items = NULL;
    CLEANUP(db_result_free) struct db_result *now = NULL;
    struct check check;
    if (!copy_query(v->in->target, sql_query_verify_set_aside, 1, &v->run_id, &items, err))
        return false;
    check_init(&check, "set_aside", NULL, v->in->difference_limit);
    check.is_used = db_result_rows(items) > 0;
    bool good = !check.is_used || describe(v, items, &now, err);
    for (size_t i = 0; good && i < db_result_rows(items); i++)
        compare(&check, items, i, db_result_text(now, i, 1));
    check_note(&check, "%" PRId64 " indexes and constraints that were set aside", check.looked_at);
    check_finish(&check, &v->checks);
    return good;
}
