/* Times as the server counts them, without the limits of a time_t or the time zone of a process. */
#include "idmigrate/seal.h"

#include <stdlib.h>
#include <string.h>

static const int64_t second = 1000000;
enum { DAY = 86400, EPOCH_DAYS = 730425 /* 2000-01-01 counted from 0000-03-01 */ };

static int64_t
floor_divide(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Days since 2000-01-01 of a date of the Gregorian calendar; years begin in March, so that the leap
 * day is the last. */
static int64_t
days_of(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    month = month <= 2 ? month + 9 : month - 3;
    return 365 * year + floor_divide(year, 4) - floor_divide(year, 100) + floor_divide(year, 400) +
           (153 * month + 2) / 5 + day - 1 - EPOCH_DAYS;
}

static void
date_of(int64_t days, int64_t *year, int64_t *month, int64_t *day)
{
    days += EPOCH_DAYS;
    int64_t era = floor_divide(days, 146097), in_era = days - era * 146097;
    int64_t year_of_era = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    int64_t in_year = in_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted = (5 * in_year + 2) / 153;
    *day = in_year - (153 * shifted + 2) / 5 + 1;
    *month = shifted < 10 ? shifted + 3 : shifted - 9;
    *year = year_of_era + era * 400 + (*month <= 2);
}

void
seal_time_format(int64_t time, char text[SEAL_TIME_SIZE])
{
    int64_t year, month, day, seconds = floor_divide(time, second);
    int64_t days = floor_divide(seconds, DAY), in_day = seconds - days * DAY;
    date_of(days, &year, &month, &day);
    snprintf(text, SEAL_TIME_SIZE, "%04lld-%02d-%02dT%02d:%02d:%02d.%06dZ", (long long)year,
             (int)month, (int)day, (int)(in_day / 3600), (int)(in_day / 60 % 60),
             (int)(in_day % 60), (int)(time - seconds * second));
}

/* Reads a number and what stands behind it. */
static bool
take_number(const char **text, const char *behind, int64_t *number)
{
    char *end;
    if (**text < '0' || **text > '9')
        return false;
    *number = strtoll(*text, &end, 10);
    *text = end;
    if (*behind == '\0')
        return true;
    if (*end == '\0' || strchr(behind, *end) == NULL)
        return false;
    (*text)++;
    return true;
}

static int64_t
take_fraction(const char **text)
{
    int64_t fraction = 0;
    if (**text != '.')
        return 0;
    (*text)++;
    for (int digit = 0; digit < 6; digit++) {
        bool is_digit = **text >= '0' && **text <= '9';
        fraction = fraction * 10 + (is_digit ? **text - '0' : 0);
        *text += is_digit;
    }
    return fraction;
}

bool
seal_time_parse(const char *text, int64_t *time)
{
    int64_t year, month, day, hour, minute, seconds;
    if (!take_number(&text, "-", &year) || !take_number(&text, "-", &month) ||
        !take_number(&text, "T ", &day) || !take_number(&text, ":", &hour) ||
        !take_number(&text, ":", &minute) || !take_number(&text, "", &seconds) || month < 1 ||
        month > 12 || year > 9999)
        return false;
    int64_t fraction = take_fraction(&text);
    if (strcmp(text, "Z") != 0 && strcmp(text, "+00") != 0 && *text != '\0')
        return false;
    *time = (((days_of(year, month, day) * 24 + hour) * 60 + minute) * 60 + seconds) * second +
            fraction;
    return true;
}

int64_t
seal_month_start(int64_t month)
{
    int64_t years = floor_divide(month, 12);
    return days_of(2000 + years, month - years * 12 + 1, 1) * DAY * second;
}

int64_t
seal_month_of(int64_t time)
{
    int64_t year, month, day;
    date_of(floor_divide(floor_divide(time, second), DAY), &year, &month, &day);
    return (year - 2000) * 12 + month - 1;
}
