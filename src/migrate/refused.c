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
add(struct refused *refused, enum refused_by by, struct digest line, const struct db_place *place)
{
    uint64_t position;
    if (digest_map_get(&refused->by[by], line, &position))
        return &refused->rows[position];
    struct refused_row *row = ARRAY_ADD(refused->rows, refused->count, refused->capacity);
    const char *column = place->column[0] != '\0' ? place->column : place->copy_column;
    *row = (struct refused_row){.by = by, .line = line};
    memcpy(row->sqlstate, place->sqlstate, sizeof row->sqlstate);
    memcpy(row->constraint, place->constraint, sizeof row->constraint);
    snprintf(row->column, sizeof row->column, "%s", column);
    digest_map_put(&refused->by[by], line, refused->count - 1);
    return row;
}

void
refused_add(struct refused *refused, struct digest line, const struct db_place *place)
{
    struct refused_row *row = add(refused, REFUSED_BY_SOURCE, line, place);
    row->count += row->count < INT64_MAX;
    refused->total++;
}

void
refused_add_all(struct refused *refused, enum refused_by by, struct digest line,
                const struct db_place *place)
{
    struct refused_row *row = add(refused, by, line, place);
    refused->total += row->count == 0;
    row->count = INT64_MAX;
}

void
refused_copy(struct refused *refused, const struct refused *from)
{
    for (size_t i = 0; i < from->count; i++) {
        *ARRAY_ADD(refused->rows, refused->count, refused->capacity) = from->rows[i];
        digest_map_put(&refused->by[from->rows[i].by], from->rows[i].line, refused->count - 1);
    }
    refused->total += from->total;
}

/* Fields: digest of the source row, SQLSTATE, constraint, column. */
static bool
take_stored(struct refused *refused, const char *line, size_t length)
{
    enum { FIELDS = 4 };
    size_t ends[FIELDS];
    struct strbuf texts[FIELDS];
    struct digest digest;
    if (!row_split(line, length, ends, FIELDS))
        return false;
    for (size_t i = 0; i < FIELDS; i++) {
        size_t start = i > 0 ? ends[i - 1] + 1 : 0;
        texts[i] = (struct strbuf)STRBUF_INIT;
        row_unescape(&texts[i], line + start, ends[i] - start);
    }
    bool good = digest_from_hex(texts[0].data, texts[0].length, &digest);
    struct db_place place = refused_place(texts[1].data, texts[2].data, texts[3].data);
    if (good)
        refused_add_all(refused, REFUSED_BY_SOURCE, digest, &place);
    for (size_t i = 0; i < FIELDS; i++)
        strbuf_release(&texts[i]);
    return good;
}

bool
refused_load(struct migrate *m, const struct plan_table *table, struct refused *refused,
             struct error *err)
{
    CLEANUP(memory_free_string)
    char *sql = memory_printf(
        "COPY (SELECT source_digest, sqlstate, COALESCE(constraint_name, ''), "
        "COALESCE(column_name, '') FROM idmigrate.reject WHERE run_id = '%s' AND table_no = %d "
        "AND reason_code = '" LANE_REASON_REFUSED "' AND sqlstate IS NOT NULL "
        "AND source_digest IS NOT NULL) TO STDOUT",
        m->run_id, table->number);
    const char *line;
    size_t length;
    bool good = db_copy_out_begin(m->target, sql, err);
    while (good && (good = db_copy_out_next(m->target, &line, &length, err)) && line != NULL)
        good = take_stored(refused, line, length) ||
               error_set(err, EXIT_BUG, "unexpected line of a reject");
    return good;
}

void
refused_begin(struct refused *refused)
{
    for (size_t i = 0; i < refused->count; i++)
        refused->rows[i].left = refused->rows[i].count;
}

static const struct refused_row *
take(struct refused *refused, enum refused_by by, struct digest line)
{
    uint64_t position;
    if (!digest_map_get(&refused->by[by], line, &position) || refused->rows[position].left == 0)
        return NULL;
    struct refused_row *row = &refused->rows[position];
    row->left -= row->count < INT64_MAX;
    return row;
}

const struct refused_row *
refused_take(struct refused *refused, const struct row *row)
{
    if (refused->count == 0)
        return NULL;
    const struct refused_row *found = take(refused, REFUSED_BY_SOURCE, row->source_digest);
    if (found == NULL && refused->by[REFUSED_BY_SOURCE_KEY].count > 0)
        found = take(refused, REFUSED_BY_SOURCE_KEY,
                     digest_bytes(row->source_key.data, row->source_key.length));
    return found != NULL ? found : take(refused, REFUSED_BY_TARGET, row->target_digest);
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
    for (int by = 0; by < REFUSED_BY_COUNT; by++)
        digest_map_release(&refused->by[by]);
    *refused = (struct refused)REFUSED_INIT;
}
