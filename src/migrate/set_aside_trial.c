/*
 * The trial: everything is taken away and brought back under a savepoint, while the tables are
 * empty and that costs little. Whatever is in the way of its return (privileges, event triggers,
 * functions that an index calls, what no rule here foresees) shows now, and not in the night.
 */
#include "aside.h"

#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

/* What is tried at once: pointers into a list. */
struct trial {
    const struct store_aside **items;
    size_t *positions;
    size_t count;
};

static void
trial_release(struct trial *trial)
{
    free(trial->items);
    free(trial->positions);
}

static void
trial_add(struct trial *trial, const struct aside_list *list, size_t position)
{
    trial->items[trial->count] = &list->items[position].stored;
    trial->positions[trial->count++] = position;
}

static struct trial
trial_new(const struct aside_list *list)
{
    return (struct trial){
        .items = memory_zalloc((list->count + 1) * sizeof(const struct store_aside *)),
        .positions = memory_zalloc((list->count + 1) * sizeof(size_t)),
    };
}

static bool
drop_all(struct db *db, const struct trial *trial, struct error *err)
{
    /* Foreign keys first: they need the keys. */
    for (int keys = 1; keys >= 0; keys--)
        for (size_t i = 0; i < trial->count; i++)
            if (aside_is_key(trial->items[i]) == (keys == 1) &&
                !aside_drop(db, trial->items[i], err))
                return false;
    return true;
}

/* All items of the top at this position, in a list to be freed. */
static const struct store_aside **
items_of(const struct trial *trial, int top, size_t *count)
{
    const struct store_aside **items = memory_alloc((trial->count + 1) * sizeof *items);
    *count = 0;
    for (size_t i = 0; i < trial->count; i++)
        if (trial->items[i]->top == top)
            items[(*count)++] = trial->items[i];
    return items;
}

static bool
return_all(struct db *db, const struct trial *trial, struct error *err)
{
    bool good = true;
    for (size_t i = 0; good && i < trial->count; i++)
        good = aside_is_key(trial->items[i]) || aside_build(db, trial->items[i], err);
    for (size_t i = 0; good && i < trial->count; i++) {
        size_t count;
        if (aside_is_key(trial->items[i]) || (size_t)trial->items[i]->top != trial->positions[i])
            continue;
        const struct store_aside **items = items_of(trial, trial->items[i]->top, &count);
        good = aside_shape(db, items, count, err);
        free(items);
    }
    for (size_t i = 0; good && i < trial->count; i++)
        good = !aside_is_key(trial->items[i]) || (aside_add_key(db, trial->items[i], err) &&
                                                  aside_validate(db, trial->items[i], err));
    return good;
}

static bool
compare(struct db *db, const struct trial *trial, struct error *err)
{
    char **texts = NULL;
    bool good = aside_describe(db, trial->items, trial->count, &texts, err);
    for (size_t i = 0; good && i < trial->count; i++)
        if (texts[i] == NULL || strcmp(texts[i], trial->items[i]->description) != 0)
            good = error_set(err, EXIT_REFUSED, "%s would come back otherwise than it was",
                             trial->items[i]->name);
    aside_texts_free(texts, trial->count);
    return good;
}

/* `fault` is set when it did not come back; false only when nothing can be tried now. */
static bool
try_once(struct db *db, const struct trial *trial, struct error *fault, struct error *err)
{
    db_savepoint(db, "idmigrate_trial");
    bool good =
        drop_all(db, trial, fault) && return_all(db, trial, fault) && compare(db, trial, fault);
    if (!good && db_error_is_transient(fault)) {
        *err = *fault;
        return false;
    }
    return db_savepoint_rollback(db, "idmigrate_trial", err);
}

/* One foreign key, or an index with its partitions' and the foreign keys that need it. */
static void
add_unit(struct trial *trial, const struct aside_list *list, size_t position)
{
    bool is_key = aside_is_key(&list->items[position].stored);
    for (size_t i = 0; i < list->count; i++) {
        const struct aside_item *item = &list->items[i];
        bool belongs = item->stored.top == (int)position;
        for (size_t j = 0; !is_key && !belongs && j < list->count; j++)
            belongs = aside_is_key(&item->stored) && list->items[j].oid == item->needs &&
                      !aside_is_key(&list->items[j].stored) &&
                      list->items[j].stored.top == (int)position;
        if (belongs && aside_goes(item))
            trial_add(trial, list, i);
    }
}

static void
keep_unit(struct aside_list *list, const struct trial *trial, const struct error *fault)
{
    CLEANUP(memory_free_string)
    char *reason = memory_printf("it would not come back: %s", fault->text);
    for (size_t i = 0; i < trial->count; i++)
        aside_list_keep(list, trial->positions[i], reason);
}

static bool
try_units(struct db *db, struct aside_list *list, struct error *err)
{
    bool good = true;
    for (size_t i = 0; good && i < list->count; i++) {
        CLEANUP(trial_release) struct trial trial = trial_new(list);
        struct error fault = ERROR_INIT;
        if (list->items[i].stored.top != (int)i || !aside_goes(&list->items[i]))
            continue;
        add_unit(&trial, list, i);
        good = try_once(db, &trial, &fault, err);
        if (good && fault.is_set)
            keep_unit(list, &trial, &fault);
    }
    aside_list_spread(list);
    return good;
}

static bool
describe_all(struct db *db, struct aside_list *list, struct error *err)
{
    CLEANUP(trial_release) struct trial trial = trial_new(list);
    char **texts = NULL;
    for (size_t i = 0; i < list->count; i++)
        trial_add(&trial, list, i);
    if (!aside_describe(db, trial.items, trial.count, &texts, err))
        return false;
    for (size_t i = 0; i < list->count; i++) {
        list->items[i].stored.description = texts[i];
        texts[i] = NULL;
        if (list->items[i].stored.description == NULL)
            aside_list_keep(list, i, "the catalogue does not describe it");
    }
    aside_texts_free(texts, list->count);
    aside_list_spread(list);
    return true;
}

static bool
try_all(struct db *db, struct aside_list *list, struct error *fault, struct error *err)
{
    CLEANUP(trial_release) struct trial trial = trial_new(list);
    for (size_t i = 0; i < list->count; i++)
        if (aside_goes(&list->items[i]))
            trial_add(&trial, list, i);
    if (!try_once(db, &trial, fault, err))
        return false;
    return true;
}

bool
aside_try(struct db *db, struct aside_list *list, struct error *err)
{
    struct error fault = ERROR_INIT, last = ERROR_INIT;
    if (!describe_all(db, list, err) || !try_all(db, list, &fault, err))
        return false;
    if (!fault.is_set)
        return true;
    /* Somebody is in the way: whoever it is, stays. */
    if (!try_units(db, list, err) || !try_all(db, list, &last, err))
        return false;
    for (size_t i = 0; last.is_set && i < list->count; i++)
        aside_list_keep(list, i, last.text);
    return true;
}
