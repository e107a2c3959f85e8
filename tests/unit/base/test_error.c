/* Errors as values, and which exit status wins. */
#include "idmigrate/error.h"

#include <criterion/criterion.h>
#include <string.h>

Test(error, the_first_one_wins)
{
    struct error err = ERROR_INIT;
    cr_expect_not(error_set(&err, EXIT_INPUT, "line %d", 7));
    cr_expect_not(error_set(&err, EXIT_BUG, "later"));
    cr_expect(err.is_set);
    cr_expect_eq(err.code, EXIT_INPUT);
    cr_expect_str_eq(err.text, "line 7");
}

Test(error, the_first_hint_wins)
{
    struct error err = ERROR_INIT;
    error_hint(&err, "try %s", "this");
    cr_expect_not(error_hint(&err, "or that"));
    cr_expect_str_eq(err.hint, "try this");
}

Test(error, context_goes_in_front)
{
    struct error err = ERROR_INIT;
    error_set(&err, EXIT_INPUT, "no such column");
    error_context(&err, "table %s", "events");
    cr_expect_not(error_context(&err, "mapping m.json"));
    cr_expect_str_eq(err.text, "mapping m.json: table events: no such column");
}

Test(error, clearing_makes_room_for_another)
{
    struct error err = ERROR_INIT;
    error_set(&err, EXIT_BUG, "a");
    error_hint(&err, "b");
    memcpy(err.sqlstate, "40001", 6);
    error_clear(&err);
    cr_expect_not(err.is_set);
    cr_expect_str_empty(err.text);
    cr_expect_str_empty(err.hint);
    cr_expect_str_empty(err.sqlstate);
    error_set(&err, EXIT_STOPPED, "c");
    cr_expect_str_eq(err.text, "c");
}

static void
fill(char *text, size_t size)
{
    memset(text, 'x', size - 1);
    text[size - 1] = '\0';
}

Test(error, a_text_that_does_not_fit_ends_in_dots)
{
    struct error err = ERROR_INIT;
    char whole[sizeof err.text];
    char longer[sizeof err.text + 1];
    fill(whole, sizeof whole);
    fill(longer, sizeof longer);

    error_set(&err, EXIT_INPUT, "%s", whole);
    cr_expect_str_eq(err.text, whole);
    error_clear(&err);
    error_set(&err, EXIT_INPUT, "%s", longer);
    cr_expect_eq(strlen(err.text), sizeof err.text - 1);
    cr_expect_str_eq(err.text + sizeof err.text - 5, "x...");
}

Test(error, context_never_overflows)
{
    struct error err = ERROR_INIT;
    char whole[sizeof err.text];
    fill(whole, sizeof whole);
    error_set(&err, EXIT_INPUT, "%s", whole);
    error_context(&err, "%s", whole);
    error_context(&err, "front");
    cr_expect_lt(strlen(err.text), sizeof err.text);
    cr_expect_eq(strncmp(err.text, "front: x", 8), 0);
}

Test(exit_status, the_worse_of_two_is_chosen_whatever_their_order)
{
    static const enum exit_status order[] = {
        EXIT_BUG,       EXIT_STOPPED,     EXIT_TOO_MANY_REJECTS,
        EXIT_DIFFERENT, EXIT_NOT_CHECKED, EXIT_REJECTS};
    enum { COUNT = sizeof order / sizeof order[0] };
    for (size_t worse = 0; worse < COUNT; worse++)
        for (size_t better = worse; better < COUNT; better++) {
            cr_expect_eq(exit_status_worse(order[worse], order[better]), order[worse]);
            cr_expect_eq(exit_status_worse(order[better], order[worse]), order[worse]);
        }
}

Test(exit_status, anything_is_worse_than_done)
{
    static const enum exit_status others[] = {EXIT_REFUSED, EXIT_USAGE,       EXIT_INPUT,
                                              EXIT_REJECTS, EXIT_INTERRUPTED, EXIT_TERMINATED};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        cr_expect_eq(exit_status_worse(EXIT_DONE, others[i]), others[i]);
        cr_expect_eq(exit_status_worse(others[i], EXIT_DONE), others[i]);
    }
    cr_expect_eq(exit_status_worse(EXIT_DONE, EXIT_DONE), EXIT_DONE);
}
