/*
 * Where in the audit table the events of each table are.
 *
 * A run writes table after table, so the events of one stand together, and a server from version 14
 * on reads a range of places without reading the rest. Without this, looking at each table's events
 * would read those of all tables each time.
 */
#include "idmigrate/audit.h"
#include "idmigrate/memory.h"
#include "reading.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* By what the condition on a table asks for, with the first and the last place. */
struct place {
    char *table, *source; /* NULL: the event does not say */
    uint64_t first, last; /* block * 65536 + item */
};

struct audit_places {
    struct place *items;
    size_t count, capacity;
    int64_t events;
};

/* Places are those of a table with rows of its own, and not of a function's result. */
static bool
has_places(const struct plan *plan)
{
    const struct catalog_table *table = plan->audit;
    return !audit_uses_door(plan) && (table == NULL || table->kind == 'r' || table->kind == 'p');
}

static void
add_names(struct strbuf *sql, const struct reading *reading)
{
    const struct audit_column *type =
        audit_layout_find(&reading->layout, AUDIT_FIELD_RESOURCE_TYPE);
    if (reading->metadata == NULL && type != NULL)
        reading_add_text(sql, type);
    else
        reading_add_member(sql, reading, "table");
    strbuf_add_string(sql, ", ");
    reading_add_member(sql, reading, "source");
}

/* "(block,item)" */
static uint64_t
read_place(const char *text)
{
    char *end;
    uint64_t block = strtoull(text + 1, &end, 10);
    return block << 16 | strtoull(end + 1, NULL, 10);
}

struct audit_places *
audit_places_new(const struct db_result *result)
{
    enum { TABLE, SOURCE, FIRST, LAST, EVENTS };
    struct audit_places *places = memory_zalloc(sizeof *places);
    for (size_t i = 0; i < db_result_rows(result); i++) {
        *ARRAY_ADD(places->items, places->count, places->capacity) =
            (struct place){.table = memory_strdup(db_result_text(result, i, TABLE)),
                           .source = memory_strdup(db_result_text(result, i, SOURCE)),
                           .first = read_place(db_result_text(result, i, FIRST)),
                           .last = read_place(db_result_text(result, i, LAST))};
        places->events += db_result_int64(result, i, EVENTS);
    }
    return places;
}

bool
audit_sql_places(struct strbuf *sql, const struct plan *plan, const struct audit_run *run)
{
    if (!has_places(plan))
        return false;
    struct reading reading = reading_begin(plan, run);
    strbuf_add_string(sql, "SELECT n.t, n.s, pg_catalog.min(n.place), pg_catalog.max(n.place),"
                           " pg_catalog.count(*) FROM (SELECT ");
    add_names(sql, &reading);
    strbuf_add_string(sql, ", e.ctid FROM ");
    reading_add_table(sql, &reading);
    strbuf_add_string(sql, " AS e WHERE ");
    reading_add_run(sql, &reading);
    reading_add_time(sql, &reading);
    strbuf_add_string(sql, ") AS n (t, s, place) GROUP BY n.t, n.s");
    audit_layout_release(&reading.layout);
    return true;
}

void
audit_places_free(struct audit_places **places)
{
    if (*places == NULL)
        return;
    for (size_t i = 0; i < (*places)->count; i++) {
        free((*places)->items[i].table);
        free((*places)->items[i].source);
    }
    free((*places)->items);
    free(*places);
    *places = NULL;
}

int64_t
audit_places_events(const struct audit_places *places)
{
    return places->events;
}

/* As the condition on a table does it (query.c). */
static bool
is_of_table(const struct place *place, const struct reading *reading,
            const struct plan_table *table)
{
    CLEANUP(strbuf_release) struct strbuf target = STRBUF_INIT;
    CLEANUP(strbuf_release) struct strbuf source = STRBUF_INIT;
    if (reading->metadata == NULL)
        return place->table == NULL || strcmp(place->table, reading_resource_type(table)) == 0;
    audit_target_name(&target, table);
    audit_source_name(&source, reading->plan, table);
    return place->table != NULL && strcmp(place->table, target.data) == 0 &&
           (place->source == NULL || strcmp(place->source, source.data) == 0);
}

static void
add_place(struct strbuf *sql, uint64_t place)
{
    strbuf_printf(sql, "'(%" PRIu64 ",%" PRIu64 ")'::pg_catalog.tid", place >> 16, place & 0xffff);
}

void
reading_add_place(struct strbuf *sql, const struct reading *reading, const struct plan_table *table)
{
    const struct audit_places *places = reading->run->places;
    uint64_t first = UINT64_MAX, last = 0;
    if (places == NULL)
        return;
    for (size_t i = 0; i < places->count; i++) {
        const struct place *place = &places->items[i];
        if (!is_of_table(place, reading, table))
            continue;
        first = place->first < first ? place->first : first;
        last = place->last > last ? place->last : last;
    }
    if (first > last) {
        strbuf_add_string(sql, " AND false");
        return;
    }
    strbuf_add_string(sql, " AND e.ctid >= ");
    add_place(sql, first);
    strbuf_add_string(sql, " AND e.ctid <= ");
    add_place(sql, last);
}
