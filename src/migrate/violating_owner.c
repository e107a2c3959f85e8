/*
 * Whose rows are those that are in each other's way? By the run's audit events: a row is a source
 * row's when its key and the digest of what was written are those of that row's last event. There
 * must be as many rows of one content as events, so that none is taken for another's.
 */
#include "refused.h"
#include "violating.h"

#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

enum { PLACES_AT_ONCE = 1000 };

static size_t
add_text(struct violation *v, const char *text)
{
    size_t at = v->texts.length;
    strbuf_add(&v->texts, text, strlen(text) + 1);
    return at;
}

/* ---- what is there ---- */

static void
add_found(struct violation *v, const struct plan_table *table, struct digest_map *contents,
          const struct found_row *found)
{
    uint64_t position, number;
    if (!digest_map_get(&v->by_place, digest_bytes(found->place.data, found->place.length),
                        &position))
        return;
    struct met_row *row = &v->rows[position];
    const struct refused *refused = &v->m->shared->refused[table->number];
    if (row->key == 0)
        row->key = add_text(v, found->key);
    row->is_out =
        row->is_out || digest_map_get(&refused->by[REFUSED_BY_TARGET], found->row, &number);
    if (row->owner != NULL)
        return;
    struct digest digest = found_content(found->key, found->row);
    if (!digest_map_get(contents, digest, &number)) {
        *ARRAY_ADD(v->contents, v->content_count, v->content_capacity) =
            (struct met_content){.whole = found->whole, .first = SIZE_MAX};
        number = v->content_count - 1;
        digest_map_put(contents, digest, number);
    }
    struct met_content *content = &v->contents[number];
    content->rows++;
    content->is_mixed = content->is_mixed || !digest_equal(content->whole, found->whole);
    row->content = number;
    row->next = content->first;
    content->first = position;
}

/* From the row at `*at` on, rows of one relation; `*at` moves behind them. */
static void
add_places(struct strbuf *sql, const struct violation *v, size_t *at)
{
    const struct store_aside *relation = &v->items[v->rows[*at].item];
    strbuf_add_string(sql, " FROM ONLY ");
    db_quote_name(sql, relation->schema, relation->table);
    strbuf_add_string(sql, " AS t WHERE t.ctid = ANY ('{");
    for (size_t n = 0; n < PLACES_AT_ONCE && *at < v->row_count; n++, ++*at) {
        if (v->items[v->rows[*at].item].table_oid != relation->table_oid)
            break;
        strbuf_printf(sql, "%s\"%s\"", n > 0 ? "," : "", v->texts.data + v->rows[*at].place);
    }
    strbuf_add_string(sql, "}'::pg_catalog.tid[])");
}

static bool
read_rows(struct violation *v, const struct plan_table *table, struct digest_map *contents,
          struct error *err)
{
    CLEANUP(found_reader_release) struct found_reader reader = found_reader_new(table);
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    struct db *target = v->m->target;
    struct found_row row;
    const char *line;
    size_t length;
    bool good = true;
    for (size_t at = 0; good && at < v->row_count;) {
        strbuf_reset(&sql);
        strbuf_add_string(&sql, "COPY (SELECT ");
        found_sql_columns(&sql, table);
        add_places(&sql, v, &at);
        strbuf_add_string(&sql, ") TO STDOUT");
        plan_sql_codec(&sql, table);
        good = db_copy_out_begin(target, sql.data, err);
        while (good && (good = db_copy_out_next(target, &line, &length, err)) && line != NULL) {
            good = found_read(&reader, line, length, &row, err);
            if (good)
                add_found(v, table, contents, &row);
        }
    }
    return good;
}

/* ---- what events tell of it ---- */

static bool
take_event(struct violation *v, const struct plan_table *table, const struct digest_map *contents,
           const struct prior_written *written, struct error *err)
{
    uint64_t number;
    if (!digest_map_get(contents, found_content(written->key, written->row), &number))
        return true;
    if (written->rows > 1)
        return violating_fail(
            "several rows of the source have its key (\"key\") in common, so that "
            "it cannot be told whose a row is",
            err);
    struct met_content *content = &v->contents[number];
    content->events++;
    if (content->first == SIZE_MAX)
        return true;
    struct met_row *row = &v->rows[content->first];
    content->first = row->next;
    row->owner = table;
    row->source_key = written->source_key;
    return true;
}

static bool
read_events(struct violation *v, const struct plan_table *table, const struct digest_map *contents,
            struct error *err)
{
    int parts = reconcile_count_parts(v->m, table);
    bool good = true;
    for (int part = 0; good && part < parts; part++) {
        struct prior *prior = prior_load(v->m, table, part, parts, err);
        struct prior_written written;
        size_t at = 0;
        good = prior != NULL;
        while (good && prior_next_written(prior, &at, &written))
            good = take_event(v, table, contents, &written, err);
        prior_free(&prior);
    }
    return good;
}

static bool
do_numbers_agree(const struct violation *v, size_t first, struct error *err)
{
    for (size_t i = first; i < v->content_count; i++)
        if (v->contents[i].events > 0 && v->contents[i].events != v->contents[i].rows)
            return violating_fail("of rows that were written alike others are there than the audit "
                                  "events tell of, so that it cannot be told whose a row is",
                                  err);
    return true;
}

/* ---- their source keys ---- */

static void
map_sources(const struct violation *v, const struct plan_table *table, struct digest_map *wanted)
{
    for (size_t i = 0; i < v->row_count; i++)
        if (v->rows[i].owner == table)
            digest_map_put(wanted, v->rows[i].source_key, i);
}

static bool
read_sources(struct violation *v, const struct plan_table *table, const struct digest_map *wanted,
             struct error *err)
{
    struct db *source = migrate_source(v->m, table);
    struct lane *lane = lane_open(v->m, table, false, err);
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    const char *line;
    size_t length;
    uint64_t position;

    plan_sql_copy_out(&sql, table, NULL);
    bool good = lane != NULL && db_copy_out_begin(source, sql.data, err);
    while (good && (good = db_copy_out_next(source, &line, &length, err)) && line != NULL) {
        struct lane_row row;
        if (!(good = lane_put(lane, line, length, &row, err)))
            break;
        const struct strbuf *key = &row.row->source_key;
        if (digest_map_get(wanted, digest_bytes(key->data, key->length), &position))
            v->rows[position].source = add_text(v, key->data);
    }
    lane_close(&lane);
    return good;
}

static bool
find_of_table(struct violation *v, const struct plan_table *table, struct error *err)
{
    struct digest_map contents = DIGEST_MAP_INIT, wanted = DIGEST_MAP_INIT;
    size_t first = v->content_count;
    bool good = read_rows(v, table, &contents, err) && read_events(v, table, &contents, err) &&
                do_numbers_agree(v, first, err);
    if (good) {
        map_sources(v, table, &wanted);
        good = wanted.count == 0 || read_sources(v, table, &wanted, err);
    }
    digest_map_release(&contents);
    digest_map_release(&wanted);
    return good;
}

bool
violating_find_owners(struct violation *v, struct error *err)
{
    for (size_t i = 0; i < v->m->plan->table_count && v->row_count > 0; i++) {
        const struct plan_table *table = &v->m->plan->tables[i];
        if (table->target == v->target && !find_of_table(v, table, err))
            return false;
    }
    return true;
}
