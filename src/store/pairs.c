/* ID maps as a run used them: written by COPY, read page by page in the order of their key. */
#include "idmigrate/memory.h"
#include "idmigrate/sql.h"
#include "idmigrate/store.h"
#include "parameter.h"

#include <stdlib.h>

enum {
    BLOCK = 64 * 1024, /* bytes handed to the server at once */
    PAGE = 10000       /* pairs read at once */
};

static bool
put_pair(struct db *db, const char *run_id, const struct idmap *map, const struct idmap_pair *pair,
         struct strbuf *lines, struct error *err)
{
    strbuf_add_string(lines, run_id);
    strbuf_add_char(lines, '\t');
    store_copy_text(lines, idmap_name(map));
    strbuf_add_char(lines, '\t');
    store_copy_text(lines, pair->old_id);
    strbuf_add_char(lines, '\t');
    store_copy_text(lines, pair->new_id);
    strbuf_add_char(lines, '\n');
    if (lines->length < BLOCK)
        return true;
    bool good = db_copy_in_put(db, lines->data, lines->length, err);
    strbuf_reset(lines);
    return good;
}

/* The ambiguous ones too: whoever looks later must know that they were as good as none. */
static bool
put_pairs(struct db *db, const char *run_id, const struct idmap *map, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf lines = STRBUF_INIT;
    bool good = true;
    for (size_t i = 0; good && i < idmap_count(map); i++)
        good = put_pair(db, run_id, map, idmap_pair_at(map, i), &lines, err);
    for (size_t i = 0; good && i < idmap_ambiguous_count(map); i++)
        good = put_pair(db, run_id, map, idmap_ambiguous_pair(map, i), &lines, err);
    return good && db_copy_in_put(db, lines.data, lines.length, err);
}

bool
store_put_idmap(struct db *db, const char *run_id, const struct idmap *map, struct error *err)
{
    if (!db_copy_in_begin(db, sql_query_store_put_idmap, err) || !put_pairs(db, run_id, map, err) ||
        !db_copy_in_end(db, NULL, err))
        return error_context(err, "keeping the ID map %s with run %s", idmap_name(map), run_id);
    return true;
}

static bool
add_page(struct idmap *map, const struct db_result *page, uint64_t place, struct error *err)
{
    for (size_t i = 0; i < db_result_rows(page); i++)
        if (!idmap_add(map, db_result_text(page, i, 0), db_result_length(page, i, 0),
                       db_result_text(page, i, 1), db_result_length(page, i, 1), place + i + 1,
                       err))
            return false;
    return true;
}

bool
store_load_idmap(struct db *db, const char *run_id, const char *name, struct idmap *map,
                 struct error *err)
{
    CLEANUP(db_result_free) struct db_result *page = NULL;
    uint64_t place = 0;
    size_t rows;
    do {
        CLEANUP(db_result_free) struct db_result *before = page;
        const char *last_old = before != NULL ? db_result_text(before, PAGE - 1, 0) : "";
        const char *last_new = before != NULL ? db_result_text(before, PAGE - 1, 1) : "";
        const char *const values[] = {run_id, name, last_old, last_new, STORE_NUMBER(PAGE)};
        page = NULL;
        if (!db_query(db, sql_query_store_load_idmap, 5, values, &page, err) ||
            !add_page(map, page, place, err))
            return error_context(err, "ID map %s of run %s", name, run_id);
        rows = db_result_rows(page);
        place += rows;
    } while (rows == PAGE);
    return true;
}

bool
store_count_idmaps(struct db *db, const char *run_id, struct store_idmap_count **counts,
                   size_t *count, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    *counts = NULL;
    *count = 0;
    if (!db_query(db, sql_query_store_count_idmaps, 1, &run_id, &result, err))
        return error_context(err, "ID maps of run %s", run_id);
    *count = db_result_rows(result);
    *counts = memory_realloc_array(NULL, *count, sizeof **counts);
    for (size_t i = 0; i < *count; i++)
        (*counts)[i] = (struct store_idmap_count){.name = store_take_text(result, i, 0),
                                                  .pairs = db_result_int64(result, i, 1)};
    return true;
}

void
store_idmap_counts_free(struct store_idmap_count *counts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(counts[i].name);
    free(counts);
}
