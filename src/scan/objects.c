/* IDs and words in what the catalogue holds: names, definitions, comments, settings. */
#include "finder.h"
#include "internal.h"

#include "idmigrate/memory.h"
#include "idmigrate/sql.h"

#include <stdlib.h>
#include <string.h>

struct object {
    const char *kind, *schema, *name, *text;
    size_t length;
    size_t first; /* of result->objects */
};

static bool
is_allowed(const struct scan_request *request, const struct object *object)
{
    CLEANUP(memory_free_string)
    char *path = memory_printf("%s.%s", object->schema, object->name);
    return scan_allow_covers(request->allow, path, object->text, object->length);
}

static void
note(const struct scan_request *request, struct scan_result *result, const struct object *object,
     const char *found, const struct scan_kind *kind, size_t start, size_t length)
{
    for (size_t i = object->first; i < result->object_count; i++)
        if (strcmp(result->objects[i].found, found) == 0) {
            result->objects[i].times++;
            return;
        }
    result->objects =
        memory_realloc_array(result->objects, result->object_count + 1, sizeof *result->objects);
    result->objects[result->object_count++] = (struct scan_object){
        .kind = memory_strdup(object->kind),
        .schema = memory_strdup(object->schema),
        .name = memory_strdup(object->name),
        .found = memory_strdup(found),
        .is_word = kind == NULL,
        .is_new = kind != NULL && kind->is_new,
        .is_allowed = is_allowed(request, object),
        .times = 1,
        .excerpt = excerpt_make(request->finder, object->text, object->length, start, length),
    };
}

static void
look_for_ids(const struct scan_request *request, struct scan_result *result,
             const struct object *object)
{
    struct scan_hit hit;
    for (size_t from = 0; scan_find(request->finder, object->text, object->length, from, &hit) &&
                          finder_is_telling(object->text + hit.start, hit.length);
         from = hit.start + hit.length) {
        const struct scan_kind *kind = scan_finder_kind(request->finder, (size_t)hit.kind);
        note(request, result, object, kind->name, kind, hit.start, hit.length);
    }
}

static void
look_for_words(const struct scan_request *request, struct scan_result *result,
               const struct object *object)
{
    size_t start = 0, length = 0;
    const char *word;
    for (size_t from = 0;
         request->words != NULL && scan_words_find(request->words, object->text, object->length,
                                                   from, &start, &length, &word);
         from = start + length)
        note(request, result, object, word, NULL, start, length);
}

static bool
count_large_objects(const struct scan_request *request, struct scan_result *result,
                    struct error *err)
{
    CLEANUP(db_result_free) struct db_result *found = NULL;
    if (!db_query(request->db, sql_query_scan_large_objects, 0, NULL, &found, err))
        return false;
    if (db_result_int64(found, 0, 0) == 0)
        return true;
    CLEANUP(memory_free_string)
    char *reason =
        memory_printf("%s of them, which are not looked into", db_result_text(found, 0, 0));
    struct scan_gap *gap = gap_add(&result->gaps, &result->gap_count, "large objects", reason,
                                   "look into them by hand, then say --exclude 'large objects'");
    gap->is_chosen = scan_is_excluded(request->excludes, request->exclude_count, "large objects");
    return true;
}

bool
objects_scan(const struct scan_request *request, struct scan_result *result, struct error *err)
{
    enum { KIND, SCHEMA, NAME, TEXT };
    CLEANUP(db_result_free) struct db_result *rows = NULL;
    if (!db_query(request->db, sql_query_scan_objects, 0, NULL, &rows, err))
        return error_context(err, "reading names and definitions");
    for (size_t i = 0; i < db_result_rows(rows); i++) {
        const struct object object = {.kind = db_result_text(rows, i, KIND),
                                      .schema = db_result_text(rows, i, SCHEMA),
                                      .name = db_result_text(rows, i, NAME),
                                      .text = db_result_text(rows, i, TEXT),
                                      .length = db_result_length(rows, i, TEXT),
                                      .first = result->object_count};
        CLEANUP(memory_free_string)
        char *path = memory_printf("%s.%s", object.schema, object.name);
        if (scan_is_excluded(request->excludes, request->exclude_count, path))
            continue;
        look_for_ids(request, result, &object);
        look_for_words(request, result, &object);
    }
    return count_large_objects(request, result, err);
}
