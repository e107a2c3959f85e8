/* A list of findings. */
#include "idmigrate/memory.h"
#include "idmigrate/plan.h"

#include <stdarg.h>
#include <stdlib.h>

static char *
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
    finding->samples = memory_realloc_array(finding->samples, finding->sample_count + 1, sizeof(char *));
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
