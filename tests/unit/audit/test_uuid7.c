/* UUIDs of version 7: their bits, their order, their number. */
#include "idmigrate/audit.h"
#include "idmigrate/clock.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

Test(uuid7, has_version_variant_and_hyphens)
{
    char uuid[AUDIT_UUID_SIZE];
    for (int i = 0; i < 1000; i++) {
        audit_uuid7(uuid);
        cr_assert_eq(strlen(uuid), 36);
        cr_assert_eq(strspn(uuid, "0123456789abcdef-"), 36, "%s", uuid);
        cr_assert(uuid[8] == '-' && uuid[13] == '-' && uuid[18] == '-' && uuid[23] == '-', "%s",
                  uuid);
        cr_assert_eq(uuid[14], '7', "%s", uuid);
        cr_assert_not_null(strchr("89ab", uuid[19]), "%s", uuid);
    }
}

Test(uuid7, begins_with_the_milliseconds_of_the_clock)
{
    char uuid[AUDIT_UUID_SIZE], digits[13];
    int64_t before = clock_unix_milliseconds();
    audit_uuid7(uuid);
    int64_t after = clock_unix_milliseconds();
    memcpy(digits, uuid, 8);
    memcpy(digits + 8, uuid + 9, 4);
    digits[12] = '\0';
    long long stamp = strtoll(digits, NULL, 16);
    cr_expect(stamp >= before && stamp <= after, "%lld is not in %lld to %lld", stamp,
              (long long)before, (long long)after);
}

Test(uuid7, differs_in_its_random_part)
{
    char first[AUDIT_UUID_SIZE], second[AUDIT_UUID_SIZE];
    audit_uuid7(first);
    audit_uuid7(second);
    cr_expect_str_neq(first + 20, second + 20);
}

enum { THREADS = 4, EACH = 50000 };

static char made[THREADS][EACH][AUDIT_UUID_SIZE];

static void *
make(void *which)
{
    size_t thread = *(size_t *)which;
    for (size_t i = 0; i < EACH; i++)
        audit_uuid7(made[thread][i]);
    return NULL;
}

static int
compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* More than the counter holds in a millisecond, by several threads at once. */
Test(uuid7, rises_in_each_thread_and_is_never_made_twice, .timeout = 60)
{
    pthread_t threads[THREADS];
    size_t numbers[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        numbers[i] = i;
        cr_assert_eq(pthread_create(&threads[i], NULL, make, &numbers[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (size_t i = 0; i < THREADS; i++)
        for (size_t j = 1; j < EACH; j++)
            cr_assert_lt(strcmp(made[i][j - 1], made[i][j]), 0, "%s before %s", made[i][j - 1],
                         made[i][j]);
    qsort(made, (size_t)THREADS * EACH, AUDIT_UUID_SIZE, compare);
    char(*all)[AUDIT_UUID_SIZE] = made[0];
    for (size_t i = 1; i < (size_t)THREADS * EACH; i++)
        cr_assert_neq(strncmp(all[i - 1], all[i], 18), 0, "stamp and counter twice: %s %s",
                      all[i - 1], all[i]);
}
