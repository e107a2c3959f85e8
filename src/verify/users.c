/*
 * Users see what they saw: where row-level security decides that, some users of the ID map look at
 * both databases in the application's role, each under the old and the new ID. What a row of the
 * source has become is known by its key in the target; rows that the run did not write are the
 * application's own, and nobody's concern here.
 */
#include "work.h"

#include "binary.h"

#include "idmigrate/memory.h"

#include <inttypes.h>
#include <stdlib.h>

struct seen {
    struct digest *keys;
    size_t count, capacity;
};

static void
release_seen(struct seen *seen)
{
    free(seen->keys);
}

static int
compare_keys(const void *a, const void *b)
{
    const struct digest *left = a, *right = b;
    return digest_order(*left, *right);
}

static bool
has_seen(const struct seen *seen, struct digest key)
{
    return seen->count > 0 &&
           bsearch(&key, seen->keys, seen->count, sizeof key, compare_keys) != NULL;
}

/* ---- in the application's role ---- */

static void
add_value(struct strbuf *out, const char *pattern, struct span id)
{
    for (const char *c = pattern; *c != '\0';) {
        if (strncmp(c, "{id}", 4) == 0) {
            strbuf_add(out, id.data, id.length);
            c += 4;
        } else {
            strbuf_add_char(out, *c++);
        }
    }
}

/* Until leave_role(): it goes back with the savepoint. */
static bool
enter_role(struct db *db, const struct mapping_session *session, struct span id, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    CLEANUP(strbuf_release) struct strbuf value = STRBUF_INIT;
    CLEANUP(db_result_free) struct db_result *result = NULL;
    strbuf_add_string(&sql, "SET LOCAL row_security = on; SET LOCAL ROLE ");
    db_quote_identifier(&sql, session->role);
    add_value(&value, session->value, id);
    const char *values[] = {session->setting, value.data};
    db_savepoint(db, "idmigrate_user");
    return db_execute(db, sql.data, err) &&
           db_query(db, "SELECT pg_catalog.set_config($1, $2, true)", 2, values, &result, err);
}

static void
leave_role(struct db *db)
{
    struct error ignored = ERROR_INIT;
    db_savepoint_rollback(db, "idmigrate_user", &ignored);
}

static bool
read_source(struct work *work, struct seen *seen, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    struct copy copy;
    struct decided decided;
    plan_sql_copy_out(&sql, work->table, NULL);
    if (!copy_begin(&copy, work->source, sql.data, err))
        return false;
    while (copy_next_line(&copy, err)) {
        if (!source_decide(work, copy.line, copy.length, true, &decided, err)) {
            copy_abandon(&copy);
            break;
        }
        if (decided.fate == FATE_WRITTEN)
            *ARRAY_ADD(seen->keys, seen->count, seen->capacity) = work->expect.target_key_digest;
    }
    return copy_end(&copy, err);
}

static bool
read_target(struct work *work, struct seen *seen, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    struct copy copy;
    struct span content;
    plan_sql_copy_target(&sql, work->table);
    if (!copy_begin(&copy, work->v->in->target, sql.data, err))
        return false;
    while (copy_next_row(&copy, work->table, work->fields, &content, err)) {
        struct digest key =
            expect_key_of(work->table, work->fields, content, &work->key, &work->value);
        if (prints_has(&work->prints, key))
            *ARRAY_ADD(seen->keys, seen->count, seen->capacity) = key;
    }
    return copy_end(&copy, err);
}

static bool
look_as(struct work *work, struct db *db, const struct mapping_session *session, struct span id,
        bool (*read)(struct work *, struct seen *, struct error *), struct seen *seen,
        struct error *err)
{
    bool good = enter_role(db, session, id, err) && read(work, seen, err);
    leave_role(db);
    if (!good)
        return error_context(err, "%s, as role %s", db_what(db), session->role);
    if (seen->count > 0)
        qsort(seen->keys, seen->count, sizeof *seen->keys, compare_keys);
    return true;
}

/* ---- one user ---- */

static size_t
count_missing(const struct seen *wanted, const struct seen *found, const struct seen *later)
{
    size_t missing = 0;
    for (size_t i = 0; i < wanted->count; i++)
        missing += !has_seen(found, wanted->keys[i]) && !has_seen(later, wanted->keys[i]);
    return missing;
}

static bool
compare_user(struct work *work, const struct id_pair *user, struct check *check, struct error *err)
{
    const struct mapping_application *application = &work->v->plan->mapping->application;
    CLEANUP(release_seen) struct seen before = {.keys = NULL};
    CLEANUP(release_seen) struct seen after = {.keys = NULL};
    struct span new_id = id_pair_side(user, ID_NEW);
    if (!look_as(work, work->source, &application->source, id_pair_side(user, ID_OLD), read_source,
                 &before, err) ||
        !look_as(work, work->v->in->target, &application->target, new_id, read_target, &after, err))
        return false;
    const struct seen later = {.keys = work->later_keys, .count = work->later_count};
    size_t lost = count_missing(&before, &after, &later);
    size_t gained = count_missing(&after, &before, &later);
    check->looked_at += (int64_t)(before.count + gained);
    if (lost + gained == 0)
        return true;
    CLEANUP(memory_free_string)
    char *expected = memory_printf("the %zu rows seen before", before.count);
    CLEANUP(memory_free_string)
    char *found = memory_printf("%zu of them, and %zu that were not seen before",
                                before.count - lost, gained);
    check_difference_text(check, new_id, NULL, expected, found);
    return true;
}

/* Whether an old ID is the only one with its new ID: of people with several nobody sees the same.
 */
static bool
is_one_person(const struct pairs *map, size_t position)
{
    struct span id = id_pair_side(&map->items[position], ID_NEW), ignored;
    if (pairs_find(map, id_pair_side(&map->items[position], ID_OLD), &ignored) != PAIRS_OLD)
        return false;
    return !pairs_is_shared(map, id);
}

static bool
compare_users(struct work *work, struct check *check, struct error *err)
{
    const struct mapping_application *application = &work->v->plan->mapping->application;
    const struct pairs *map = &work->v->maps.maps[application->ids];
    size_t wanted = (size_t)application->sample, users = 0;
    size_t step = map->count > wanted ? map->count / wanted : 1;
    for (size_t i = 0; i < map->count && users < wanted; i += step) {
        size_t at = i, end = i + step < map->count ? i + step : map->count;
        while (at < end && !is_one_person(map, at))
            at++;
        if (at == end)
            continue;
        users++;
        if (!compare_user(work, &map->items[at], check, err))
            return false;
    }
    check_note(check, "%zu of %zu users looked at both sides in the application's role", users,
               map->count);
    if (work->source_rows == 0) {
        check->looked_at++;
        check_note(check, "the table is empty");
    }
    if (check->looked_at == 0 && check->found == 0)
        check_give_up(check, "none of these users sees a row on either side");
    return true;
}

bool
users_check(struct work *work, struct error *err)
{
    const struct plan_table *table = work->table;
    struct error problem = ERROR_INIT;
    struct check check;
    bool good = true;
    if (!work->v->plan->mapping->application.is_there ||
        !(table->source->row_security || table->target->row_security))
        return true;
    check_init(&check, "users", table, work->v->in->difference_limit);
    prints_sort(&work->prints);
    if (work->later_count > 0)
        qsort(work->later_keys, work->later_count, sizeof *work->later_keys, compare_keys);
    if (work->source == NULL)
        check_give_up(&check, "the source cannot be read");
    else if (!table->source->row_security)
        check_give_up(&check, "the source has no row-level security here: what users saw was "
                              "decided by the application");
    else if (work->parts > 1)
        check_give_up(&check, "the table is too large for it");
    else
        good = compare_users(work, &check, &problem);
    if (!good)
        check_give_up(&check, "%s", problem.text);
    check_finish(&check, &work->v->checks);
    return good || copy_error_is_local(&problem) || (*err = problem, false);
}
