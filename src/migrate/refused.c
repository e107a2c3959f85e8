/* Which rows the target refuses, and why. */
#include "refused.h"

#include "idmigrate/memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static bool
is_class(const char *sqlstate, const char *class)
{
    return strncmp(sqlstate, class, strlen(class)) == 0;
}

bool
refused_is_by_row(const struct migrate *m, const struct plan_table *table, const struct error *err)
{
    bool is_of_server = err->is_set && (err->code == EXIT_STOPPED || err->code == EXIT_REFUSED);
    /* The source may say the same of a cast: nothing was refused there that could be left out. */
    if (!is_of_server || strcmp(db_failure_place(m->target)->sqlstate, err->sqlstate) != 0)
        return false;
    if (is_class(err->sqlstate, "22") || is_class(err->sqlstate, "23"))
        return true;
    for (size_t i = 0; i < table->spec->reject_sqlstate_count; i++)
        if (strcmp(table->spec->reject_sqlstates[i], err->sqlstate) == 0)
            return true;
    return false;
}

bool
refused_hint(struct error *err)
{
    if (is_class(err->sqlstate, "22") || is_class(err->sqlstate, "23"))
        return error_hint(
            err, "the chunk was rolled back, earlier ones are kept; `idmigrate check` names most "
                 "such rows: mend them, the mapping or the target's rule, and run the same command "
                 "again");
    if (is_class(err->sqlstate, "P0"))
        error_hint(err,
                   "the chunk was rolled back, earlier ones are kept; where a trigger refuses "
                   "single rows with %s, \"reject_sqlstates\" of the table makes them rejects",
                   err->sqlstate);
    return false;
}

struct db_place
refused_place(const char *sqlstate, const char *constraint, const char *column)
{
    struct db_place place = {.line = 0};
    snprintf(place.sqlstate, sizeof place.sqlstate, "%s", sqlstate);
    snprintf(place.constraint, sizeof place.constraint, "%s", constraint ? constraint : "");
    snprintf(place.column, sizeof place.column, "%s", column ? column : "");
    return place;
}

static struct refused_row *
add(struct refused *refused, struct digest_map *map, struct digest line,
    const struct db_place *place)
{
    uint64_t position;
    if (digest_map_get(map, line, &position))
        return &refused->rows[position];
    struct refused_row *row = ARRAY_ADD(refused->rows, refused->count, refused->capacity);
    const char *column = place->column[0] != '\0' ? place->column : place->copy_column;
    *row = (struct refused_row){.line = line};
    memcpy(row->sqlstate, place->sqlstate, sizeof row->sqlstate);
    memcpy(row->constraint, place->constraint, sizeof row->constraint);
    snprintf(row->column, sizeof row->column, "%s", column);
    digest_map_put(map, line, refused->count - 1);
    return row;
}

void
refused_add(struct refused *refused, struct digest line, const struct db_place *place)
{
    add(refused, &refused->by_source, line, place)->count++;
    refused->total++;
}

void
refused_add_orphan(struct refused *refused, struct digest target_line, const struct db_place *place)
{
    struct refused_row *row = add(refused, &refused->by_target, target_line, place);
    refused->total += row->count == 0;
    row->count = INT64_MAX;
}

void
refused_begin(struct refused *refused)
{
    for (size_t i = 0; i < refused->count; i++)
        refused->rows[i].left = refused->rows[i].count;
}

static const struct refused_row *
take(struct refused *refused, const struct digest_map *map, struct digest line)
{
    uint64_t position;
    if (!digest_map_get(map, line, &position) || refused->rows[position].left == 0)
        return NULL;
    refused->rows[position].left--;
    return &refused->rows[position];
}

const struct refused_row *
refused_take(struct refused *refused, const struct row *row)
{
    if (refused->count == 0)
        return NULL;
    const struct refused_row *found = take(refused, &refused->by_source, row->source_digest);
    return found != NULL ? found : take(refused, &refused->by_target, row->target_digest);
}

struct kind {
    const struct refused_row *row;
    int64_t count;
};

static bool
is_same_kind(const struct refused_row *a, const struct refused_row *b)
{
    return strcmp(a->sqlstate, b->sqlstate) == 0 && strcmp(a->constraint, b->constraint) == 0 &&
           strcmp(a->column, b->column) == 0;
}

void
refused_describe(const struct refused *refused, struct strbuf *text)
{
    enum { MOST = 8 };
    struct kind kinds[MOST];
    size_t count = 0;
    int64_t others = 0;
    for (size_t i = 0; i < refused->count; i++) {
        const struct refused_row *row = &refused->rows[i];
        int64_t rows = row->count == INT64_MAX ? 1 : row->count;
        size_t k = 0;
        while (k < count && !is_same_kind(kinds[k].row, row))
            k++;
        if (k == count && count < MOST)
            kinds[count++] = (struct kind){row, 0};
        if (k < count)
            kinds[k].count += rows;
        else
            others += rows;
    }
    for (size_t k = 0; k < count; k++) {
        const struct refused_row *row = kinds[k].row;
        strbuf_printf(text, "%s%" PRId64 " by %s", k > 0 ? ", " : "", kinds[k].count,
                      row->sqlstate);
        if (row->constraint[0] != '\0' || row->column[0] != '\0')
            strbuf_printf(text, " (%s)", row->constraint[0] ? row->constraint : row->column);
    }
    if (others > 0)
        strbuf_printf(text, ", %" PRId64 " by others", others);
}

void
refused_release(struct refused *refused)
{
    free(refused->rows);
    digest_map_release(&refused->by_source);
    digest_map_release(&refused->by_target);
    *refused = (struct refused)REFUSED_INIT;
}
