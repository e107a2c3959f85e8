/* Every way a mapping can be wrong: one folder each. */
#include "cases.h"
#include "idmigrate/mapping.h"
#include "idmigrate/memory.h"

#include <criterion/criterion.h>

static void
assert_is_refused(const char *name)
{
    CLEANUP(mapping_free) struct mapping *mapping = NULL;
    struct error err = ERROR_INIT;
    cr_expect_not(mapping_load("mapping.json", &mapping, &err), "%s: was taken", name);
    cr_expect_null(mapping, "%s", name);
    cases_assert_error(name, &err);
}

Test(mapping_invalid, every_wrong_mapping_is_refused_with_its_message)
{
    size_t count = cases_run("mapping/invalid", assert_is_refused);
    cr_expect_geq(count, 150, "only %zu cases", count);
}

static void
assert_is_taken(const char *name)
{
    CLEANUP(mapping_free) struct mapping *mapping = NULL;
    struct error err = ERROR_INIT;
    cr_expect(mapping_load("mapping.json", &mapping, &err), "%s: %s", name, err.text);
}

Test(mapping_invalid, their_right_neighbours_are_taken)
{
    size_t count = cases_run("mapping/valid", assert_is_taken);
    cr_expect_geq(count, 19, "only %zu cases", count);
}
