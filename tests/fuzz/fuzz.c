/* What fuzz targets have in common. */
#include "fuzz.h"

#include "idmigrate/sql.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

void
fuzz_require(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "not so: %s\n", what);
    abort();
}

struct fuzz_file
fuzz_file_open(const uint8_t *data, size_t size)
{
    struct fuzz_file file = {.descriptor = memfd_create("fuzz", MFD_CLOEXEC)};
    fuzz_require(file.descriptor >= 0 && write(file.descriptor, data, size) == (ssize_t)size,
                 "a file in memory can be made");
    snprintf(file.path, sizeof file.path, "/proc/self/fd/%d", file.descriptor);
    return file;
}

void
fuzz_file_close(const struct fuzz_file *file)
{
    close(file->descriptor);
}

const struct idmap_formats *
fuzz_formats(void)
{
    static struct idmap_formats *formats;
    struct error err = ERROR_INIT;
    if (formats == NULL)
        fuzz_require(idmap_formats_new(embedded_formats_json, NULL, NULL, &formats, &err),
                     "the formats are good");
    return formats;
}

const struct provider_kinds *
fuzz_kinds(void)
{
    static struct provider_kinds *kinds;
    struct error err = ERROR_INIT;
    if (kinds == NULL)
        fuzz_require(
            provider_kinds_new(embedded_exports_json, NULL, NULL, fuzz_formats(), &kinds, &err),
            "the kinds are good");
    return kinds;
}
