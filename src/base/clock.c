/* Time. */
#include "idmigrate/clock.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

double
clock_steady_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int64_t
clock_unix_milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

char *
clock_format_duration(double seconds, char *text, size_t size)
{
    long whole = (long)(seconds + 0.5);
    if (seconds < 10)
        snprintf(text, size, "%.1f s", seconds);
    else if (whole < 60)
        snprintf(text, size, "%ld s", whole);
    else if (whole < 3600)
        snprintf(text, size, "%ld min %02ld s", whole / 60, whole % 60);
    else
        snprintf(text, size, "%ld h %02ld min", whole / 3600, whole / 60 % 60);
    return text;
}

char *
clock_format_count(int64_t count, char *text, size_t size)
{
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%" PRId64, count);
    size_t used = 0;
    for (int i = 0; i < length; i++) {
        bool needs_comma = i > 0 && (length - i) % 3 == 0 && digits[i - 1] != '-';
        if (used + needs_comma + 1 >= size)
            break;
        if (needs_comma)
            text[used++] = ',';
        text[used++] = digits[i];
    }
    text[used] = '\0';
    return text;
}

void
clock_pause(int attempt)
{
    enum { FIRST_MS = 100, LONGEST_MS = 2000, DOUBLINGS = 5 };
    int64_t milliseconds = (int64_t)FIRST_MS << (attempt < DOUBLINGS ? attempt : DOUBLINGS);
    if (milliseconds > LONGEST_MS)
        milliseconds = LONGEST_MS;
    milliseconds += clock_unix_milliseconds() % FIRST_MS;
    struct timespec pause = {.tv_sec = milliseconds / 1000,
                             .tv_nsec = (long)(milliseconds % 1000) * 1000000};
    nanosleep(&pause, NULL);
}
