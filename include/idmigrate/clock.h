/* Time: a steady clock for durations, the wall clock for events. */
#ifndef IDMIGRATE_CLOCK_H
#define IDMIGRATE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

double clock_steady_seconds(void);
int64_t clock_unix_milliseconds(void);

/* "1 h 02 min", "3 min 20 s", "4.2 s": for people. Writes at most `size` bytes with the final zero;
 * returns `text`. */
char *clock_format_duration(double seconds, char *text, size_t size);

/* 1234567 as "1,234,567". Returns `text`, which needs 27 bytes at most. */
char *clock_format_count(int64_t count, char *text, size_t size);

/* Waits before the attempt with this number, from 0: a tenth of a second, twice as long each time
 * up to two seconds, and a little by chance, so that two that met do not meet again. */
void clock_pause(int attempt);

#endif
