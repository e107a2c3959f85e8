/* The result of a check of ID maps, as text and as JSON. */
#include "idmap_parts.h"
#include "steps.h"

#include "idmigrate/clock.h"
#include "idmigrate/memory.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    enum finding_severity severity;
    const char *name, *word, *color;
} severities[] = {
    {FINDING_REFUSAL, "difference", "wrong", "\033[31m"},
    {FINDING_WARNING, "warning", "warning", "\033[33m"},
    {FINDING_NOT_CHECKED, "not_checked", "not checked", "\033[2m"},
};
enum { SEVERITIES = sizeof severities / sizeof severities[0] };

static bool
is_of_a_table(const struct finding *finding)
{
    return strstr(finding->code, "COLLISION") != NULL || strstr(finding->code, "MERGE") != NULL;
}

/* New IDs of a map: each once. */
static size_t
count_new(const struct idmap *map)
{
    size_t pairs = idmap_count(map) + idmap_ambiguous_count(map);
    for (size_t i = 0, count; i < idmap_shared_count(map); i++) {
        idmap_shared(map, i, &count);
        pairs -= count - 1;
    }
    return pairs;
}

/* ---- text ---- */

static void add_line(struct strbuf *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Names come from files and databases: what could steer a terminal becomes '?'. */
static void
add_line(struct strbuf *text, const char *format, ...)
{
    struct strbuf line = STRBUF_INIT;
    va_list arguments;
    va_start(arguments, format);
    strbuf_vprintf(&line, format, arguments);
    va_end(arguments);
    output_make_visible(line.data);
    strbuf_add_string(text, line.data);
    strbuf_add_char(text, '\n');
    strbuf_release(&line);
}

static void
print_side(struct strbuf *text, const char *which, const struct idmap_format *format,
           bool is_guessed)
{
    if (format == NULL)
        add_line(text, "  %s IDs  of no one format", which);
    else
        add_line(text, "  %s IDs  %s: %s%s", which, idmap_format_name(format),
                 idmap_format_describe(format), is_guessed ? " (as most of them look)" : "");
}

static void
print_map(struct strbuf *text, const struct given_map *given)
{
    char pairs[32], news[32], hex[DIGEST_HEX_SIZE];
    const struct idmap *map = given->map;
    digest_to_hex(idmap_digest(map), hex);
    add_line(text, "ID map %s%s%s%s: %s pairs, %s new IDs, digest %.12s", idmap_name(map),
             given->shown != NULL ? " (" : "", given->shown != NULL ? given->shown : "",
             given->shown != NULL ? ")" : "",
             clock_format_count((int64_t)(idmap_count(map) + idmap_ambiguous_count(map)), pairs,
                                sizeof pairs),
             clock_format_count((int64_t)count_new(map), news, sizeof news), hex);
    print_side(text, "old", given->old_format, given->old_is_guessed);
    print_side(text, "new", given->new_format, given->new_is_guessed);
}

static void
print_gap(struct strbuf *text, const struct weigh *weigh, const struct weigh_table *table,
          const struct weigh_column *column, const struct weigh_gap *gap)
{
    char rows[32], ids[32];
    add_line(text, "  %12s rows  %10s IDs  %s.%s.%s%s%s%s",
             clock_format_count(gap->rows, rows, sizeof rows),
             clock_format_count((int64_t)gap->seen.count, ids, sizeof ids), table->schema,
             table->name, column->name, weigh->map_count > 1 ? ", not in " : "",
             weigh->map_count > 1 ? idmap_name(weigh->maps[gap->map]) : "",
             weigh_column_passes(column) ? " (passes)" : "");
}

static void
print_columns(struct strbuf *text, const struct weigh *weigh, const struct weigh_table *table)
{
    for (size_t i = 0; i < table->column_count; i++)
        for (size_t g = 0; g < table->columns[i].gap_count; g++)
            print_gap(text, weigh, table, &table->columns[i], &table->columns[i].gaps[g]);
}

static void
print_weighed(struct strbuf *text, const struct idmap_check *check)
{
    const struct weigh *weigh = &check->weigh;
    char rows[32], resolved[32];
    int64_t read = 0;
    if (check->weighed == 0)
        return;
    for (size_t i = 0; i < weigh->table_count; i++)
        read += weigh->tables[i].rows;
    strbuf_add_char(text, '\n');
    add_line(text, "weighed: %s rows of %zu tables; %s IDs in them have a partner",
             clock_format_count(read, rows, sizeof rows), weigh->table_count,
             clock_format_count(weigh->resolved, resolved, sizeof resolved));
    for (size_t i = 0; i < weigh->table_count; i++)
        print_columns(text, weigh, &weigh->tables[i]);
}

static void
print_finding(struct strbuf *text, const struct finding *finding, size_t severity, bool color)
{
    CLEANUP(strbuf_release) struct strbuf samples = STRBUF_INIT;
    strbuf_printf(text, "  %s%s%s  %s", color ? severities[severity].color : "",
                  severities[severity].word, color ? "\033[0m" : "", finding->code);
    add_line(text, "%s%s%s%s", finding->table != NULL ? "  " : "",
             finding->table != NULL ? finding->table : "", finding->column != NULL ? "." : "",
             finding->column != NULL ? finding->column : "");
    add_line(text, "    %s", finding->text);
    for (size_t i = 0; i < finding->sample_count; i++)
        strbuf_printf(&samples, "%s%s", i > 0 ? ", " : "", finding->samples[i]);
    if (samples.length > 0)
        add_line(text, "    such as: %s", samples.data);
    if (finding->hint != NULL)
        add_line(text, "    hint: %s", finding->hint);
}

static void
print_text(const struct idmap_check *check, struct strbuf *text)
{
    const struct findings *findings = &check->findings;
    bool color = output_wants_color();
    for (size_t i = 0; i < check->given.count; i++)
        print_map(text, &check->given.maps[i]);
    print_weighed(text, check);
    strbuf_add_string(text, findings->count > 0 ? "\n" : "");
    for (size_t s = 0; s < SEVERITIES; s++)
        for (size_t i = 0; i < findings->count; i++)
            if (findings->items[i].severity == severities[s].severity)
                print_finding(text, &findings->items[i], s, color);
    size_t warnings = findings_count(findings, FINDING_WARNING);
    strbuf_printf(text, "\n  %zu wrong, %zu %s, %zu not checked%s\n",
                  findings_count(findings, FINDING_REFUSAL), warnings,
                  warnings == 1 ? "warning" : "warnings",
                  findings_count(findings, FINDING_NOT_CHECKED),
                  check->weighed == 0 ? "; without --source gaps are not weighed" : "");
}

/* ---- JSON ---- */

static json_t *
text_or_null(const char *text)
{
    return text != NULL ? json_string(text) : json_null();
}

static json_t *
describe_map(const struct given_map *given, const struct idmap_chains *chains)
{
    char hex[DIGEST_HEX_SIZE];
    const struct idmap *map = given->map;
    digest_to_hex(idmap_digest(map), hex);
    json_t *object = json_pack(
        "{s:s, s:o, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "name", idmap_name(map), "file",
        text_or_null(given->path), "digest", hex, "pairs",
        (json_int_t)idmap_count(map) + (json_int_t)idmap_ambiguous_count(map), "new_ids",
        (json_int_t)count_new(map), "repeated", (json_int_t)idmap_repeated_count(map), "ambiguous",
        (json_int_t)idmap_ambiguous_count(map), "shared", (json_int_t)idmap_shared_count(map),
        "chained", (json_int_t)chains->ids, "cycles", (json_int_t)chains->cycles);
    json_object_set_new(
        object, "old_format",
        text_or_null(given->old_format != NULL ? idmap_format_name(given->old_format) : NULL));
    json_object_set_new(
        object, "new_format",
        text_or_null(given->new_format != NULL ? idmap_format_name(given->new_format) : NULL));
    return object;
}

static json_t *
describe_gap(const struct weigh *weigh, const struct weigh_table *table,
             const struct weigh_column *column, const struct weigh_gap *gap)
{
    json_t *samples = json_array();
    for (size_t i = 0; i < gap->sample_count; i++)
        json_array_append_new(samples, json_string(gap->samples[i]));
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:I, s:I, s:o}", "source", table->source,
                     "schema", table->schema, "table", table->name, "column", column->name, "map",
                     idmap_name(weigh->maps[gap->map]), "passes", weigh_column_passes(column),
                     "rows", (json_int_t)gap->rows, "ids", (json_int_t)gap->seen.count, "samples",
                     samples);
}

static void
describe_columns(const struct weigh *weigh, const struct weigh_table *table, json_t *list)
{
    for (size_t i = 0; i < table->column_count; i++)
        for (size_t g = 0; g < table->columns[i].gap_count; g++)
            json_array_append_new(
                list, describe_gap(weigh, table, &table->columns[i], &table->columns[i].gaps[g]));
}

static json_t *
describe_owners(const struct weigh *weigh)
{
    const struct weigh_owner *owners[WEIGH_OWNERS + 1];
    json_t *list = json_array();
    weigh_largest(weigh, -1, owners);
    for (size_t i = 0; owners[i] != NULL; i++)
        json_array_append_new(list, json_pack("{s:s, s:s, s:I, s:I, s:b}", "id", owners[i]->shown,
                                              "map", idmap_name(weigh->maps[owners[i]->map]),
                                              "rows", (json_int_t)owners[i]->rows, "tables",
                                              (json_int_t)owners[i]->tables, "passes",
                                              !owners[i]->costs));
    return list;
}

static json_t *
describe_weighed(const struct idmap_check *check)
{
    const struct weigh *weigh = &check->weigh;
    const struct weigh_sum sum = weigh_sum(weigh, -1);
    int64_t read = 0;
    if (check->weighed == 0)
        return json_null();
    json_t *columns = json_array();
    for (size_t i = 0; i < weigh->table_count; i++) {
        read += weigh->tables[i].rows;
        describe_columns(weigh, &weigh->tables[i], columns);
    }
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o}", "tables_read",
                     (json_int_t)weigh->table_count, "rows_read", (json_int_t)read, "resolved",
                     (json_int_t)weigh->resolved, "ids", (json_int_t)sum.ids, "rows",
                     (json_int_t)sum.rows, "tables", (json_int_t)sum.tables, "passing_ids",
                     (json_int_t)sum.lets_ids, "passing_rows", (json_int_t)sum.lets_rows, "columns",
                     columns, "largest", describe_owners(weigh));
}

static json_t *
describe_finding(const struct finding *finding, const char *severity)
{
    json_t *samples = json_array();
    for (size_t i = 0; i < finding->sample_count; i++)
        json_array_append_new(samples, json_string(finding->samples[i]));
    return json_pack(
        "{s:s, s:s, s:o, s:o, s:s, s:o, s:o, s:o}", "severity", severity, "code", finding->code,
        is_of_a_table(finding) ? "table" : "map", text_or_null(finding->table), "column",
        text_or_null(finding->column), "text", finding->text, "hint", text_or_null(finding->hint),
        "rows", finding->rows < 0 ? json_null() : json_integer(finding->rows), "samples", samples);
}

static void
print_json(const struct idmap_check *check, enum exit_status status, struct strbuf *text)
{
    json_t *maps = json_array(), *findings = json_array();
    for (size_t i = 0; i < check->given.count; i++)
        json_array_append_new(maps, describe_map(&check->given.maps[i], &check->chains[i]));
    for (size_t s = 0; s < SEVERITIES; s++)
        for (size_t i = 0; i < check->findings.count; i++)
            if (check->findings.items[i].severity == severities[s].severity)
                json_array_append_new(
                    findings, describe_finding(&check->findings.items[i], severities[s].name));
    json_t *all = json_pack("{s:o, s:o, s:b, s:o, s:i}", "maps", maps, "weighed",
                            describe_weighed(check), "keys_looked_at", check->keys_were_looked_at,
                            "findings", findings, "exit_status", (int)status);
    char *printed = json_dumps(all, JSON_INDENT(2));
    strbuf_printf(text, "%s\n", printed);
    free(printed);
    json_decref(all);
}

void
idmap_show(const struct idmap_check *check, enum exit_status status, struct strbuf *text)
{
    if (check->settings->json)
        print_json(check, status, text);
    else
        print_text(check, text);
}
