/* Who took a run up again, and with which ticket and approval. */
#include "run.h"

#include "json.h"

#include "idmigrate/memory.h"

static void
add_member(struct strbuf *text, const json_t *attempt, const char *before, const char *key)
{
    const char *value = json_string_value(json_object_get(attempt, key));
    if (value != NULL)
        strbuf_printf(text, "%s%s", before, value);
}

char *
report_describe_attempt(const struct store_run *run, size_t index)
{
    json_t *settings = report_json_parse(run->settings);
    const json_t *attempt = json_array_get(json_object_get(settings, "later"), index);
    struct strbuf text = STRBUF_INIT;
    char at[20];
    if (attempt != NULL) {
        strbuf_printf(&text, "%s UTC",
                      report_time(json_string_value(json_object_get(attempt, "at")), at));
        add_member(&text, attempt, " by ", "operator");
        add_member(&text, attempt, ", ticket ", "ticket");
        add_member(&text, attempt, ", approved by ", "approved_by");
    }
    char *described = attempt != NULL ? strbuf_take(&text) : NULL;
    json_decref(settings);
    return described;
}
