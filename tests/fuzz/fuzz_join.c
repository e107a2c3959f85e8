/*
 * Whatever several files say, joining comes to an end, counts everybody once, and is the same when
 * it is said twice. Files are parted by a line "----"; the first may be a table of roles.
 */
#include "fuzz.h"

#include "idmigrate/join.h"
#include "idmigrate/memory.h"

#include <string.h>

struct seen {
    struct digest sum;
    uint64_t lines;
};

static bool
see_line(void *context, const struct join_line *line, struct error *err)
{
    struct seen *seen = context;
    (void)err;
    digest_add(&seen->sum, digest_bytes(line->old_id, strlen(line->old_id)));
    digest_add(&seen->sum, digest_bytes(line->new_id, strlen(line->new_id)));
    seen->lines++;
    return true;
}

static bool
see_gap(void *context, const struct join_gap *gap, struct error *err)
{
    struct seen *seen = context;
    (void)err;
    digest_add(&seen->sum, digest_bytes(gap->id, strlen(gap->id)));
    return true;
}

static bool
see_assignment(void *context, const struct join_assignment *assignment, struct error *err)
{
    struct seen *seen = context;
    (void)err;
    digest_add(&seen->sum, digest_bytes(assignment->role, strlen(assignment->role)));
    return true;
}

static void
take_part(struct join *join, const char *part, size_t size, bool is_first)
{
    struct error err = ERROR_INIT;
    struct provider_file read;
    struct fuzz_file file = fuzz_file_open((const uint8_t *)part, size);
    if (!is_first || !join_read_roles(join, file.path, &err))
        provider_read(fuzz_kinds(), file.path, size % 7 == 0 ? join_take_by_hand : join_take, join,
                      &read, &err);
    fuzz_file_close(&file);
}

static void
take_all(struct join *join, const char *text, size_t size)
{
    bool is_first = true;
    while (size > 0) {
        const char *end = memmem(text, size, "\n----\n", 6);
        size_t length = end != NULL ? (size_t)(end - text) : size;
        take_part(join, text, length, is_first);
        is_first = false;
        length += end != NULL ? 6 : 0;
        text += length;
        size -= length;
    }
}

static void
check(const struct join *join, struct seen *seen)
{
    struct error err = ERROR_INIT;
    for (int e = 0; e < JOIN_ENTITY_COUNT; e++) {
        const struct join_counts *counts = join_counts(join, (enum join_entity)e);
        uint64_t gaps = 0, methods = 0;
        for (int c = JOIN_JOINED + 1; c < JOIN_CAUSE_COUNT; c++)
            gaps += counts->causes[c];
        for (int m = 0; m < JOIN_METHOD_COUNT; m++)
            methods += counts->by_method[m];
        fuzz_require(counts->old_count == counts->joined + gaps, "everybody is joined or not");
        fuzz_require(counts->joined == methods, "everybody is joined by something");
        join_each_line(join, (enum join_entity)e, see_line, seen, &err);
    }
    join_each_gap(join, see_gap, seen, &err);
    join_each_assignment(join, see_assignment, seen, &err);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seen seen[2] = {{.lines = 0}, {.lines = 0}};
    unsigned wishes = size > 0 ? data[0] : 0;
    for (int i = 0; i < 2; i++) {
        struct error err = ERROR_INIT;
        struct join_settings settings = {.kinds = fuzz_kinds(),
                                         .keys = 1 + wishes % 3,
                                         .unverified_email = (wishes & 4) != 0,
                                         .by_name = (wishes & 8) != 0,
                                         .ignore_external_ids = (wishes & 16) != 0};
        CLEANUP(join_free) struct join *join = join_new(&settings);
        take_all(join, (const char *)data, size);
        if (join_decide(join, &err))
            check(join, &seen[i]);
    }
    fuzz_require(seen[0].lines == seen[1].lines && digest_equal(seen[0].sum, seen[1].sum),
                 "the same inputs give the same map");
    return 0;
}
