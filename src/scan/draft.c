/*
 * A mapping drafted from what was found. It is what a person would have typed: every table, each
 * column that holds IDs with the map that resolves them and the evidence for it, and "?" wherever
 * the answer is not in the data.
 */
#include "draft.h"
#include "render.h"

#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

bool
draft_counts(const struct draft *draft, const struct scan_found *found)
{
    return !found->is_allowed &&
           !scan_finder_kind(draft->request->finder, (size_t)found->kind)->is_new &&
           render_distinct(found) > found->distinct[SCAN_NEW];
}

/* ---- which map resolves which kind ---- */

static void
choose_maps(struct draft *draft)
{
    const struct scan_result *result = draft->request->result;
    const struct scan_finder *finder = draft->request->finder;
    for (size_t i = 0; i < result->found_count; i++) {
        const struct scan_found *found = &result->found[i];
        if (!draft_counts(draft, found))
            continue;
        draft->kind_is_used[found->kind] = true;
        if (found->map >= 0 && draft->kind_map[found->kind] == NULL)
            draft->kind_map[found->kind] = idmap_name(scan_finder_map(finder, found->map));
    }
}

static json_t *
make_open_map(const struct scan_kind *kind)
{
    return json_pack("{s:s, s:{s:s, s:s, s:s}, s:s}", "old", kind->name, "file", "path", DRAFT_OPEN,
                     "old_column", DRAFT_OPEN, "new_column", DRAFT_OPEN, "note",
                     "no ID map was given for IDs of this format; a table or a query will do as "
                     "well. IDs of the new provider need none: remove this map then, and "
                     "\"resolve\" where it is named");
}

static json_t *
make_given_map(const struct scan_draft_request *request)
{
    bool is_file = request->ids_path != NULL;
    json_t *from = is_file ? json_pack("{s:s}", "path", request->ids_path)
                           : json_pack("{s:s, s:s, s:s}", "schema", request->ids_schema, "name",
                                       request->ids_table, "on", request->source);
    if (request->old_column != NULL) {
        json_object_set_new(from, "old_column", json_string(request->old_column));
        json_object_set_new(from, "new_column", json_string(request->new_column));
    }
    return json_pack("{s:o}", is_file ? "file" : "table", from);
}

static json_t *
make_ids(struct draft *draft, const json_t *given)
{
    const struct scan_draft_request *request = draft->request;
    json_t *ids = given != NULL ? json_deep_copy(given) : json_object();
    if (request->ids_path != NULL || request->ids_table != NULL)
        json_object_set_new(ids, idmap_name(scan_finder_map(request->finder, 0)),
                            make_given_map(request));
    for (size_t i = 0; i < scan_finder_kind_count(request->finder); i++) {
        const struct scan_kind *kind = scan_finder_kind(request->finder, i);
        if (!draft->kind_is_used[i] || draft->kind_map[i] != NULL)
            continue;
        if (json_object_get(ids, kind->name) == NULL)
            json_object_set_new(ids, kind->name, make_open_map(kind));
        draft->kind_map[i] = kind->name;
    }
    return ids;
}

/* ---- the document ---- */

/* The schema in which most tables are: their names need no schema then. */
static const char *
most_frequent_schema(const struct scan_result *result)
{
    const char *best = "public";
    size_t most = 0;
    for (size_t i = 0; i < result->table_count; i++) {
        size_t count = 0;
        for (size_t j = i; j < result->table_count; j++)
            count += strcmp(result->tables[i].schema, result->tables[j].schema) == 0;
        if (count > most) {
            most = count;
            best = result->tables[i].schema;
        }
    }
    return best;
}

static void
copy_members(json_t *document, const json_t *given)
{
    static const char *const names[] = {"sources",  "target",   "formats",   "audit",
                                        "timezone", "literals", "exclusive", NULL};
    for (const char *const *name = names; *name != NULL; name++)
        if (json_object_get(given, *name) != NULL)
            json_object_set_new(document, *name, json_deep_copy(json_object_get(given, *name)));
}

static char *
describe(const struct draft *draft)
{
    const struct scan_result *result = draft->request->result;
    struct strbuf text = STRBUF_INIT;
    strbuf_add_string(&text, "Drafted by `idmigrate scan`. Each \"?\" is a choice that is not in "
                             "the data: `idmigrate check` names them.");
    if (result->is_sampled)
        strbuf_add_string(&text, " Only a sample of the rows was read.");
    for (size_t i = 0, told = 0; i < result->gap_count; i++)
        strbuf_printf(&text, "%s%s (%s)",
                      told++ > 0 ? ", " : " Not looked at: ", result->gaps[i].name,
                      result->gaps[i].reason);
    return strbuf_take(&text);
}

static json_t *
make_document(struct draft *draft, const json_t *given)
{
    const char *schema = draft->request->target_schema;
    CLEANUP(memory_free_string) char *description = describe(draft);
    json_t *document = json_pack("{s:i, s:s, s:s}", "version", 1, "name", draft->request->name,
                                 "description", description);
    json_object_set_new(document, "sources",
                        json_pack("{s:{s:s}}", draft->request->source, "schema", draft->schema));
    json_object_set_new(document, "target",
                        json_pack("{s:s}", "schema", schema != NULL ? schema : draft->schema));
    copy_members(document, given);
    json_t *ids = make_ids(draft, json_object_get(given, "ids"));
    if (json_object_size(ids) > 0)
        json_object_set(document, "ids", ids);
    json_decref(ids);
    return document;
}

static const char *
schema_of_source(const struct draft *draft, const json_t *given)
{
    const json_t *source =
        json_object_get(json_object_get(given, "sources"), draft->request->source);
    const char *schema = json_string_value(json_object_get(source, "schema"));
    if (source != NULL)
        return schema != NULL ? schema : "public";
    return most_frequent_schema(draft->request->result);
}

static void
write_document(struct draft *draft, const json_t *given, struct strbuf *text)
{
    const struct scan_result *result = draft->request->result;
    draft->schema = schema_of_source(draft, given);
    draft->source =
        json_object_size(json_object_get(given, "sources")) > 1 ? draft->request->source : NULL;
    choose_maps(draft);
    json_t *document = make_document(draft, given);
    for (size_t i = 0; i < result->table_count; i++)
        if (result->tables[i].kind == 'r' || result->tables[i].kind == 'p')
            draft_add_table(draft, i);
    json_object_set_new(document, "tables", draft->tables);
    if (json_object_size(draft->left_behind) > 0)
        json_object_set(document, "left_behind", draft->left_behind);
    json_decref(draft->left_behind);
    char *written = json_dumps(document, JSON_INDENT(2));
    strbuf_add_string(text, written);
    strbuf_add_char(text, '\n');
    free(written);
    json_decref(document);
}

void
scan_draft(const struct scan_draft_request *request, struct strbuf *text)
{
    size_t kinds = scan_finder_kind_count(request->finder) + 1;
    struct draft draft = {.request = request,
                          .kind_map = memory_zalloc(kinds * sizeof *draft.kind_map),
                          .kind_is_used = memory_zalloc(kinds * sizeof *draft.kind_is_used),
                          .tables = json_array(),
                          .left_behind = json_object()};
    json_t *given =
        request->mapping_text != NULL ? json_loads(request->mapping_text, 0, NULL) : NULL;
    write_document(&draft, given, text);
    json_decref(given);
    free(draft.kind_map);
    free(draft.kind_is_used);
}
