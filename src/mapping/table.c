/* One table entry: from where to where, and what holds for all of its rows. */
#include "idmigrate/memory.h"
#include "parts.h"

#include <stdlib.h>
#include <string.h>

bool
table_read_name(const struct node *entry, const char *key, char **schema, char **table,
                struct error *err)
{
    static const char *const keys[] = {"schema", "table", NULL};
    struct node name = node_member(entry, key);
    if (!json_is_object(name.json)) {
        if (!node_get_required_text(entry, key, table, err))
            return error_hint(err, "a table's name, or {\"schema\": ..., \"table\": ...}");
        return true;
    }
    return node_want_keys(&name, keys, err) && node_get_text(&name, "schema", schema, err) &&
           node_get_required_text(&name, "table", table, err);
}

static bool
read_names(const struct mapping *mapping, const struct node *node, struct mapping_table *table,
           struct error *err)
{
    struct node source = node_member(node, "source"), to = node_member(node, "to");
    if (!document_find_source(mapping, &source, &table->source, err))
        return false;
    table->from_schema = memory_strdup(mapping->sources[table->source].schema);
    table->to_schema = memory_strdup(mapping->target.schema);
    return table_read_name(node, "from", &table->from_schema, &table->from, err) &&
           (!node_is_present(&to) ||
            table_read_name(node, "to", &table->to_schema, &table->to, err));
}

static bool
check_conflict(const struct node *conflict, const struct mapping_table *table, struct error *err)
{
    bool is_update = table->conflict == MAPPING_CONFLICT_UPDATE;
    if (table->conflict_key_count == 0) {
        node_fail(conflict, err, "\"key\" is missing");
        return error_hint(err, "the target columns of the key in which rows meet");
    }
    if (is_update && table->conflict_set_count == 0) {
        node_fail(conflict, err, "\"do\": \"update\" needs \"set\"");
        return error_hint(err, "the target columns an update takes over; to leave the row as it "
                               "is: \"do\": \"skip\"");
    }
    if (!is_update && table->conflict_set_count > 0)
        return node_fail(conflict, err, "\"set\" means nothing without \"do\": \"update\"");
    return true;
}

static bool
read_conflict(const struct node *node, struct mapping_table *table, struct error *err)
{
    static const char *const keys[] = {"key", "do", "set", "children", NULL};
    static const struct node_choice actions[] = {{"fail", MAPPING_CONFLICT_FAIL},
                                                 {"skip", MAPPING_CONFLICT_SKIP},
                                                 {"update", MAPPING_CONFLICT_UPDATE},
                                                 {NULL, 0}};
    static const struct node_choice children[] = {
        {"follow", MAPPING_CHILDREN_FOLLOW}, {"skip", MAPPING_CHILDREN_SKIP}, {NULL, 0}};
    struct node conflict = node_member(node, "on_conflict");
    int action = MAPPING_CONFLICT_FAIL, child = MAPPING_CHILDREN_FOLLOW;
    if (!node_is_present(&conflict))
        return true;
    if (!node_want_keys(&conflict, keys, err) ||
        !node_get_texts(&conflict, "key", false, &table->conflict_key, &table->conflict_key_count,
                        err) ||
        !node_get_choice(&conflict, "do", actions, &action, err) ||
        !node_get_texts(&conflict, "set", false, &table->conflict_set, &table->conflict_set_count,
                        err) ||
        !node_get_choice(&conflict, "children", children, &child, err))
        return false;
    table->has_on_conflict = true;
    table->conflict = (enum mapping_conflict)action;
    table->children = (enum mapping_children)child;
    return check_conflict(&conflict, table, err);
}

static bool
read_winner(const struct node *node, struct mapping_table *table, struct error *err)
{
    static const char *const keys[] = {"by", "dir", NULL};
    static const struct node_choice directions[] = {
        {"newest", true}, {"highest", true}, {"oldest", false}, {"lowest", false}, {NULL, 0}};
    struct node winner = node_member(node, "winner");
    int highest = -1;
    if (!node_is_present(&winner))
        return true;
    if (!node_want_keys(&winner, keys, err) ||
        !node_get_required_text(&winner, "by", &table->winner_by, err) ||
        !node_get_choice(&winner, "dir", directions, &highest, err))
        return false;
    if (highest < 0) {
        node_fail(&winner, err, "\"dir\" is missing");
        return error_hint(err, "\"newest\", \"oldest\", \"highest\" or \"lowest\"");
    }
    if (!table->has_on_conflict) {
        node_fail(&winner, err, "means nothing without \"on_conflict\"");
        return error_hint(err, "\"on_conflict\" names the key in which rows meet");
    }
    table->winner_highest = highest != 0;
    return true;
}

static bool
read_audit(const struct node *node, struct mapping_table *table, struct error *err)
{
    static const char *const keys[] = {"resource_type", "tenant", NULL};
    struct node audit = node_member(node, "audit");
    if (!node_is_present(&audit))
        return true;
    if (json_is_string(audit.json)) {
        table->audit_self = strcmp(json_string_value(audit.json), "self") == 0;
        return table->audit_self ||
               node_fail(&audit, err, "must be \"self\" or {\"resource_type\": ..., ...}");
    }
    return node_want_keys(&audit, keys, err) &&
           node_get_text(&audit, "resource_type", &table->resource_type, err) &&
           node_get_text(&audit, "tenant", &table->tenant, err);
}

static bool
read_lists(const struct node *node, struct mapping_table *table, struct error *err)
{
    return node_get_reasons(node, "drop", &table->drop, &table->drop_count, err) &&
           node_get_reasons(node, "defaults", &table->defaults, &table->default_count, err) &&
           node_get_texts(node, "key", false, &table->key, &table->key_count, err) &&
           node_get_texts(node, "harmless", false, &table->harmless, &table->harmless_count, err) &&
           node_get_texts(node, "sensitive", false, &table->sensitive, &table->sensitive_count,
                          err);
}

/* A class of SQLSTATEs that tells of the session, the server or the statement, whichever row it was
 * about. */
static bool
is_of_session(const char *sqlstate)
{
    static const char *const classes[] = {"00", "01", "02", "08", "0A", "25", "26", "28",
                                          "2D", "34", "3B", "3D", "3F", "40", "42", "53",
                                          "54", "55", "57", "58", "72", "F0", "XX"};
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
        if (strncmp(sqlstate, classes[i], 2) == 0)
            return true;
    return false;
}

static bool
check_sqlstate(const struct node *node, const char *sqlstate, struct error *err)
{
    static const char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    if (strlen(sqlstate) != 5 || strspn(sqlstate, letters) != 5) {
        node_fail(node, err, "\"%s\" is no SQLSTATE", sqlstate);
        return error_hint(err, "five digits and capital letters, such as P0001 (what RAISE "
                               "EXCEPTION gives unless it says otherwise)");
    }
    if (is_of_session(sqlstate)) {
        node_fail(node, err, "SQLSTATE %s cannot be the fault of a row", sqlstate);
        return error_hint(err,
                          "name the codes that triggers of the target raise for a row; classes "
                          "22 and 23 are rejects without being named");
    }
    return true;
}

static bool
read_sqlstates(const struct node *node, struct mapping_table *table, struct error *err)
{
    struct node list = node_member(node, "reject_sqlstates");
    if (!node_get_texts(node, "reject_sqlstates", false, &table->reject_sqlstates,
                        &table->reject_sqlstate_count, err))
        return false;
    for (size_t i = 0; i < table->reject_sqlstate_count; i++) {
        struct node element = node_element(&list, i);
        if (!check_sqlstate(&element, table->reject_sqlstates[i], err))
            return false;
    }
    return true;
}

static bool
read_one(const struct mapping *mapping, const struct node *node, struct mapping_table *table,
         struct error *err)
{
    static const char *const keys[] = {
        "source",     "from",       "to",          "columns",          "drop",      "defaults",
        "where",      "key",        "on_conflict", "winner",           "audit",     "triggers",
        "timezone",   "harmless",   "sensitive",   "reject_sqlstates", "exclusive", "note",
        "references", "changed_at", NULL};
    static const struct node_choice triggers[] = {{"fire", true}, {NULL, 0}};
    struct node columns = node_member(node, "columns");
    int fire = false;
    if (!node_want_keys(node, keys, err) || !node_check_note(node, err) ||
        !read_names(mapping, node, table, err) || !column_read_all(mapping, table, &columns, err) ||
        !read_lists(node, table, err) || !node_get_text(node, "where", &table->where, err) ||
        !read_conflict(node, table, err) || !read_winner(node, table, err) ||
        !read_audit(node, table, err) || !references_read(mapping, node, table, err) ||
        !node_get_text(node, "changed_at", &table->changed_at, err) ||
        !read_sqlstates(node, table, err) ||
        !node_get_choice(node, "triggers", triggers, &fire, err))
        return false;
    table->triggers_fire = fire != 0;
    table->exclusive = mapping->exclusive;
    if (!node_get_flag(node, "exclusive", &table->exclusive, err))
        return false;
    struct node exclusive = node_member(node, "exclusive");
    table->never_exclusive = node_is_present(&exclusive) && !table->exclusive;
    table->timezone = memory_strdup(mapping->timezone);
    return node_get_text(node, "timezone", &table->timezone, err);
}

bool
table_read_all(struct mapping *mapping, const struct node *document, struct error *err)
{
    struct node tables = node_member(document, "tables");
    if (!node_want_list(&tables, err))
        return false;
    size_t count = json_array_size(tables.json);
    if (count > MAPPING_MOST_TABLES)
        return node_fail(&tables, err, "more than %d tables", MAPPING_MOST_TABLES);
    mapping->tables = memory_zalloc(count * sizeof *mapping->tables);
    for (size_t i = 0; i < count; i++) {
        struct node node = node_element(&tables, i);
        struct mapping_table *table = &mapping->tables[mapping->table_count++];
        table->number = (int)i;
        table->pointer = node_pointer(&node);
        if (!read_one(mapping, &node, table, err))
            return false;
    }
    return true;
}

void
table_release(struct mapping_table *table)
{
    for (size_t i = 0; i < table->column_count; i++)
        column_release(&table->columns[i]);
    free(table->columns);
    reasons_free(table->drop, table->drop_count);
    reasons_free(table->defaults, table->default_count);
    texts_free(table->key, table->key_count);
    texts_free(table->conflict_key, table->conflict_key_count);
    texts_free(table->conflict_set, table->conflict_set_count);
    texts_free(table->harmless, table->harmless_count);
    texts_free(table->sensitive, table->sensitive_count);
    texts_free(table->reject_sqlstates, table->reject_sqlstate_count);
    references_release(table);
    free(table->changed_at);
    free(table->pointer);
    free(table->from_schema);
    free(table->from);
    free(table->to_schema);
    free(table->to);
    free(table->where);
    free(table->winner_by);
    free(table->resource_type);
    free(table->tenant);
    free(table->timezone);
}
