/*
 * The rows, streamed table by table: each value of a weighed column is looked up as a run would,
 * and what no map knows is counted.
 */
#include "idmigrate/weigh.h"

#include "idmigrate/interrupt.h"
#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS_BETWEEN_LOOKS = 4096 };

struct reading {
    struct weigh *weigh;
    const struct weigh_request *request;
    struct weigh_table *table;
    size_t table_number;
    struct weigh_column *column;
    int64_t row;        /* over all tables: tells whether an ID was counted for the row already */
    bool *costs, *lets; /* of the row, by map */
    struct scan_scratch scratch;
    struct strbuf value;
    char *label;
};

/* ---- one ID ---- */

static char *
show(const char *id, size_t length)
{
    struct strbuf text = STRBUF_INIT;
    idmap_add_shown(&text, id, length);
    return strbuf_take(&text);
}

static struct weigh_owner *
find_owner(struct reading *reading, const char *id, size_t length, int map)
{
    struct weigh *weigh = reading->weigh;
    struct digest digest = digest_bytes(id, length);
    uint64_t at;
    digest.high += (uint64_t)map; /* the same text may be an ID of two kinds */
    if (digest_map_get(&weigh->owners_by_id, digest, &at))
        return &weigh->owners[at];
    digest_map_put(&weigh->owners_by_id, digest, weigh->owner_count);
    struct weigh_owner *owner = ARRAY_ADD(weigh->owners, weigh->owner_count, weigh->owner_capacity);
    *owner = (struct weigh_owner){
        .shown = show(id, length), .map = map, .last_row = -1, .last_table = (size_t)-1};
    return owner;
}

static void
note_owner(struct reading *reading, struct weigh_owner *owner, bool costs)
{
    owner->costs = owner->costs || costs;
    owner->lets = owner->lets || !costs;
    if (owner->last_row != reading->row)
        owner->rows++;
    if (owner->last_table != reading->table_number)
        owner->tables++;
    owner->last_row = reading->row;
    owner->last_table = reading->table_number;
}

static struct weigh_gap *
find_gap(struct weigh_column *column, int map)
{
    for (size_t i = 0; i < column->gap_count; i++)
        if (column->gaps[i].map == map)
            return &column->gaps[i];
    column->gaps = memory_realloc_array(column->gaps, column->gap_count + 1, sizeof *column->gaps);
    struct weigh_gap *gap = &column->gaps[column->gap_count++];
    *gap = (struct weigh_gap){.map = map, .last_row = -1};
    return gap;
}

static void
note_gap(struct reading *reading, const char *id, size_t length, int map)
{
    struct weigh_gap *gap = find_gap(reading->column, map);
    struct digest digest = digest_bytes(id, length);
    bool costs = !weigh_column_passes(reading->column);
    uint64_t ignored;
    note_owner(reading, find_owner(reading, id, length, map), costs);
    (costs ? reading->costs : reading->lets)[map] = true;
    gap->rows += gap->last_row != reading->row;
    gap->last_row = reading->row;
    if (digest_map_get(&gap->seen, digest, &ignored))
        return;
    digest_map_put(&gap->seen, digest, 1);
    if (gap->sample_count < WEIGH_SAMPLES)
        gap->samples[gap->sample_count++] = show(id, length);
}

/* ---- one value ---- */

/* What `values` of the mapping make of a value before it is resolved; NULL: nothing is left to
 * resolve. */
static const char *
apply_values(const struct mapping_column *spec, const char *text, size_t *length)
{
    for (size_t i = 0; i < spec->value_count; i++) {
        const struct mapping_value *value = &spec->values[i];
        if (strlen(value->old_value) != *length || memcmp(value->old_value, text, *length) != 0)
            continue;
        *length = value->new_value != NULL ? strlen(value->new_value) : 0;
        return value->new_value;
    }
    if (spec->default_kind == MAPPING_DEFAULT_VALUE) {
        *length = spec->default_value != NULL ? strlen(spec->default_value) : 0;
        return spec->default_value;
    }
    return spec->value_count == 0 || spec->default_kind == MAPPING_DEFAULT_KEEP ? text : NULL;
}

/* As a run resolves: the first map that does not know the ID, or -1. */
static int
failing_map(const struct reading *reading, const char *id, size_t length, bool *was_new)
{
    const struct weigh_column *column = reading->column;
    for (size_t i = 0; i < column->chain_count; i++) {
        const struct idmap_pair *pair;
        switch (idmap_find(reading->weigh->maps[column->chain[i]], id, length, &pair)) {
        case IDMAP_OLD:
            id = pair->new_id;
            length = pair->new_length;
            break;
        case IDMAP_NEW:
            *was_new = *was_new || i == 0;
            break;
        case IDMAP_NONE:
        case IDMAP_TWO:
            return column->chain[i];
        }
    }
    return -1;
}

static void
look_at_whole(struct reading *reading, const char *id, size_t length)
{
    struct weigh_column *column = reading->column;
    if (column->spec != NULL) {
        id = apply_values(column->spec, id, &length);
        if (id == NULL || mapping_is_literal(reading->weigh->mapping, column->spec, id, length))
            return;
    }
    bool was_new = false;
    int map = failing_map(reading, id, length, &was_new);
    if (map < 0)
        ++*(was_new ? &column->already : &column->resolved);
    else if (!column->is_guessed ||
             (column->format != NULL ? idmap_format_matches(column->format, id, length)
                                     : idmap_looks_like_id(id, length)))
        note_gap(reading, id, length, map);
}

static void
found_inside(void *context, const struct scan_place *place, const char *text, size_t length,
             const struct scan_hit *hit)
{
    struct reading *reading = context;
    const struct scan_kind *kind = scan_finder_kind(reading->request->finder, (size_t)hit->kind);
    int map = reading->request->map_of_kind[hit->kind];
    (void)place;
    (void)length;
    if (hit->state == SCAN_RESOLVED)
        reading->column->resolved++;
    else if (hit->state == SCAN_NEW)
        reading->column->already++;
    else if (!kind->is_new && map >= 0)
        note_gap(reading, text + hit->start, hit->length, map);
}

static void
look_at_value(struct reading *reading, const char *text, size_t length)
{
    const struct scan_sink sink = {.found = found_inside, .context = reading};
    const struct scan_finder *finder = reading->request->finder;
    if (reading->column->form == WEIGH_WHOLE)
        look_at_whole(reading, text, length);
    else if (finder != NULL && reading->column->form == WEIGH_JSON)
        scan_json(finder, &reading->scratch, "$", text, length, &sink);
    else if (finder != NULL)
        scan_text(finder, text, length, &sink);
}

/* ---- one line of COPY text (PostgreSQL documentation, COPY, "Text Format") ---- */

static void
unescape(struct strbuf *out, const char *field, size_t length)
{
    static const char letters[] = "bfnrtv", bytes[] = "\b\f\n\r\t\v";
    strbuf_reset(out);
    for (size_t i = 0; i < length; i++) {
        char c = field[i];
        if (c == '\\' && i + 1 < length) {
            c = field[++i];
            const char *letter = c != '\0' ? strchr(letters, c) : NULL;
            c = letter != NULL ? bytes[letter - letters] : c;
        }
        strbuf_add_char(out, c);
    }
}

static void
end_line(struct reading *reading)
{
    struct weigh_table *table = reading->table;
    size_t maps = reading->weigh->map_count;
    bool costs = false, lets = false;
    for (size_t i = 0; i < maps; i++) {
        table->lost[i] += reading->costs[i];
        table->lets[i] += reading->lets[i] && !reading->costs[i];
        costs = costs || reading->costs[i];
        lets = lets || reading->lets[i];
        reading->costs[i] = reading->lets[i] = false;
    }
    table->lost[maps] += costs;
    table->lets[maps] += lets && !costs;
    table->rows++;
    reading->row++;
}

static void
look_at_line(struct reading *reading, const char *line, size_t length)
{
    const char *at = line, *end = line + length;
    if (length > 0 && end[-1] == '\n')
        end--;
    for (size_t i = 0; i < reading->table->column_count && at <= end; i++) {
        const char *tab = memchr(at, '\t', (size_t)(end - at));
        const char *stop = tab != NULL ? tab : end;
        size_t size = (size_t)(stop - at);
        reading->column = &reading->table->columns[i];
        if (!(size == 2 && memcmp(at, "\\N", 2) == 0)) {
            if (memchr(at, '\\', size) != NULL) {
                unescape(&reading->value, at, size);
                look_at_value(reading, reading->value.data, reading->value.length);
            } else {
                look_at_value(reading, at, size);
            }
        }
        at = stop + 1;
    }
    end_line(reading);
}

/* ---- one table ---- */

static void
add_select(struct strbuf *sql, const struct weigh_table *table)
{
    strbuf_add_string(sql, "SELECT ");
    for (size_t i = 0; i < table->column_count; i++)
        strbuf_printf(sql, "%s%s", i > 0 ? ", " : "", table->columns[i].expression);
    strbuf_add_string(sql, " FROM ");
}

/* Of the table, or of a leaf in its place. */
static void
make_sql(struct strbuf *sql, const struct weigh_table *table, const char *leaf)
{
    strbuf_add_string(sql, "COPY (");
    add_select(sql, table);
    if (leaf != NULL)
        strbuf_printf(sql, "ONLY %s", leaf);
    else
        db_quote_name(sql, table->schema, table->name);
    strbuf_add_string(sql, " AS t");
    if (table->where != NULL)
        strbuf_printf(sql, " WHERE (%s\n)", table->where);
    strbuf_add_string(sql, ") TO STDOUT");
}

static bool
is_interrupted(struct error *err)
{
    if (interrupt_signal() == 0)
        return false;
    error_set(err, (enum exit_status)(128 + interrupt_signal()), "interrupted");
    return true;
}

static bool
read_lines(struct reading *reading, struct error *failed, struct error *err)
{
    const struct weigh_request *request = reading->request;
    const char *line;
    size_t length;
    while (db_copy_out_next(request->db, &line, &length, failed) && line != NULL) {
        if (reading->table->rows % ROWS_BETWEEN_LOOKS == 0) {
            if (is_interrupted(err))
                return false;
            if (request->progress != NULL)
                request->progress(request->context, reading->label, reading->table->rows, -1);
        }
        look_at_line(reading, line, length);
    }
    return true;
}

/* A table that cannot be read leaves the others to be read. */
static bool
note_failure(struct reading *reading, const struct error *failed, struct error *err)
{
    if (db_error_is_fatal(failed) || failed->sqlstate[0] == '\0') {
        *err = *failed;
        return error_context(err, "weighing %s", reading->label);
    }
    reading->table->failure = memory_strdup(failed->text);
    reading->table->advice = failed->hint[0] != '\0' ? memory_strdup(failed->hint) : NULL;
    return db_savepoint_rollback(reading->request->db, "idmigrate_weigh", err);
}

static bool
read_relation(struct reading *reading, const char *leaf, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    struct error failed = ERROR_INIT;
    struct db *db = reading->request->db;
    make_sql(&sql, reading->table, leaf);
    db_savepoint(db, "idmigrate_weigh");
    if (!db_flush(db, err))
        return false;
    if (db_copy_out_begin(db, sql.data, &failed) && !read_lines(reading, &failed, err)) {
        struct error ignored = ERROR_INIT;
        db_copy_out_abandon(db, &ignored);
        return false;
    }
    if (failed.is_set)
        return note_failure(reading, &failed, err);
    db_savepoint_release(db, "idmigrate_weigh");
    return true;
}

static bool
read_table(struct reading *reading, struct error *err)
{
    const struct weigh_table *table = reading->table;
    if (table->leaf_count == 0)
        return read_relation(reading, NULL, err);
    for (size_t i = 0; i < table->leaf_count && table->failure == NULL; i++)
        if (!read_relation(reading, table->leaves[i], err))
            return false;
    return true;
}

static void
add_up(struct weigh *weigh, const char *source)
{
    for (size_t i = 0; i < weigh->table_count; i++) {
        const struct weigh_table *table = &weigh->tables[i];
        for (size_t c = 0; c < table->column_count && strcmp(table->source, source) == 0; c++) {
            weigh->resolved += table->columns[c].resolved;
            weigh->already += table->columns[c].already;
        }
    }
}

bool
weigh_read(struct weigh *weigh, const struct weigh_request *request, struct error *err)
{
    struct reading reading = {.weigh = weigh,
                              .request = request,
                              .costs = memory_zalloc(weigh->map_count + 1),
                              .lets = memory_zalloc(weigh->map_count + 1),
                              .scratch = SCAN_SCRATCH_INIT,
                              .value = STRBUF_INIT};
    bool good = true;
    for (size_t i = 0; i < weigh->owner_count; i++)
        weigh->owners[i].last_row = -1; /* rows are counted from 0 again */
    for (size_t i = 0; i < weigh->table_count && good; i++) {
        reading.table = &weigh->tables[i];
        reading.table_number = i;
        if (strcmp(reading.table->source, request->source) != 0)
            continue;
        reading.table->lost = memory_zalloc((weigh->map_count + 1) * sizeof(int64_t));
        reading.table->lets = memory_zalloc((weigh->map_count + 1) * sizeof(int64_t));
        reading.label = memory_printf("%s.%s", reading.table->schema, reading.table->name);
        good = read_table(&reading, err);
        free(reading.label);
    }
    add_up(weigh, request->source);
    free(reading.costs);
    free(reading.lets);
    scan_scratch_release(&reading.scratch);
    strbuf_release(&reading.value);
    return good;
}
