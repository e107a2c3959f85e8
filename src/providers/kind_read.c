/* Kinds from JSON. */
#include "kind.h"

#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    int field;
} field_names[] = {
    {"id", PROVIDER_ID},
    {"external_id", PROVIDER_EXTERNAL_ID},
    {"old_id", PROVIDER_OLD_ID},
    {"old", PROVIDER_OLD_ID},
    {"new", PROVIDER_NEW_ID},
    {"user", PROVIDER_OF_USER},
    {"organization", PROVIDER_OF_ORGANIZATION},
    {"new_organization", PROVIDER_OF_NEW_ORGANIZATION},
    {"reason", PROVIDER_REASON},
    {"environment", PROVIDER_ENVIRONMENT},
    {"email", KIND_EMAIL},
    {"verified", KIND_VERIFIED},
    {"verified_at", KIND_VERIFIED_AT},
    {"verified_emails", KIND_VERIFIED_EMAILS},
    {"unverified_emails", KIND_UNVERIFIED_EMAILS},
    {"name", KIND_NAME},
    {"roles", KIND_ROLES},
    {"created", KIND_CREATED},
    {"updated", KIND_UPDATED},
    {"told", KIND_TOLD},
    {"duplicates", KIND_DUPLICATES},
    {"failed", KIND_FAILED},
    {"dry_run", KIND_DRY_RUN},
    {"only", KIND_ONLY},
    {"next", KIND_NEXT},
    {"total", KIND_TOTAL},
};

struct choice {
    const char *name;
    int value;
};

static const struct choice sides[] = {{"old", PROVIDER_OLD}, {"new", PROVIDER_NEW}, {NULL, 0}};
static const struct choice entities[] = {{"user", PROVIDER_USER},
                                         {"organization", PROVIDER_ORGANIZATION},
                                         {"membership", PROVIDER_MEMBERSHIP},
                                         {"any", PROVIDER_ANY},
                                         {NULL, 0}};
static const struct choice all_gives[] = {
    {"list", PROVIDER_LIST},       {"mention", PROVIDER_MENTION},
    {"deleted", PROVIDER_DELETED}, {"skipped", PROVIDER_SKIPPED},
    {"failed", PROVIDER_FAILED},   {"pair", PROVIDER_PAIR},
    {"nothing", PROVIDER_NOTE},    {NULL, 0}};
static const struct choice methods[] = {
    {"log", PROVIDER_BY_LOG}, {"map", PROVIDER_BY_MAP}, {NULL, 0}};
static const struct choice forms[] = {{"json", FORM_JSON},           {"csv", FORM_CSV},
                                      {"line", FORM_LINE},           {"pair", FORM_PAIR},
                                      {"any", FORM_JSON | FORM_CSV}, {NULL, 0}};
static const struct choice times[] = {
    {"none", TIME_NONE}, {"ksuid", TIME_KSUID}, {"ulid", TIME_ULID}, {NULL, 0}};

static bool
fail(const char *key, const char *wrong, struct error *err)
{
    return error_set(err, EXIT_INPUT, "\"%s\" %s", key, wrong);
}

/* Leaves `value` as it is when the key is not there. */
static bool
read_choice(const json_t *object, const char *key, const struct choice *choices, int *value,
            struct error *err)
{
    const json_t *member = json_object_get(object, key);
    const char *name = json_string_value(member);
    if (member == NULL)
        return true;
    for (const struct choice *choice = choices; name != NULL && choice->name != NULL; choice++)
        if (strcmp(choice->name, name) == 0) {
            *value = choice->value;
            return true;
        }
    return fail(key, "is none of what it may be", err);
}

static bool
read_path(const json_t *text, const char *key, struct path *path, struct error *err)
{
    if (!json_is_string(text) || json_string_length(text) == 0)
        return fail(key, "holds something that is no path", err);
    const char *start = json_string_value(text);
    size_t capacity = 0;
    for (;;) {
        size_t length = strcspn(start, ".");
        *ARRAY_ADD(path->parts, path->count, capacity) = memory_strndup(start, length);
        if (start[length] == '\0')
            return true;
        start += length + 1;
    }
}

/* A text, or a list of texts. */
static bool
read_paths(const json_t *value, const char *key, struct paths *paths, struct error *err)
{
    size_t count = json_is_array(value) ? json_array_size(value) : 1;
    if (value == NULL)
        return true;
    paths->items = memory_zalloc((count + 1) * sizeof *paths->items);
    for (; paths->count < count; paths->count++) {
        const json_t *item = json_is_array(value) ? json_array_get(value, paths->count) : value;
        if (!read_path(item, key, &paths->items[paths->count], err)) {
            paths->count++;
            return false;
        }
    }
    return true;
}

static bool
read_fields(struct provider_kind *kind, json_t *fields, struct error *err)
{
    const char *key;
    json_t *value;
    if (!json_is_object(fields))
        return fail("fields", "must be an object", err);
    json_object_foreach(fields, key, value)
    {
        size_t i = 0, count = sizeof field_names / sizeof field_names[0];
        while (i < count && strcmp(field_names[i].name, key) != 0)
            i++;
        if (i == count)
            return fail(key, "is no field", err);
        if (!read_paths(value, key, &kind->fields[field_names[i].field], err))
            return false;
    }
    return true;
}

static bool
read_emails(struct provider_kind *kind, const json_t *emails, struct error *err)
{
    if (emails == NULL)
        return true;
    kind->has_emails = true;
    kind->emails.is = memory_strdup(json_string_value(json_object_get(emails, "is")));
    if (kind->emails.is == NULL)
        return fail("emails", "needs \"is\"", err);
    return read_path(json_object_get(emails, "list"), "list", &kind->emails.list, err) &&
           read_path(json_object_get(emails, "address"), "address", &kind->emails.address, err) &&
           read_path(json_object_get(emails, "key"), "key", &kind->emails.key, err) &&
           read_path(json_object_get(emails, "primary"), "primary", &kind->emails.primary, err) &&
           read_path(json_object_get(emails, "verified"), "verified", &kind->emails.verified, err);
}

static bool
read_conditions(struct provider_kind *kind, json_t *when, struct error *err)
{
    const char *key;
    json_t *value;
    size_t capacity = 0;
    json_object_foreach(when, key, value)
    {
        CLEANUP(memory_free_string) char *text = memory_strdup(key);
        struct kind_condition *condition = ARRAY_ADD(kind->when, kind->when_count, capacity);
        json_t *path = json_string(text);
        *condition = (struct kind_condition){.value = memory_strdup(json_string_value(value))};
        bool good = read_path(path, "when", &condition->path, err) &&
                    (condition->value != NULL || fail("when", "compares with a text", err));
        json_decref(path);
        if (!good)
            return false;
    }
    return true;
}

/* "Imported {old} as {new}" is cut into literals and names, a literal first. */
static bool
read_line(struct provider_kind *kind, const json_t *line, struct error *err)
{
    const char *rest = json_string_value(line);
    size_t capacity = 0;
    if (rest == NULL)
        return kind->forms != FORM_LINE || fail("line", "is missing", err);
    for (;;) {
        size_t length = strcspn(rest, "{}");
        bool is_name = kind->line_count % 2 == 1;
        if ((is_name && rest[length] != '}') || (!is_name && rest[length] == '}') ||
            (kind->line_count == 0 && length < 4))
            return fail("line", "begins with some text, and has its names in braces", err);
        *ARRAY_ADD(kind->line, kind->line_count, capacity) = memory_strndup(rest, length);
        if (rest[length] == '\0')
            return true;
        rest += length + 1;
    }
}

static bool
read_id_format(const struct provider_kinds *kinds, struct provider_kind *kind, const json_t *name,
               struct error *err)
{
    if (name == NULL)
        return true;
    if (json_is_string(name))
        kind->id_format = idmap_format_find(kinds->formats, json_string_value(name));
    return kind->id_format != NULL || fail("id_format", "names no format", err);
}

static bool
find_side(const struct provider_kinds *kinds, struct provider_kind *kind, struct error *err)
{
    if (kind->provider == NULL)
        return true;
    for (size_t i = 0; i < kinds->provider_count; i++)
        if (strcmp(kinds->providers[i].name, kind->provider) == 0) {
            kind->side = kinds->providers[i].side;
            return true;
        }
    return fail("provider", "names no provider", err);
}

static bool
read_kind(const struct provider_kinds *kinds, const json_t *json, struct provider_kind *kind,
          struct error *err)
{
    int of = PROVIDER_NOTHING, gives = PROVIDER_NOTE, method = PROVIDER_BY_MAP, form = 0;
    int side = PROVIDER_NO_SIDE;
    const json_t *each = json_object_get(json, "each");
    kind->name = memory_strdup(json_string_value(json_object_get(json, "name")));
    kind->provider = memory_strdup(json_string_value(json_object_get(json, "provider")));
    kind->only = memory_strdup(json_string_value(json_object_get(json, "only")));
    kind->is_id_optional = json_is_true(json_object_get(json, "id_optional"));
    kind->is_journal = json_is_true(json_object_get(json, "journal"));
    if (kind->name == NULL)
        return fail("name", "is missing", err);
    if (!read_choice(json, "of", entities, &of, err) ||
        !read_choice(json, "gives", all_gives, &gives, err) ||
        !read_choice(json, "method", methods, &method, err) ||
        !read_choice(json, "form", forms, &form, err) ||
        !read_choice(json, "side", sides, &side, err))
        return error_context(err, "%s", kind->name);
    kind->of = (enum provider_entity)of;
    kind->gives = (enum provider_gives)gives;
    kind->method = (enum provider_method)method;
    kind->forms = (unsigned)form;
    kind->side = (enum provider_side)side;
    if (!find_side(kinds, kind, err) ||
        (each != NULL && !read_path(each, "each", &kind->each, err)) ||
        !read_conditions(kind, json_object_get(json, "when"), err) ||
        !read_paths(json_object_get(json, "has"), "has", &kind->has, err) ||
        !read_paths(json_object_get(json, "any"), "any", &kind->any, err) ||
        !read_paths(json_object_get(json, "lacks"), "lacks", &kind->lacks, err) ||
        !read_id_format(kinds, kind, json_object_get(json, "id_format"), err) ||
        !read_fields(kind, json_object_get(json, "fields"), err) ||
        !read_emails(kind, json_object_get(json, "emails"), err) ||
        !read_line(kind, json_object_get(json, "line"), err))
        return error_context(err, "%s", kind->name);
    return true;
}

/* What else a row says has the kind's name and side, and is known by the kind alone. */
static bool
read_also(const struct provider_kinds *kinds, const json_t *list, struct provider_kind *kind,
          struct error *err)
{
    size_t count = json_array_size(list);
    kind->also = memory_zalloc((count + 1) * sizeof *kind->also);
    for (size_t i = 0; i < count; i++) {
        struct provider_kind *also = &kind->also[i];
        int of = PROVIDER_NOTHING;
        const json_t *json = json_array_get(list, i);
        also->name = memory_strdup(kind->name);
        also->side = kind->side;
        also->gives = kind->gives;
        also->is_id_optional = true;
        if (!read_choice(json, "of", entities, &of, err) ||
            !read_fields(also, json_object_get(json, "fields"), err))
            return error_context(err, "%s, \"also\"", kind->name);
        also->of = (enum provider_entity)of;
    }
    (void)kinds;
    return true;
}

static bool
read_format(const struct provider_kinds *kinds, const json_t *json, const char *key,
            const struct idmap_format **format, struct error *err)
{
    const json_t *name = json_object_get(json, key);
    if (name == NULL)
        return true;
    if (json_is_string(name))
        *format = idmap_format_find(kinds->formats, json_string_value(name));
    return *format != NULL || fail(key, "names no ID format", err);
}

static bool
read_provider(struct provider_kinds *kinds, const char *name, json_t *json, struct error *err)
{
    struct kind_provider *provider =
        ARRAY_ADD(kinds->providers, kinds->provider_count, kinds->provider_capacity);
    const json_t *prefixes = json_object_get(json, "dry_run");
    int side = PROVIDER_NO_SIDE, time_in_id = TIME_NONE;
    size_t capacity = 0;
    *provider = (struct kind_provider){.name = memory_strdup(name)};
    provider->role_alphabet =
        memory_strdup(json_string_value(json_object_get(json, "role_alphabet")));
    for (size_t i = 0; i < json_array_size(prefixes); i++)
        if (json_is_string(json_array_get(prefixes, i)))
            *ARRAY_ADD(provider->dry_run, provider->dry_run_count, capacity) =
                memory_strdup(json_string_value(json_array_get(prefixes, i)));
    if (!read_choice(json, "side", sides, &side, err) ||
        !read_choice(json, "time_in_id", times, &time_in_id, err) ||
        !read_format(kinds, json, "user", &provider->formats[PROVIDER_USER], err) ||
        !read_format(kinds, json, "organization", &provider->formats[PROVIDER_ORGANIZATION], err) ||
        !read_format(kinds, json, "membership", &provider->formats[PROVIDER_MEMBERSHIP], err))
        return error_context(err, "providers, %s", name);
    provider->side = (enum provider_side)side;
    provider->time_in_id = (enum kind_time)time_in_id;
    return true;
}

static void
add_names(const json_t *names, char ***list, size_t *count)
{
    for (size_t i = 0; i < json_array_size(names); i++) {
        if (!json_is_string(json_array_get(names, i)))
            continue;
        *list = memory_realloc_array(*list, *count + 1, sizeof **list);
        (*list)[(*count)++] = memory_strdup(json_string_value(json_array_get(names, i)));
    }
}

bool
kind_read_document(struct provider_kinds *kinds, json_t *document, struct error *err)
{
    const char *name;
    json_t *value, *list = json_object_get(document, "kinds");
    size_t i;
    json_object_foreach(json_object_get(document, "providers"), name, value)
    {
        if (!read_provider(kinds, name, value, err))
            return false;
    }
    add_names(json_object_get(document, "lists"), &kinds->lists, &kinds->list_count);
    add_names(json_object_get(document, "ignored"), &kinds->ignored, &kinds->ignored_count);
    if (!json_is_array(list))
        return fail("kinds", "must be a list", err);
    json_array_foreach(list, i, value)
    {
        struct provider_kind *kind = ARRAY_ADD(kinds->kinds, kinds->count, kinds->capacity);
        *kind = (struct provider_kind){.name = NULL};
        if (!read_kind(kinds, value, kind, err) ||
            !read_also(kinds, json_object_get(value, "also"), kind, err))
            return error_context(err, "kind %zu", i + 1);
    }
    return true;
}
