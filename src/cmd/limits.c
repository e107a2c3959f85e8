/* Numbers with units, as PostgreSQL's settings have them: 1 kB is 1024 bytes. */
#include "limits.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct unit {
    const char *name;
    double factor;
};
static const struct unit bytes_units[] = {
    {"B", 1}, {"kB", 1024}, {"MB", 1048576}, {"GB", 1073741824}, {"TB", 1099511627776.0},
    {NULL, 0}};
static const struct unit time_units[] = {{"ms", 1}, {"s", 1000}, {"min", 60000}, {NULL, 0}};

/* A number above 0 and what stands behind it; false when it is none. */
static bool
read_number(const char *text, double *number, const char **unit)
{
    char *end;
    errno = 0;
    *number = strtod(text, &end);
    *unit = end;
    /* strtod() takes "inf", "0x10" and "-1" as well. */
    return errno == 0 && end != text && strspn(text, "0123456789.") == (size_t)(end - text) &&
           *number > 0;
}

static bool
is_lifted(const char *text)
{
    return strcmp(text, "none") == 0 || strcmp(text, "0") == 0;
}

static bool
take(double number, const char *name, const struct unit *units, int64_t *value)
{
    for (; units->name != NULL; units++)
        if (strcmp(units->name, name) == 0 && number * units->factor >= 1 &&
            number * units->factor < 9e18) {
            *value = (int64_t)(number * units->factor);
            return true;
        }
    return false;
}

bool
limits_read_rate(const char *name, const char *text, int64_t limits[CONTROL_LIMITS],
                 struct error *err)
{
    double number;
    const char *unit;
    limits[CONTROL_ROWS_RATE] = limits[CONTROL_BYTES_RATE] = CONTROL_NO_LIMIT;
    if (is_lifted(text))
        return true;
    if (read_number(text, &number, &unit) &&
        (*unit == '\0' ? take(number, "", (const struct unit[]){{"", 1}, {NULL, 0}},
                              &limits[CONTROL_ROWS_RATE])
                       : take(number, unit, bytes_units, &limits[CONTROL_BYTES_RATE])))
        return true;
    return error_set(err, EXIT_USAGE,
                     "%s %s: rows a second such as 5000, bytes a second such as 20MB, or none",
                     name, text);
}

bool
limits_read_lag(const char *name, const char *text, int64_t limits[CONTROL_LIMITS],
                struct error *err)
{
    double number;
    const char *unit;
    limits[CONTROL_LAG_BYTES] = limits[CONTROL_LAG_MS] = CONTROL_NO_LIMIT;
    if (is_lifted(text))
        return true;
    if (read_number(text, &number, &unit) &&
        (take(number, unit, time_units, &limits[CONTROL_LAG_MS]) ||
         take(number, unit, bytes_units, &limits[CONTROL_LAG_BYTES])))
        return true;
    return error_set(err, EXIT_USAGE,
                     "%s %s: a time such as 10s, bytes of WAL such as 64MB, or none", name, text);
}

bool
limits_read_bytes(const char *name, const char *text, enum control_limit limit,
                  int64_t limits[CONTROL_LIMITS], struct error *err)
{
    double number;
    const char *unit;
    limits[limit] = CONTROL_NO_LIMIT;
    if (is_lifted(text) ||
        (read_number(text, &number, &unit) && take(number, unit, bytes_units, &limits[limit])))
        return true;
    return error_set(err, EXIT_USAGE, "%s %s: bytes such as 64MB, or none", name, text);
}
