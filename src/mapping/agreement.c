/* Whether the parts of a mapping agree with each other. */
#include "idmigrate/memory.h"
#include "parts.h"

#include <stdlib.h>
#include <string.h>

enum visit { UNSEEN, OPEN, CLOSED };

/* A union that is met again while it is still open contains itself. */
static bool
is_free_of_cycles(const struct mapping *mapping, int index, enum visit *visits)
{
    const struct mapping_ids *ids = &mapping->ids[index];
    if (visits[index] != UNSEEN)
        return visits[index] == CLOSED;
    visits[index] = OPEN;
    for (size_t i = 0; i < ids->member_count; i++)
        if (!is_free_of_cycles(mapping, ids->members[i], visits))
            return false;
    visits[index] = CLOSED;
    return true;
}

static bool
check_unions(const struct mapping *mapping, const struct node *document, struct error *err)
{
    struct node all = node_member(document, "ids");
    enum visit *visits = memory_zalloc(mapping->id_count * sizeof *visits);
    bool fine = true;
    for (size_t i = 0; i < mapping->id_count && fine; i++) {
        struct node ids = node_member(&all, mapping->ids[i].name);
        struct node members = node_member(&ids, "union");
        if (!is_free_of_cycles(mapping, (int)i, visits))
            fine = node_fail(&members, err, "the union contains itself");
    }
    free(visits);
    return fine;
}

static bool
is_named(const struct mapping_reason *reasons, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(reasons[i].name, name) == 0)
            return true;
    return false;
}

static bool
check_used_once(const struct mapping_table *table, const struct node *node, struct error *err)
{
    struct node drop = node_member(node, "drop"), defaults = node_member(node, "defaults");
    for (size_t i = 0; i < table->column_count; i++) {
        const struct mapping_column *column = &table->columns[i];
        if (column->from != NULL && is_named(table->drop, table->drop_count, column->from)) {
            struct node dropped = node_member(&drop, column->from);
            node_fail(&dropped, err,
                      "source column \"%s\" is dropped, but column \"%s\" is fed "
                      "from it",
                      column->from, column->to);
            return error_hint(err, "take it out of \"drop\"");
        }
        if (is_named(table->defaults, table->default_count, column->to)) {
            struct node left = node_member(&defaults, column->to);
            node_fail(&left, err,
                      "target column \"%s\" is left to its default, but is fed in "
                      "\"columns\" too",
                      column->to);
            return error_hint(err, "take it out of one of them");
        }
    }
    return true;
}

static bool
check_display(const struct mapping_table *table, const struct node *node, struct error *err)
{
    struct node harmless = node_member(node, "harmless");
    for (size_t i = 0; i < table->harmless_count; i++)
        for (size_t j = 0; j < table->sensitive_count; j++)
            if (strcmp(table->harmless[i], table->sensitive[j]) == 0)
                return node_fail(&harmless, err, "\"%s\" is both harmless and sensitive",
                                 table->harmless[i]);
    return true;
}

static bool
is_same_source(const struct mapping_table *a, const struct mapping_table *b)
{
    return a->source == b->source && strcmp(a->from_schema, b->from_schema) == 0 &&
           strcmp(a->from, b->from) == 0;
}

/* An entry without "to" goes to the table's name as it is, or in snake_case: which of them is known
 * later. */
static bool
may_be_same_target(const struct mapping_table *a, const struct mapping_table *b)
{
    const char *to = a->to != NULL ? a->to : b->to;
    if (strcmp(a->to_schema, b->to_schema) != 0)
        return false;
    if (a->to != NULL && b->to != NULL)
        return strcmp(a->to, b->to) == 0;
    if (to == NULL || strcmp(to, a->from) == 0)
        return true;
    CLEANUP(memory_free_string) char *snake = mapping_snake_case(a->from);
    return strcmp(to, snake) == 0;
}

static bool
check_tables(const struct mapping *mapping, const struct node *document, struct error *err)
{
    struct node all = node_member(document, "tables");
    for (size_t i = 0; i < mapping->table_count; i++) {
        const struct mapping_table *table = &mapping->tables[i];
        struct node node = node_element(&all, i);
        for (size_t j = 0; j < i; j++) {
            const struct mapping_table *other = &mapping->tables[j];
            if (!is_same_source(table, other) || !may_be_same_target(table, other))
                continue;
            node_fail(&node, err, "table \"%s\" goes to the same target as in %s", table->from,
                      other->pointer);
            return error_hint(err, "one table may feed two targets, but each of them once");
        }
        if (!check_used_once(table, &node, err) || !check_display(table, &node, err))
            return false;
    }
    return true;
}

static bool
check_left_behind(const struct mapping *mapping, const struct node *document, struct error *err)
{
    struct node all = node_member(document, "left_behind");
    for (size_t i = 0; i < mapping->left_behind_count; i++) {
        const struct mapping_left_behind *left = &mapping->left_behind[i];
        for (size_t j = 0; j < mapping->table_count; j++) {
            const struct mapping_table *table = &mapping->tables[j];
            if (table->source == left->source && strcmp(table->from, left->table) == 0 &&
                strcmp(table->from_schema, left->schema) == 0)
                return node_fail(&all, err, "table \"%s\" is left behind, but mapped in %s",
                                 left->table, table->pointer);
        }
        for (size_t j = 0; j < i; j++) {
            const struct mapping_left_behind *other = &mapping->left_behind[j];
            if (other->source == left->source && strcmp(other->table, left->table) == 0 &&
                strcmp(other->schema, left->schema) == 0)
                return node_fail(&all, err, "table \"%s\" is left behind twice", left->table);
        }
    }
    return true;
}

/* ---- audit events ---- */

/* Characters that the default audit table takes for an action. */
enum { LONGEST_WORD = 64 };

static bool
fits_default_table(const char *text)
{
    size_t characters = 0;
    for (const char *c = text; *c != '\0'; c++)
        characters += ((unsigned char)*c & 0xC0) != 0x80;
    return characters <= LONGEST_WORD;
}

/* What became of a row is known from its events' actions only. */
static bool
check_actions(const struct mapping_audit *audit, const struct node *node, struct error *err)
{
    for (size_t i = 0; i < AUDIT_ACTION_COUNT; i++) {
        if (audit->column_count == 0 && !fits_default_table(audit->actions[i]))
            return node_fail(node, err,
                             "\"%s\" is longer than the %d characters that the audit table takes",
                             audit->actions[i], LONGEST_WORD);
        for (size_t j = 0; j < i; j++)
            if (strcmp(audit->actions[i], audit->actions[j]) == 0) {
                node_fail(node, err, "two actions are called \"%s\"", audit->actions[i]);
                return error_hint(err,
                                  "a resumed run and its verification tell events by their action");
            }
    }
    return true;
}

static bool
check_events(const struct mapping *mapping, const struct node *document, struct error *err)
{
    struct node audit = node_member(document, "audit"), actions = node_member(&audit, "actions");
    return check_actions(&mapping->audit, &actions, err);
}

bool
agreement_check(const struct mapping *mapping, const struct node *document, struct error *err)
{
    return check_unions(mapping, document, err) && check_tables(mapping, document, err) &&
           check_left_behind(mapping, document, err) && check_events(mapping, document, err);
}
