/* CSV: rows of known kinds. A row becomes a JSON object of the columns that its kind wants; others
 * are not kept. */
#include "csv_rows.h"
#include "read.h"

#include "idmigrate/interrupt.h"
#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

struct csv_reader {
    struct extract *extract;
    struct csv_rows rows;
    const struct provider_kind *kind;
    char **columns;
    size_t column_count;
    bool *wanted;
};

static void
want(const struct csv_reader *reader, const struct provider_kind *kind)
{
    for (size_t field = 0; field < KIND_FIELD_COUNT; field++)
        for (size_t i = 0; i < kind->fields[field].count; i++)
            for (size_t c = 0; c < reader->column_count; c++)
                if (strcmp(kind->fields[field].items[i].parts[0], reader->columns[c]) == 0)
                    reader->wanted[c] = true;
}

static bool
begin(struct csv_reader *reader, const char *const *names, size_t count, struct error *err)
{
    reader->columns = memory_zalloc((count + 1) * sizeof *reader->columns);
    reader->wanted = memory_zalloc((count + 1) * sizeof *reader->wanted);
    for (; reader->column_count < count; reader->column_count++) {
        struct provider_text name =
            value_trim(names[reader->column_count], strlen(names[reader->column_count]));
        reader->columns[reader->column_count] =
            memory_strndup(name.text != NULL ? name.text : "", name.length);
    }
    reader->kind = kind_of_header(reader->extract->kinds, (const char *const *)reader->columns,
                                  reader->column_count);
    if (reader->kind == NULL)
        return error_set(err, EXIT_INPUT, "a header of no known kind");
    want(reader, reader->kind);
    for (const struct provider_kind *also = reader->kind->also; also != NULL && also->name != NULL;
         also++)
        want(reader, also);
    for (size_t c = 0; c < count; c++)
        for (size_t d = 0; d < c; d++)
            if (reader->wanted[c] && strcmp(reader->columns[c], reader->columns[d]) == 0)
                return error_set(err, EXIT_INPUT, "column \"%s\" stands twice in the header",
                                 reader->columns[c]);
    reader->rows.wanted = reader->wanted;
    return true;
}

static bool
on_row(void *context, const char *const *fields, size_t count, uint64_t line, struct error *err)
{
    struct csv_reader *reader = context;
    if (reader->kind == NULL)
        return begin(reader, fields, count, err);
    json_t *record = json_object();
    for (size_t c = 0; c < count; c++)
        if (reader->wanted[c] && fields[c][0] != '\0')
            json_object_set_new_nocheck(record, reader->columns[c], json_string_nocheck(fields[c]));
    bool good = extract_record(reader->extract, reader->kind, record, line, err);
    json_decref(record);
    return good;
}

static void
release(struct csv_reader *reader)
{
    csv_rows_release(&reader->rows);
    for (size_t i = 0; i < reader->column_count; i++)
        free(reader->columns[i]);
    free(reader->columns);
    free(reader->wanted);
}

/* A file with a header alone is of its kind, too: nobody is in it. */
static void
count_kind(struct csv_reader *reader)
{
    struct provider_file *file = reader->extract->file;
    if (reader->kind != NULL && file->tally_count == 0)
        file->tallies[file->tally_count++] =
            (struct provider_tally){.kind = reader->kind, .of = reader->kind->of};
}

bool
read_csv(struct extract *extract, struct input *input, char delimiter, struct error *err)
{
    CLEANUP(release) struct csv_reader reader = {.extract = extract, .rows = CSV_ROWS_INIT};
    reader.rows.on_row = on_row;
    reader.rows.context = &reader;
    if (!csv_rows_begin(&reader.rows, delimiter, err))
        return false;
    while (input->length > 0) {
        if (interrupt_signal() != 0)
            return error_set(err, (enum exit_status)(128 + interrupt_signal()), "interrupted");
        if (!csv_rows_feed(&reader.rows, input->data, input->length, err) ||
            !input_next(input, err))
            return false;
    }
    bool good = csv_rows_end(&reader.rows, err);
    count_kind(&reader);
    return good;
}

struct header {
    const struct provider_kinds *kinds;
    bool fits;
};

static bool
on_header(void *context, const char *const *fields, size_t count, uint64_t line, struct error *err)
{
    struct header *header = context;
    const char **names = memory_alloc((count + 1) * sizeof *names);
    char **copies = memory_zalloc((count + 1) * sizeof *copies);
    (void)line;
    for (size_t i = 0; i < count; i++) {
        struct provider_text name = value_trim(fields[i], strlen(fields[i]));
        names[i] = copies[i] = memory_strndup(name.text != NULL ? name.text : "", name.length);
    }
    header->fits = kind_of_header(header->kinds, names, count) != NULL;
    for (size_t i = 0; i < count; i++)
        free(copies[i]);
    free(copies);
    free((void *)names);
    return error_set(err, EXIT_INPUT, "one row is enough");
}

char
read_csv_delimiter(const struct provider_kinds *kinds, const char *data, size_t length)
{
    static const char delimiters[] = ",;\t|";
    for (const char *c = delimiters; *c != '\0'; c++) {
        struct error ignored = ERROR_INIT;
        struct header header = {kinds, false};
        CLEANUP(csv_rows_release) struct csv_rows rows = CSV_ROWS_INIT;
        rows.on_row = on_header;
        rows.context = &header;
        if (csv_rows_begin(&rows, *c, &ignored) && csv_rows_feed(&rows, data, length, &ignored))
            csv_rows_end(&rows, &ignored);
        if (header.fits)
            return *c;
    }
    return '\0';
}
