/*
 * Text that the target cannot hold: bytes of an SQL_ASCII source that are no UTF-8, characters that
 * the target's encoding lacks. The client side of both connections is UTF-8; what a source with a
 * real encoding sends is valid.
 */
#include "internal.h"

#include "idmigrate/memory.h"
#include "idmigrate/utf8.h"

#include <iconv.h>
#include <string.h>

/* PostgreSQL's names (pg_wchar.h) of encodings that a server may have, and iconv's. */
static const struct {
    const char *server, *iconv;
} encodings[] = {
    {"LATIN1", "ISO-8859-1"},     {"LATIN2", "ISO-8859-2"},     {"LATIN3", "ISO-8859-3"},
    {"LATIN4", "ISO-8859-4"},     {"LATIN5", "ISO-8859-9"},     {"LATIN6", "ISO-8859-10"},
    {"LATIN7", "ISO-8859-13"},    {"LATIN8", "ISO-8859-14"},    {"LATIN9", "ISO-8859-15"},
    {"LATIN10", "ISO-8859-16"},   {"ISO_8859_5", "ISO-8859-5"}, {"ISO_8859_6", "ISO-8859-6"},
    {"ISO_8859_7", "ISO-8859-7"}, {"ISO_8859_8", "ISO-8859-8"}, {"WIN1250", "CP1250"},
    {"WIN1251", "CP1251"},        {"WIN1252", "CP1252"},        {"WIN1253", "CP1253"},
    {"WIN1254", "CP1254"},        {"WIN1255", "CP1255"},        {"WIN1256", "CP1256"},
    {"WIN1257", "CP1257"},        {"WIN1258", "CP1258"},        {"WIN866", "CP866"},
    {"WIN874", "CP874"},          {"KOI8R", "KOI8-R"},          {"KOI8U", "KOI8-U"},
    {"EUC_JP", "EUC-JP"},         {"EUC_CN", "EUC-CN"},         {"EUC_KR", "EUC-KR"},
    {"EUC_TW", "EUC-TW"},
};

static bool
is_ascii(const char *data, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)data[i] >= 0x80)
            return false;
    return true;
}

static bool
can_convert(struct check *check, const char *data, size_t length)
{
    char out[1024];
    char *from; /* iconv's interface lacks the const; it does not write there */
    memcpy(&from, &data, sizeof from);
    iconv(check->iconv, NULL, NULL, NULL, NULL);
    while (length > 0) {
        char *to = out;
        size_t room = sizeof out, left = length;
        if (iconv(check->iconv, &from, &length, &to, &room) == (size_t)-1 && length == left)
            return false;
    }
    return true;
}

static bool
fits(struct check *check, const char *data, size_t length)
{
    return is_ascii(data, length) || can_convert(check, data, length);
}

/* A run keeps the mapping and the ID maps in the target. */
static void
look_at_what_is_kept(struct check *check, const char *encoding)
{
    const struct mapping *mapping = check->plan->mapping;
    if (!fits(check, mapping->text, mapping->length))
        finding_set_hint(findings_add(check->findings, "E-ENCODING", NULL, NULL,
                                      "%s has characters that the target's encoding %s lacks; a "
                                      "run keeps the mapping there",
                                      mapping->path, encoding),
                         "write them as \\uXXXX, or leave them out");
    for (size_t i = 0; i < mapping->id_count; i++) {
        const struct idmap *map = check->in->ids[i];
        int64_t pairs = 0;
        for (size_t j = 0; j < idmap_count(map); j++) {
            const struct idmap_pair *pair = idmap_pair_at(map, j);
            pairs += !fits(check, pair->old_id, pair->old_length) ||
                     !fits(check, pair->new_id, pair->new_length);
        }
        if (pairs == 0)
            continue;
        struct finding *finding =
            findings_add(check->findings, "E-ENCODING", NULL, NULL,
                         "ID map %s: IDs that the target's encoding %s lacks characters of; a run "
                         "keeps the map there",
                         idmap_name(map), encoding);
        finding->rows = pairs;
        finding_set_hint(finding, "leave these pairs out of the map, or use a target in UTF8");
    }
}

void
encoding_open(struct check *check)
{
    const char *encoding = db_identity(check->in->target)->encoding;
    if (strcmp(encoding, "UTF8") == 0 || strcmp(encoding, "SQL_ASCII") == 0)
        return;
    for (size_t i = 0; i < sizeof encodings / sizeof encodings[0]; i++)
        if (strcmp(encodings[i].server, encoding) == 0)
            check->iconv_name = encodings[i].iconv;
    if (check->iconv_name != NULL) {
        iconv_t converter = iconv_open(check->iconv_name, "UTF-8");
        if ((intptr_t)converter != -1) {
            check->iconv = converter;
            look_at_what_is_kept(check, encoding);
            return;
        }
    }
    findings_add(
        check->findings, "N-ENCODING", NULL, NULL,
        "whether the target's encoding %s has all characters of the source was not checked",
        encoding);
}

void
encoding_close(struct check *check)
{
    if (check->iconv != NULL)
        iconv_close(check->iconv);
    check->iconv = NULL;
}

bool
encoding_look(struct check *check, const struct plan_table *table, struct column_facts *facts,
              const struct row *row)
{
    bool is_good = true;
    if (check->source_is_utf8 && check->iconv == NULL)
        return true;
    if (is_ascii(row->line.data, row->line.length))
        return true;
    for (size_t i = 0; i < table->column_count; i++) {
        struct row_value value = row_column_escaped(row, i);
        if (value.data == NULL)
            continue;
        bool fits = (check->source_is_utf8 ||
                     utf8_valid_length(value.data, value.length) == value.length) &&
                    (check->iconv == NULL || can_convert(check, value.data, value.length));
        facts[i].bad_encoding += !fits;
        is_good = is_good && fits;
    }
    return is_good;
}

/* ---- a source that cannot send its text ---- */

static int
hex_digit(char c)
{
    return c >= 'a' ? c - 'a' + 10 : c - '0';
}

/* A bytea as COPY prints it, "\\\\x6f6e65"; NULL is valid. */
static bool
is_valid_utf8(struct strbuf *bytes, const char *line, size_t length)
{
    strbuf_reset(bytes);
    for (size_t i = 3; i + 1 < length; i += 2)
        strbuf_add_char(bytes, (char)(hex_digit(line[i]) * 16 + hex_digit(line[i + 1])));
    return utf8_valid_length(bytes->data, bytes->length) == bytes->length;
}

static bool
count_invalid(struct check *check, const struct plan_table *table, size_t column, int64_t *rows,
              struct error *err)
{
    struct db *source = check->in->sources[table->spec->source];
    CLEANUP(memory_free_string)
    char *bytes = memory_printf("pg_catalog.convert_to((%s)::text, 'SQL_ASCII')",
                                table->columns[column].select);
    CLEANUP(strbuf_release) struct strbuf select = STRBUF_INIT, sql = STRBUF_INIT;
    const char *line;
    size_t length;
    plan_sql_select_source(&select, table, bytes);
    strbuf_printf(&sql, "COPY (%s) TO STDOUT", select.data);
    bool good = db_copy_out_begin(source, sql.data, err);
    while (good && (good = db_copy_out_next(source, &line, &length, err)) && line != NULL)
        *rows += !is_valid_utf8(&check->scratch, line, length - 1);
    return good;
}

bool
encoding_find_failing(struct check *check, struct plan_table *table, bool *found, struct error *err)
{
    *found = false;
    for (size_t i = 0; i < table->column_count; i++) {
        int64_t rows = 0;
        if (!count_invalid(check, table, i, &rows, err))
            return false;
        if (rows == 0)
            continue;
        struct finding *finding = findings_add(
            check->findings, "E-ENCODING", table->label, table->columns[i].target->name,
            "bytes that are no UTF-8, in a source without an encoding (SQL_ASCII)");
        finding_set_hint(
            finding,
            "convert it with \"sql\": convert_from(convert_to(column, 'SQL_ASCII'), 'LATIN1')");
        finding->rows = rows;
        select_leave_out(table, &check->plan->tables[table->number], i);
        *found = true;
    }
    return true;
}
