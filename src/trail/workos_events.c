/*
 * Events as WorkOS Audit Logs takes them, one request body a line with its idempotency key: POST
 * /audit_logs/events (https://workos.com/docs/reference/audit-logs/event.md; the limits are those
 * of the AuditLogEvent schema in its OpenAPI document).
 *
 * Metadata there is flat: at most 50 keys of 40 letters, digits, _ and -, and values that are
 * texts of at most 500 characters, numbers, true or false. What is deeper goes in as the text of
 * its JSON. Old and new values stay out: they are rows of the application, and belong into the
 * log.
 */
#include "export.h"

#include "idmigrate/memory.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_KEYS = 50, LONGEST_KEY = 40, LONGEST_VALUE = 500 };

static const char *
known(const char *text)
{
    return text != NULL && text[0] != '\0' ? text : "unknown";
}

/* The length of the first `most` characters. */
static size_t
cut_at(const char *text, size_t most)
{
    size_t at = 0;
    for (size_t count = 0; text[at] != '\0'; at++) {
        bool is_begin = ((unsigned char)text[at] & 0xC0) != 0x80;
        if (is_begin && count++ == most)
            break;
    }
    return at;
}

/* Two keys that become one, and what is too much, are left out. */
static void
put(json_t *metadata, const char *name, json_t *value, bool *is_shortened)
{
    char key[LONGEST_KEY + 1];
    size_t length = strnlen(name, LONGEST_KEY);
    for (size_t i = 0; i < length; i++) {
        bool fits = (name[i] >= 'a' && name[i] <= 'z') || (name[i] >= 'A' && name[i] <= 'Z') ||
                    (name[i] >= '0' && name[i] <= '9') || name[i] == '_' || name[i] == '-';
        key[i] = fits ? name[i] : '_';
        *is_shortened |= !fits;
    }
    key[length] = '\0';
    *is_shortened |= name[length] != '\0';
    if (json_object_get(metadata, key) != NULL || json_object_size(metadata) >= MOST_KEYS) {
        *is_shortened = true;
        json_decref(value);
        return;
    }
    json_object_set_new(metadata, key, value);
}

static void
put_text(json_t *metadata, const char *name, const char *text, bool *is_shortened)
{
    if (text == NULL)
        return;
    size_t length = cut_at(text, LONGEST_VALUE);
    *is_shortened |= text[length] != '\0';
    put(metadata, name, json_stringn(text, length), is_shortened);
}

static void
put_value(json_t *metadata, const char *name, json_t *value, bool *is_shortened)
{
    if (json_is_null(value))
        return;
    if (json_is_number(value) || json_is_boolean(value)) {
        put(metadata, name, json_incref(value), is_shortened);
    } else if (json_is_string(value)) {
        put_text(metadata, name, json_string_value(value), is_shortened);
    } else {
        char *text = json_dumps(value, JSON_COMPACT);
        put_text(metadata, name, text, is_shortened);
        free(text);
        *is_shortened = true;
    }
}

static json_t *
make_metadata(const struct trail_event *event, bool *is_shortened)
{
    json_t *metadata = json_object();
    const char *text = event->parts[LOG_METADATA];
    json_t *given = text != NULL ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;
    put_text(metadata, "event_id", event->parts[LOG_ID], is_shortened);
    put_text(metadata, "recorded_at", event->parts[LOG_RECORDED_AT], is_shortened);
    put_text(metadata, "outcome", event->parts[LOG_OUTCOME], is_shortened);
    put_text(metadata, "reason_code", event->parts[LOG_REASON_CODE], is_shortened);
    put_text(metadata, "run_id", event->parts[LOG_RUN_ID], is_shortened);
    for (void *at = json_object_iter(given); at != NULL; at = json_object_iter_next(given, at))
        put_value(metadata, json_object_iter_key(at), json_object_iter_value(at), is_shortened);
    if (given != NULL && !json_is_object(given))
        put_value(metadata, "metadata", given, is_shortened);
    json_decref(given);
    return metadata;
}

/* Actions there are written group.action, in lower case. */
static void
make_action(struct strbuf *action, const struct trail_event *event)
{
    const char *const parts[] = {known(event->parts[LOG_RESOURCE_TYPE]),
                                 known(event->parts[LOG_ACTION])};
    for (size_t i = 0; i < 2; i++) {
        strbuf_add_string(action, i > 0 ? "." : "");
        for (const char *c = parts[i]; *c != '\0'; c++)
            strbuf_add_char(action, *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c);
    }
}

static json_t *
make_event(const struct trail_event *event, bool *is_shortened)
{
    CLEANUP(strbuf_release) struct strbuf action = STRBUF_INIT;
    const char *time = event->parts[LOG_OCCURRED_AT] != NULL ? event->parts[LOG_OCCURRED_AT]
                                                             : known(event->parts[LOG_RECORDED_AT]);
    size_t length = strlen(time);
    CLEANUP(memory_free_string) /* milliseconds */
    char *occurred_at = length > 4 && time[length - 1] == 'Z'
                            ? memory_printf("%.*sZ", (int)length - 4, time)
                            : memory_strdup(time);
    make_action(&action, event);
    const char *version = event->parts[LOG_EVENT_VERSION];
    return json_pack(
        "{ss ss si s{ss ss} s[{ss ss}] s{ss ss*} so}", "action", action.data, "occurred_at",
        occurred_at, "version", version != NULL ? (int)strtol(version, NULL, 10) : 1, "actor", "id",
        known(event->parts[LOG_ACTOR_ID]), "type", known(event->parts[LOG_ACTOR_TYPE]), "targets",
        "id", known(event->parts[LOG_RESOURCE_ID]), "type", known(event->parts[LOG_RESOURCE_TYPE]),
        "context", "location", known(event->parts[LOG_IP_ADDRESS]), "user_agent",
        event->parts[LOG_USER_AGENT], "metadata", make_metadata(event, is_shortened));
}

void
trail_workos_render(struct strbuf *out, const struct trail_export *request,
                    const struct trail_event *event, struct trail_manifest *manifest)
{
    const char *organization = request->organization;
    bool is_shortened = false;
    if (organization == NULL)
        organization = event->parts[LOG_TENANT];
    if (organization == NULL || organization[0] == '\0') {
        manifest->left_out++;
        return;
    }
    json_t *line =
        json_pack("{ss* ss so}", "idempotency_key", event->parts[LOG_ID], "organization_id",
                  organization, "event", make_event(event, &is_shortened));
    char *text = json_dumps(line, JSON_COMPACT);
    json_decref(line);
    if (text == NULL)
        memory_exhausted();
    strbuf_add_string(out, text);
    strbuf_add_char(out, '\n');
    free(text);
    manifest->shortened += is_shortened;
}
