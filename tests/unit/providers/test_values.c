/* Values: addresses in any case, and IDs that tell when they were made. */
#include "idmigrate/memory.h"
#include "idmigrate/providers.h"
#include "idmigrate/sql.h"

#include <criterion/criterion.h>
#include <string.h>

static bool
same(const char *a, const char *b)
{
    return digest_equal(provider_address_digest(a, strlen(a)),
                        provider_address_digest(b, strlen(b)));
}

Test(providers_values, addresses_are_compared_without_case_and_white_space_around)
{
    cr_expect(same("Anna@Example.org", "aNNA@eXAMPLE.ORG"));
    cr_expect(same(" \tanna@example.org\r\n", "anna@example.org"));
    cr_expect(same("JÜRGEN@ÖL.at", "jürgen@öl.AT"));
    cr_expect(same("ΑΝΝΑ@example.org", "αννα@example.org"));
    cr_expect(same("АННА@example.org", "анна@example.org"));
}

Test(providers_values, nothing_else_of_an_address_is_folded)
{
    cr_expect_not(same("an.na@example.org", "anna@example.org"));
    cr_expect_not(same("anna+1@example.org", "anna@example.org"));
    cr_expect_not(same("an na@example.org", "anna@example.org"));
    cr_expect_not(same("u\xCC\x88@x.org", "\xC3\xBC@x.org"));
    cr_expect_not(same("a@x.org", "b@x.org"));
}

static int64_t
time_of(enum provider_side side, const char *id)
{
    struct error err = ERROR_INIT;
    CLEANUP(idmap_formats_free) struct idmap_formats *formats = NULL;
    CLEANUP(provider_kinds_free) struct provider_kinds *kinds = NULL;
    cr_assert(idmap_formats_new(embedded_formats_json, NULL, NULL, &formats, &err));
    cr_assert(provider_kinds_new(embedded_exports_json, NULL, NULL, formats, &kinds, &err));
    return provider_time_of_id(kinds, side, id, strlen(id));
}

/* The KSUID is the example of its specification: 2017-10-10T04:00:47Z; the ULID that of ULID's:
 * 2016-07-30T23:54:10.259Z. */
Test(providers_values, ids_tell_when_they_were_made)
{
    cr_expect_eq(time_of(PROVIDER_OLD, "user_0ujtsYcgvSTl8PAuAdqWYSMnLOv"), 1507608047000);
    cr_expect_eq(time_of(PROVIDER_NEW, "user_01ARZ3NDEKTSV4RRFFQ69G5FAV"), 1469922850259);
    cr_expect_eq(time_of(PROVIDER_OLD, "user_zzzzzzzzzzzzzzzzzzzzzzzzzzz"), 0, "above 160 bits");
    cr_expect_eq(time_of(PROVIDER_NEW, "user_8ZZZZZZZZZZZZZZZZZZZZZZZZZ"), 0, "above 128 bits");
    cr_expect_eq(time_of(PROVIDER_OLD, "user_01ARZ3NDEKTSV4RRFFQ69G5FAV"), 0, "the other side's");
    cr_expect_eq(time_of(PROVIDER_OLD, "anything"), 0);
}
