/* Files of any kind: read to the end or refused, and what is refused gives no value away. */
#include "fuzz.h"

#include "idmigrate/memory.h"

#include <string.h>

static bool
see(void *context, const struct provider_record *record, struct error *err)
{
    (void)context;
    (void)err;
    for (size_t i = 0; i < PROVIDER_FIELD_COUNT; i++)
        fuzz_require(record->fields[i].text == NULL || record->fields[i].length > 0,
                     "a field is not empty");
    fuzz_require(record->gives != PROVIDER_PAIR || record->fields[PROVIDER_NEW_ID].text != NULL,
                 "a pair is whole");
    fuzz_require(record->duplicates >= 0 && record->failed >= 0, "counts are counts");
    return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err = ERROR_INIT;
    struct provider_file read;
    struct fuzz_file file = fuzz_file_open(data, size);
    enum provider_recognised result =
        provider_read(fuzz_kinds(), file.path, see, NULL, &read, &err);
    fuzz_require((result == PROVIDER_READ) == !err.is_set, "an error has its reason");
    fuzz_require(result != PROVIDER_READ || strlen(read.sha256) == 64, "what is read is digested");
    fuzz_file_close(&file);
    return 0;
}
