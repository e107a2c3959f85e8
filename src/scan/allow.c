/* What may stay, by place and text, each with its reason. */
#include "idmigrate/scan.h"

#include "idmigrate/memory.h"

#include <fnmatch.h>
#include <jansson.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

struct scan_allowed {
    char *path;
    bool has_pattern;
    regex_t pattern;
    int64_t uses;
};

static bool
check_keys(json_t *json, struct error *err)
{
    const char *key;
    json_t *ignored;
    if (!json_is_object(json))
        return error_set(err, EXIT_INPUT, "must be an object");
    json_object_foreach(json, key, ignored)
    {
        if (strcmp(key, "path") != 0 && strcmp(key, "pattern") != 0 && strcmp(key, "reason") != 0) {
            error_set(err, EXIT_INPUT, "unknown key \"%s\"", key);
            return error_hint(err, "known here: path, pattern, reason");
        }
    }
    return true;
}

static bool
read_text(json_t *json, const char *key, bool required, const char **text, struct error *err)
{
    const json_t *member = json_object_get(json, key);
    *text = json_string_value(member);
    if (member == NULL && !required)
        return true;
    if (*text == NULL || (*text)[0] == '\0')
        return error_set(err, EXIT_INPUT, "\"%s\" is %s", key,
                         member == NULL ? "missing" : "no text, or an empty one");
    return true;
}

static bool
read_one(struct scan_allow *allow, json_t *json, struct error *err)
{
    const char *path, *pattern, *reason;
    struct scan_allowed *item = &allow->items[allow->count];
    if (!check_keys(json, err) || !read_text(json, "path", true, &path, err) ||
        !read_text(json, "pattern", false, &pattern, err) ||
        !read_text(json, "reason", true, &reason, err))
        return error_hint(err, "{\"path\": \"docs/*\", \"pattern\": \"clerk\", \"reason\": "
                               "\"...\"}; only the pattern may be left out");
    if (pattern != NULL && regcomp(&item->pattern, pattern, REG_EXTENDED | REG_NOSUB) != 0)
        return error_set(err, EXIT_INPUT, "\"pattern\" is no extended regular expression");
    item->has_pattern = pattern != NULL;
    item->path = memory_strdup(path);
    allow->count++;
    return true;
}

bool
scan_allow_read(const char *path, struct scan_allow *allow, struct error *err)
{
    json_error_t where;
    CLEANUP(json_decrefp) json_t *all = json_load_file(path, JSON_REJECT_DUPLICATES, &where);
    size_t index;
    json_t *item;
    if (all == NULL)
        return error_set(err, EXIT_INPUT, "allow list %s: line %d, column %d: %s", path, where.line,
                         where.column, where.text);
    if (!json_is_array(all))
        return error_set(err, EXIT_INPUT, "allow list %s: must be a list", path);
    allow->items = memory_zalloc((json_array_size(all) + 1) * sizeof *allow->items);
    json_array_foreach(all, index, item)
    {
        if (!read_one(allow, item, err))
            return error_context(err, "allow list %s: /%zu", path, index);
    }
    return true;
}

void
scan_allow_add(struct scan_allow *allow, const char *glob)
{
    allow->items = memory_realloc_array(allow->items, allow->count + 1, sizeof *allow->items);
    allow->items[allow->count++] = (struct scan_allowed){.path = memory_strdup(glob)};
}

static bool
matches_line(const struct scan_allowed *item, const char *line, size_t length)
{
    if (!item->has_pattern)
        return true;
    CLEANUP(memory_free_string) char *copy = memory_strndup(line, length);
    return regexec(&item->pattern, copy, 0, NULL, 0) == 0;
}

bool
scan_allow_covers(struct scan_allow *allow, const char *path, const char *line, size_t length)
{
    bool covers = false;
    /* Each entry that would do is in use: none of them is told to be needless. */
    for (size_t i = 0; allow != NULL && i < allow->count; i++)
        if (fnmatch(allow->items[i].path, path, 0) == 0 &&
            matches_line(&allow->items[i], line, length)) {
            allow->items[i].uses++;
            covers = true;
        }
    return covers;
}

const char *
scan_allow_unused(const struct scan_allow *allow, size_t index)
{
    return allow->items[index].uses == 0 ? allow->items[index].path : NULL;
}

void
scan_allow_release(struct scan_allow *allow)
{
    for (size_t i = 0; i < allow->count; i++) {
        if (allow->items[i].has_pattern)
            regfree(&allow->items[i].pattern);
        free(allow->items[i].path);
    }
    free(allow->items);
    *allow = (struct scan_allow)SCAN_ALLOW_INIT;
}
