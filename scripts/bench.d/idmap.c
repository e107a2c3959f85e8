/*
 * What scripts/bench.d/idmap.bash needs: two exports of the same people, and the time of a look-up.
 *
 *   bench_idmap make USERS OLD.csv NEW.ndjson    seven of ten are joined by external ID, one by
 *                                                metadata, two by e-mail address
 *   bench_idmap find MAP.csv ROUNDS              each ID of the map once a round, in random order,
 *                                                and as many that it does not have
 *
 * IDs have the length and the alphabets of the providers' own; the same numbers give the same
 * bytes.
 */
#include "idmigrate/idmap.h"
#include "idmigrate/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char base62[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
static const char base32[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* SplitMix64: as random as is needed, and the same everywhere. */
static uint64_t
mix(uint64_t number)
{
    number += 0x9E3779B97F4A7C15u;
    number = (number ^ number >> 30) * 0xBF58476D1CE4E5B9u;
    number = (number ^ number >> 27) * 0x94D049BB133111EBu;
    return number ^ number >> 31;
}

static void
write_id(char *id, const char *begins, const char *alphabet, size_t size, size_t length,
         uint64_t seed)
{
    size_t used = strlen(begins);
    memcpy(id, begins, used);
    for (size_t i = 0; used < length; i++)
        id[used++] = alphabet[mix(seed + i) % size];
    id[used] = '\0';
}

static void
write_old(char id[64], uint64_t user)
{
    write_id(id, "user_2", base62, 62, 32, user << 8);
}

static void
write_new(char id[64], uint64_t user)
{
    write_id(id, "user_01J", base32, 32, 31, user << 8 | 1u << 7);
}

/* ---- exports ---- */

static void
put_old(FILE *stream, uint64_t user)
{
    char id[64];
    write_old(id, user);
    fprintf(
        stream,
        "%s,Given%" PRIu64 ",Family,,person%" PRIu64 "@Example.com,,person%" PRIu64
        "@example.com,,,,,$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy,bcrypt\n",
        id, user, user, user);
}

static void
put_new(FILE *stream, uint64_t user)
{
    char id[64], old_id[64], external[80] = "null", metadata[100] = "{}";
    write_new(id, user);
    write_old(old_id, user);
    if (user % 10 < 7)
        snprintf(external, sizeof external, "\"%s\"", old_id);
    else if (user % 10 == 7)
        snprintf(metadata, sizeof metadata, "{\"clerk_user_id\":\"%s\"}", old_id);
    fprintf(stream,
            "{\"object\":\"user\",\"id\":\"%s\",\"first_name\":\"Given%" PRIu64
            "\",\"last_name\":\"Family\",\"profile_picture_url\":null,\"email\":\"person%" PRIu64
            "@example.com\",\"email_verified\":true,\"external_id\":%s,\"metadata\":%s,"
            "\"last_sign_in_at\":null,\"locale\":null,\"created_at\":\"2026-01-15T12:00:00.000Z\","
            "\"updated_at\":\"2026-01-15T12:00:00.000Z\"}\n",
            id, user, user, external, metadata);
}

static void
shuffle(uint32_t *numbers, size_t count)
{
    for (size_t i = count; i > 1; i--) {
        size_t other = mix(i) % i;
        uint32_t number = numbers[other];
        numbers[other] = numbers[i - 1];
        numbers[i - 1] = number;
    }
}

static uint32_t *
shuffled(size_t count)
{
    uint32_t *numbers = memory_realloc_array(NULL, count, sizeof *numbers);
    for (size_t i = 0; i < count; i++)
        numbers[i] = (uint32_t)i;
    shuffle(numbers, count);
    return numbers;
}

static bool
make(size_t users, const char *old_path, const char *new_path)
{
    FILE *old_side = fopen(old_path, "w"), *new_side = fopen(new_path, "w");
    if (old_side == NULL || new_side == NULL)
        return false;
    fputs("id,first_name,last_name,username,primary_email_address,primary_phone_number,"
          "verified_email_addresses,unverified_email_addresses,verified_phone_numbers,"
          "unverified_phone_numbers,totp_secret,password_digest,password_hasher\n",
          old_side);
    uint32_t *order = shuffled(users);
    for (size_t i = 0; i < users; i++) {
        put_old(old_side, i);
        put_new(new_side, order[i]);
    }
    free(order);
    bool good = fclose(old_side) == 0;
    return fclose(new_side) == 0 && good;
}

/* ---- look-ups ---- */

/* Of the processor: what else the machine does meanwhile is not the map's. */
static double
seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* IDs one behind the other, as a reader of rows has them: they are at hand, the map is not. */
struct wanted {
    char *bytes;
    uint32_t *starts;
    size_t count;
};

static void
want(struct wanted *wanted, const struct idmap *map, bool is_known)
{
    size_t count = idmap_count(map), used = 0;
    uint32_t *order = shuffled(count);
    wanted->count = count;
    wanted->bytes = memory_realloc_array(NULL, count, 64);
    wanted->starts = memory_realloc_array(NULL, count + 1, sizeof *wanted->starts);
    for (size_t i = 0; i < count; i++) {
        const struct idmap_pair *pair = idmap_pair_at(map, order[i]);
        wanted->starts[i] = (uint32_t)used;
        memcpy(wanted->bytes + used, pair->old_id, pair->old_length);
        used += pair->old_length;
        if (!is_known)
            wanted->bytes[used - 1] = '-';
    }
    wanted->starts[count] = (uint32_t)used;
    free(order);
}

static double
time_round(const struct wanted *wanted, const struct idmap *map, size_t *found)
{
    double began = seconds();
    for (size_t i = 0; i < wanted->count; i++) {
        const struct idmap_pair *pair;
        const char *id = wanted->bytes + wanted->starts[i];
        /* The new ID's bytes are what a row gets: they are part of the price. */
        if (idmap_find(map, id, wanted->starts[i + 1] - wanted->starts[i], &pair) == IDMAP_OLD)
            *found += pair->new_id[pair->new_length - 1] != '\0';
    }
    return (seconds() - began) * 1e9 / (double)wanted->count;
}

static bool
find(const char *path, int rounds)
{
    struct error err = ERROR_INIT;
    struct idmap *map = idmap_new("users");
    const struct idmap_file file = {
        .path = path, .old_column = "old_id", .new_column = "new_id", .delimiter = ','};
    double began = seconds();
    if (!idmap_read_file(map, &file, NULL, &err) ||
        !idmap_freeze(map, IDMAP_AMBIGUOUS_ERROR, &err)) {
        fprintf(stderr, "%s\n", err.text);
        return false;
    }
    printf("%zu pairs loaded in %.2f s\n", idmap_count(map), seconds() - began);
    for (int known = 1; known >= 0; known--) {
        struct wanted wanted;
        double sum = 0, best = 1e9;
        size_t found = 0;
        want(&wanted, map, known == 1);
        for (int i = 0; i < rounds; i++) {
            double ns = time_round(&wanted, map, &found);
            sum += ns;
            best = ns < best ? ns : best;
        }
        printf("look-up of %s: mean %.0f ns, best round %.0f ns\n",
               known == 1 ? "known IDs" : "unknown IDs", sum / rounds, best);
        if (found != (known == 1 ? wanted.count * (size_t)rounds : 0))
            return false;
        free(wanted.bytes);
        free(wanted.starts);
    }
    idmap_free(&map);
    return true;
}

int
main(int count, char **arguments)
{
    bool good = false;
    if (count == 5 && strcmp(arguments[1], "make") == 0)
        good = make((size_t)strtoull(arguments[2], NULL, 10), arguments[3], arguments[4]);
    else if (count == 4 && strcmp(arguments[1], "find") == 0)
        good = find(arguments[2], (int)strtol(arguments[3], NULL, 10));
    if (!good)
        fprintf(stderr, "bench_idmap: failed; see the head of its source\n");
    return good ? 0 : 1;
}
