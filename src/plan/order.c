/*
 * Order of execution: parents before children, by the target's foreign keys. Tables in a cycle, and
 * tables that refer to themselves, are carried out in one transaction, because their rows cannot be
 * checked one chunk at a time.
 *
 * Steps are the strongly connected components of the graph (Tarjan, SIAM J. Comput. 1, 1972), which
 * come out children last.
 */
#include "internal.h"

#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

static bool
set_reference_columns(struct plan *plan, struct plan_table *child, const struct plan_table *parent,
                      struct plan_reference *reference)
{
    const struct catalog_foreign_key *key = reference->key;
    reference->count = key->column_count;
    reference->columns = memory_alloc(key->column_count * sizeof *reference->columns);
    reference->parent_columns = memory_alloc(key->column_count * sizeof *reference->parent_columns);
    for (size_t i = 0; i < key->column_count; i++) {
        reference->columns[i] =
            plan_find_column(child, child->target->columns[key->columns[i]].name);
        reference->parent_columns[i] = plan_find_column(parent, key->other_columns[i]);
        if (reference->columns[i] < 0 || reference->parent_columns[i] < 0) {
            free(reference->columns);
            free(reference->parent_columns);
            return false;
        }
    }
    (void)plan;
    return true;
}

static void
add_reference(struct plan *plan, struct plan_table *child, struct plan_table *parent,
              const struct catalog_foreign_key *key)
{
    struct plan_reference reference = {.parent = parent->number, .key = key};
    parent->is_referenced = true;
    if (child == parent)
        child->refers_to_itself = true;
    if (!set_reference_columns(plan, child, parent, &reference))
        return;
    child->references =
        memory_realloc_array(child->references, child->reference_count + 1, sizeof reference);
    child->references[child->reference_count++] = reference;
}

void
plan_resolve_references(struct plan *plan)
{
    for (size_t i = 0; i < plan->table_count; i++) {
        struct plan_table *child = &plan->tables[i];
        for (size_t k = 0; child->target != NULL && k < child->target->foreign_key_count; k++) {
            const struct catalog_foreign_key *key = &child->target->foreign_keys[k];
            for (size_t j = 0; j < plan->table_count; j++) {
                struct plan_table *parent = &plan->tables[j];
                if (parent->target != NULL && strcmp(parent->target->name, key->other_table) == 0 &&
                    strcmp(parent->target->schema, key->other_schema) == 0)
                    add_reference(plan, child, parent, key);
            }
        }
    }
}

/* ---- steps ---- */

struct search {
    struct plan *plan;
    int *index, *low, *stack;
    bool *on_stack;
    int next_index, stack_size;
};

static bool
refers_to(const struct plan_table *child, const struct plan_table *parent)
{
    if (child->target == NULL || parent->target == NULL)
        return false;
    for (size_t k = 0; k < child->target->foreign_key_count; k++)
        if (strcmp(child->target->foreign_keys[k].other_table, parent->target->name) == 0 &&
            strcmp(child->target->foreign_keys[k].other_schema, parent->target->schema) == 0)
            return true;
    return false;
}

static int
compare_ints(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static void
take_component(struct search *search, int root)
{
    struct plan *plan = search->plan;
    struct plan_step *step = &plan->steps[plan->step_count];
    int member;

    *step = (struct plan_step){.tables = memory_alloc(plan->table_count * sizeof *step->tables)};
    do {
        member = search->stack[--search->stack_size];
        search->on_stack[member] = false;
        step->tables[step->table_count++] = member;
        plan->tables[member].step = (int)plan->step_count;
    } while (member != root);
    qsort(step->tables, step->table_count, sizeof *step->tables, compare_ints);
    step->one_transaction = step->table_count > 1 || plan->tables[root].refers_to_itself;
    plan->step_count++;
}

/* Depth is at most the number of tables of a mapping. */
static void
visit(struct search *search, int child)
{
    search->index[child] = search->low[child] = ++search->next_index;
    search->stack[search->stack_size++] = child;
    search->on_stack[child] = true;
    for (size_t parent = 0; parent < search->plan->table_count; parent++) {
        if ((int)parent == child ||
            !refers_to(&search->plan->tables[child], &search->plan->tables[parent]))
            continue;
        if (search->index[parent] == 0) {
            visit(search, (int)parent);
            if (search->low[parent] < search->low[child])
                search->low[child] = search->low[parent];
        } else if (search->on_stack[parent] && search->index[parent] < search->low[child]) {
            search->low[child] = search->index[parent];
        }
    }
    if (search->low[child] == search->index[child])
        take_component(search, child);
}

/* A cycle needs its foreign keys checked at the end: deferrable ones as they are, others by their
 * owner only. */
static void
check_cycle(struct plan *plan, const struct plan_step *step)
{
    if (step->table_count < 2)
        return;
    for (size_t i = 0; i < step->table_count; i++) {
        const struct plan_table *child = &plan->tables[step->tables[i]];
        for (size_t k = 0; k < child->reference_count; k++) {
            const struct plan_reference *reference = &child->references[k];
            if (plan->tables[reference->parent].step != child->step ||
                reference->key->is_deferrable)
                continue;
            if (child->target->is_owner) {
                findings_add(&plan->findings, "W-FK-CYCLE", child->label, NULL,
                             "foreign key %s is part of a cycle: it is made deferrable while its "
                             "tables are loaded in one transaction, which locks them",
                             reference->key->name);
            } else {
                struct finding *finding =
                    findings_add(&plan->findings, "E-FK-CYCLE", child->label, NULL,
                                 "foreign key %s is part of a cycle and not deferrable, and the "
                                 "role does not own the table",
                                 reference->key->name);
                finding_set_hint(finding,
                                 "let the owner run: ALTER TABLE \"%s\".\"%s\" ALTER CONSTRAINT "
                                 "\"%s\" DEFERRABLE",
                                 child->target->schema, child->target->name, reference->key->name);
            }
        }
    }
}

void
plan_order_steps(struct plan *plan)
{
    size_t count = plan->table_count + 1;
    struct search search = {
        .plan = plan,
        .index = memory_zalloc(count * sizeof(int)),
        .low = memory_zalloc(count * sizeof(int)),
        .stack = memory_zalloc(count * sizeof(int)),
        .on_stack = memory_zalloc(count * sizeof(bool)),
    };
    plan->steps = memory_zalloc(count * sizeof *plan->steps);
    for (size_t i = 0; i < plan->table_count; i++)
        if (search.index[i] == 0)
            visit(&search, (int)i);
    for (size_t i = 0; i < plan->step_count; i++)
        check_cycle(plan, &plan->steps[i]);
    free(search.index);
    free(search.low);
    free(search.stack);
    free(search.on_stack);
}
