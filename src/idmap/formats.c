/* How IDs look: a prefix and a body of an alphabet and a length. */
#include "idmigrate/idmap.h"

#include "idmigrate/memory.h"
#include "idmigrate/strbuf.h"
#include "idmigrate/utf8.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

struct alphabet {
    const char *name;
    const char *characters; /* NULL: any character */
    const char *described;
};

/* "uuid" is checked for the places of its hyphens too. */
static const struct alphabet alphabets[] = {
    {"any", NULL, "any characters"},
    {"digits", "0123456789", "digits"},
    {"hex", "0123456789abcdefABCDEF", "hexadecimal digits"},
    {"uuid", "0123456789abcdefABCDEF-", "a UUID"},
    {"crockford32", "0123456789ABCDEFGHJKMNPQRSTVWXYZ", "upper-case Crockford base32"},
    {"base62", "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", "base62"},
    {"alnum", "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
     "letters and digits"},
    {"slug", "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_",
     "letters, digits, '-' and '_'"},
    {"token", "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_.|@+:=~",
     "letters, digits and -_.|@+:=~"},
};
enum { ALPHABET_COUNT = sizeof alphabets / sizeof alphabets[0], UUID_LENGTH = 36 };

struct idmap_format {
    char *name;
    char *prefix;
    const struct alphabet *alphabet;
    bool allowed[256]; /* bytes of the body */
    bool takes_any, is_uuid;
    size_t min_length, max_length; /* of the body */
    char *description;
};

struct idmap_formats {
    struct idmap_format *formats;
    size_t count, capacity;
};

static bool
read_alphabet(const json_t *json, struct idmap_format *format, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf names = STRBUF_INIT;
    const char *name = json_string_value(json);
    for (size_t i = 0; i < ALPHABET_COUNT; i++) {
        format->alphabet = &alphabets[i];
        if (name != NULL && strcmp(name, alphabets[i].name) == 0)
            return true;
        strbuf_printf(&names, "%s%s", i == 0 ? "" : ", ", alphabets[i].name);
    }
    error_set(err, EXIT_INPUT, "\"alphabet\" is %s", name == NULL ? "missing" : "not known");
    return error_hint(err, "one of %s", names.data);
}

/* Millions of IDs are compared with dozens of formats. */
static void
note_allowed(struct idmap_format *format)
{
    const char *characters = format->alphabet->characters;
    format->takes_any = characters == NULL;
    format->is_uuid = strcmp(format->alphabet->name, "uuid") == 0;
    for (unsigned byte = 1; byte < 256; byte++)
        format->allowed[byte] =
            characters == NULL || (byte < 128 && strchr(characters, (int)byte) != NULL);
}

static bool
read_length(const json_t *json, const char *key, size_t *length, struct error *err)
{
    if (!json_is_integer(json) || json_integer_value(json) < 1 || json_integer_value(json) > 1024)
        return error_set(err, EXIT_INPUT, "\"%s\" must be a number from 1 to 1024", key);
    *length = (size_t)json_integer_value(json);
    return true;
}

static bool
check_keys(json_t *json, struct error *err)
{
    static const char *const known[] = {"prefix", "alphabet", "min_length", "max_length"};
    const char *key;
    json_t *ignored;
    if (!json_is_object(json))
        return error_set(err, EXIT_INPUT, "must be an object");
    json_object_foreach(json, key, ignored)
    {
        size_t i = 0;
        while (i < 4 && strcmp(known[i], key) != 0)
            i++;
        if (i == 4) {
            error_set(err, EXIT_INPUT, "unknown key \"%s\"", key);
            return error_hint(err, "known here: prefix, alphabet, min_length, max_length");
        }
    }
    return true;
}

static char *
describe(const struct idmap_format *format)
{
    struct strbuf text = STRBUF_INIT;
    if (format->prefix[0] != '\0')
        strbuf_printf(&text, "%s and ", format->prefix);
    if (strcmp(format->alphabet->name, "uuid") == 0)
        strbuf_add_string(&text, format->alphabet->described);
    else if (format->min_length == format->max_length)
        strbuf_printf(&text, "%zu of %s", format->min_length, format->alphabet->described);
    else
        strbuf_printf(&text, "%zu to %zu of %s", format->min_length, format->max_length,
                      format->alphabet->described);
    return strbuf_take(&text);
}

static bool
read_format(json_t *json, struct idmap_format *format, struct error *err)
{
    if (!check_keys(json, err))
        return false;
    const json_t *prefix = json_object_get(json, "prefix");
    if (prefix != NULL && !json_is_string(prefix))
        return error_set(err, EXIT_INPUT, "\"prefix\" must be a text");
    format->prefix = memory_strdup(prefix != NULL ? json_string_value(prefix) : "");
    if (!read_alphabet(json_object_get(json, "alphabet"), format, err) ||
        !read_length(json_object_get(json, "min_length"), "min_length", &format->min_length, err) ||
        !read_length(json_object_get(json, "max_length"), "max_length", &format->max_length, err))
        return false;
    if (format->min_length > format->max_length)
        return error_set(err, EXIT_INPUT, "\"min_length\" is above \"max_length\"");
    format->description = describe(format);
    note_allowed(format);
    return true;
}

static void
release_format(struct idmap_format *format)
{
    free(format->name);
    free(format->prefix);
    free(format->description);
}

/* A name that is there already is replaced: the mapping's own formats come after the built-in ones.
 */
static void
put_format(struct idmap_formats *formats, struct idmap_format format)
{
    for (size_t i = 0; i < formats->count; i++)
        if (strcmp(formats->formats[i].name, format.name) == 0) {
            release_format(&formats->formats[i]);
            formats->formats[i] = format;
            return;
        }
    *ARRAY_ADD(formats->formats, formats->count, formats->capacity) = format;
}

static bool
read_all(struct idmap_formats *formats, const char *text, struct error *err)
{
    json_error_t where;
    CLEANUP(json_decrefp) json_t *all = json_loads(text, JSON_REJECT_DUPLICATES, &where);
    if (all == NULL)
        return error_set(err, EXIT_INPUT, "line %d, column %d: %s", where.line, where.column,
                         where.text);
    if (!json_is_object(all))
        return error_set(err, EXIT_INPUT, "must be an object");
    const char *name;
    json_t *json;
    json_object_foreach(all, name, json)
    {
        struct idmap_format format = {.name = memory_strdup(name)};
        if (!read_format(json, &format, err)) {
            error_context(err, "%s", name);
            release_format(&format);
            return false;
        }
        put_format(formats, format);
    }
    return true;
}

bool
idmap_formats_new(const char *builtin_json, const char *extra_json, const char *extra_place,
                  struct idmap_formats **formats, struct error *err)
{
    CLEANUP(idmap_formats_free) struct idmap_formats *built = memory_zalloc(sizeof *built);
    if (!read_all(built, builtin_json, err)) {
        err->code = EXIT_BUG;
        return error_context(err, "built-in ID formats");
    }
    if (extra_json != NULL && !read_all(built, extra_json, err))
        return error_context(err, "%s", extra_place);
    *formats = built;
    built = NULL;
    return true;
}

void
idmap_formats_free(struct idmap_formats **formats)
{
    struct idmap_formats *old = *formats;
    if (old == NULL)
        return;
    *formats = NULL;
    for (size_t i = 0; i < old->count; i++)
        release_format(&old->formats[i]);
    free(old->formats);
    free(old);
}

const struct idmap_format *
idmap_format_find(const struct idmap_formats *formats, const char *name)
{
    for (size_t i = 0; i < formats->count; i++)
        if (strcmp(formats->formats[i].name, name) == 0)
            return &formats->formats[i];
    return NULL;
}

static bool
has_hyphens_of_uuid(const char *body, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if ((body[i] == '-') != (i == 8 || i == 13 || i == 18 || i == 23))
            return false;
    return length == UUID_LENGTH;
}

static bool
is_of_alphabet(const struct idmap_format *format, const char *body, size_t length)
{
    if (format->takes_any)
        return memchr(body, '\0', length) == NULL && utf8_valid_length(body, length) == length;
    for (size_t i = 0; i < length; i++)
        if (!format->allowed[(unsigned char)body[i]])
            return false;
    return !format->is_uuid || has_hyphens_of_uuid(body, length);
}

bool
idmap_format_matches(const struct idmap_format *format, const char *id, size_t length)
{
    size_t prefix = strlen(format->prefix);
    if (length < prefix || memcmp(id, format->prefix, prefix) != 0)
        return false;
    size_t body = length - prefix;
    return body >= format->min_length && body <= format->max_length &&
           is_of_alphabet(format, id + prefix, body);
}

const char *
idmap_format_describe(const struct idmap_format *format)
{
    return format->description;
}

size_t
idmap_format_count(const struct idmap_formats *formats)
{
    return formats->count;
}

const struct idmap_format *
idmap_format_at(const struct idmap_formats *formats, size_t index)
{
    return &formats->formats[index];
}

const char *
idmap_format_name(const struct idmap_format *format)
{
    return format->name;
}

const char *
idmap_format_prefix(const struct idmap_format *format)
{
    return format->prefix;
}

size_t
idmap_format_shortest(const struct idmap_format *format)
{
    return format->min_length;
}

size_t
idmap_format_longest(const struct idmap_format *format)
{
    return format->max_length;
}

bool
idmap_format_allows(const struct idmap_format *format, unsigned char byte)
{
    return format->allowed[byte];
}
