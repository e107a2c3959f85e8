/*
 * Rows that did not become a row of their own: for the rows that refer to them, and as decisions on
 * a table's own rows. Read by COPY, since a table may be merged as a whole into rows that are
 * there.
 */
#include "internal.h"

#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

static void
add(struct moved *moved, struct digest key, enum moved_kind kind, const char *survivor,
    size_t length)
{
    /* The rows are NULL only while the capacity is 0, and then they are allocated here. */
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
    *ARRAY_ADD(moved->rows, moved->count, moved->capacity) =
        (struct moved_row){.kind = kind, .survivor = moved->keys.length};
    strbuf_add(&moved->keys, survivor, length);
    strbuf_add_char(&moved->keys, '\0');
    digest_map_put(&moved->by_key, key, moved->count - 1);
}

/* Lines of three fields: kind, key, survivor's key. */
static bool
read_lines(struct migrate *m, const char *sql, struct moved *moved, struct error *err)
{
    struct strbuf key = STRBUF_INIT, survivor = STRBUF_INIT;
    const char *line;
    size_t length, ends[3];
    bool good = db_copy_out_begin(m->target, sql, err);

    while (good && (good = db_copy_out_next(m->target, &line, &length, err)) && line != NULL) {
        if (!row_split(line, length, ends, 3)) {
            good = error_set(err, EXIT_BUG, "unexpected line from the store");
            break;
        }
        strbuf_reset(&key);
        strbuf_reset(&survivor);
        row_unescape(&key, line + ends[0] + 1, ends[1] - ends[0] - 1);
        row_unescape(&survivor, line + ends[1] + 1, ends[2] - ends[1] - 1);
        add(moved, digest_bytes(key.data, key.length), (enum moved_kind)(line[0] - '0'),
            survivor.data, survivor.length);
    }
    strbuf_release(&key);
    strbuf_release(&survivor);
    return good;
}

bool
moved_load(struct migrate *m, const struct plan_table *table, struct moved *moved,
           struct error *err)
{
    CLEANUP(memory_free_string)
    char *sql =
        memory_printf("COPY (SELECT %d, target_key, survivor_key FROM idmigrate.merge"
                      " WHERE run_id = '%s' AND table_no = %d AND target_key <> survivor_key"
                      " UNION ALL SELECT %d, target_key, '' FROM idmigrate.reject WHERE run_id = "
                      "'%s' AND table_no = %d"
                      " UNION ALL SELECT %d, target_key, '' FROM idmigrate.skip WHERE run_id = "
                      "'%s' AND table_no = %d) TO STDOUT",
                      table->spec->children == MAPPING_CHILDREN_SKIP ? MOVED_SKIP : MOVED_FOLLOW,
                      m->run_id, table->number, MOVED_REJECTED, m->run_id, table->number,
                      MOVED_SKIP, m->run_id, table->number);
    return read_lines(m, sql, moved, err);
}

/* A winner that is marked as refused is tried by itself once more (decide_refused.c). */
bool
moved_load_decisions(struct migrate *m, const struct plan_table *table, struct moved *moved,
                     struct error *err)
{
    CLEANUP(memory_free_string)
    char *sql =
        memory_printf("COPY (SELECT CASE WHEN outcome = 'skipped' THEN %d WHEN updates THEN %d "
                      "ELSE %d END, source_key, survivor_key"
                      " FROM idmigrate.merge WHERE run_id = '%s' AND table_no = %d AND NOT "
                      "(updates AND outcome = 'skipped')) TO STDOUT",
                      MOVED_SKIPPED, MOVED_UPDATES, MOVED_MERGED, m->run_id, table->number);
    return read_lines(m, sql, moved, err);
}

bool
moved_add(struct moved *moved, const struct strbuf *target_key, enum moved_kind kind)
{
    if (moved_find(moved, target_key) != NULL)
        return false;
    add(moved, digest_bytes(target_key->data, target_key->length), kind, "", 0);
    return true;
}

const struct moved_row *
moved_find(const struct moved *moved, const struct strbuf *key)
{
    uint64_t position;
    if (moved->count == 0 ||
        !digest_map_get(&moved->by_key, digest_bytes(key->data, key->length), &position))
        return NULL;
    return &moved->rows[position];
}

const char *
moved_survivor(const struct moved *moved, const struct moved_row *row)
{
    return moved->keys.data + row->survivor;
}

void
moved_release(struct moved *moved)
{
    free(moved->rows);
    digest_map_release(&moved->by_key);
    strbuf_release(&moved->keys);
    *moved = (struct moved)MOVED_INIT;
}
