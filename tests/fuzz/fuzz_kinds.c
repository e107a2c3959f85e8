/* Descriptions of kinds of files, which people may write. */
#include "fuzz.h"

#include "idmigrate/memory.h"

#include <stdlib.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err = ERROR_INIT;
    CLEANUP(memory_free_string) char *text = memory_strndup((const char *)data, size);
    CLEANUP(provider_kinds_free) struct provider_kinds *kinds = NULL;
    bool good = provider_kinds_new(text, NULL, NULL, fuzz_formats(), &kinds, &err);
    fuzz_require(good == (kinds != NULL) && good == !err.is_set, "kinds or an error");
    return 0;
}
