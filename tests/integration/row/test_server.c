/* The room's idea of COPY text, jsonb, arrays and UUIDs against the server's. */
#include "../../unit/row/fixture.h"
#include "idmigrate_test.h"

#include <criterion/criterion.h>
#include <string.h>

/* ---- COPY ---- */

static void
copy_in(PGconn *connection, const char *sql, const char *data, size_t length)
{
    PGresult *result = PQexec(connection, sql);
    cr_assert_eq(PQresultStatus(result), PGRES_COPY_IN, "%s", PQerrorMessage(connection));
    PQclear(result);
    cr_assert_eq(PQputCopyData(connection, data, (int)length), 1);
    cr_assert_eq(PQputCopyEnd(connection, NULL), 1);
    result = PQgetResult(connection);
    cr_assert_eq(PQresultStatus(result), PGRES_COMMAND_OK, "%s", PQerrorMessage(connection));
    PQclear(result);
    cr_assert_null(PQgetResult(connection));
}

/* All lines, as they come. */
static void
copy_out(PGconn *connection, const char *sql, struct strbuf *lines)
{
    char *line;
    int length;
    PGresult *result = PQexec(connection, sql);
    cr_assert_eq(PQresultStatus(result), PGRES_COPY_OUT, "%s", PQerrorMessage(connection));
    PQclear(result);
    while ((length = PQgetCopyData(connection, &line, 0)) > 0) {
        strbuf_add(lines, line, (size_t)length);
        PQfreemem(line);
    }
    cr_assert_eq(length, -1, "%s", PQerrorMessage(connection));
    while ((result = PQgetResult(connection)) != NULL)
        PQclear(result);
}

/* ---- random values ---- */

static void
add_random_text(struct random *random, struct strbuf *text)
{
    static const char *const pieces[] = {"\b",  "\f",   "\n",   "\r",   "\t", "\v",   "\\",   "\\N",
                                         "\\.", "\x01", "\x1f", "\x7f", " ",  "é",    "🙂", "\"",
                                         "{",   "}",    ",",    "'",    "x",  "null", "/"};
    for (uint32_t n = random_below(random, 6); n > 0; n--) {
        strbuf_add_string(text, pieces[random_below(random, sizeof pieces / sizeof pieces[0])]);
        /* Between spaces and colons, so that no letter of another script stands beside it: what is
         * one depends on the locale. */
        if (random_chance(random, 40))
            strbuf_printf(text, ":%s%s ", random_chance(random, 15) ? "x" : "",
                          fixture_people[2 * random_below(random, 4)]);
    }
}

static void
add_json_string(struct random *random, struct strbuf *json, int number)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
    add_random_text(random, &text);
    if (number >= 0)
        strbuf_printf(&text, "%.*s%d", (int)random_below(random, 4), "####", number);
    strbuf_add_char(json, '"');
    for (size_t i = 0; i < text.length; i++)
        if ((unsigned char)text.data[i] < 0x20 || strchr("\"\\", text.data[i]) ||
            random_chance(random, 3))
            strbuf_printf(json, (unsigned char)text.data[i] < 0x80 ? "\\u%04x" : "%c",
                          (unsigned char)text.data[i]);
        else
            strbuf_add_char(json, text.data[i]);
    strbuf_add_char(json, '"');
}

/* Keys are numbered, so that none of them meet after the change. */
static void
add_json(struct random *random, struct strbuf *json, int depth, int *number)
{
    static const char *const scalars[] = {
        "1",        "-0",
        "1.50e+10", "true",
        "false",    "null",
        "0.00",     "123456789012345678901234567890123456789012345678901234567890.10"};
    uint32_t kind = random_below(random, depth > 4 ? 4 : 8);
    if (kind == 0) {
        strbuf_add_string(json, scalars[random_below(random, 8)]);
    } else if (kind < 4) {
        add_json_string(random, json, -1);
    } else {
        strbuf_add_char(json, kind < 7 ? '{' : '[');
        uint32_t count = random_below(random, 5);
        for (uint32_t i = 0; i < count; i++) {
            strbuf_add_string(json, i ? "," : "");
            if (kind < 7) {
                add_json_string(random, json, (*number)++);
                strbuf_add_char(json, ':');
            }
            add_json(random, json, depth + 1, number);
        }
        strbuf_add_char(json, kind < 7 ? '}' : ']');
    }
}

static void
add_tags(struct random *random, struct strbuf *tags)
{
    static const char *const odd[] = {"NULL", "\"null\"", "\"\"", "\"a b\""};
    strbuf_add_char(tags, '{');
    for (uint32_t i = 0, count = random_below(random, 4); i < count; i++) {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
        strbuf_add_string(tags, i ? "," : "");
        if (random_chance(random, 20)) {
            strbuf_add_string(tags, odd[random_below(random, 4)]);
            continue;
        }
        add_random_text(random, &text);
        strbuf_add_char(tags, '"');
        for (size_t c = 0; c < text.length; c++)
            strbuf_printf(tags, strchr("\"\\", text.data[c]) ? "\\%c" : "%c", text.data[c]);
        strbuf_add_char(tags, '"');
    }
    strbuf_add_char(tags, '}');
}

static void
add_field(struct strbuf *line, struct strbuf *value)
{
    strbuf_add_char(line, '\t');
    row_escape(line, value->data, value->length);
    strbuf_reset(value);
}

static void
fill_source(PGconn *connection, int rows, uint64_t seed)
{
    struct random random = {seed};
    CLEANUP(strbuf_release) struct strbuf lines = STRBUF_INIT, value = STRBUF_INIT;
    int number = 0;
    for (int n = 0; n < rows; n++) {
        strbuf_printf(&lines, "%d", n);
        add_random_text(&random, &value);
        add_field(&lines, &value);
        add_json(&random, &value, 0, &number);
        add_field(&lines, &value);
        add_tags(&random, &value);
        add_field(&lines, &value);
        strbuf_printf(&lines, "\t%s\t%s\n",
                      random_chance(&random, 20) ? "\\N"
                                                 : fixture_people[2 * random_below(&random, 4)],
                      random_chance(&random, 50) ? "1.500" : "\\N");
    }
    copy_in(connection, "copy public.source from stdin", lines.data, lines.length);
}

struct bench {
    struct test_database database;
    PGconn *connection;
    struct idmap *map;
    struct idmap_matcher *matcher;
};

static struct bench
bench_begin(const char *name)
{
    struct bench bench = {.database = test_database_create(name)};
    test_run_file(bench.database.name, "tests/integration/row/oracle.sql", NULL);
    bench.connection = test_connect(bench.database.name);
    bench.map = fixture_idmap("people", fixture_people);
    bench.matcher = fixture_matcher(bench.map);
    return bench;
}

static void
bench_end(struct bench *bench)
{
    idmap_matcher_free(&bench->matcher);
    idmap_free(&bench->map);
    test_disconnect(&bench->connection);
    test_database_release(&bench->database);
}
#define CLEANUP_BENCH CLEANUP(bench_end) struct bench

/* ---- tests ---- */

Test(row_server, text_is_escaped_as_the_server_escapes_it)
{
    CLEANUP_BENCH bench = bench_begin("row_escape");
    CLEANUP(strbuf_release) struct strbuf found = STRBUF_INIT, expected = STRBUF_INIT;
    struct random random = {21};
    for (int n = 0; n < 600; n++) {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
        if (n < 128)
            strbuf_add_char(&text, (char)(n ? n : ' '));
        add_random_text(&random, &text);
        const char *values[] = {text.data};
        PGresult *result = PQexecParams(
            bench.connection,
            "insert into public.source (n, note) select count(*), $1 from public.source", 1, NULL,
            values, NULL, NULL, 0);
        cr_assert_eq(PQresultStatus(result), PGRES_COMMAND_OK, "%s",
                     PQerrorMessage(bench.connection));
        PQclear(result);
        row_escape(&expected, text.data, text.length);
        strbuf_add_char(&expected, '\n');
    }
    copy_out(bench.connection, "copy (select note from public.source order by n) to stdout",
             &found);
    assert_text(found.data, found.length, expected.data);
}

Test(row_server, escapes_are_read_as_the_server_reads_them)
{
    static const char *const pieces[] = {"\\b",  "\\f",        "\\n",        "\\r",  "\\t", "\\v",
                                         "\\\\", "\\x41",      "\\x4g",      "\\xg", "\\x", "\\101",
                                         "\\7",  "\\1234",     "\\q",        "\\\"", "\\N", "a",
                                         "é",    "\\xc3\\xa9", "\\303\\251", "8",    "f"};
    CLEANUP_BENCH bench = bench_begin("row_unescape");
    CLEANUP(strbuf_release) struct strbuf lines = STRBUF_INIT;
    struct random random = {22};
    size_t ends[600];
    for (int n = 0; n < 600; n++) {
        strbuf_printf(&lines, "%d\t-", n);
        for (uint32_t i = random_below(&random, 8); i > 0; i--)
            strbuf_add_string(&lines,
                              pieces[random_below(&random, sizeof pieces / sizeof pieces[0])]);
        ends[n] = lines.length;
        strbuf_add_char(&lines, '\n');
    }
    copy_in(bench.connection, "copy public.source (n, note) from stdin", lines.data, lines.length);
    PGresult *result = PQexec(bench.connection, "select note from public.source order by n");
    for (int n = 0; n < 600; n++) {
        CLEANUP(strbuf_release) struct strbuf value = STRBUF_INIT;
        size_t start = n ? ends[n - 1] + 1 : 0;
        start = (size_t)(strchr(lines.data + start, '\t') - lines.data) + 1;
        row_unescape(&value, lines.data + start, ends[n] - start);
        assert_text(value.data, value.length, PQgetvalue(result, n, 0));
    }
    PQclear(result);
}

/* Rewrites one column of all rows by the given kind into public.target.note, as text. */
static void
rewrite_column(struct bench *bench, const char *select, enum mapping_rewrite rewrite)
{
    CLEANUP_FIXTURE fixture = {0};
    CLEANUP(strbuf_release) struct strbuf lines = STRBUF_INIT, out = STRBUF_INIT;
    fixture_add_plain(&fixture);
    fixture_add_column(&fixture)->rewrite = rewrite;
    fixture.columns[1].matcher = bench->matcher;
    fixture.columns[1].sorts_json_keys = true;
    fixture_begin(&fixture);
    copy_out(bench->connection, select, &lines);
    for (char *line = lines.data; *line != '\0';) {
        struct error err = ERROR_INIT;
        struct row *row;
        size_t length = strcspn(line, "\n") + 1;
        cr_assert(row_transform_line(fixture.transform, line, length, &row, &err), "%s", err.text);
        cr_assert_eq(row->status, ROW_GOOD, "%s: %.*s", row->reason, (int)length, line);
        strbuf_add(&out, row->line.data, row->line.length);
        line += length;
    }
    cr_assert_gt(row_transform_counts(fixture.transform)[1].rewritten, 500);
    copy_in(bench->connection, "copy public.target (n, note) from stdin", out.data, out.length);
}

static void
assert_count(struct bench *bench, const char *sql, long long expected)
{
    long long count = test_query_number(bench->connection, sql);
    cr_assert_eq(count, expected, "%lld: %s", count, sql);
}

Test(row_server, rewritten_json_is_what_the_server_would_print, .timeout = 60)
{
    CLEANUP_BENCH bench = bench_begin("row_json");
    fill_source(bench.connection, 3000, 23);
    rewrite_column(&bench, "copy (select n, doc from public.source) to stdout",
                   MAPPING_REWRITE_JSON);
    assert_count(&bench,
                 "select count(*) from public.target where note::jsonb::text is distinct from note",
                 0);
    assert_count(&bench,
                 "select count(*) from public.source s join public.target t using (n) where "
                 "public.new_json(s.doc)::text = t.note",
                 3000);
}

Test(row_server, rewritten_arrays_are_what_the_server_would_print, .timeout = 60)
{
    CLEANUP_BENCH bench = bench_begin("row_array");
    fill_source(bench.connection, 3000, 24);
    test_execute(bench.connection, "update public.source set tags = ('[-3:' || (array_length(tags, "
                                   "1) - 4)::text || ']=' || tags::text)::text[] "
                                   "where n % 3 = 0 and tags <> '{}'");
    rewrite_column(&bench, "copy (select n, tags from public.source) to stdout",
                   MAPPING_REWRITE_ARRAY);
    assert_count(
        &bench, "select count(*) from public.target where note::text[]::text is distinct from note",
        0);
    assert_count(&bench,
                 "select count(*) from public.source s join public.target t using (n) "
                 "where public.new_array(s.tags) = t.note::text[] or (array_lower(s.tags, 1) = -3 "
                 "and array_lower(t.note::text[], 1) = -3 "
                 "and public.new_array(s.tags) = public.new_array(t.note::text[]))",
                 3000);
}

Test(row_server, rewritten_text_is_what_the_server_would_make_of_it, .timeout = 60)
{
    CLEANUP_BENCH bench = bench_begin("row_text");
    fill_source(bench.connection, 3000, 25);
    rewrite_column(&bench, "copy (select n, note from public.source) to stdout",
                   MAPPING_REWRITE_TEXT);
    assert_count(&bench,
                 "select count(*) from public.source s join public.target t using (n) where "
                 "public.new_words(s.note) = t.note",
                 3000);
}

/* The promise of the room: the line that is sent is the line that is read back. */
Test(row_server, the_target_prints_the_lines_that_were_written, .timeout = 60)
{
    CLEANUP_BENCH bench = bench_begin("row_lines");
    CLEANUP_FIXTURE fixture = {0};
    CLEANUP(strbuf_release)
    struct strbuf lines = STRBUF_INIT, sent = STRBUF_INIT, back = STRBUF_INIT;
    static const enum mapping_rewrite rewrites[] = {MAPPING_REWRITE_TEXT, MAPPING_REWRITE_JSON,
                                                    MAPPING_REWRITE_ARRAY};
    struct digest sum = {0, 0};

    fill_source(bench.connection, 2000, 26);
    fixture_add_plain(&fixture);
    for (size_t i = 0; i < 3; i++) {
        fixture_add_column(&fixture)->rewrite = rewrites[i];
        fixture.columns[i + 1].matcher = bench.matcher;
        fixture.columns[i + 1].sorts_json_keys = true;
    }
    fixture_add_resolved(&fixture, bench.map, NULL);
    fixture_add_plain(&fixture);
    fixture_begin(&fixture);

    copy_out(bench.connection, "copy (select * from public.source order by n) to stdout", &lines);
    for (char *line = lines.data; *line != '\0'; line += strcspn(line, "\n") + 1) {
        struct error err = ERROR_INIT;
        struct row *row;
        cr_assert(row_transform_line(fixture.transform, line, strcspn(line, "\n") + 1, &row, &err),
                  "%s", err.text);
        cr_assert_eq(row->status, ROW_GOOD, "%s", row->reason);
        strbuf_add(&sent, row->line.data, row->line.length);
        digest_add(&sum, row->target_digest);
    }
    copy_in(bench.connection, "copy public.target from stdin", sent.data, sent.length);
    copy_out(bench.connection, "copy (select * from public.target order by n) to stdout", &back);
    assert_text(back.data, back.length, sent.data);
    for (char *line = back.data; *line != '\0'; line += strcspn(line, "\n") + 1)
        digest_subtract(&sum, digest_bytes(line, strcspn(line, "\n")));
    cr_assert(digest_equal(sum, (struct digest){0, 0}));
    assert_count(&bench,
                 "select count(*) from public.target t join public.source s using (n) where "
                 "t.owner is not distinct from public.new_words(s.owner)",
                 2000);
}

Test(row_server, generated_keys_are_those_of_the_documented_expression)
{
    CLEANUP_BENCH bench = bench_begin("row_uuid");
    if (test_query_number(
            bench.connection,
            "select count(*) from pg_catalog.pg_available_extensions where name = 'uuid-ossp'") ==
        0)
        cr_skip_test("the server has no uuid-ossp");
    CLEANUP_FIXTURE fixture = {.extra_fields = 1};
    char meetings[] = "meetings";
    struct mapping_column *spec = fixture_add_column(&fixture);
    spec->origin = MAPPING_UUID;
    spec->namespace = meetings;
    fixture.source_key[0] = 1;
    fixture.table.source_key_count = 1;
    fixture_begin(&fixture);
    test_execute(bench.connection, "create extension \"uuid-ossp\" schema public");
    CLEANUP(memory_free_string)
    char *expected = test_query_text(
        bench.connection,
        "select public.uuid_generate_v5(public.uuid_generate_v5(public.uuid_generate_v5("
        "public.uuid_ns_dns(), 'idmigrate'), 'meetings'), 'é\\42')");
    assert_line(fixture_row(&fixture, "\\N\té\\\\42"), expected);
}
