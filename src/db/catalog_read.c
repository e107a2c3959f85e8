/* Rows of the catalogue queries into structs. The enums name the columns of each query in their
 * order. */
#include "catalog_read.h"
#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

/* Room for one more element at the end, zeroed. */
#define APPEND(array, count)                                                                       \
    ((array) = memory_realloc_array((array), (count) + 1, sizeof *(array)),                        \
     memset(&(array)[count], 0, sizeof *(array)), &(array)[(count)++])

static char *
copy(const struct db_result *result, size_t row, int column)
{
    return memory_strdup(db_result_text(result, row, column));
}

/* A value of the type "char": '' is 0. */
static char
letter(const struct db_result *result, size_t row, int column)
{
    const char *text = db_result_text(result, row, column);
    return text != NULL ? text[0] : '\0';
}

uint32_t
catalog_read_oid(const struct db_result *result, size_t row, int column)
{
    return (uint32_t)db_result_int64(result, row, column);
}

/* Column numbers as positions in table->columns; -1 for 0, an expression. */
static int *
read_positions(const struct catalog_table *table, const char *text, size_t *count)
{
    char **numbers = catalog_parse_array(text, count);
    int *positions = memory_alloc(*count * sizeof *positions);
    for (size_t i = 0; i < *count; i++) {
        long number = strtol(numbers[i], NULL, 10);
        positions[i] = -1;
        for (size_t c = 0; c < table->column_count; c++)
            if (table->columns[c].number == number)
                positions[i] = (int)c;
    }
    catalog_free_texts(numbers, *count);
    return positions;
}

void
catalog_read_table(struct catalog *catalog, const struct db_result *result, size_t row)
{
    enum {
        OID,
        SCHEMA,
        NAME,
        KIND,
        PERSISTENCE,
        OWNER,
        IS_OWNER,
        ROW_SECURITY,
        FORCED,
        HAS_POLICIES,
        APPLIES,
        HAS_RULES,
        CAN_SELECT,
        CAN_INSERT,
        CAN_UPDATE,
        CAN_DELETE,
        CAN_TRUNCATE,
        IS_EXTENSION_MEMBER,
        REFUSES_UPDATE,
        REFUSES_DELETE,
        HAS_DOOR
    };
    *APPEND(catalog->tables, catalog->table_count) = (struct catalog_table){
        .oid = catalog_read_oid(result, row, OID),
        .schema = copy(result, row, SCHEMA),
        .name = copy(result, row, NAME),
        .kind = letter(result, row, KIND),
        .persistence = letter(result, row, PERSISTENCE),
        .owner = copy(result, row, OWNER),
        .is_owner = db_result_bool(result, row, IS_OWNER),
        .row_security = db_result_bool(result, row, ROW_SECURITY),
        .force_row_security = db_result_bool(result, row, FORCED),
        .has_policies = db_result_bool(result, row, HAS_POLICIES),
        .row_security_applies = db_result_bool(result, row, APPLIES),
        .has_door = db_result_bool(result, row, HAS_DOOR),
        .has_rules = db_result_bool(result, row, HAS_RULES),
        .can_select = db_result_bool(result, row, CAN_SELECT),
        .can_insert = db_result_bool(result, row, CAN_INSERT),
        .can_update = db_result_bool(result, row, CAN_UPDATE),
        .can_delete = db_result_bool(result, row, CAN_DELETE),
        .can_truncate = db_result_bool(result, row, CAN_TRUNCATE),
        .is_extension_member = db_result_bool(result, row, IS_EXTENSION_MEMBER),
        .refuses_update = db_result_bool(result, row, REFUSES_UPDATE),
        .refuses_delete = db_result_bool(result, row, REFUSES_DELETE),
    };
}

void
catalog_read_leaf(struct catalog_table *table, const struct db_result *result, size_t row)
{
    enum { TABLE, OID, FILE_NODE, SCHEMA, NAME, KIND, PAGES, ROWS, BYTES, MAY_SELECT };
    *APPEND(table->leaves, table->leaf_count) = (struct catalog_leaf){
        .oid = catalog_read_oid(result, row, OID),
        .file_node = catalog_read_oid(result, row, FILE_NODE),
        .schema = copy(result, row, SCHEMA),
        .name = copy(result, row, NAME),
        .kind = letter(result, row, KIND),
        .pages = db_result_int64(result, row, PAGES),
        .rows = strtod(db_result_text(result, row, ROWS), NULL),
        .bytes = db_result_int64(result, row, BYTES),
        .can_select = db_result_bool(result, row, MAY_SELECT),
    };
}

enum column_field {
    COLUMN_TABLE,
    COLUMN_NAME,
    COLUMN_NUMBER,
    TYPE_OID,
    TYPE_SCHEMA,
    TYPE_NAME,
    TYPE_TEXT,
    TYPE_TEXT_PLAIN,
    TYPE_MODIFIER,
    TYPE_KIND,
    TYPE_CATEGORY,
    BASE_OID,
    BASE_TEXT,
    ELEMENT_OID,
    ELEMENT_TEXT,
    LABELS,
    DOMAIN_NOT_NULL,
    STRUCTURE,
    IS_SENT_AS_TEXT,
    EQUALS,
    NOT_NULL,
    HAS_DEFAULT,
    DEFAULT_SQL,
    GENERATED,
    IDENTITY,
    SEQUENCE,
    IS_DETERMINISTIC,
    COLUMN_SELECT,
    COLUMN_INSERT,
    COLUMN_UPDATE,
    SEQUENCE_RAISE,
    SEQUENCE_DRAW
};

static struct catalog_type
read_type(const struct db_result *result, size_t row)
{
    enum { FIRST_USER_OID = 16384 }; /* FirstNormalObjectId, src/include/access/transam.h */
    uint32_t oid = catalog_read_oid(result, row, TYPE_OID);
    struct catalog_type type = {
        .oid = oid,
        .schema = copy(result, row, TYPE_SCHEMA),
        .name = copy(result, row, TYPE_NAME),
        .text = copy(result, row, TYPE_TEXT),
        .text_plain = copy(result, row, TYPE_TEXT_PLAIN),
        .modifier = (int32_t)db_result_int64(result, row, TYPE_MODIFIER),
        .kind = letter(result, row, TYPE_KIND),
        .category = letter(result, row, TYPE_CATEGORY),
        .is_builtin = oid < FIRST_USER_OID,
        .base_oid = catalog_read_oid(result, row, BASE_OID),
        .base_text_plain = copy(result, row, BASE_TEXT),
        .element_oid = catalog_read_oid(result, row, ELEMENT_OID),
        .element_text = copy(result, row, ELEMENT_TEXT),
        .domain_not_null = db_result_bool(result, row, DOMAIN_NOT_NULL),
        .structure = copy(result, row, STRUCTURE),
        .is_sent_as_text = db_result_bool(result, row, IS_SENT_AS_TEXT),
        .equals = copy(result, row, EQUALS),
    };
    type.labels = catalog_parse_array(db_result_text(result, row, LABELS), &type.label_count);
    return type;
}

void
catalog_read_column(struct catalog_table *table, const struct db_result *result, size_t row)
{
    *APPEND(table->columns, table->column_count) = (struct catalog_column){
        .name = copy(result, row, COLUMN_NAME),
        .number = (int)db_result_int64(result, row, COLUMN_NUMBER),
        .type = read_type(result, row),
        .not_null = db_result_bool(result, row, NOT_NULL),
        .has_default = db_result_bool(result, row, HAS_DEFAULT),
        .default_sql = copy(result, row, DEFAULT_SQL),
        .generated = letter(result, row, GENERATED),
        .identity = letter(result, row, IDENTITY),
        .sequence = copy(result, row, SEQUENCE),
        .is_collation_deterministic = db_result_bool(result, row, IS_DETERMINISTIC),
        .can_select = db_result_bool(result, row, COLUMN_SELECT),
        .can_insert = db_result_bool(result, row, COLUMN_INSERT),
        .can_update = db_result_bool(result, row, COLUMN_UPDATE),
        .can_raise_sequence = db_result_bool(result, row, SEQUENCE_RAISE),
        .can_draw_sequence = db_result_bool(result, row, SEQUENCE_DRAW),
    };
}

void
catalog_read_index(struct catalog_table *table, const struct db_result *result, size_t row)
{
    enum {
        TABLE,
        NAME,
        DEFINITION,
        IS_PRIMARY,
        IS_UNIQUE,
        IS_EXCLUSION,
        IS_VALID,
        IS_DEFERRABLE,
        NULLS_NOT_DISTINCT,
        PREDICATE,
        KEYS,
        COLUMNS
    };
    struct catalog_index *index = APPEND(table->indexes, table->index_count);
    index->name = copy(result, row, NAME);
    index->definition = copy(result, row, DEFINITION);
    index->is_primary = db_result_bool(result, row, IS_PRIMARY);
    index->is_unique = db_result_bool(result, row, IS_UNIQUE);
    index->is_exclusion = db_result_bool(result, row, IS_EXCLUSION);
    index->is_valid = db_result_bool(result, row, IS_VALID);
    index->is_deferrable = db_result_bool(result, row, IS_DEFERRABLE);
    index->nulls_not_distinct = db_result_bool(result, row, NULLS_NOT_DISTINCT);
    index->predicate = copy(result, row, PREDICATE);
    index->keys = catalog_parse_array(db_result_text(result, row, KEYS), &index->key_count);
    index->columns = read_positions(table, db_result_text(result, row, COLUMNS), &index->key_count);
}

void
catalog_read_foreign_key(struct catalog_table *table, const struct db_result *result, size_t row)
{
    enum {
        TABLE,
        NAME,
        OTHER_SCHEMA,
        OTHER_TABLE,
        COLUMNS,
        OTHER_COLUMNS,
        IS_DEFERRABLE,
        IS_DEFERRED,
        IS_VALIDATED,
        ON_DELETE,
        ON_UPDATE,
        MATCH_FULL
    };
    struct catalog_foreign_key *key = APPEND(table->foreign_keys, table->foreign_key_count);
    key->name = copy(result, row, NAME);
    key->other_schema = copy(result, row, OTHER_SCHEMA);
    key->other_table = copy(result, row, OTHER_TABLE);
    key->columns = read_positions(table, db_result_text(result, row, COLUMNS), &key->column_count);
    key->other_columns =
        catalog_parse_array(db_result_text(result, row, OTHER_COLUMNS), &key->column_count);
    key->is_deferrable = db_result_bool(result, row, IS_DEFERRABLE);
    key->is_deferred = db_result_bool(result, row, IS_DEFERRED);
    key->is_validated = db_result_bool(result, row, IS_VALIDATED);
    key->on_delete = letter(result, row, ON_DELETE);
    key->on_update = letter(result, row, ON_UPDATE);
    key->is_match_full = db_result_bool(result, row, MATCH_FULL);
}

void
catalog_read_check(struct catalog_table *table, const struct db_result *result, size_t row)
{
    enum { TABLE, NAME, DEFINITION, IS_VALIDATED };
    *APPEND(table->checks, table->check_count) = (struct catalog_check){
        .name = copy(result, row, NAME),
        .definition = copy(result, row, DEFINITION),
        .is_validated = db_result_bool(result, row, IS_VALIDATED),
    };
}

void
catalog_read_trigger(struct catalog_table *table, const struct db_result *result, size_t row)
{
    enum {
        TABLE,
        NAME,
        FUNCTION,
        ENABLED,
        BEFORE,
        PER_ROW,
        ON_INSERT,
        ON_UPDATE,
        ON_TRUNCATE,
        ON_DELETE
    };
    *APPEND(table->triggers, table->trigger_count) = (struct catalog_trigger){
        .name = copy(result, row, NAME),
        .function = copy(result, row, FUNCTION),
        .enabled = letter(result, row, ENABLED),
        .before = db_result_bool(result, row, BEFORE),
        .per_row = db_result_bool(result, row, PER_ROW),
        .on_insert = db_result_bool(result, row, ON_INSERT),
        .on_update = db_result_bool(result, row, ON_UPDATE),
        .on_truncate = db_result_bool(result, row, ON_TRUNCATE),
        .on_delete = db_result_bool(result, row, ON_DELETE),
    };
}
