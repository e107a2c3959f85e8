/*
 * Names the events in which a seal and the log differ, by walking along the stored list of leaves
 * and the events, both in order. The list is itself held against the seal: its digest and the root
 * it leads to are in there.
 */
#include "idmigrate/memory.h"
#include "verifying.h"

#include <stdlib.h>
#include <string.h>

struct naming {
    struct verifying *verifying;
    const struct seal *seal;
    const struct seal_layout *layout;
    struct seal_reader *reader;
    struct strbuf list;
    const unsigned char *at, *end;
    struct seal_leaf leaf;
    bool has_leaf, has_event, is_late;
    struct seal_event event;
    int64_t found;
};

static bool
list_is_genuine(const struct naming *naming)
{
    CLEANUP(merkle_hasher_free) struct merkle_hasher *hasher = merkle_hasher_new();
    const unsigned char *at = (const unsigned char *)naming->list.data;
    struct merkle_hash digest = merkle_plain(hasher, naming->list.data, naming->list.length);
    struct merkle_tree tree = {.count = 0};
    struct seal_leaf leaf;
    while (seal_leaf_next(&at, naming->end, &leaf))
        merkle_add(&tree, hasher, leaf.hash);
    struct merkle_hash root = merkle_root(&tree, hasher);
    return at == naming->end && merkle_equal(&digest, &naming->seal->leaves_digest) &&
           merkle_equal(&root, &naming->seal->root);
}

static void
next_leaf(struct naming *naming)
{
    naming->has_leaf = seal_leaf_next(&naming->at, naming->end, &naming->leaf);
}

/* Events outside the seal's stream and range are passed over. */
static bool
is_of_seal(const struct naming *naming)
{
    const struct seal *seal = naming->seal;
    const struct seal_event *event = &naming->event;
    const char *stream = seal->stream != NULL ? seal->stream : "";
    unsigned char id[SEAL_ID_SIZE];
    size_t length;
    if (strcmp(event->stream, stream) != 0)
        return false;
    if (!seal->is_first && event->time <= seal->after.time &&
        (event->time < seal->after.time || seal->after.id == NULL ||
         (seal_id_bytes(naming->layout, seal->after.id, id, &length) &&
          seal_compare(0, event->id, event->id_length, 0, id, length) <= 0)))
        return false;
    return event->time < seal->to.time || seal->to.id == NULL ||
           (seal_id_bytes(naming->layout, seal->to.id, id, &length) &&
            seal_compare(0, event->id, event->id_length, 0, id, length) <= 0);
}

static bool
next_event(struct naming *naming, struct error *err)
{
    do
        if (!seal_reader_next(naming->reader, &naming->event, &naming->has_event, err))
            return false;
    while (naming->has_event && !naming->is_late && !is_of_seal(naming));
    return true;
}

static void
add(struct naming *naming, const char *kind, int64_t time, const unsigned char *id, size_t length,
    const char *detail)
{
    char text[SEAL_TIME_SIZE];
    seal_time_format(time, text);
    naming->found++;
    verifying_add(naming->verifying, kind, seal_id_text(naming->layout, id, length),
                  memory_strdup(text), naming->seal->number, memory_strdup(detail));
}

/* One step along both; the smaller one goes on. */
static bool
step(struct naming *naming, struct error *err)
{
    const struct seal_leaf *leaf = &naming->leaf;
    const struct seal_event *event = &naming->event;
    int order = !naming->has_event  ? -1
                : !naming->has_leaf ? 1
                                    : seal_compare(leaf->time, leaf->id, leaf->id_length,
                                                   event->time, event->id, event->id_length);
    if (order < 0) {
        add(naming, "removed", leaf->time, leaf->id, leaf->id_length, NULL);
    } else if (order > 0 && !naming->is_late) {
        if (naming->verifying->late != NULL)
            verifying_collect(naming->verifying, naming->seal->month, event, naming->reader, 1);
        add(naming, "inserted", event->time, event->id, event->id_length, NULL);
    } else if (order == 0) {
        struct merkle_hash hash = seal_reader_leaf(naming->reader, 0);
        if (!merkle_equal(&hash, &leaf->hash))
            add(naming, "changed", leaf->time, leaf->id, leaf->id_length, NULL);
    }
    if (order <= 0)
        next_leaf(naming);
    return order < 0 || next_event(naming, err);
}

static bool
walk(struct naming *naming, struct error *err)
{
    const struct seal *seal = naming->seal;
    int64_t start = seal_month_start(seal->month);
    struct seal_range range = {
        .from = seal->is_first || naming->is_late || seal->after.time < start ? start
                                                                              : seal->after.time,
        .to = naming->is_late ? seal_month_start(seal->month + 1) - 1 : seal->to.time};
    if (!seal_reader_begin(naming->reader, &range, err))
        return false;
    next_leaf(naming);
    if (!next_event(naming, err))
        return false;
    while (naming->has_leaf || naming->has_event)
        if (!step(naming, err))
            return false;
    return true;
}

bool
verifying_name_events(struct verifying *verifying, struct db *db, size_t number, struct error *err)
{
    const struct seal *seal = &verifying->chain.seals[number];
    const struct seal_layout *layout = verifying->layouts[verifying->layout_of[number]];
    struct naming naming = {.verifying = verifying,
                            .seal = seal,
                            .layout = layout,
                            .list = STRBUF_INIT,
                            .is_late = seal->reason != NULL};
    const struct seal_layout *const layouts[] = {layout, verifying->layouts[verifying->today]};
    naming.reader =
        seal_reader_new(db, verifying->request->table, layouts, verifying->late != NULL ? 2 : 1);
    bool good = seal_leaves_load(db, seal, -1, &naming.list, err);
    naming.at = (const unsigned char *)naming.list.data;
    naming.end = naming.at + naming.list.length;
    bool is_genuine = good && list_is_genuine(&naming);
    if (good && !is_genuine)
        verifying_add(verifying, "seal", NULL, NULL, seal->number,
                      memory_strdup("its events differ, and its list of leaves was changed or "
                                    "removed: which ones cannot be told"));
    good = good && (!is_genuine || walk(&naming, err));
    if (good && is_genuine && naming.found == 0)
        verifying_add(verifying, "seal", NULL, NULL, seal->number,
                      memory_strdup("its root is not that of its events"));
    seal_reader_free(&naming.reader);
    strbuf_release(&naming.list);
    return good;
}

/* ---- moved events ---- */

/* "removed" and still there under another time: one event, which was moved. */
static void
mark_moved(struct seal_verdict *verdict, const char *event, const char *now)
{
    int64_t time;
    char text[SEAL_TIME_SIZE];
    if (now == NULL || !seal_time_parse(now, &time))
        return;
    seal_time_format(time, text);
    for (size_t i = 0; i < verdict->count; i++) {
        struct seal_difference *item = &verdict->items[i];
        bool is_it = item->event != NULL && strcmp(item->event, event) == 0;
        if (is_it && strcmp(item->kind, "removed") == 0) {
            item->kind = "moved";
            free(item->detail);
            item->detail = memory_printf("out of its order: it is now recorded at %s", text);
        }
    }
}

/* An event that was moved into another sealed range was found there too. */
static bool
is_double(const struct seal_verdict *verdict, const struct seal_difference *item)
{
    if (item->event == NULL ||
        (strcmp(item->kind, "inserted") != 0 && strcmp(item->kind, "back-dated") != 0))
        return false;
    for (size_t i = 0; i < verdict->count; i++)
        if (strcmp(verdict->items[i].kind, "moved") == 0 &&
            strcmp(verdict->items[i].event, item->event) == 0)
            return true;
    return false;
}

static void
drop_doubles(struct seal_verdict *verdict)
{
    bool *doubles = memory_zalloc(verdict->count * sizeof *doubles);
    size_t kept = 0;
    for (size_t i = 0; i < verdict->count; i++)
        doubles[i] = is_double(verdict, &verdict->items[i]);
    for (size_t i = 0; i < verdict->count; i++) {
        struct seal_difference item = verdict->items[i];
        if (!doubles[i]) {
            verdict->items[kept++] = item;
            continue;
        }
        free(item.event);
        free(item.place);
        free(item.detail);
        verdict->differences--;
    }
    verdict->count = kept;
    free(doubles);
}

static void
add_lookup(struct strbuf *sql, const struct verifying *verifying)
{
    const struct log_table *table = verifying->request->table;
    const struct seal_layout *layout = verifying->layouts[0];
    CLEANUP(strbuf_release) struct strbuf id = STRBUF_INIT;
    seal_layout_add_column(&id, table, layout->names[layout->id], layout->forms[layout->id]);
    strbuf_printf(sql, "SELECT (%s)::pg_catalog.text, e.", id.data);
    db_quote_identifier(sql, layout->names[layout->time]);
    strbuf_add_string(sql, " FROM ");
    db_quote_name(sql, table->schema, table->table);
    bool is_uuid = strcmp(layout->forms[layout->id], "uuid") == 0;
    strbuf_printf(sql, " AS e WHERE %s = ANY ($1::pg_catalog.%s[])", id.data,
                  is_uuid ? "uuid" : "text");
}

bool
verifying_find_moved(struct verifying *verifying, struct error *err)
{
    struct seal_verdict *verdict = verifying->verdict;
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    CLEANUP(strbuf_release) struct strbuf ids = STRBUF_INIT;
    CLEANUP(db_result_free) struct db_result *rows = NULL;
    const char **removed = memory_alloc((verdict->count + 1) * sizeof *removed);
    size_t count = 0;
    for (size_t i = 0; i < verdict->count; i++)
        if (strcmp(verdict->items[i].kind, "removed") == 0)
            removed[count++] = verdict->items[i].event;
    db_format_array(&ids, removed, count);
    free(removed);
    if (count == 0)
        return true;
    add_lookup(&sql, verifying);
    const char *const values[] = {ids.data};
    if (!db_query(verifying->request->db, sql.data, 1, values, &rows, err))
        return false;
    for (size_t i = 0; i < db_result_rows(rows); i++)
        mark_moved(verdict, db_result_text(rows, i, 0), db_result_text(rows, i, 1));
    drop_doubles(verdict);
    return true;
}
