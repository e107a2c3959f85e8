/*
 * One table's rows, streamed. Most lines hold nothing: they are passed over whole by the first
 * look, before they are split into fields.
 */
#include "internal.h"

#include "idmigrate/memory.h"

#include <string.h>

enum { ROWS_BETWEEN_LOOKS = 4096 };

/* ---- COPY text (PostgreSQL documentation, COPY, "Text Format") ---- */

static char
meaning_of(char letter)
{
    static const char letters[] = "bfnrtv", bytes[] = "\b\f\n\r\t\v";
    const char *found = strchr(letters, letter);
    return found != NULL && letter != '\0' ? bytes[found - letters] : letter;
}

static void
unescape(struct strbuf *out, const char *field, size_t length)
{
    strbuf_reset(out);
    strbuf_reserve(out, length);
    for (size_t i = 0; i < length; i++) {
        char c = field[i];
        if (c == '\\' && i + 1 < length)
            c = meaning_of(field[++i]);
        out->data[out->length++] = c;
    }
    out->data[out->length] = '\0';
}

static int
nibble(char digit)
{
    return digit >= '0' && digit <= '9'   ? digit - '0'
           : digit >= 'a' && digit <= 'f' ? digit - 'a' + 10
                                          : 0;
}

/* "\x6f6c64" as the bytes that it stands for. */
static void
decode_bytes(struct strbuf *value)
{
    size_t used = 0;
    for (size_t i = 2; i + 1 < value->length; i += 2)
        value->data[used++] = (char)(nibble(value->data[i]) << 4 | nibble(value->data[i + 1]));
    strbuf_truncate(value, used);
}

/* ---- a line ---- */

static void
found(void *context, const struct scan_place *place, const char *text, size_t length,
      const struct scan_hit *hit)
{
    places_add(context, place, text, length, hit);
}

static void
look_at_value(struct table_reading *reading, const struct field *field, const char *text,
              size_t length)
{
    const struct scan_sink sink = {.found = found, .context = reading->places};
    const struct scan_finder *finder = reading->request->finder;
    if (field->form == FIELD_JSON || field->form == FIELD_LIST) {
        scan_json(finder, &reading->scratch, field->form == FIELD_JSON ? "$" : "", text, length,
                  &sink);
        return;
    }
    while (field->form == FIELD_PADDED && length > 0 && text[length - 1] == ' ')
        length--;
    scan_text(finder, text, length, &sink);
}

static bool
may_hold(const struct table_reading *reading, const struct field *field, const char *raw,
         size_t length)
{
    return field->form == FIELD_BYTES || scan_may_hold(reading->request->finder, raw, length) ||
           (field->has_escapes && memmem(raw, length, "\\u", 2) != NULL);
}

static void
look_at_field(struct table_reading *reading, size_t number, const char *raw, size_t length)
{
    const struct field *field = &reading->fields[number];
    if ((length == 2 && memcmp(raw, "\\N", 2) == 0) || !may_hold(reading, field, raw, length))
        return;
    reading->places->column = number;
    if (memchr(raw, '\\', length) == NULL) {
        look_at_value(reading, field, raw, length);
        return;
    }
    unescape(&reading->value, raw, length);
    if (field->form == FIELD_BYTES)
        decode_bytes(&reading->value);
    look_at_value(reading, field, reading->value.data, reading->value.length);
}

static void
look_at_line(struct table_reading *reading, const char *line, size_t length)
{
    const char *at = line, *end = line + length;
    if (length > 0 && end[-1] == '\n')
        end--;
    for (size_t i = 0; i < reading->table->column_count && at <= end; i++) {
        const char *tab = memchr(at, '\t', (size_t)(end - at));
        const char *stop = tab != NULL ? tab : end;
        look_at_field(reading, i, at, (size_t)(stop - at));
        at = stop + 1;
    }
}

/* ---- the rows ---- */

/* Whether a line that seems to hold nothing must be split all the same. */
static bool
needs_every_line(const struct table_reading *reading)
{
    for (size_t i = 0; i < reading->table->column_count; i++)
        if (reading->fields[i].form == FIELD_BYTES || reading->fields[i].has_escapes)
            return true;
    return false;
}

static bool
read_lines(struct table_reading *reading, struct error *failed, struct error *err)
{
    const struct scan_request *request = reading->request;
    bool every = needs_every_line(reading);
    const char *line;
    size_t length;
    while (db_copy_out_next(request->db, &line, &length, failed)) {
        if (line == NULL)
            return true;
        int64_t row = reading->table->rows++;
        if (row % ROWS_BETWEEN_LOOKS == 0) {
            if (scan_is_interrupted(err))
                return false;
            if (request->progress != NULL)
                request->progress(request->context, reading->label, row, reading->table->estimate);
        }
        if (!every && !scan_may_hold(request->finder, line, length))
            continue;
        reading->places->row = row;
        look_at_line(reading, line, length);
    }
    return true;
}

bool
table_read(struct table_reading *reading, const char *sql, struct error *failed, struct error *err)
{
    struct db *db = reading->request->db;
    error_clear(failed);
    db_savepoint(db, "idmigrate_scan");
    if (!db_flush(db, err))
        return false;
    if (db_copy_out_begin(db, sql, failed) && !read_lines(reading, failed, err)) {
        struct error ignored = ERROR_INIT;
        db_copy_out_abandon(db, &ignored);
        return false;
    }
    if (!failed->is_set) {
        db_savepoint_release(db, "idmigrate_scan");
        return true;
    }
    if (db_error_is_fatal(failed)) {
        *err = *failed;
        return false;
    }
    return db_savepoint_rollback(db, "idmigrate_scan", err);
}
