/* Values: times, lists, addresses, IDs that hold their time. */
#include "extract.h"
#include "fuzz.h"

#include "idmigrate/memory.h"
#include "idmigrate/utf8.h"

#include <string.h>

static void
see(struct extract *extract, const char *text, size_t length, bool flag)
{
    (void)extract;
    (void)flag;
    struct digest once = provider_address_digest(text, length);
    fuzz_require(length > 0 && digest_equal(once, provider_address_digest(text, length)),
                 "a part of a list is not empty");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    char digits[24];
    size = utf8_valid_length(text, size);
    if (memchr(text, '\0', size) != NULL)
        return 0;
    CLEANUP(extract_release) struct extract extract = {.kinds = fuzz_kinds()};
    json_t *value = json_stringn(text, size);
    json_t *parsed = json_loadb(text, size, JSON_DECODE_ANY, NULL);
    value_time(value);
    value_time(parsed);
    value_text(parsed, digits);
    value_is_true(value);
    value_for_each(&extract, value, ",|;", see, false);
    value_for_each(&extract, parsed, ",", see, true);
    for (int side = 0; side < 2; side++) {
        enum provider_side of = side == 0 ? PROVIDER_OLD : PROVIDER_NEW;
        fuzz_require(provider_time_of_id(fuzz_kinds(), of, text, size) >= 0, "no time is before");
    }
    provider_is_dry_run_id(fuzz_kinds(), text, size);
    json_decref(value);
    json_decref(parsed);
    return 0;
}
