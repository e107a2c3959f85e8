/* Times are the server's: microseconds since 2000, of any year that it prints. */
#include "idmigrate/seal.h"

#include <criterion/criterion.h>

static void
assert_time(int64_t time, const char *text)
{
    char found[SEAL_TIME_SIZE];
    int64_t read = 1;
    seal_time_format(time, found);
    cr_expect_str_eq(found, text);
    cr_expect(seal_time_parse(text, &read), "%s", text);
    cr_expect_eq(read, time, "%s", text);
}

Test(time, is_told_and_read_to_the_microsecond)
{
    assert_time(0, "2000-01-01T00:00:00.000000Z");
    assert_time(-1, "1999-12-31T23:59:59.999999Z");
    assert_time(848958605123456, "2026-11-25T21:50:05.123456Z");
    assert_time(-63082281600000000, "0001-01-01T00:00:00.000000Z");
    assert_time(5097600000000, "2000-02-29T00:00:00.000000Z");
}

Test(time, is_read_as_the_server_prints_it)
{
    int64_t time;
    cr_assert(seal_time_parse("2000-01-01 00:00:01.5+00", &time));
    cr_expect_eq(time, 1500000);
    cr_assert(seal_time_parse("2000-01-01 00:00:01", &time));
    cr_expect_eq(time, 1000000);
    cr_expect(!seal_time_parse("infinity", &time));
    cr_expect(!seal_time_parse("0044-03-15 00:00:00+00 BC", &time));
    cr_expect(!seal_time_parse("2000-13-01 00:00:00+00", &time));
    cr_expect(!seal_time_parse("2000-01-01 00:00:00+05:30", &time));
    cr_expect(!seal_time_parse("", &time));
}

Test(time, months_follow_on_each_other)
{
    for (int64_t month = -1999 * 12; month < 8000 * 12; month++) {
        int64_t start = seal_month_start(month);
        cr_assert_eq(seal_month_of(start), month);
        cr_assert_eq(seal_month_of(start - 1), month - 1);
    }
    cr_expect_eq(seal_month_start(1), 31LL * 86400 * 1000000);
}
