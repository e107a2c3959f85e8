/*
 * Events in the order of leaves, as tuples of the binary format.
 *
 * A tuple of the columns of a layout is what is hashed, as it comes. Where seals of one month have
 * different layouts, all of their columns are read, and the tuple of each is put together from
 * them.
 */
#include "idmigrate/memory.h"
#include "internal.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT_SIZE = 2, LENGTH_SIZE = 4, UUID_BYTES = 16, UUID_TEXT = 36 };

struct seal_reader {
    struct db *db;
    const struct log_table *table;
    const struct seal_layout *const *layouts;
    size_t layout_count;
    char **names, **forms; /* borrowed: columns that are read */
    size_t count;
    int **positions; /* for each layout: where its columns are; NULL: all of them, in order */
    struct merkle_hasher *hasher;
    const unsigned char *tuple;
    size_t length;
    size_t *starts; /* of each field, its length included; one more for the end */
    struct strbuf bytes;
    bool is_open;
};

static int
find_or_add(struct seal_reader *reader, char *name, char *form)
{
    for (size_t i = 0; i < reader->count; i++)
        if (strcmp(reader->names[i], name) == 0 && strcmp(reader->forms[i], form) == 0)
            return (int)i;
    reader->names[reader->count] = name;
    reader->forms[reader->count] = form;
    return (int)reader->count++;
}

static void
place_layout(struct seal_reader *reader, size_t number)
{
    const struct seal_layout *layout = reader->layouts[number];
    int *positions = memory_alloc(layout->count * sizeof *positions);
    for (size_t i = 0; i < layout->count; i++)
        positions[i] = find_or_add(reader, layout->names[i], layout->forms[i]);
    reader->positions[number] = positions;
}

/* A layout that is all that is read needs no putting together. */
static void
forget_plain_positions(struct seal_reader *reader)
{
    for (size_t i = 0; i < reader->layout_count; i++) {
        bool is_plain = reader->layouts[i]->count == reader->count;
        for (size_t j = 0; is_plain && j < reader->count; j++)
            is_plain = reader->positions[i][j] == (int)j;
        if (!is_plain)
            continue;
        free(reader->positions[i]);
        reader->positions[i] = NULL;
    }
}

struct seal_reader *
seal_reader_new(struct db *db, const struct log_table *table,
                const struct seal_layout *const *layouts, size_t count)
{
    struct seal_reader *reader = memory_zalloc(sizeof *reader);
    size_t most = 0;
    *reader = (struct seal_reader){.db = db,
                                   .table = table,
                                   .layouts = layouts,
                                   .layout_count = count,
                                   .hasher = merkle_hasher_new(),
                                   .bytes = STRBUF_INIT};
    for (size_t i = 0; i < count; i++)
        most += layouts[i]->count;
    reader->names = memory_alloc(most * sizeof *reader->names);
    reader->forms = memory_alloc(most * sizeof *reader->forms);
    reader->positions = memory_zalloc(count * sizeof *reader->positions);
    for (size_t i = 0; i < count; i++)
        place_layout(reader, i);
    forget_plain_positions(reader);
    reader->starts = memory_alloc((reader->count + 1) * sizeof *reader->starts);
    return reader;
}

void
seal_reader_free(struct seal_reader **reader)
{
    struct error ignored = ERROR_INIT;
    if (*reader == NULL)
        return;
    seal_reader_abandon(*reader, &ignored);
    for (size_t i = 0; i < (*reader)->layout_count; i++)
        free((*reader)->positions[i]);
    free((*reader)->positions);
    free((*reader)->names);
    free((*reader)->forms);
    free((*reader)->starts);
    merkle_hasher_free(&(*reader)->hasher);
    strbuf_release(&(*reader)->bytes);
    free(*reader);
    *reader = NULL;
}

/* ---- the statement ---- */

static void
add_any(struct strbuf *sql, const struct seal_layout *layout, int column, const char *type,
        const char *array)
{
    if (array == NULL)
        return;
    strbuf_add_string(sql, " AND e.");
    db_quote_identifier(sql, layout->names[column]);
    strbuf_add_string(sql, " = ANY (");
    db_quote_literal(sql, array);
    strbuf_printf(sql, "::pg_catalog.%s[])", type);
}

static void
add_condition(struct strbuf *sql, const struct seal_reader *reader, const struct seal_range *range)
{
    const struct seal_layout *layout = reader->layouts[0];
    char from[SEAL_TIME_SIZE], to[SEAL_TIME_SIZE];
    CLEANUP(strbuf_release) struct strbuf time = STRBUF_INIT;
    db_quote_identifier(&time, layout->names[layout->time]);
    seal_time_format(range->from, from);
    seal_time_format(range->to, to);
    const char *type =
        strcmp(layout->forms[layout->time], "timestamp") == 0 ? "timestamp" : "timestamptz";
    strbuf_printf(sql, " WHERE e.%s >= '%s'::pg_catalog.%s AND e.%s <= '%s'::pg_catalog.%s",
                  time.data, from, type, time.data, to, type);
    add_any(sql, layout, layout->time, type, range->times);
    add_any(sql, layout, layout->id, layout->forms[layout->id], range->ids);
    if (range->run_id == NULL)
        return;
    strbuf_add_string(sql, " AND e.");
    db_quote_identifier(sql, layout->names[layout->stream]);
    strbuf_add_string(sql, " = ");
    db_quote_literal(sql, range->run_id);
}

bool
seal_reader_begin(struct seal_reader *reader, const struct seal_range *range, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    strbuf_add_string(&sql, "COPY (SELECT ");
    for (size_t i = 0; i < reader->count; i++) {
        strbuf_add_string(&sql, i > 0 ? ", " : "");
        seal_layout_add_column(&sql, reader->table, reader->names[i], reader->forms[i]);
    }
    strbuf_add_string(&sql, " FROM ");
    db_quote_name(&sql, reader->table->schema, reader->table->table);
    strbuf_add_string(&sql, " AS e");
    add_condition(&sql, reader, range);
    seal_layout_add_order(&sql, reader->table, reader->layouts[0]);
    strbuf_add_string(&sql, ") TO STDOUT (FORMAT binary)");
    reader->is_open = db_copy_out_begin(reader->db, sql.data, err);
    return reader->is_open || error_context(err, "audit log %s", reader->table->name);
}

bool
seal_reader_abandon(struct seal_reader *reader, struct error *err)
{
    bool was_open = reader->is_open;
    reader->is_open = false;
    return !was_open || db_copy_out_abandon(reader->db, err);
}

/* ---- one event ---- */

static uint32_t
number_at(const unsigned char *bytes)
{
    uint32_t number;
    memcpy(&number, bytes, sizeof number);
    return ntohl(number);
}

static bool
split(struct seal_reader *reader)
{
    size_t at = COUNT_SIZE;
    for (size_t i = 0; i < reader->count; i++) {
        if (at + LENGTH_SIZE > reader->length)
            return false;
        reader->starts[i] = at;
        uint32_t length = number_at(reader->tuple + at);
        at += LENGTH_SIZE + (length == UINT32_MAX ? 0 : length);
    }
    reader->starts[reader->count] = at;
    return at == reader->length;
}

/* The bytes of a field; NULL data is null. */
static const unsigned char *
field(const struct seal_reader *reader, int position, size_t *length)
{
    const unsigned char *at = reader->tuple + reader->starts[position];
    uint32_t size = number_at(at);
    *length = size == UINT32_MAX ? 0 : size;
    return size == UINT32_MAX ? NULL : at + LENGTH_SIZE;
}

static int64_t
big_endian(const unsigned char bytes[8])
{
    uint64_t number = 0;
    for (size_t i = 0; i < 8; i++)
        number = number << 8 | bytes[i];
    return (int64_t)number;
}

static void
put_uuid(char text[UUID_TEXT + 1], const unsigned char *bytes)
{
    char *to = text;
    for (size_t i = 0; i < UUID_BYTES; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *to++ = '-';
        *to++ = "0123456789abcdef"[bytes[i] >> 4];
        *to++ = "0123456789abcdef"[bytes[i] & 15];
    }
    *to = '\0';
}

static int
read_position(const struct seal_reader *reader, int of_layout)
{
    return reader->positions[0] != NULL ? reader->positions[0][of_layout] : of_layout;
}

static bool
take_event(struct seal_reader *reader, struct seal_event *event, struct error *err)
{
    const struct seal_layout *layout = reader->layouts[0];
    size_t length;
    if (!split(reader))
        return error_set(err, EXIT_BUG, "audit log %s: what was sent is no event",
                         reader->table->name);
    event->id = field(reader, read_position(reader, layout->id), &event->id_length);
    const unsigned char *time = field(reader, read_position(reader, layout->time), &length);
    if (event->id == NULL || event->id_length > SEAL_ID_SIZE || time == NULL || length != 8) {
        error_set(err, EXIT_REFUSED,
                  "audit log %s: an event has no ID, or one of more than %d bytes",
                  reader->table->name, SEAL_ID_SIZE);
        return error_hint(err, "only events with an ID can be sealed");
    }
    event->time = big_endian(time);
    event->stream[0] = '\0';
    if (layout->stream >= 0) {
        const unsigned char *stream = field(reader, read_position(reader, layout->stream), &length);
        if (stream != NULL && length == UUID_BYTES)
            put_uuid(event->stream, stream);
    }
    return true;
}

bool
seal_reader_next(struct seal_reader *reader, struct seal_event *event, bool *more,
                 struct error *err)
{
    const char *tuple;
    if (!db_copy_out_next(reader->db, &tuple, &reader->length, err)) {
        reader->is_open = false;
        return error_context(err, "audit log %s", reader->table->name);
    }
    reader->tuple = (const unsigned char *)tuple;
    *more = tuple != NULL;
    reader->is_open = *more;
    return !*more || take_event(reader, event, err);
}

/* The tuple of a layout, from the fields of the one that was read. */
static void
put_together(struct seal_reader *reader, size_t number, struct strbuf *bytes)
{
    const struct seal_layout *layout = reader->layouts[number];
    uint16_t count = htons((uint16_t)layout->count);
    strbuf_add(bytes, &count, sizeof count);
    for (size_t i = 0; i < layout->count; i++) {
        size_t start = reader->starts[reader->positions[number][i]];
        size_t end = reader->starts[reader->positions[number][i] + 1];
        strbuf_add(bytes, reader->tuple + start, end - start);
    }
}

struct merkle_hash
seal_reader_leaf(struct seal_reader *reader, size_t layout)
{
    if (reader->positions[layout] == NULL)
        return merkle_leaf(reader->hasher, reader->tuple, reader->length);
    strbuf_reset(&reader->bytes);
    put_together(reader, layout, &reader->bytes);
    return merkle_leaf(reader->hasher, reader->bytes.data, reader->bytes.length);
}

void
seal_reader_bytes(struct seal_reader *reader, size_t layout, struct strbuf *bytes)
{
    if (reader->positions[layout] == NULL)
        strbuf_add(bytes, reader->tuple, reader->length);
    else
        put_together(reader, layout, bytes);
}

bool
seal_begin_reading(struct db_transaction *tx, struct db *db, const char *snapshot,
                   const struct log_table *table, struct error *err)
{
    bool is_part;
    return (snapshot != NULL ? db_begin_snapshot(tx, db, snapshot, err)
                             : db_begin(tx, db, DB_READ_ONLY_SNAPSHOT, err)) &&
           db_execute(db, "SET LOCAL work_mem = '128MB'", err) &&
           log_table_make_visible(db, table, false, &is_part, err);
}

/* ---- IDs ---- */

static bool
is_uuid(const struct seal_layout *layout)
{
    return strcmp(layout->forms[layout->id], "uuid") == 0;
}

char *
seal_id_text(const struct seal_layout *layout, const unsigned char *id, size_t length)
{
    if (!is_uuid(layout) || length != UUID_BYTES)
        return memory_strndup((const char *)id, length);
    char *text = memory_alloc(UUID_TEXT + 1);
    put_uuid(text, id);
    return text;
}

static int
hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

bool
seal_id_bytes(const struct seal_layout *layout, const char *text, unsigned char bytes[SEAL_ID_SIZE],
              size_t *length)
{
    *length = strlen(text);
    if (!is_uuid(layout)) {
        if (*length == 0 || *length > SEAL_ID_SIZE)
            return false;
        memcpy(bytes, text, *length);
        return true;
    }
    if (*length != UUID_TEXT)
        return false;
    *length = 0;
    for (size_t i = 0; i < UUID_TEXT; i++) {
        if (i == 8 || i == 13 || i == 18 || i == 23) {
            if (text[i] != '-')
                return false;
            continue;
        }
        int high = hex_digit(text[i]), low = hex_digit(text[++i]);
        if (high < 0 || low < 0)
            return false;
        bytes[(*length)++] = (unsigned char)(high * 16 + low);
    }
    return true;
}

int
seal_compare(int64_t time, const unsigned char *id, size_t length, int64_t other_time,
             const unsigned char *other, size_t other_length)
{
    if (time != other_time)
        return time < other_time ? -1 : 1;
    int order = memcmp(id, other, length < other_length ? length : other_length);
    return order != 0 ? order : length == other_length ? 0 : length < other_length ? -1 : 1;
}
