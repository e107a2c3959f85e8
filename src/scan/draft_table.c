/* The entry of one table in a draft: its ID columns, what has no place in the target, and what the
 * target wants beside it. */
#include "draft.h"
#include "render.h"

#include "idmigrate/mapping.h"
#include "idmigrate/memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct entry {
    const struct scan_table *table;
    const struct catalog_table *target; /* or NULL: there is no target to look at */
    json_t *columns, *drop, *notes;
    bool may_meet; /* several old IDs have one new ID, in a column that is to be unique */
};

/* ---- names of the target ---- */

static const struct catalog_table *
find_target(const struct draft *draft, const char *name)
{
    const struct scan_draft_request *request = draft->request;
    const struct catalog_table *found = catalog_find(request->target, request->target_schema, name);
    if (found != NULL)
        return found;
    CLEANUP(memory_free_string) char *snake = mapping_snake_case(name);
    return catalog_find(request->target, request->target_schema, snake);
}

/* The target's name of a source column, or NULL; without a target it keeps its own. */
static const char *
find_column(const struct catalog_table *target, const char *name)
{
    if (target == NULL)
        return name;
    int found = catalog_find_column(target, name);
    CLEANUP(memory_free_string) char *snake = mapping_snake_case(name);
    if (found < 0)
        found = catalog_find_column(target, snake);
    return found < 0 ? NULL : target->columns[found].name;
}

/* ---- one column that holds IDs ---- */

/* Rows that are different now may be equal then. */
static void
ask_for_conflict(const struct draft *draft, struct entry *entry, const struct scan_found *found)
{
    const struct idmap *map = scan_finder_map(draft->request->finder, found->map);
    const struct scan_column *column = &entry->table->columns[found->column];
    if (map == NULL || idmap_shared_count(map) == 0 || column->unique_index == NULL ||
        !found->is_whole || found->path[0] != '\0' || found->is_key)
        return;
    entry->may_meet = true;
    json_array_append_new(
        entry->notes,
        json_sprintf("%zu new IDs of map %s belong to several old ones: rows may meet in %s",
                     idmap_shared_count(map), idmap_name(map), column->unique_index));
}

struct evidence {
    const struct scan_column *column;
    const char *map;
    bool has_whole, has_part, has_key, has_unresolved, has_several;
    json_t *notes;
};

static void
note_found(struct evidence *evidence, const struct draft *draft, const struct scan_table *table,
           const struct scan_found *found)
{
    const struct scan_kind *kind = scan_finder_kind(draft->request->finder, (size_t)found->kind);
    CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
    strbuf_printf(&text, "%s in %" PRId64 " of %" PRId64 " rows, ", kind->name, found->rows,
                  table->rows);
    render_place(&text, found);
    strbuf_add_string(&text, ": ");
    render_ids(&text, found, scan_finder_map_count(draft->request->finder) > 0);
    json_array_append_new(evidence->notes, json_string(text.data));
}

static void
take_found(struct evidence *evidence, const struct draft *draft, const struct scan_found *found)
{
    const char *map = draft->kind_map[found->kind];
    bool is_root = found->path[0] == '\0' && !found->is_key;
    evidence->has_whole = evidence->has_whole || (is_root && found->is_whole);
    evidence->has_part = evidence->has_part || (is_root && !found->is_whole);
    evidence->has_key = evidence->has_key || found->is_key;
    evidence->has_several =
        evidence->has_several || found->has_several_maps ||
        (evidence->map != NULL && map != NULL && strcmp(evidence->map, map) != 0);
    evidence->map = evidence->map != NULL ? evidence->map : map;
    evidence->has_unresolved = evidence->has_unresolved ||
                               found->distinct[SCAN_UNKNOWN] + found->distinct[SCAN_AMBIGUOUS] > 0;
}

static void
note_keys(const struct evidence *evidence)
{
    const struct scan_column *column = evidence->column;
    if (column->foreign_key != NULL)
        json_array_append_new(evidence->notes, json_sprintf("refers to %s", column->foreign_key));
    if (column->indexes != NULL)
        json_array_append_new(evidence->notes, json_sprintf("indexes %s", column->indexes));
}

static void
ask(json_t *column, const struct evidence *evidence, const char *key, const char *question)
{
    json_object_set_new(column, key, json_string(DRAFT_OPEN));
    json_array_append_new(evidence->notes, json_string(question));
}

static void
decide(json_t *column, const struct draft *draft, const struct evidence *evidence)
{
    bool has_map = evidence->map != NULL;
    if (evidence->column->is_json && evidence->has_key)
        ask(column, evidence, "rewrite",
            "keys of objects are IDs: \"json\" rewrites them too, and two keys that become one "
            "reject the row; or \"allow_ids\" instead");
    else if (evidence->column->is_json)
        json_object_set_new(column, "rewrite", json_string("json"));
    else if (evidence->column->is_array)
        json_object_set_new(column, "rewrite", json_string("array"));
    else if (evidence->column->is_composite)
        ask(column, evidence, "rewrite",
            "IDs inside a composite or hstore: \"text\" replaces them where they stand; or say "
            "\"sql\" instead of \"from\"");
    else if (evidence->has_whole && evidence->has_part)
        ask(column, evidence, "rewrite",
            "some values are IDs, some texts hold them: \"text\" replaces both and rejects "
            "nothing; or \"resolve\"");
    else if (evidence->has_part)
        json_object_set_new(column, "rewrite", json_string("text"));
    else if (evidence->has_several || !has_map)
        ask(column, evidence, "resolve",
            "IDs of several kinds: name a map of /ids, a list of them in order, or a union");
    else
        json_object_set_new(column, "resolve", json_string(evidence->map));
    if (has_map && json_object_get(column, "resolve") != NULL && evidence->has_unresolved &&
        scan_finder_map_count(draft->request->finder) > 0)
        ask(column, evidence, "unresolved",
            "some IDs have no new one: \"reject\", \"fail\", or \"null\" or \"keep\" with a "
            "\"reason\"");
}

static void
add_id_column(struct draft *draft, struct entry *entry, size_t number, size_t column)
{
    const struct scan_result *result = draft->request->result;
    struct evidence evidence = {.column = &entry->table->columns[column], .notes = json_array()};
    for (size_t i = 0; i < result->found_count; i++) {
        const struct scan_found *found = &result->found[i];
        if (found->table != number || found->column != column || !draft_counts(draft, found))
            continue;
        note_found(&evidence, draft, entry->table, found);
        ask_for_conflict(draft, entry, found);
        take_found(&evidence, draft, found);
    }
    const char *to = find_column(entry->target, evidence.column->name);
    if (json_array_size(evidence.notes) > 0 && to != NULL) {
        json_t *json = json_object();
        note_keys(&evidence);
        json_object_set_new(json, "from", json_string(evidence.column->name));
        if (evidence.column->is_bytes) {
            json_object_del(json, "from");
            ask(json, &evidence, "sql",
                "IDs inside bytes: an expression of the source that gives the new bytes, or "
                "\"from\" with \"allow_ids\"");
        } else {
            decide(json, draft, &evidence);
        }
        json_object_set(json, "note", evidence.notes);
        json_object_set_new(entry->columns, to, json);
    } else if (json_array_size(evidence.notes) > 0) {
        json_array_append_new(
            entry->notes,
            json_sprintf("%s holds IDs and has no place in the target", evidence.column->name));
        json_array_extend(entry->notes, evidence.notes);
    }
    json_decref(evidence.notes);
}

/* ---- what has no counterpart ---- */

static void
drop_column(struct entry *entry, const char *name)
{
    if (find_column(entry->target, name) == NULL)
        json_object_set_new(entry->drop, name, json_string(DRAFT_OPEN));
}

static bool
is_fed(const struct entry *entry, const char *name)
{
    for (size_t i = 0; i < entry->table->column_count; i++) {
        const char *to = find_column(entry->target, entry->table->columns[i].name);
        if (to != NULL && strcmp(to, name) == 0)
            return true;
    }
    for (size_t i = 0; i < entry->table->other_count; i++) {
        const char *to = find_column(entry->target, entry->table->others[i]);
        if (to != NULL && strcmp(to, name) == 0)
            return true;
    }
    return false;
}

static void
ask_for_unfed(struct entry *entry)
{
    for (size_t i = 0; entry->target != NULL && i < entry->target->column_count; i++) {
        const struct catalog_column *column = &entry->target->columns[i];
        if (column->not_null && !column->has_default && column->identity == 0 &&
            column->generated == 0 && !is_fed(entry, column->name))
            json_object_set_new(
                entry->columns, column->name,
                json_pack("{s:s, s:s}", "from", DRAFT_OPEN, "note",
                          "NOT NULL without a default, and no column of the source has its name"));
    }
}

static void
leave_behind(struct draft *draft, const struct scan_table *table)
{
    CLEANUP(memory_free_string) char *key = memory_printf("%s.%s", table->schema, table->name);
    json_t *json = json_pack("{s:s, s:s, s:s, s:s}", "reason", DRAFT_OPEN, "schema", table->schema,
                             "table", table->name, "note", "the target has no table of this name");
    if (draft->source != NULL)
        json_object_set_new(json, "source", json_string(draft->source));
    json_object_set_new(draft->left_behind, key, json);
}

/* ---- the entry ---- */

static json_t *
table_name(const char *schema, const char *name, const char *default_schema)
{
    return strcmp(schema, default_schema) == 0
               ? json_string(name)
               : json_pack("{s:s, s:s}", "schema", schema, "table", name);
}

static void
set_unless_empty(json_t *json, const char *key, json_t *value, size_t size)
{
    if (size > 0)
        json_object_set(json, key, value);
    json_decref(value);
}

static void
add_entry(struct draft *draft, struct entry *entry, size_t number)
{
    const struct scan_table *table = entry->table;
    json_t *json = json_object();
    if (draft->source != NULL)
        json_object_set_new(json, "source", json_string(draft->source));
    json_object_set_new(json, "from", table_name(table->schema, table->name, draft->schema));
    /* Without a target the names stay, the schema's too. */
    json_object_set_new(json, "to",
                        entry->target != NULL
                            ? json_string(entry->target->name)
                            : table_name(table->schema, table->name, draft->schema));
    for (size_t i = 0; i < table->column_count; i++) {
        drop_column(entry, table->columns[i].name);
        add_id_column(draft, entry, number, i);
    }
    for (size_t i = 0; i < table->other_count; i++)
        drop_column(entry, table->others[i]);
    ask_for_unfed(entry);
    if (entry->may_meet)
        json_object_set_new(json, "on_conflict", json_string(DRAFT_OPEN));
    set_unless_empty(json, "columns", entry->columns, json_object_size(entry->columns));
    set_unless_empty(json, "drop", entry->drop, json_object_size(entry->drop));
    set_unless_empty(json, "note", entry->notes, json_array_size(entry->notes));
    json_array_append_new(draft->tables, json);
}

void
draft_add_table(struct draft *draft, size_t number)
{
    struct entry entry = {.table = &draft->request->result->tables[number]};
    if (draft->request->target != NULL)
        entry.target = find_target(draft, entry.table->name);
    if (draft->request->target != NULL && entry.target == NULL) {
        leave_behind(draft, entry.table);
        return;
    }
    entry.columns = json_object();
    entry.drop = json_object();
    entry.notes = json_array();
    add_entry(draft, &entry, number);
}
