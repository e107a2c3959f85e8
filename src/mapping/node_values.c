/* Reading the members of an object of the mapping. */
#include "idmigrate/memory.h"
#include "idmigrate/strbuf.h"
#include "names.h"
#include "node.h"

#include <stdlib.h>
#include <string.h>

bool
node_get_text(const struct node *object, const char *key, char **text, struct error *err)
{
    struct node member = node_member(object, key);
    if (!node_is_present(&member))
        return true;
    return node_get_required_text(object, key, text, err);
}

bool
node_get_required_text(const struct node *object, const char *key, char **text, struct error *err)
{
    struct node member = node_member(object, key);
    if (!node_want_text(&member, err))
        return false;
    free(*text);
    *text = memory_strdup(json_string_value(member.json));
    return true;
}

bool
node_get_flag(const struct node *object, const char *key, bool *flag, struct error *err)
{
    struct node member = node_member(object, key);
    if (!node_is_present(&member))
        return true;
    if (!json_is_boolean(member.json))
        return node_fail(&member, err, "must be true or false");
    *flag = json_is_true(member.json);
    return true;
}

bool
node_get_choice(const struct node *object, const char *key, const struct node_choice *choices,
                int *value, struct error *err)
{
    struct node member = node_member(object, key);
    if (!node_is_present(&member))
        return true;
    if (!node_want_text(&member, err))
        return false;
    const char *text = json_string_value(member.json);
    CLEANUP(strbuf_release) struct strbuf list = STRBUF_INIT;
    struct nearest nearest = nearest_begin(text);
    for (size_t i = 0; choices[i].name != NULL; i++) {
        if (strcmp(choices[i].name, text) == 0) {
            *value = choices[i].value;
            return true;
        }
        nearest_consider(&nearest, choices[i].name);
        strbuf_printf(&list, "%s\"%s\"", i == 0 ? "" : ", ", choices[i].name);
    }
    node_fail(&member, err, "\"%s\" is not known here", text);
    if (nearest.name != NULL)
        return error_hint(err, "did you mean \"%s\"?", nearest.name);
    return error_hint(err, "one of %s", list.data);
}

static int
compare_texts(const void *a, const void *b)
{
    const char *const *left = a, *const *right = b;
    return strcmp(*left, *right);
}

/* Sorts a copy: lists of literals may be long. */
static bool
fail_on_doubles(const struct node *list, char *const *texts, size_t count, struct error *err)
{
    const char **sorted = memory_realloc_array(NULL, count, sizeof *sorted);
    for (size_t i = 0; i < count; i++)
        sorted[i] = texts[i];
    qsort(sorted, count, sizeof *sorted, compare_texts);
    bool fine = true;
    for (size_t i = 1; i < count && fine; i++)
        if (strcmp(sorted[i - 1], sorted[i]) == 0)
            fine = node_fail(list, err, "\"%s\" is listed twice", sorted[i]);
    free(sorted);
    return fine;
}

bool
node_get_texts(const struct node *object, const char *key, bool empty_allowed, char ***texts,
               size_t *count, struct error *err)
{
    struct node list = node_member(object, key);
    if (!node_is_present(&list))
        return true;
    if (!node_want_list(&list, err))
        return false;
    size_t size = json_array_size(list.json);
    *texts = memory_realloc_array(NULL, size, sizeof **texts);
    for (size_t i = 0; i < size; i++) {
        struct node element = node_element(&list, i);
        bool is_empty = json_is_string(element.json) && json_string_length(element.json) == 0;
        if (!(is_empty && empty_allowed) && !node_want_text(&element, err))
            return false;
        (*texts)[(*count)++] = memory_strdup(json_string_value(element.json));
    }
    return fail_on_doubles(&list, *texts, *count, err);
}

bool
node_get_reasons(const struct node *object, const char *key, struct mapping_reason **reasons,
                 size_t *count, struct error *err)
{
    struct node members = node_member(object, key);
    if (!node_is_present(&members))
        return true;
    if (!node_want_object(&members, err))
        return false;
    *reasons = memory_realloc_array(NULL, json_object_size(members.json), sizeof **reasons);
    const char *name;
    json_t *ignored;
    json_object_foreach(members.json, name, ignored)
    {
        char *reason = NULL;
        if (!node_get_required_text(&members, name, &reason, err))
            return error_hint(err, "say why in a few words: {\"%s\": \"reason\"}", name);
        (*reasons)[(*count)++] =
            (struct mapping_reason){.name = memory_strdup(name), .reason = reason};
    }
    return true;
}

/* 15 digits keep every short number as it was written (0.1, not 0.10000000000000001); 17 keep every
 * double. */
static char *
dump_json(const json_t *json)
{
    const size_t flags = JSON_COMPACT | JSON_ENCODE_ANY;
    char *text = json_dumps(json, flags | JSON_REAL_PRECISION(15));
    json_t *again = json_loads(text, JSON_DECODE_ANY, NULL);
    if (!json_equal(json, again)) {
        free(text);
        text = json_dumps(json, flags | JSON_REAL_PRECISION(17));
    }
    json_decref(again);
    return text;
}

char *
node_constant_text(const struct node *node)
{
    if (json_is_null(node->json))
        return NULL;
    if (json_is_string(node->json))
        return memory_strdup(json_string_value(node->json));
    return dump_json(node->json);
}

bool
node_check_note(const struct node *object, struct error *err)
{
    struct node note = node_member(object, "note");
    if (!node_is_present(&note))
        return true;
    if (!json_is_array(note.json))
        return node_want_text(&note, err);
    for (size_t i = 0; i < json_array_size(note.json); i++) {
        struct node element = node_element(&note, i);
        if (!node_want_text(&element, err))
            return false;
    }
    return true;
}
