/* ID maps whose columns are named: CSV, JSON, NDJSON. */
#include "fuzz.h"

#include "idmigrate/memory.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err = ERROR_INIT;
    CLEANUP(idmap_free) struct idmap *map = idmap_new("fuzz");
    struct fuzz_file file = fuzz_file_open(data, size);
    bool has_columns = size % 3 > 0;
    struct idmap_file map_file = {.path = file.path,
                                  .old_column = has_columns ? "old_id" : NULL,
                                  .new_column = has_columns ? "new_id" : NULL,
                                  .delimiter = ','};
    if (idmap_read_file(map, &map_file, NULL, &err) &&
        idmap_freeze(map, IDMAP_AMBIGUOUS_KEEP, &err)) {
        for (size_t i = 0; i < idmap_count(map); i++) {
            const struct idmap_pair *pair = idmap_pair_at(map, i), *found;
            fuzz_require(idmap_find(map, pair->old_id, pair->old_length, &found) == IDMAP_OLD &&
                             found->old_id == pair->old_id,
                         "what is in a map is found");
        }
    }
    fuzz_file_close(&file);
    return 0;
}
