/* Whether the IDs of a map look like IDs of their sides. */
#include "idmigrate/memory.h"
#include "map.h"

static bool
fits(const struct idmap_format *format, const char *id, size_t length)
{
    return format == NULL || idmap_format_matches(format, id, length);
}

static bool
fits_swapped(const struct idmap_pair *pair, const struct idmap_format *old_format,
             const struct idmap_format *new_format)
{
    return old_format != NULL && new_format != NULL &&
           idmap_format_matches(new_format, pair->old_id, pair->old_length) &&
           idmap_format_matches(old_format, pair->new_id, pair->new_length);
}

bool
idmap_check_formats(const struct idmap *map, const struct idmap_format *old_format,
                    const struct idmap_format *new_format, struct idmap_outside *outside,
                    struct error *err)
{
    size_t count = idmap_count(map), swapped_count = 0;
    *outside = (struct idmap_outside){.old_count = 0};
    for (size_t i = 0; i < count; i++) {
        const struct idmap_pair *pair = idmap_pair_at(map, i);
        bool old_fits = fits(old_format, pair->old_id, pair->old_length);
        bool new_fits = fits(new_format, pair->new_id, pair->new_length);
        if (!old_fits && outside->old_count++ == 0)
            outside->old_example = pair;
        if (!new_fits && outside->new_count++ == 0)
            outside->new_example = pair;
        if (!old_fits && !new_fits)
            swapped_count += fits_swapped(pair, old_format, new_format);
    }
    if (swapped_count * 2 <= count)
        return true;
    CLEANUP(memory_free_string) char *name = idmap_describe(map);
    error_set(err, EXIT_INPUT,
              "%s: old and new IDs are swapped: %zu of %zu old ones look like new ones (%s)", name,
              swapped_count, count, idmap_format_describe(new_format));
    return error_hint(err, "exchange \"old_column\" and \"new_column\"");
}
