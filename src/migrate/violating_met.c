/*
 * Rows that meet in unique keys, or exclude each other. Who stays is decided for all keys and
 * constraints of the table at once, by the rule for rows that are refused at once
 * (refused_contest.c): as if they had come one by one in the order of their source keys. Rows that
 * are not as this run wrote them came before all others, and those that refer to no row not at all.
 */
#include "refused.h"
#include "violating.h"

#include "idmigrate/memory.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_PAIRS = 1000000 };

static bool
is_exclusion(const struct store_aside *item)
{
    return item->is_alone && !aside_is_key(item);
}

/* ---- who meets whom ---- */

static size_t
row_at(struct violation *v, size_t item, const char *place, size_t length)
{
    CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT;
    uint64_t position;
    strbuf_printf(&name, "%" PRIu32 " %.*s", v->items[item].table_oid, (int)length, place);
    struct digest digest = digest_bytes(name.data, name.length);
    if (digest_map_get(&v->by_place, digest, &position))
        return position;
    *ARRAY_ADD(v->rows, v->row_count, v->row_capacity) =
        (struct met_row){.item = item, .place = v->texts.length};
    strbuf_add(&v->texts, place, length);
    strbuf_add_char(&v->texts, '\0');
    digest_map_put(&v->by_place, digest, v->row_count - 1);
    return v->row_count - 1;
}

/* Lines of two places. */
static bool
read_pairs(struct violation *v, size_t item, const char *sql, struct error *err)
{
    struct db *target = v->m->target;
    const char *line;
    size_t length, ends[2];
    bool good = db_copy_out_begin(target, sql, err);
    while (good && (good = db_copy_out_next(target, &line, &length, err)) && line != NULL) {
        if (!row_split(line, length, ends, 2))
            return error_set(err, EXIT_BUG, "unexpected line of rows that meet");
        size_t row = row_at(v, item, line, ends[0]);
        size_t other = row_at(v, item, line + ends[0] + 1, ends[1] - ends[0] - 1);
        *ARRAY_ADD(v->pairs, v->pair_count, v->pair_capacity) =
            (struct met_pair){.item = item, .row = row, .other = other};
    }
    return good;
}

static bool
read_unique(struct violation *v, size_t item, struct error *err)
{
    CLEANUP(memory_free_string)
    char *sql = memory_printf("COPY (SELECT place, first FROM (SELECT t.ctid AS place, "
                              "pg_catalog.first_value(t.ctid) OVER w AS first, "
                              "pg_catalog.count(*) OVER w AS rows %s) AS q WHERE rows > 1) "
                              "TO STDOUT",
                              v->items[item].violation);
    return read_pairs(v, item, sql, err);
}

/* So many are no slips of single rows. */
static bool
refuse_pairs(const struct store_aside *item, struct error *err)
{
    error_set(err, EXIT_STOPPED,
              "more than a million pairs of rows of %s.%s exclude each other by %s: they are not "
              "taken back one by one",
              item->schema, item->table, item->name);
    return error_hint(
        err, "change or delete such rows in the target by hand and run the same command again: it "
             "brings the constraint back, and verification names what was changed. `idmigrate "
             "check` counts them before a run; a table with \"exclusive\": false keeps its "
             "constraints, and each row that meets another is a reject");
}

/* The index is for this question alone: it goes with the transaction. */
static bool
read_excluded(struct violation *v, size_t item, struct error *err)
{
    json_t *parts = json_loads(v->items[item].violation, 0, NULL);
    const char *index = json_string_value(json_object_get(parts, "index"));
    const char *from = json_string_value(json_object_get(parts, "pairs"));
    CLEANUP(memory_free_string)
    char *sql = memory_printf("COPY (SELECT a.place, b.place %s WHERE a.place < b.place LIMIT %d) "
                              "TO STDOUT",
                              from != NULL ? from : "", MOST_PAIRS + 1);
    size_t before = v->pair_count;
    bool good = index != NULL && from != NULL
                    ? db_execute(v->m->target, index, err) && read_pairs(v, item, sql, err)
                    : error_set(err, EXIT_BUG, "unexpected description of what excludes rows");
    json_decref(parts);
    return good && (v->pair_count - before <= MOST_PAIRS || refuse_pairs(&v->items[item], err));
}

static bool
find_pairs(struct violation *v, struct error *err)
{
    for (size_t i = 0; i < v->item_count; i++) {
        const struct store_aside *item = &v->items[i];
        if (!violating_is_of_target(v, item) || strcmp(item->state, "aside") != 0 ||
            item->violation == NULL)
            continue;
        if (!(is_exclusion(item) ? read_excluded(v, i, err) : read_unique(v, i, err)))
            return false;
    }
    return true;
}

/* ---- in which order ---- */

/* A row with all that its place in the order depends on. */
struct ranked {
    const struct met_row *row;
    const char *source, *key;
    size_t position;
};

static int
compare_owners(const struct plan_table *a, const struct plan_table *b)
{
    if (a == NULL || b == NULL)
        return (a != NULL) - (b != NULL);
    return a->step != b->step ? (a->step > b->step) - (a->step < b->step)
                              : (a->number > b->number) - (a->number < b->number);
}

/* Of rows that are gone from the source the key is not known any more: they are the last. */
static int
compare_rows(const void *left, const void *right)
{
    const struct ranked *a = left, *b = right;
    int order = compare_owners(a->row->owner, b->row->owner);
    if (order == 0)
        order = (a->row->source == 0) - (b->row->source == 0);
    if (order == 0)
        order = strcmp(a->source, b->source);
    if (order == 0)
        order = strcmp(a->key, b->key);
    if (order == 0)
        order = (a->row->source_key.high > b->row->source_key.high) -
                (a->row->source_key.high < b->row->source_key.high);
    return order != 0 ? order : (a->position > b->position) - (a->position < b->position);
}

static struct ranked *
rank_rows(const struct violation *v)
{
    struct ranked *order = memory_alloc((v->row_count + 1) * sizeof *order);
    for (size_t i = 0; i < v->row_count; i++)
        order[i] = (struct ranked){.row = &v->rows[i],
                                   .source = v->texts.data + v->rows[i].source,
                                   .key = v->texts.data + v->rows[i].key,
                                   .position = i};
    if (v->row_count > 0)
        qsort(order, v->row_count, sizeof *order, compare_rows);
    return order;
}

/* ---- who stays ---- */

struct losing {
    struct violation *v;
    const struct ranked *order;
    int64_t found, strangers;
};

static const struct store_aside *
find_item(const struct violation *v, int number)
{
    for (size_t i = 0; i < v->item_count; i++)
        if (v->items[i].item_no == number)
            return &v->items[i];
    return NULL;
}

/* Which of several keys a row is refused for: the first, as without setting aside, of the table's
 * own; one that only a partition has comes behind them. */
static size_t
number_of(const struct violation *v, size_t item)
{
    const struct store_aside *top = find_item(v, v->items[item].top);
    if (top != NULL && top->table_oid == v->target->oid)
        for (size_t i = 0; i < v->target->index_count; i++)
            if (strcmp(v->target->indexes[i].name, top->name) == 0)
                return i;
    return v->target->index_count + (size_t)v->items[item].item_no;
}

/* A partition's index goes by the name of the one above. */
static struct db_place
place_of(const struct violation *v, size_t number)
{
    size_t own = v->target->index_count;
    if (number < own)
        return refused_place(v->target->indexes[number].is_exclusion ? "23P01" : "23505",
                             v->target->indexes[number].name, NULL);
    const struct store_aside *item = find_item(v, (int)(number - own));
    return refused_place(item != NULL && is_exclusion(item) ? "23P01" : "23505",
                         item != NULL ? item->name : NULL, NULL);
}

static void
lose(void *context, int64_t place, size_t number)
{
    struct losing *losing = context;
    struct violation *v = losing->v;
    struct met_row *row = &v->rows[losing->order[place].position];
    struct db_place why = place_of(v, number);
    if (row->owner == NULL) {
        losing->strangers++;
        return;
    }
    row->is_lost = true;
    v->contents[row->content].lost++;
    v->begins[row->owner->number] = true;
    refused_add_all(&v->m->shared->refused[row->owner->number], REFUSED_BY_SOURCE_KEY,
                    row->source_key, &why);
    losing->found++;
}

static void
decide(struct losing *losing)
{
    const struct violation *v = losing->v;
    CLEANUP(contest_free) struct contest *contest = contest_new();
    int64_t *ranks = memory_alloc((v->row_count + 1) * sizeof *ranks);
    for (size_t i = 0; i < v->row_count; i++)
        ranks[losing->order[i].position] = (int64_t)i;
    for (size_t i = 0; i < v->pair_count; i++) {
        const struct met_pair *pair = &v->pairs[i];
        int64_t row = ranks[pair->row], other = ranks[pair->other];
        size_t number = number_of(v, pair->item);
        if (v->rows[pair->row].is_out ||
            (is_exclusion(&v->items[pair->item]) && v->rows[pair->other].is_out))
            continue;
        if (!is_exclusion(&v->items[pair->item]))
            contest_add_group(contest, row, number, other);
        else
            contest_add_pair(contest, row > other ? row : other, number, row > other ? other : row);
    }
    free(ranks);
    contest_decide(contest, lose, losing);
}

/* Rows of one content are anybody's, as long as all of them go, or no column tells them apart. */
static bool
are_told_apart(const struct violation *v, struct error *err)
{
    int64_t mixed = 0;
    for (size_t i = 0; i < v->content_count; i++) {
        const struct met_content *content = &v->contents[i];
        mixed += content->is_mixed && content->lost > 0 && content->lost < content->rows;
    }
    return mixed == 0 ||
           violating_fail(
               "rows are the same in all columns that were written and differ in others, "
               "so that it cannot be told which one is to be taken back",
               err);
}

bool
violating_find_met(struct violation *v, int64_t *found, struct error *err)
{
    CLEANUP(db_transaction_release) struct db_transaction looking = {0};
    *found = 0;
    if (!db_begin(&looking, v->m->target, DB_READ_WRITE, err) || !find_pairs(v, err) ||
        !violating_find_owners(v, err))
        return false;
    struct ranked *order = rank_rows(v);
    struct losing losing = {.v = v, .order = order};
    decide(&losing);
    free(order);
    *found = losing.found;
    if (losing.strangers > 0)
        return violating_fail("rows that are not as this run wrote them are in each other's way",
                              err);
    return are_told_apart(v, err) && violating_find_followers(v, err);
}
