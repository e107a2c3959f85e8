/* Times and counts as people read them. */
#include "idmigrate/clock.h"

#include <criterion/criterion.h>

Test(clock, formats_durations)
{
    static const struct {
        double seconds;
        const char *text;
    } cases[] = {{0, "0.0 s"},         {4.2, "4.2 s"},
                 {9.94, "9.9 s"},      {10, "10 s"},
                 {59.4, "59 s"},       {59.6, "1 min 00 s"},
                 {200, "3 min 20 s"},  {3599.7, "1 h 00 min"},
                 {3720, "1 h 02 min"}, {100 * 3600, "100 h 00 min"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[32];
        cr_expect_str_eq(clock_format_duration(cases[i].seconds, text, sizeof text), cases[i].text);
    }
}

Test(clock, formats_counts)
{
    static const struct {
        int64_t count;
        const char *text;
    } cases[] = {{0, "0"},
                 {999, "999"},
                 {1000, "1,000"},
                 {1234567, "1,234,567"},
                 {-1, "-1"},
                 {-999, "-999"},
                 {-123456, "-123,456"},
                 {INT64_MAX, "9,223,372,036,854,775,807"},
                 {INT64_MIN, "-9,223,372,036,854,775,808"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[27]; /* the size that the contract names */
        cr_expect_str_eq(clock_format_count(cases[i].count, text, sizeof text), cases[i].text);
    }
}

Test(clock, never_writes_past_the_end)
{
    char text[8] = "xxxxxxx";
    clock_format_count(1234567, text, 4);
    cr_expect_lt(strlen(text), 4);
    cr_expect_str_eq(text + 4, "xxx");
    clock_format_duration(3720, text, 4);
    cr_expect_lt(strlen(text), 4);
}

Test(clock, goes_forward)
{
    double before = clock_steady_seconds();
    cr_expect_geq(clock_steady_seconds(), before);
    cr_expect_gt(clock_unix_milliseconds(), INT64_C(1700000000000), "milliseconds since 1970");
}
