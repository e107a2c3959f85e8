/* The table of roles as CSV: a row for each new role of an old one, or one with none. */
#include "internal.h"

#include "idmigrate/memory.h"

#include <csv.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMN_OLD, COLUMN_NEW, COLUMN_COUNT };
static const char *const column_names[COLUMN_COUNT] = {"role", "role_slug"};

struct table {
    struct join *join;
    struct error *err;
    size_t columns[COLUMN_COUNT]; /* SIZE_MAX: not found */
    char *fields[COLUMN_COUNT];   /* of the row; NULL: not there */
    size_t field;                 /* that comes next */
    uint64_t row, count;          /* rows with the header; roles */
};

static void
release(struct table *table)
{
    for (int i = 0; i < COLUMN_COUNT; i++)
        free(table->fields[i]);
}

static void
on_header(struct table *table, const char *name)
{
    for (int i = 0; i < COLUMN_COUNT; i++) {
        if (strcmp(name, column_names[i]) != 0)
            continue;
        if (table->columns[i] != SIZE_MAX && !table->err->is_set)
            error_set(table->err, EXIT_INPUT, "column \"%s\" stands twice in the header", name);
        table->columns[i] = table->field;
    }
}

/* libcsv has cut the white space around it. */
static void
on_field(void *bytes, size_t length, void *context)
{
    struct table *table = context;
    CLEANUP(memory_free_string) char *text = memory_strndup(bytes != NULL ? bytes : "", length);
    if (table->row == 0)
        on_header(table, text);
    for (int i = 0; i < COLUMN_COUNT && table->row > 0; i++)
        if (table->field == table->columns[i]) {
            free(table->fields[i]);
            table->fields[i] = memory_strdup(text);
        }
    table->field++;
}

static void
end_header(const struct table *table)
{
    for (int i = 0; i < COLUMN_COUNT && !table->err->is_set; i++)
        if (table->columns[i] == SIZE_MAX)
            error_set(table->err, EXIT_INPUT, "the header has no column \"%s\"", column_names[i]);
}

static void
end_role(struct table *table)
{
    const char *old_role = table->fields[COLUMN_OLD], *new_role = table->fields[COLUMN_NEW];
    if (old_role == NULL || old_role[0] == '\0') {
        error_set(table->err, EXIT_INPUT, "row %" PRIu64 ": the old role is empty", table->row);
        return;
    }
    table->count++;
    if (!roles_declare(table->join, old_role,
                       new_role != NULL && new_role[0] != '\0' ? new_role : NULL, table->err))
        error_context(table->err, "row %" PRIu64, table->row);
}

static void
on_row(int terminator, void *context)
{
    struct table *table = context;
    (void)terminator;
    if (!table->err->is_set && table->row == 0)
        end_header(table);
    else if (!table->err->is_set)
        end_role(table);
    release(table);
    for (int i = 0; i < COLUMN_COUNT; i++)
        table->fields[i] = NULL;
    table->row++;
    table->field = 0;
}

bool
roles_read_csv(struct join *join, const char *text, size_t length, struct error *err)
{
    CLEANUP(release)
    struct table table = {.join = join, .err = err, .columns = {SIZE_MAX, SIZE_MAX}};
    struct csv_parser parser;
    if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI) != 0)
        return error_set(err, EXIT_BUG, "out of memory");
    bool good = csv_parse(&parser, text, length, on_field, on_row, &table) == length &&
                csv_fini(&parser, on_field, on_row, &table) == 0;
    csv_free(&parser);
    if (err->is_set)
        return false;
    if (!good)
        return error_set(err, EXIT_INPUT,
                         "row %" PRIu64 ": a quote stands inside a field, or is "
                         "never closed",
                         table.row);
    if (table.count == 0)
        return error_set(err, EXIT_INPUT, "no row names a role");
    return true;
}
