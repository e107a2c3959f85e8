/* A list of findings. */
#include "idmigrate/memory.h"
#include "idmigrate/plan.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* What to do, where it is the same wherever the code is raised. finding_set_hint() says it better
 * where more is known. */
static const struct {
    const char *code, *hint;
} standard_hints[] = {
    {"E-COLUMN-GENERATED",
     "leave it out of \"columns\"; \"drop\" the source column that has its name"},
    {"E-COLUMN-UNFED",
     "give it {\"from\": ...}, {\"value\": ...} or {\"sql\": ...} in \"columns\""},
    {"E-COLUMN-UNKNOWN", "names are case-sensitive, as they are in the catalogue"},
    {"E-CONFLICT-KEY", "name exactly the columns of one unique index without a condition"},
    {"E-MERGE-CHILDREN",
     "say \"children\": \"follow\", leave these rows out with \"where\", or take "
     "another on_conflict key"},
    {"E-MERGE-REFERENCE", "take the columns of that foreign key as on_conflict key, or move these "
                          "tables without on_conflict"},
    {"E-NO-REPLICA-IDENTITY", "ALTER TABLE ... REPLICA IDENTITY FULL, or a primary key"},
    {"E-ROW-SECURITY", "connect as a role with BYPASSRLS, or as the owner where it is not forced"},
    {"E-TABLE-UNKNOWN", "names are case-sensitive; check the schema and that the role may use it"},
    {"E-TARGET-KIND", "name the table below the view as \"to\""},
    {"N-ENCODING", "a dry run tries it"},
    {"N-MERGE", "give the role what E-PRIVILEGE names; a dry run tries it"},
    {"N-STAGE", "a dry run tries it"},
    {"N-TABLE", "see E-PRIVILEGE and E-ROW-SECURITY of this table"},
    {"W-AUDIT-REFERENCE",
     "do not fill that column, or drop the foreign key: events outlive what they are about"},
    {"W-AUDIT-TENANT", "name an ID column, or declare the column \"harmless\""},
    {"W-AUDIT-NO-METADATA",
     "fill a column of type json, jsonb or text with {\"event\": \"metadata\"}"},
    {"W-CAST-CAN-FAIL", "E-CAST-FAILS, E-OUT-OF-RANGE and E-ENUM-LABEL say whether a row fails"},
    {"W-FK-CYCLE", "load these tables while nobody waits for them"},
    {"W-FOREIGN-TARGET",
     "after a crash resume the run before the rows are used: it takes back what "
     "was cut in half"},
    {"W-AUDIT-FOREIGN", "let the partition that takes the events of these days be in the target "
                        "itself"},
    {"W-ID-ALREADY", "nothing, when part of the source was migrated before"},
    {"W-ID-AMBIGUOUS",
     "let the ID map give one new ID (narrow its query, or correct the data that it reads)"},
    {"W-LEFT-BEHIND-UNKNOWN", "correct the name, or remove the entry"},
    {"W-MERGE", "nothing, when the rule is meant; each such row has its own audit event"},
    {"W-NARROWING",
     "E-TOO-LONG says whether a row is too long; \"allow_narrowing\": \"reason\" when it is meant"},
    {"W-NO-TARGET-KEY", "write a column of a key of the target, if it has one"},
    {"W-NUMBERS-DRAWN",
     "nothing, when new numbers are meant; they stay drawn when a run is undone"},
    {"W-RULE", "nothing, when the rules are not for migrated rows"},
    {"W-TRIGGER-SILENT", "nothing, when the trigger is not for migrated rows"},
};

static const char *
find_standard_hint(const char *code)
{
    for (size_t i = 0; i < sizeof standard_hints / sizeof standard_hints[0]; i++)
        if (strcmp(standard_hints[i].code, code) == 0)
            return standard_hints[i].hint;
    return NULL;
}

static char *__attribute__((format(printf, 1, 0)))
format_text(const char *format, va_list arguments)
{
    struct strbuf text = STRBUF_INIT;
    strbuf_vprintf(&text, format, arguments);
    return strbuf_take(&text);
}

struct finding *
findings_add(struct findings *findings, const char *code, const char *table, const char *column,
             const char *format, ...)
{
    struct finding *finding = ARRAY_ADD(findings->items, findings->count, findings->capacity);
    va_list arguments;
    va_start(arguments, format);
    *finding = (struct finding){
        .severity = code[0] == 'E'   ? FINDING_REFUSAL
                    : code[0] == 'W' ? FINDING_WARNING
                                     : FINDING_NOT_CHECKED,
        .code = code,
        .table = memory_strdup(table),
        .column = memory_strdup(column),
        .text = format_text(format, arguments),
        .hint = memory_strdup(find_standard_hint(code)),
        .rows = -1,
    };
    va_end(arguments);
    return finding;
}

void
finding_set_hint(struct finding *finding, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    free(finding->hint);
    finding->hint = format_text(format, arguments);
    va_end(arguments);
}

void
finding_add_sample(struct finding *finding, const char *sample)
{
    finding->samples =
        memory_realloc_array(finding->samples, finding->sample_count + 1, sizeof(char *));
    finding->samples[finding->sample_count++] = memory_strdup(sample);
}

size_t
findings_count(const struct findings *findings, enum finding_severity severity)
{
    size_t count = 0;
    for (size_t i = 0; i < findings->count; i++)
        count += findings->items[i].severity == severity;
    return count;
}

void
findings_release(struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++) {
        struct finding *finding = &findings->items[i];
        for (size_t j = 0; j < finding->sample_count; j++)
            free(finding->samples[j]);
        free(finding->samples);
        free(finding->table);
        free(finding->column);
        free(finding->text);
        free(finding->hint);
    }
    free(findings->items);
    *findings = (struct findings)FINDINGS_INIT;
}
