/* Leaves from tuples on their way to the server. */
#include "idmigrate/memory.h"
#include "idmigrate/sql.h"
#include "recall.h"

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT_SIZE = 2, LENGTH_SIZE = 4, TIME_SIZE = 8 };

/* A piece of what is hashed: fields of the tuple that follow each other in both, behind bytes that
 * are always the same. */
struct part {
    struct strbuf constant;
    size_t first, end; /* of the fields; none in the last part */
};

struct seal_witness {
    struct seal_layout *layout;
    struct part *parts;
    size_t part_count, part_capacity;
    size_t fields, written; /* of a tuple; so many of them are in the layout */
    int id, time;           /* fields */

    pthread_mutex_t lock;
    FILE *file;
    long long length;
    struct seal_block *blocks;
    size_t count, capacity;
    bool is_blind; /* something could not be kept */
};

struct seal_notes {
    struct seal_witness *witness;
    struct merkle_hasher *hasher;
    size_t *starts; /* of each field, its length included; one more for the end */
    struct strbuf bytes, leaves;
    int64_t events, time;
    bool is_mixed; /* events of several times, or none at all */
};

/* ---- whether it can be known ---- */

static void
add_number(struct strbuf *bytes, uint64_t number, size_t size)
{
    for (size_t i = size; i-- > 0;)
        strbuf_add_char(bytes, (char)(number >> (8 * i)));
}

static size_t
number_size(const char *form)
{
    return strcmp(form, "smallint") == 0  ? 2
           : strcmp(form, "integer") == 0 ? 4
           : strcmp(form, "bigint") == 0  ? 8
                                          : 0;
}

/* The field that a column has when it is not written. */
static bool
add_constant(struct strbuf *bytes, const char *form, bool has_default, const char *value)
{
    size_t size = number_size(form);
    if (!has_default) {
        add_number(bytes, UINT32_MAX, LENGTH_SIZE);
        return true;
    }
    if (value == NULL || (size == 0 && strcmp(form, "text") != 0))
        return false;
    add_number(bytes, size > 0 ? size : strlen(value), LENGTH_SIZE);
    if (size > 0)
        add_number(bytes, strtoull(value, NULL, 10), size);
    else
        strbuf_add_string(bytes, value);
    return true;
}

static int
find_written(const struct seal_written *columns, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(columns[i].name, name) == 0)
            return (int)i;
    return -1;
}

enum { NAME, IS_PLAIN, HAS_DEFAULT, CONSTANT, IS_KEPT };

/* A part is open while it has no fields. */
static struct part *
open_part(struct seal_witness *witness)
{
    struct part *part = witness->part_count > 0 ? &witness->parts[witness->part_count - 1] : NULL;
    if (part != NULL && part->end == 0)
        return part;
    part = ARRAY_ADD(witness->parts, witness->part_count, witness->part_capacity);
    *part = (struct part){.constant = STRBUF_INIT};
    return part;
}

static void
add_written(struct seal_witness *witness, size_t field)
{
    struct part *last = witness->part_count > 0 ? &witness->parts[witness->part_count - 1] : NULL;
    if (last == NULL || last->end == 0 || last->end != field) {
        last = open_part(witness);
        last->first = field;
    }
    last->end = field + 1;
}

static bool
take_column(struct seal_witness *witness, size_t i, const struct seal_written *columns,
            size_t count, const struct db_result *found)
{
    const struct seal_layout *layout = witness->layout;
    int field = find_written(columns, count, layout->names[i]);
    if (strcmp(layout->names[i], db_result_text(found, i, NAME)) != 0 ||
        !db_result_bool(found, i, IS_PLAIN))
        return false;
    if (field < 0)
        return add_constant(&open_part(witness)->constant, layout->forms[i],
                            db_result_bool(found, i, HAS_DEFAULT),
                            db_result_text(found, i, CONSTANT));
    add_written(witness, (size_t)field);
    witness->written++;
    return strcmp(columns[field].form, layout->forms[i]) == 0;
}

static bool
take_columns(struct seal_witness *witness, const struct seal_written *columns, size_t count,
             const struct db_result *found)
{
    const struct seal_layout *layout = witness->layout;
    if (db_result_rows(found) != layout->count || !db_result_bool(found, 0, IS_KEPT))
        return false;
    /* A leaf's own byte, then the count of columns. */
    add_number(&open_part(witness)->constant, 0, 1);
    add_number(&open_part(witness)->constant, layout->count, COUNT_SIZE);
    for (size_t i = 0; i < layout->count; i++)
        if (!take_column(witness, i, columns, count, found))
            return false;
    witness->fields = count;
    witness->id = find_written(columns, count, layout->names[layout->id]);
    witness->time = find_written(columns, count, layout->names[layout->time]);
    return witness->written == count && witness->id >= 0 && witness->time >= 0 &&
           strcmp(layout->forms[layout->id], "uuid") == 0;
}

bool
seal_witness_open(struct db *db, const struct log_table *table, const struct seal_written *columns,
                  size_t count, struct seal_witness **witness, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *found = NULL;
    CLEANUP(seal_witness_free) struct seal_witness *made = memory_zalloc(sizeof *made);
    const char *const values[] = {table->schema, table->table};
    pthread_mutex_init(&made->lock, NULL);
    made->layout = seal_layout_new(table);
    *witness = NULL;
    if (!db_query(db, sql_query_seal_as_written, 2, values, &found, err))
        return error_context(err, "audit log %s", table->name);
    if (take_columns(made, columns, count, found)) {
        *witness = made;
        made = NULL;
    }
    return true;
}

void
seal_witness_free(struct seal_witness **witness)
{
    struct seal_witness *gone = *witness;
    if (gone == NULL)
        return;
    for (size_t i = 0; i < gone->part_count; i++)
        strbuf_release(&gone->parts[i].constant);
    free(gone->parts);
    free(gone->blocks);
    if (gone->file != NULL)
        fclose(gone->file);
    seal_layout_free(&gone->layout);
    pthread_mutex_destroy(&gone->lock);
    free(gone);
    *witness = NULL;
}

/* ---- while events are written ---- */

struct seal_notes *
seal_notes_new(struct seal_witness *witness)
{
    struct seal_notes *notes = memory_zalloc(sizeof *notes);
    *notes = (struct seal_notes){.witness = witness,
                                 .hasher = merkle_hasher_new(),
                                 .bytes = STRBUF_INIT,
                                 .leaves = STRBUF_INIT};
    notes->starts = memory_alloc((witness->fields + 1) * sizeof *notes->starts);
    return notes;
}

void
seal_notes_free(struct seal_notes **notes)
{
    if (*notes == NULL)
        return;
    merkle_hasher_free(&(*notes)->hasher);
    strbuf_release(&(*notes)->bytes);
    strbuf_release(&(*notes)->leaves);
    free((*notes)->starts);
    free(*notes);
    *notes = NULL;
}

void
seal_notes_begin(struct seal_notes *notes)
{
    strbuf_reset(&notes->leaves);
    notes->events = 0;
    notes->is_mixed = false;
}

static uint32_t
length_at(const char *bytes)
{
    uint32_t number;
    memcpy(&number, bytes, sizeof number);
    number = ntohl(number);
    return number == UINT32_MAX ? 0 : number;
}

static bool
split(struct seal_notes *notes, const char *tuple, size_t length)
{
    size_t at = COUNT_SIZE;
    for (size_t i = 0; i < notes->witness->fields; i++) {
        notes->starts[i] = at;
        if (at + LENGTH_SIZE > length)
            return false;
        at += LENGTH_SIZE + length_at(tuple + at);
    }
    notes->starts[notes->witness->fields] = at;
    return at == length;
}

static struct merkle_hash
hash(struct seal_notes *notes, const char *tuple)
{
    const struct seal_witness *witness = notes->witness;
    struct strbuf *bytes = &notes->bytes;
    strbuf_reset(bytes);
    for (size_t i = 0; i < witness->part_count; i++) {
        const struct part *part = &witness->parts[i];
        strbuf_add(bytes, part->constant.data, part->constant.length);
        if (part->end == 0)
            continue;
        size_t start = notes->starts[part->first];
        strbuf_add(bytes, tuple + start, notes->starts[part->end] - start);
    }
    return merkle_plain(notes->hasher, bytes->data, bytes->length);
}

void
seal_notes_add(struct seal_notes *notes, const char *tuple, size_t length)
{
    const struct seal_witness *witness = notes->witness;
    if (!split(notes, tuple, length)) {
        notes->is_mixed = true;
        return;
    }
    const char *time = tuple + notes->starts[witness->time] + LENGTH_SIZE;
    struct seal_event event = {.id = (const unsigned char *)tuple + notes->starts[witness->id] +
                                     LENGTH_SIZE,
                               .id_length = length_at(tuple + notes->starts[witness->id])};
    uint64_t number = 0;
    for (size_t i = 0; i < TIME_SIZE; i++)
        number = number << 8 | (unsigned char)time[i];
    event.time = (int64_t)number;
    if (notes->events++ == 0)
        notes->time = event.time;
    notes->is_mixed |= notes->time != event.time;
    struct merkle_hash leaf = hash(notes, tuple);
    seal_leaf_put(&notes->leaves, &event, &leaf);
}

static bool
write_block(struct seal_witness *witness, const struct seal_notes *notes)
{
    if (witness->file == NULL)
        witness->file = tmpfile();
    return witness->file != NULL && fwrite(notes->leaves.data, 1, notes->leaves.length,
                                           witness->file) == notes->leaves.length;
}

void
seal_notes_keep(struct seal_notes *notes)
{
    struct seal_witness *witness = notes->witness;
    if (notes->events == 0 && !notes->is_mixed)
        return;
    pthread_mutex_lock(&witness->lock);
    if (notes->is_mixed || !write_block(witness, notes)) {
        witness->is_blind = true;
    } else {
        *ARRAY_ADD(witness->blocks, witness->count, witness->capacity) =
            (struct seal_block){.time = notes->time,
                                .events = notes->events,
                                .at = witness->length,
                                .length = notes->leaves.length};
        witness->length += (long long)notes->leaves.length;
    }
    pthread_mutex_unlock(&witness->lock);
    seal_notes_begin(notes);
}

/* ---- afterwards ---- */

static int
compare_blocks(const void *a, const void *b)
{
    const struct seal_block *left = a, *right = b;
    return left->time != right->time ? (left->time > right->time) - (left->time < right->time)
                                     : (left->at > right->at) - (left->at < right->at);
}

const struct seal_block *
seal_witness_blocks(struct seal_witness *witness, size_t *count)
{
    *count = witness->count;
    if (witness->count > 1)
        qsort(witness->blocks, witness->count, sizeof *witness->blocks, compare_blocks);
    return witness->blocks;
}

bool
seal_witness_serves(const struct seal_witness *witness, const struct seal_layout *layout)
{
    return !witness->is_blind && witness->count > 0 &&
           strcmp(witness->layout->text, layout->text) == 0;
}

bool
seal_witness_read(struct seal_witness *witness, const struct seal_block *block,
                  struct strbuf *leaves)
{
    strbuf_reserve(leaves, block->length);
    if (fseeko(witness->file, (off_t)block->at, SEEK_SET) != 0 ||
        fread(leaves->data + leaves->length, 1, block->length, witness->file) != block->length)
        return false;
    leaves->length += block->length;
    return true;
}
