/*
 * Choices that a draft leaves to a person: "?" where a value belongs. They are looked for before
 * anything else, so that what is told is the choice and not that "?" is no known word.
 */
#include "idmigrate/memory.h"
#include "idmigrate/strbuf.h"
#include "parts.h"

#include <string.h>

enum { MOST_NAMED = 8 };

struct open_choices {
    struct strbuf more; /* pointers of those after the first */
    size_t count;
    char *first;
    const char *remedy;
};

static bool
is_one_of(const char *key, const char *const *known)
{
    while (*known != NULL && strcmp(*known, key) != 0)
        known++;
    return *known != NULL;
}

/* Keys below these are names that somebody chose: a column may be called "value". */
static bool
is_name(const struct node *node)
{
    static const char *const keys[] = {"drop", "defaults", "left_behind", "columns",
                                       "ids",  "sources",  NULL};
    return node->parent != NULL && node->parent->key != NULL && is_one_of(node->parent->key, keys);
}

/* Where any text may stand, "?" too. */
static bool
is_free_text(const struct node *node)
{
    static const char *const keys[] = {"literals",    "values",  "value", "note",
                                       "description", "formats", NULL};
    return node->key != NULL && !is_name(node) && is_one_of(node->key, keys);
}

static const char *
remedy_for(const struct node *node)
{
    static const struct {
        const char *key, *remedy;
    } remedies[] = {
        {"path", "name the file that holds the ID map, or put \"table\" or \"query\" in place of "
                 "\"file\""},
        {"old_column", "name the file's column of old IDs, or leave both columns out where it is a "
                       "JSON object"},
        {"new_column", "name the file's column of new IDs, or leave both columns out where it is a "
                       "JSON object"},
        {"resolve", "name an ID map of /ids, or a list of them in the order to be asked"},
        {"rewrite", "\"json\", \"text\" or \"array\"; or \"allow_ids\": \"reason\" instead, when "
                    "the IDs shall stay"},
        {"unresolved", "\"reject\" or \"fail\"; \"null\" or \"keep\" with a \"reason\""},
        {"on_conflict", "say what becomes of rows that meet: {\"key\": [...], \"do\": \"skip\"}, "
                        "or leave it out where none do"},
        {"from", "name a source column, or say \"sql\", \"value\" or \"generate\" instead"},
        {"sql", "an expression over the source row, or \"from\" instead"},
        {"drop", "say why the column is not moved, or name it in /columns"},
        {"left_behind", "say why the table stays, or give it an entry in /tables"},
        {"reason", "say why; the report shows it"},
    };
    for (const struct node *at = node; at != NULL; at = at->parent)
        for (size_t i = 0;
             at->key != NULL && !is_name(at) && i < sizeof remedies / sizeof remedies[0]; i++)
            if (strcmp(at->key, remedies[i].key) == 0)
                return remedies[i].remedy;
    return "mappings/README.md says what may stand there";
}

static void
note(struct open_choices *choices, const struct node *node)
{
    CLEANUP(memory_free_string) char *pointer = node_pointer(node);
    choices->count++;
    if (choices->first == NULL) {
        choices->first = pointer;
        pointer = NULL;
        choices->remedy = remedy_for(node);
    } else if (choices->count <= MOST_NAMED) {
        strbuf_printf(&choices->more, "%s%s", choices->count > 2 ? ", " : "", pointer);
    }
}

static void
visit(struct open_choices *choices, const struct node *node)
{
    const char *key;
    json_t *ignored;
    if (is_free_text(node))
        return;
    if (json_is_string(node->json) && strcmp(json_string_value(node->json), "?") == 0)
        note(choices, node);
    for (size_t i = 0; i < json_array_size(node->json); i++) {
        struct node element = node_element(node, i);
        visit(choices, &element);
    }
    json_object_foreach(node->json, key, ignored)
    {
        struct node member = node_member(node, key);
        visit(choices, &member);
    }
}

bool
open_check(const struct node *document, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf more = STRBUF_INIT;
    struct open_choices choices = {.more = more};
    visit(&choices, document);
    if (choices.count == 0)
        return true;
    CLEANUP(memory_free_string) char *first = choices.first;
    more = choices.more;
    if (choices.count == 1)
        error_set(err, EXIT_INPUT, "%s: \"?\" is a choice that is still open", first);
    else
        error_set(err, EXIT_INPUT, "%s: \"?\" is a choice that is still open; %zu more are: %s%s",
                  first, choices.count - 1, more.data, choices.count > MOST_NAMED ? ", ..." : "");
    return error_hint(err, "%s", choices.remedy);
}
