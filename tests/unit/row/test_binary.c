/* Tuples: the same rows as lines and as tuples give the same values, keys and IDs. */
#include "fixture.h"

#include "idmigrate/wire.h"

#include <criterion/criterion.h>
#include <string.h>

#define UUID_ANN "01234567-89ab-cdef-0123-456789abcdef"
#define UUID_BOB "ffffffff-ffff-4fff-8fff-ffffffffffff"

static const char *const uuid_people[] = {"u_ann", UUID_ANN, "u_bob", UUID_BOB, NULL};

/* number, owner, account (UUID), document, done, note; then the source key. */
enum { NUMBER, OWNER, ACCOUNT, DOCUMENT, DONE, NOTE, COLUMNS, FIELDS };

struct pair {
    struct table_fixture text, binary;
    struct idmap *people, *accounts;
    struct idmap_matcher *matcher;
};

static void
add_columns(struct pair *pair, struct table_fixture *fixture)
{
    static const enum plan_wire wires[COLUMNS] = {PLAN_WIRE_INT4,  PLAN_WIRE_TEXT, PLAN_WIRE_UUID,
                                                  PLAN_WIRE_JSONB, PLAN_WIRE_BOOL, PLAN_WIRE_TEXT};
    fixture_add_plain(fixture);
    fixture_add_resolved(fixture, pair->people, NULL);
    fixture_add_resolved(fixture, pair->accounts, NULL)->unresolved = MAPPING_UNRESOLVED_NULL;
    fixture_add_column(fixture)->rewrite = MAPPING_REWRITE_JSON;
    fixture->columns[DOCUMENT].matcher = pair->matcher;
    fixture->columns[DOCUMENT].sorts_json_keys = true;
    fixture_add_plain(fixture);
    fixture_add_plain(fixture);
    for (size_t i = 0; i < COLUMNS; i++) {
        fixture->columns[i].target_wire = wires[i];
        fixture->columns[i].source_wire = i == ACCOUNT ? PLAN_WIRE_TEXT : wires[i];
    }
    fixture->extra_fields = 1;
    fixture->source_key[0] = COLUMNS;
    fixture->table.source_key_count = 1;
    fixture->target_key[0] = NUMBER;
    fixture->target_key[1] = ACCOUNT;
    fixture->table.target_key_count = 2;
    fixture_begin(fixture);
}

static void
begin(struct pair *pair)
{
    pair->people = fixture_idmap("user", fixture_people);
    pair->accounts = fixture_idmap("account", uuid_people);
    pair->matcher = fixture_matcher(pair->people);
    pair->binary.table.codec = PLAN_CODEC_BINARY;
    add_columns(pair, &pair->text);
    add_columns(pair, &pair->binary);
}

static void
end(struct pair *pair)
{
    fixture_end(&pair->text);
    fixture_end(&pair->binary);
    idmap_matcher_free(&pair->matcher);
    idmap_free(&pair->people);
    idmap_free(&pair->accounts);
}

static enum plan_wire
wire_of(const struct table_fixture *fixture, size_t field)
{
    return field < COLUMNS ? fixture->columns[field].source_wire : PLAN_WIRE_TEXT;
}

/* Values are NULL or text. */
static struct row *
put(struct table_fixture *fixture, const char *const *values)
{
    CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;
    struct error err = ERROR_INIT;
    struct row *row;
    bool is_binary = fixture->table.codec == PLAN_CODEC_BINARY;
    if (is_binary)
        wire_add_count(&line, FIELDS);
    for (size_t i = 0; i < FIELDS; i++) {
        struct row_value value = {values[i], values[i] ? strlen(values[i]) : 0};
        if (is_binary)
            cr_assert(wire_write(&line, wire_of(fixture, i), value), "%s", values[i]);
        else if (value.data == NULL)
            strbuf_add_string(&line, "\\N");
        else
            row_escape(&line, value.data, value.length);
        if (!is_binary)
            strbuf_add_char(&line, i + 1 < FIELDS ? '\t' : '\n');
    }
    cr_assert(row_transform_line(fixture->transform, line.data, line.length, &row, &err), "%s",
              err.text);
    memset(line.data, '#', line.length); /* nothing of the row may lie in it */
    return row;
}

static void
assert_same_value(struct row_value one, struct row_value other)
{
    CLEANUP(memory_free_string)
    char *text = one.data ? memory_strndup(one.data, one.length) : NULL;
    assert_value(other, text);
}

static void
assert_same_row(const struct row *text, const struct row *binary)
{
    CLEANUP(strbuf_release) struct strbuf left = STRBUF_INIT;
    CLEANUP(strbuf_release) struct strbuf right = STRBUF_INIT;
    for (size_t i = 0; i < COLUMNS; i++)
        assert_same_value(row_column_value(text, i, &left), row_column_value(binary, i, &right));
    cr_assert_eq(text->status, binary->status);
    cr_assert_eq(text->reason_column, binary->reason_column);
    assert_text(binary->source_key.data, binary->source_key.length, text->source_key.data);
    assert_text(binary->target_key.data, binary->target_key.length, text->target_key.data);
    cr_assert_eq(text->id_count, binary->id_count);
    for (size_t i = 0; i < text->id_count; i++) {
        cr_assert_eq(text->ids[i].state, binary->ids[i].state);
        assert_same_value(text->ids[i].old_value, binary->ids[i].old_value);
        assert_same_value(text->ids[i].new_value, binary->ids[i].new_value);
    }
}

Test(row_binary, gives_what_text_gives)
{
    static const char *const rows[][FIELDS] = {
        {"1", "u_ann", "u_bob", "{\"u_ann\": \"x\", \"bb\": [\"u_bob\"]}", "t", "a\tb\\N\n", "1"},
        {"-2147483648", "u_bob", "u_ann", "[]", "f", "", "k"},
        {"7", NULL, NULL, NULL, NULL, NULL, NULL},
        {"8", "u_nobody", "u_nobody", "\"u_odd\"", "t", "u_ann", "8"},
        {"9", "w_b", UUID_BOB, "{\"u_ann\": 1, \"w_ANN_longer_than_before\": 2}", "t", "x", "9"},
        {"10", "auth0|12", "u_ann", "12.50", "f", "\\N", "\\N"},
    };
    CLEANUP(end) struct pair pair = {.people = NULL};
    begin(&pair);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_same_row(put(&pair.text, rows[i]), put(&pair.binary, rows[i]));
}

Test(row_binary, digest_is_over_the_fields_that_the_target_sends)
{
    static const char *const values[] = {"1", "u_bob", "u_ann", "{}", "t", NULL, "1"};
    static const char fields[] =
        "\0\0\0\4\0\0\0\1\0\0\0\3w_b"
        "\0\0\0\20\x01\x23\x45\x67\x89\xab\xcd\xef\x01\x23\x45\x67\x89\xab\xcd\xef"
        "\0\0\0\3\1{}\0\0\0\1\1\xff\xff\xff\xff";
    CLEANUP(end) struct pair pair = {.people = NULL};
    begin(&pair);
    const struct row *row = put(&pair.binary, values);
    cr_assert_eq(row->line.length, sizeof fields - 1 + WIRE_COUNT_SIZE);
    cr_expect(memcmp(row->line.data, "\0\6", 2) == 0);
    cr_expect(memcmp(row->line.data + WIRE_COUNT_SIZE, fields, sizeof fields - 1) == 0);
    cr_expect(digest_equal(row->target_digest, digest_bytes(fields, sizeof fields - 1)));
}

Test(row_binary, replaces_a_column)
{
    static const char *const values[] = {"1", "u_bob", "u_ann", "{}", "t", "x", "1"};
    struct error err = ERROR_INIT;
    CLEANUP(strbuf_release) struct strbuf buffer = STRBUF_INIT;
    CLEANUP(end) struct pair pair = {.people = NULL};
    begin(&pair);
    struct row *row = put(&pair.binary, values);
    cr_assert(row_replace_column(pair.binary.transform, row, ACCOUNT,
                                 (struct row_value){UUID_BOB, strlen(UUID_BOB)}, &err));
    cr_assert(
        row_replace_column(pair.binary.transform, row, NUMBER, (struct row_value){"-5", 2}, &err));
    cr_assert(row_replace_column(pair.binary.transform, row, OWNER,
                                 (struct row_value){.data = NULL}, &err));
    assert_value(row_column_value(row, NUMBER, &buffer), "-5");
    assert_value(row_column_value(row, OWNER, &buffer), NULL);
    assert_value(row_column_value(row, NOTE, &buffer), "x");
    assert_text(row->target_key.data, row->target_key.length, "[\"-5\", \"" UUID_BOB "\"]");
    assert_value(row->ids[1].new_value, UUID_BOB);
    cr_expect_not(row_replace_column(pair.binary.transform, row, ACCOUNT,
                                     (struct row_value){"no UUID", 7}, &err));
    cr_expect_eq(err.code, EXIT_BUG);
}

Test(row_binary, refuses_what_is_not_one_tuple_of_the_plan)
{
    static const char *const values[] = {"1", "u_bob", "u_ann", "{}", "t", "x", "1"};
    struct row *row;
    CLEANUP(strbuf_release) struct strbuf tuple = STRBUF_INIT;
    CLEANUP(end) struct pair pair = {.people = NULL};
    begin(&pair);
    wire_add_count(&tuple, FIELDS);
    for (size_t i = 0; i < FIELDS; i++)
        wire_write(&tuple, wire_of(&pair.binary, i),
                   (struct row_value){values[i], strlen(values[i])});
    for (size_t length = 0; length <= tuple.length + 1; length++) {
        struct error err = ERROR_INIT;
        cr_assert_eq(row_transform_line(pair.binary.transform, tuple.data, length, &row, &err),
                     length == tuple.length, "cut to %zu bytes", length);
    }
    /* jsonb of a version that nobody knows yet. */
    char *version = memmem(tuple.data, tuple.length, "\1{}", 3);
    struct error err = ERROR_INIT;
    *version = 2;
    cr_expect_not(row_transform_line(pair.binary.transform, tuple.data, tuple.length, &row, &err));
    cr_expect_eq(err.code, EXIT_BUG);
}

Test(row_binary, numbers_keep_within_their_width)
{
    CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
    cr_expect(wire_write(&out, PLAN_WIRE_INT2, (struct row_value){"32767", 5}));
    cr_expect_not(wire_write(&out, PLAN_WIRE_INT2, (struct row_value){"32768", 5}));
    cr_expect(wire_write(&out, PLAN_WIRE_INT4, (struct row_value){"-2147483648", 11}));
    cr_expect_not(wire_write(&out, PLAN_WIRE_INT4, (struct row_value){"-2147483649", 11}));
    cr_expect(wire_write(&out, PLAN_WIRE_INT8, (struct row_value){"-9223372036854775808", 20}));
    cr_expect_not(wire_write(&out, PLAN_WIRE_INT8, (struct row_value){"9223372036854775808", 19}));
    cr_expect_not(wire_write(&out, PLAN_WIRE_INT8, (struct row_value){"1x", 2}));
    cr_expect_not(wire_write(&out, PLAN_WIRE_INT8, (struct row_value){"", 0}));
    cr_expect_eq(out.length, 6 + 8 + 12, "what was refused left nothing behind");
}
