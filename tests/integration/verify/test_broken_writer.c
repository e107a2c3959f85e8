/*
 * The writer's resolve, rewrite and ID look-up are broken on purpose, one at a time (the linker
 * puts the functions below in front of the real ones): the run goes through and believes itself,
 * and verification must say no. A check that shared code with the writer would agree with it.
 */
#include "fixture.h"

#include "idmigrate/row.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(verify_broken_writer, .timeout = 60);

enum breakage {
    BREAK_NOTHING,
    BREAK_FIND_GIVES_NEIGHBOUR,
    BREAK_FIND_TAKES_OLD_FOR_NEW,
    BREAK_FIND_FORGETS_ONE,
    BREAK_RESOLVE_ENDS_CHAIN_EARLY,
    BREAK_RESOLVE_KEEPS_FOR_NULL,
    BREAK_REWRITE_TEXT,
    BREAK_REWRITE_JSON,
    BREAK_REWRITE_ARRAY
};
static enum breakage breakage;

/* ---- in front of the real functions ---- */

struct row_scratch;
enum idmap_found __real_idmap_find(const struct idmap *map, const char *id, size_t length,
                                   const struct idmap_pair **pair);
struct row_value __real_row_resolve(struct row_transform *transform, size_t position,
                                    struct row_value value);
enum row_rewrite_result __real_row_rewrite_text(struct strbuf *out,
                                                const struct idmap_matcher *matcher,
                                                const char *data, size_t length, int64_t *replaced);
enum row_rewrite_result __real_row_rewrite_json_with(struct row_scratch *scratch,
                                                     struct strbuf *out,
                                                     const struct idmap_matcher *matcher,
                                                     const char *data, size_t length,
                                                     bool sort_keys, int64_t *replaced);
enum row_rewrite_result __real_row_rewrite_array_with(struct row_scratch *scratch,
                                                      struct strbuf *out,
                                                      const struct idmap_matcher *matcher,
                                                      const char *data, size_t length,
                                                      int64_t *replaced);

enum idmap_found __wrap_idmap_find(const struct idmap *map, const char *id, size_t length,
                                   const struct idmap_pair **pair);
struct row_value __wrap_row_resolve(struct row_transform *transform, size_t position,
                                    struct row_value value);
enum row_rewrite_result __wrap_row_rewrite_text(struct strbuf *out,
                                                const struct idmap_matcher *matcher,
                                                const char *data, size_t length, int64_t *replaced);
enum row_rewrite_result __wrap_row_rewrite_json_with(struct row_scratch *scratch,
                                                     struct strbuf *out,
                                                     const struct idmap_matcher *matcher,
                                                     const char *data, size_t length,
                                                     bool sort_keys, int64_t *replaced);
enum row_rewrite_result __wrap_row_rewrite_array_with(struct row_scratch *scratch,
                                                      struct strbuf *out,
                                                      const struct idmap_matcher *matcher,
                                                      const char *data, size_t length,
                                                      int64_t *replaced);

static const struct idmap_pair *
neighbour_of(const struct idmap *map, const struct idmap_pair *pair)
{
    for (size_t i = 0; i < idmap_count(map); i++)
        if (strcmp(idmap_pair_at(map, i)->old_id, pair->old_id) == 0)
            return idmap_pair_at(map, (i + 1) % idmap_count(map));
    return pair;
}

enum idmap_found
__wrap_idmap_find(const struct idmap *map, const char *id, size_t length,
                  const struct idmap_pair **pair)
{
    enum idmap_found found = __real_idmap_find(map, id, length, pair);
    bool is_team = strcmp(idmap_name(map), "team") == 0;
    if (found != IDMAP_OLD)
        return found;
    if (breakage == BREAK_FIND_GIVES_NEIGHBOUR && !is_team)
        *pair = neighbour_of(map, *pair);
    if (breakage == BREAK_FIND_TAKES_OLD_FOR_NEW && !is_team)
        return IDMAP_NEW;
    if (breakage == BREAK_FIND_FORGETS_ONE && strcmp((*pair)->old_id, "u_dan") == 0)
        return IDMAP_NONE;
    if (breakage == BREAK_RESOLVE_ENDS_CHAIN_EARLY && is_team)
        return IDMAP_NEW;
    return found;
}

struct row_value
__wrap_row_resolve(struct row_transform *transform, size_t position, struct row_value value)
{
    struct row_value resolved = __real_row_resolve(transform, position, value);
    return breakage == BREAK_RESOLVE_KEEPS_FOR_NULL && resolved.data == NULL ? value : resolved;
}

enum row_rewrite_result
__wrap_row_rewrite_text(struct strbuf *out, const struct idmap_matcher *matcher, const char *data,
                        size_t length, int64_t *replaced)
{
    return breakage == BREAK_REWRITE_TEXT
               ? ROW_REWRITE_SAME
               : __real_row_rewrite_text(out, matcher, data, length, replaced);
}

enum row_rewrite_result
__wrap_row_rewrite_json_with(struct row_scratch *scratch, struct strbuf *out,
                             const struct idmap_matcher *matcher, const char *data, size_t length,
                             bool sort_keys, int64_t *replaced)
{
    return breakage == BREAK_REWRITE_JSON
               ? ROW_REWRITE_SAME
               : __real_row_rewrite_json_with(scratch, out, matcher, data, length, sort_keys,
                                              replaced);
}

enum row_rewrite_result
__wrap_row_rewrite_array_with(struct row_scratch *scratch, struct strbuf *out,
                              const struct idmap_matcher *matcher, const char *data, size_t length,
                              int64_t *replaced)
{
    return breakage == BREAK_REWRITE_ARRAY
               ? ROW_REWRITE_SAME
               : __real_row_rewrite_array_with(scratch, out, matcher, data, length, replaced);
}

/* ---- what verification says ---- */

static void
assert_different(const char *name, enum breakage broken, const char *check, const char *label,
                 const char *named)
{
    CLEANUP(verify_result_release) struct verify_result result;
    CLEANUP(sides_close) struct sides sides;
    breakage = broken;
    CLEANUP(application_release) struct application application = application_moved(name);
    sides_open(&sides, application.source.conninfo, application.target.conninfo, DB_TARGET_READER);
    sides_find_run(&sides);
    sides_verify(&sides, true, &result);
    CLEANUP(memory_free_string) char *text = result_describe(&result);
    const struct store_check *found = result_find(&result, check, label);
    cr_assert_eq(result.status, EXIT_DIFFERENT, "%s", text);
    cr_assert_str_eq(found->verdict, "different", "%s", text);
    cr_assert(strstr(found->differences, named) != NULL, "\"%s\" is not named in\n%s", named, text);
}

Test(verify_broken_writer, is_believed_when_it_is_whole)
{
    CLEANUP(verify_result_release) struct verify_result result;
    CLEANUP(sides_close) struct sides sides;
    CLEANUP(application_release) struct application application = application_moved("verify_whole");
    sides_open(&sides, application.source.conninfo, application.target.conninfo, DB_TARGET_READER);
    sides_find_run(&sides);
    sides_verify(&sides, true, &result);
    cr_assert_eq(result.status, EXIT_DONE);
}

Test(verify_broken_writer, look_up_gives_the_next_person)
{
    assert_different("verify_neighbour", BREAK_FIND_GIVES_NEIGHBOUR, "rows", "comments", "m_bob");
}

Test(verify_broken_writer, look_up_takes_old_IDs_for_new_ones)
{
    assert_different("verify_old_for_new", BREAK_FIND_TAKES_OLD_FOR_NEW, "residue", "comments",
                     "u_bob");
}

Test(verify_broken_writer, look_up_forgets_a_person)
{
    assert_different("verify_forgets", BREAK_FIND_FORGETS_ONE, "rows", "comments",
                     "listed as rejected");
}

Test(verify_broken_writer, resolve_ends_its_chain_early)
{
    assert_different("verify_chain", BREAK_RESOLVE_ENDS_CHAIN_EARLY, "ids", "posts", "team_id");
}

Test(verify_broken_writer, resolve_keeps_what_should_be_null)
{
    assert_different("verify_keeps", BREAK_RESOLVE_KEEPS_FOR_NULL, "rows", "posts", "team_id");
}

Test(verify_broken_writer, rewrite_leaves_text_alone)
{
    assert_different("verify_text", BREAK_REWRITE_TEXT, "rows", "posts", "note");
}

Test(verify_broken_writer, rewrite_leaves_json_alone)
{
    assert_different("verify_json", BREAK_REWRITE_JSON, "rows", "posts", "body");
}

Test(verify_broken_writer, rewrite_leaves_arrays_alone)
{
    assert_different("verify_array", BREAK_REWRITE_ARRAY, "rows", "posts", "tags");
}
