/* The formats by name, and what their files are called. */
#include "formats.h"

#include "json.h"

#include "idmigrate/memory.h"
#include "idmigrate/sha256.h"

#include <string.h>

static const struct {
    const char *name, *file;
} formats[REPORT_FORMATS] = {
    [REPORT_TEXT] = {"text", "report.txt"},        [REPORT_JSON] = {"json", "report.json"},
    [REPORT_HTML] = {"html", "report.html"},       [REPORT_JUNIT] = {"junit", "report.junit.xml"},
    [REPORT_MARKDOWN] = {"markdown", "report.md"},
};

bool
report_find_format(const char *name, enum report_format *format)
{
    for (size_t i = 0; i < REPORT_FORMATS; i++)
        if (strcmp(formats[i].name, name) == 0) {
            *format = (enum report_format)i;
            return true;
        }
    return false;
}

const char *
report_file_name(enum report_format format)
{
    return formats[format].file;
}

void
report_render(struct strbuf *out, const struct report_model *model,
              const struct report_style *style)
{
    CLEANUP(report_summary_release) struct report_summary summary;
    report_summarize(model, &summary);
    switch (style->format) {
    case REPORT_TEXT:
        report_run_to_text(out, &summary, style->color);
        break;
    case REPORT_JSON:
        report_run_to_json(out, &summary);
        break;
    case REPORT_HTML:
        report_run_to_html(out, &summary);
        break;
    case REPORT_JUNIT:
        report_run_to_junit(out, &summary);
        break;
    case REPORT_MARKDOWN:
        report_run_to_markdown(out, &summary);
        break;
    }
}

void
report_add_digest(struct strbuf *list, const char *file, const struct strbuf *content)
{
    char hex[SHA256_HEX_SIZE];
    sha256_of(content->data, content->length, hex);
    strbuf_printf(list, "%s  %s\n", hex, file);
}

/* ---- the mapping, where it may be shown
 * ------------------------------------------------------------------------
 */

/* A connection string with a password in it: "password=..." or "//user:password@host". */
static bool
is_secret(const char *text)
{
    const char *slashes = strstr(text, "://");
    if (strcasestr(text, "password=") != NULL || strcasestr(text, "password =") != NULL)
        return true;
    if (slashes == NULL)
        return false;
    const char *at = strchr(slashes + 3, '@');
    const char *colon = strchr(slashes + 3, ':');
    return at != NULL && colon != NULL && colon < at &&
           memchr(slashes + 3, ' ', (size_t)(at - slashes - 3)) == NULL;
}

static bool
holds_secret(json_t *value)
{
    const char *key;
    json_t *member;
    size_t i;
    if (json_is_string(value))
        return is_secret(json_string_value(value));
    json_object_foreach(value, key, member) if (holds_secret(member)) return true;
    json_array_foreach(value, i, member) if (holds_secret(member)) return true;
    return false;
}

const char *
report_mapping_text(const struct report_model *model)
{
    json_t *mapping = report_json_parse(model->run.mapping_text);
    bool secret = holds_secret(mapping);
    json_decref(mapping);
    return secret ? NULL : model->run.mapping_text;
}
