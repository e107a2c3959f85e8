/*
 * UUIDs of version 7 (RFC 9562, section 5.7; the counter is method 1 of section 6.2).
 *
 * One number, milliseconds and counter side by side, is shared by all threads and only ever grows:
 * when more than 4,096 are made within a millisecond, or the clock is set back, it runs ahead of
 * the clock instead of standing still.
 */
#include "idmigrate/audit.h"
#include "idmigrate/clock.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/random.h>

enum {
    COUNTER_BITS = 12,
    BLOCK = 256 /* getrandom(2) gives up to 256 bytes whole and without being interrupted */
};

static _Atomic uint64_t last_stamp;

static uint64_t
next_stamp(void)
{
    uint64_t now = (uint64_t)clock_unix_milliseconds() << COUNTER_BITS;
    uint64_t last = atomic_load_explicit(&last_stamp, memory_order_relaxed);
    uint64_t next;
    do
        next = now > last ? now : last + 1;
    while (!atomic_compare_exchange_weak_explicit(&last_stamp, &last, next, memory_order_relaxed,
                                                  memory_order_relaxed));
    return next;
}

/* Each thread draws random bytes a block at a time: a system call for 32 IDs. Where the kernel
   refused to give any (a sandbox), the IDs of one process would still differ in their stamp. */
static uint64_t
random_bits(void)
{
    static _Thread_local unsigned char block[BLOCK];
    static _Thread_local size_t used = BLOCK;
    uint64_t bits;
    if (used == BLOCK) {
        while (getrandom(block, sizeof block, 0) != (ssize_t)sizeof block && errno == EINTR)
            continue;
        used = 0;
    }
    memcpy(&bits, block + used, sizeof bits);
    used += sizeof bits;
    return bits;
}

/* Writes the lowest `digits` hexadecimal digits of `value`. */
static char *
put_hex(char *to, uint64_t value, int digits)
{
    for (int i = digits - 1; i >= 0; i--, value >>= 4)
        to[i] = "0123456789abcdef"[value & 0xF];
    return to + digits;
}

void
audit_uuid7(char uuid[AUDIT_UUID_SIZE])
{
    uint64_t stamp = next_stamp();
    uint64_t milliseconds = stamp >> COUNTER_BITS;
    uint64_t counter = stamp & ((1u << COUNTER_BITS) - 1);
    uint64_t bits = random_bits();
    char *to = put_hex(uuid, milliseconds >> 16, 8);
    *to++ = '-';
    to = put_hex(to, milliseconds, 4);
    *to++ = '-';
    to = put_hex(to, 0x7000 | counter, 4);
    *to++ = '-';
    to = put_hex(to, 0x8000 | (bits >> 48 & 0x3FFF), 4);
    *to++ = '-';
    to = put_hex(to, bits, 12);
    *to = '\0';
}
