/*
 * When an ID was made: two well-known kinds of ID begin with their time.
 *
 * KSUID (github.com/segmentio/ksuid): 20 bytes in base62 with 27 digits "0-9A-Za-z", the first four
 * of them seconds since 2014-05-13T16:53:20Z. ULID (github.com/ulid/spec): 26 digits of Crockford's
 * base32, the first ten of them milliseconds since 1970.
 */
#include "kind.h"

#include <string.h>

enum { KSUID_DIGITS = 27, KSUID_BYTES = 20, ULID_DIGITS = 26, ULID_TIME_DIGITS = 10 };

static const int64_t ksuid_epoch = 1400000000; /* seconds */

static int
digit_of(const char *digits, char c)
{
    const char *found = c != '\0' ? strchr(digits, c) : NULL;
    return found != NULL ? (int)(found - digits) : -1;
}

static int64_t
ksuid_time(const char *body)
{
    unsigned char number[KSUID_BYTES] = {0};
    for (size_t i = 0; i < KSUID_DIGITS; i++) {
        int digit =
            digit_of("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", body[i]);
        unsigned carry = digit < 0 ? 0 : (unsigned)digit;
        if (digit < 0)
            return 0;
        for (size_t j = KSUID_BYTES; j-- > 0; carry >>= 8) {
            carry += number[j] * 62U;
            number[j] = (unsigned char)(carry & 0xFF);
        }
        if (carry != 0)
            return 0;
    }
    uint32_t seconds = ((uint32_t)number[0] << 24) | ((uint32_t)number[1] << 16) |
                       ((uint32_t)number[2] << 8) | number[3];
    return (ksuid_epoch + (int64_t)seconds) * 1000;
}

static int64_t
ulid_time(const char *body)
{
    int64_t milliseconds = 0;
    for (size_t i = 0; i < ULID_TIME_DIGITS; i++) {
        int digit = digit_of("0123456789ABCDEFGHJKMNPQRSTVWXYZ", body[i]);
        if (digit < 0 || (i == 0 && digit > 7))
            return 0;
        milliseconds = milliseconds * 32 + digit;
    }
    return milliseconds;
}

static int64_t
time_of(const struct kind_provider *provider, const char *id, size_t length)
{
    for (size_t i = 0; i < 2; i++) {
        const struct idmap_format *format = provider->formats[i];
        if (format == NULL || !idmap_format_matches(format, id, length))
            continue;
        const char *body = id + strlen(idmap_format_prefix(format));
        size_t digits = length - (size_t)(body - id);
        if (provider->time_in_id == TIME_KSUID && digits == KSUID_DIGITS)
            return ksuid_time(body);
        if (provider->time_in_id == TIME_ULID && digits == ULID_DIGITS)
            return ulid_time(body);
    }
    return 0;
}

int64_t
provider_time_of_id(const struct provider_kinds *kinds, enum provider_side side, const char *id,
                    size_t length)
{
    int64_t found = 0;
    for (size_t i = 0; i < kinds->provider_count && found == 0; i++)
        if (kinds->providers[i].side == side)
            found = time_of(&kinds->providers[i], id, length);
    return found;
}
