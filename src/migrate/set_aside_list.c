/*
 * Everything of some tables that could be set aside, and what of it must stay: by its own reason,
 * or because something needs it that stays.
 */
#include "aside.h"

#include "idmigrate/memory.h"
#include "idmigrate/sql.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void
aside_list_release(struct aside_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        store_aside_release(&list->items[i].stored);
    free(list->items);
    *list = (struct aside_list)ASIDE_LIST_INIT;
}

bool
aside_goes(const struct aside_item *item)
{
    return item->stored.reason == NULL && !item->is_left;
}

/* In the order of the columns of set_aside_list.sql. */
static void
take_item(struct aside_list *list, const struct db_result *result, size_t row)
{
    struct aside_item *item = ARRAY_ADD(list->items, list->count, list->capacity);
    const char *const finish = db_result_text(result, row, 14);
    *item = (struct aside_item){
        .table = (uint32_t)db_result_int64(result, row, 0),
        .oid = (uint32_t)db_result_int64(result, row, 5),
        .top_oid = (uint32_t)db_result_int64(result, row, 7),
        .needs = (uint32_t)db_result_int64(result, row, 16),
        .is_inbound = db_result_bool(result, row, 23),
        .stored =
            {
                .kind = memory_strdup(db_result_text(result, row, 1)),
                .schema = memory_strdup(db_result_text(result, row, 2)),
                .table = memory_strdup(db_result_text(result, row, 3)),
                .name = memory_strdup(db_result_text(result, row, 4)),
                .table_oid = (uint32_t)db_result_int64(result, row, 6),
                .depth = (int)db_result_int64(result, row, 8),
                .tablespace = memory_strdup(db_result_text(result, row, 9)),
                .drop_sql = memory_strdup(db_result_text(result, row, 10)),
                .build_sql = memory_strdup(db_result_text(result, row, 11)),
                .shape_sql = memory_strdup(db_result_text(result, row, 12)),
                .attach_sql = memory_strdup(db_result_text(result, row, 13)),
                .finish_sql = memory_strdup(finish != NULL ? finish : ""),
                .validate_sql = memory_strdup(db_result_text(result, row, 15)),
                .may_be_violated = db_result_bool(result, row, 17),
                .is_alone = db_result_bool(result, row, 18),
                .violation = memory_strdup(db_result_text(result, row, 19)),
                .weight = (int)db_result_int64(result, row, 20),
                .catalog_row = memory_strdup(db_result_text(result, row, 21)),
                .reason = memory_strdup(db_result_text(result, row, 22)),
            },
    };
}

static void
find_tops(struct aside_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        list->items[i].stored.top = (int)i;
        for (size_t j = 0; j < list->count; j++)
            if (list->items[j].oid == list->items[i].top_oid &&
                aside_is_key(&list->items[j].stored) == aside_is_key(&list->items[i].stored))
                list->items[i].stored.top = (int)j;
    }
}

void
aside_list_keep(struct aside_list *list, size_t position, const char *reason)
{
    struct store_aside *stored = &list->items[position].stored;
    if (stored->reason == NULL)
        stored->reason = memory_strdup(reason);
}

/* "index x of y.z stays: because" */
static void
keep_with(struct aside_list *list, size_t position, const struct aside_item *cause)
{
    CLEANUP(strbuf_release) struct strbuf reason = STRBUF_INIT;
    aside_name(&reason, &cause->stored);
    strbuf_printf(&reason, " goes with it and stays: %s", cause->stored.reason);
    aside_list_keep(list, position, reason.data);
}

/* Indexes of partitions go together; a foreign key that stays holds the key that it needs. */
static bool
spread_once(struct aside_list *list)
{
    bool changed = false;
    for (size_t i = 0; i < list->count; i++) {
        const struct aside_item *cause = &list->items[i];
        if (cause->stored.reason == NULL)
            continue;
        for (size_t j = 0; j < list->count; j++) {
            struct aside_item *item = &list->items[j];
            bool together = item->stored.top == cause->stored.top ||
                            (aside_is_key(&cause->stored) && !aside_is_key(&item->stored) &&
                             item->oid == cause->needs);
            if (item->stored.reason != NULL || !together)
                continue;
            keep_with(list, j, cause);
            changed = true;
        }
    }
    return changed;
}

/* A foreign key of a table that is not loaded goes only when the key that it needs does. */
static void
leave_unneeded(struct aside_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        struct aside_item *key = &list->items[i];
        if (!key->is_inbound)
            continue;
        key->is_left = true;
        for (size_t j = 0; j < list->count; j++)
            if (list->items[j].oid == key->needs && !aside_is_key(&list->items[j].stored) &&
                list->items[j].stored.reason == NULL)
                key->is_left = false;
    }
}

void
aside_list_spread(struct aside_list *list)
{
    while (spread_once(list))
        continue;
    leave_unneeded(list);
}

static void
keep_keys(struct aside_list *list, const struct set_aside_table *table)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct aside_item *item = &list->items[i];
        if (item->table == table->oid && item->stored.may_be_violated && !item->is_inbound)
            aside_list_keep(list, i, table->keeps_keys);
    }
}

bool
aside_list_load(struct db *db, const struct set_aside_table *const *tables, size_t count,
                struct aside_list *list, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    CLEANUP(strbuf_release) struct strbuf oids = STRBUF_INIT;
    if (count == 0)
        return true;
    for (size_t i = 0; i < count; i++)
        strbuf_printf(&oids, "%c%" PRIu32, i == 0 ? '{' : ',', tables[i]->oid);
    strbuf_add_string(&oids, "}");
    const char *value = oids.data;
    if (!db_query(db, sql_query_set_aside_list, 1, &value, &result, err))
        return error_context(err, "listing indexes and constraints");
    for (size_t i = 0; i < db_result_rows(result); i++)
        take_item(list, result, i);
    find_tops(list);
    for (size_t i = 0; i < count; i++)
        if (tables[i]->keeps_keys != NULL)
            keep_keys(list, tables[i]);
    aside_list_spread(list);
    return true;
}
