/*
 * A person's IDs, old and new, by the maps that runs keep.
 *
 * A derived map leads from a person to something else (the organization that is theirs), and a
 * union repeats others: both are left out, by what the run's mapping says.
 */
#include "idmigrate/memory.h"
#include "idmigrate/sql.h"
#include "idmigrate/store.h"
#include "idmigrate/trail.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_IDS = 64, MOST_STEPS = 8 };

/* The maps that are followed, as two arrays. */
struct maps {
    const char **runs, **names;
    size_t count;
};

void
trail_person_release(struct trail_person *person)
{
    for (size_t i = 0; i < person->count; i++)
        free(person->ids[i]);
    free(person->ids);
    *person = (struct trail_person){.ids = NULL};
}

static bool
add_id(struct trail_person *person, const char *id)
{
    for (size_t i = 0; i < person->count; i++)
        if (strcmp(person->ids[i], id) == 0)
            return false;
    if (person->count == MOST_IDS)
        return false;
    *ARRAY_ADD(person->ids, person->count, person->capacity) = memory_strdup(id);
    return true;
}

static bool
is_followed(json_t *mapping, const char *map)
{
    json_t *spec = json_object_get(json_object_get(mapping, "ids"), map);
    return spec != NULL && !json_is_true(json_object_get(spec, "derived")) &&
           json_object_get(spec, "union") == NULL;
}

static void
choose_maps(const struct db_result *rows, struct maps *maps)
{
    json_t *mapping = NULL;
    maps->runs = memory_alloc((db_result_rows(rows) + 1) * sizeof *maps->runs);
    maps->names = memory_alloc((db_result_rows(rows) + 1) * sizeof *maps->names);
    for (size_t i = 0; i < db_result_rows(rows); i++) {
        if (db_result_text(rows, i, 2) != NULL) {
            json_decref(mapping);
            mapping = json_loads(db_result_text(rows, i, 2), 0, NULL);
        }
        if (!is_followed(mapping, db_result_text(rows, i, 1)))
            continue;
        maps->runs[maps->count] = db_result_text(rows, i, 0);
        maps->names[maps->count++] = db_result_text(rows, i, 1);
    }
    json_decref(mapping);
}

/* One step along all maps; `grew` says whether it led to anybody new. */
static bool
follow(struct db *db, const struct maps *maps, struct trail_person *person, bool *grew,
       struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf runs = STRBUF_INIT;
    CLEANUP(strbuf_release) struct strbuf names = STRBUF_INIT;
    CLEANUP(strbuf_release) struct strbuf ids = STRBUF_INIT;
    CLEANUP(db_result_free) struct db_result *rows = NULL;
    db_format_array(&runs, maps->runs, maps->count);
    db_format_array(&names, maps->names, maps->count);
    db_format_array(&ids, (const char *const *)person->ids, person->count);
    const char *const values[] = {runs.data, names.data, ids.data};
    *grew = false;
    if (!db_query(db, sql_query_trail_pairs, 3, values, &rows, err))
        return false;
    for (size_t i = 0; i < db_result_rows(rows); i++)
        *grew |= add_id(person, db_result_text(rows, i, 0));
    return true;
}

bool
trail_find_person(struct db *db, const char *id, struct trail_person *person, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *rows = NULL;
    struct maps maps = {.count = 0};
    bool installed, grew = true;
    add_id(person, id);
    if (!store_is_installed(db, &installed, err))
        return false;
    if (!installed)
        return true;
    if (!db_query(db, sql_query_trail_maps, 0, NULL, &rows, err))
        return error_context(err, "ID maps of runs");
    choose_maps(rows, &maps);
    person->has_maps = maps.count > 0;
    bool good = true;
    for (int step = 0; good && grew && maps.count > 0 && step < MOST_STEPS; step++)
        good = follow(db, &maps, person, &grew, err);
    free(maps.runs);
    free(maps.names);
    return good;
}
