/* One record of a JSON or NDJSON file: how its two IDs are found in it. */
#ifndef IDMAP_JSON_RECORD_H
#define IDMAP_JSON_RECORD_H

#include "idmigrate/idmap.h"

#include <jansson.h>

/* An object with both columns. Errors name no place. */
bool json_record_add(struct idmap *map, const struct idmap_file *file, json_t *record,
                     uint64_t place, struct error *err);
/* An object of one member, "old": "new". */
bool json_record_add_member(struct idmap *map, json_t *object, uint64_t place, struct error *err);

/* Whether its members are named as those of a record: old_id, or two names of IDs. */
bool json_record_has_names(json_t *object);
/* What a whole object is that nobody describes. */
enum json_shape {
    JSON_SHAPE_PAIRS,   /* {"old": "new", ...} */
    JSON_SHAPE_RECORD,  /* {"clerk_user_id": "...", "workos_user_id": "..."} */
    JSON_SHAPE_DOUBTFUL /* no name looks like an ID, and several values do */
};
enum json_shape json_record_shape(json_t *object);

/* What jansson says, without the part of the file it quotes. Always returns false. */
bool json_record_fail_syntax(const json_error_t *where, struct error *err);

#endif
