/* A value of the mapping's JSON together with its place. */
#include "node.h"

#include "idmigrate/memory.h"
#include "idmigrate/strbuf.h"
#include "names.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct node
node_member(const struct node *object, const char *key)
{
    return (struct node){
        .parent = object, .key = key, .index = 0, .json = json_object_get(object->json, key)};
}

struct node
node_element(const struct node *list, size_t index)
{
    return (struct node){
        .parent = list, .key = NULL, .index = index, .json = json_array_get(list->json, index)};
}

bool
node_is_present(const struct node *node)
{
    return node->json != NULL;
}

static void
add_pointer(struct strbuf *pointer, const struct node *node)
{
    if (node->parent == NULL)
        return;
    add_pointer(pointer, node->parent);
    strbuf_add_char(pointer, '/');
    if (node->key == NULL) {
        strbuf_printf(pointer, "%zu", node->index);
        return;
    }
    for (const char *c = node->key; *c != '\0'; c++) {
        if (*c == '~')
            strbuf_add_string(pointer, "~0");
        else if (*c == '/')
            strbuf_add_string(pointer, "~1");
        else
            strbuf_add_char(pointer, *c);
    }
}

char *
node_pointer(const struct node *node)
{
    struct strbuf pointer = STRBUF_INIT;
    add_pointer(&pointer, node);
    return strbuf_take(&pointer);
}

bool
node_fail(const struct node *node, struct error *err, const char *format, ...)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
    va_list arguments;
    va_start(arguments, format);
    strbuf_vprintf(&text, format, arguments);
    va_end(arguments);
    if (node->parent == NULL)
        return error_set(err, EXIT_INPUT, "%s", text.data);
    CLEANUP(memory_free_string) char *pointer = node_pointer(node);
    return error_set(err, EXIT_INPUT, "%s: %s", pointer, text.data);
}

static const char *
type_name(const json_t *json)
{
    switch (json_typeof(json)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "a list";
    case JSON_STRING:
        return "a text";
    case JSON_INTEGER:
    case JSON_REAL:
        return "a number";
    case JSON_TRUE:
        return "true";
    case JSON_FALSE:
        return "false";
    case JSON_NULL:
        break;
    }
    return "null";
}

static bool
want_type(const struct node *node, bool is_right, const char *wanted, struct error *err)
{
    if (node->json == NULL)
        return node_fail(node, err, "is missing; %s is wanted here", wanted);
    return is_right || node_fail(node, err, "must be %s, but is %s", wanted, type_name(node->json));
}

bool
node_want_object(const struct node *node, struct error *err)
{
    return want_type(node, json_is_object(node->json), "an object", err);
}

bool
node_want_list(const struct node *node, struct error *err)
{
    if (!want_type(node, json_is_array(node->json), "a list", err))
        return false;
    return json_array_size(node->json) > 0 || node_fail(node, err, "the list is empty");
}

bool
node_want_text(const struct node *node, struct error *err)
{
    if (!want_type(node, json_is_string(node->json), "a text", err))
        return false;
    return json_string_length(node->json) > 0 || node_fail(node, err, "must not be empty");
}

static bool
fail_unknown_key(const struct node *member, const char *const *known, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf list = STRBUF_INIT;
    struct nearest nearest = nearest_begin(member->key);
    for (size_t i = 0; known[i] != NULL; i++) {
        nearest_consider(&nearest, known[i]);
        strbuf_printf(&list, "%s%s", i == 0 ? "" : ", ", known[i]);
    }
    node_fail(member, err, "unknown key \"%s\"", member->key);
    if (nearest.name != NULL)
        return error_hint(err, "did you mean \"%s\"?", nearest.name);
    return error_hint(err, "known here: %s", list.data);
}

bool
node_want_keys(const struct node *node, const char *const *known, struct error *err)
{
    if (!node_want_object(node, err))
        return false;
    const char *key;
    json_t *ignored;
    json_object_foreach(node->json, key, ignored)
    {
        size_t i = 0;
        while (known[i] != NULL && strcmp(known[i], key) != 0)
            i++;
        struct node member = node_member(node, key);
        if (known[i] == NULL)
            return fail_unknown_key(&member, known, err);
    }
    return true;
}
