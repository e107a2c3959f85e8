/* Which failures may be tried again. */
#include "idmigrate/db.h"

#include <criterion/criterion.h>
#include <string.h>

static bool
is_transient(enum exit_status code, const char *sqlstate)
{
    struct error err = ERROR_INIT;
    error_set(&err, code, "x");
    memcpy(err.sqlstate, sqlstate, strlen(sqlstate) + 1);
    return db_error_is_transient(&err);
}

Test(failure, what_passes_by_itself_may_be_tried_again)
{
    static const char *const states[] = {"40001", "40P01", "55P03", "57014", "08006", "08001",
                                         "08007", "57P01", "57P02", "57P03", "25P03"};
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
        cr_expect(is_transient(EXIT_STOPPED, states[i]), "%s", states[i]);
}

Test(failure, what_would_fail_again_is_not_tried)
{
    static const char *const states[] = {"23505", "22P02", "42P01", "53100", "25P02", "XX000", ""};
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
        cr_expect_not(is_transient(EXIT_STOPPED, states[i]), "%s", states[i]);
}

Test(failure, what_was_cancelled_on_request_is_not_tried)
{
    cr_expect_not(is_transient(EXIT_INTERRUPTED, "57014"));
    cr_expect_not(is_transient(EXIT_TERMINATED, "57014"));
}
