/* Rewriting: what it must give, and that two pieces of code that were written apart give the same.
 */
#include "maps.h"
#include "rewrite.h"

#include "idmigrate/memory.h"
#include "idmigrate/row.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

static const char *const people[] = {"u1",  "new_one", "u12", "n2", "käthe", "k \"q\"",
                                     "a|b", "c",       "u9",  "n2", NULL};
static const char *const organizations[] = {"org", "o", "1", "one", NULL};

enum kind { TEXT, JSON, JSONB, ARRAY };

static enum rewrite_result
rewrite(const struct maps *maps, enum kind kind, struct span value, struct strbuf *out)
{
    strbuf_reset(out);
    if (kind == JSON || kind == JSONB)
        return rewrite_json(out, &maps->finder, value, kind == JSONB);
    if (kind == ARRAY)
        return rewrite_array(out, &maps->finder, value);
    rewrite_text(out, &maps->finder, value);
    return REWRITE_DONE;
}

struct rewrite_case {
    enum kind kind;
    const char *from, *to; /* NULL: refused */
    enum rewrite_result result;
};

static const struct rewrite_case cases[] = {
    {TEXT, "u1 and u12, xu1 u1x u1_ (u1)", "new_one and n2, xu1 u1x u1_ (new_one)", REWRITE_DONE},
    {TEXT, "käthe ökäthe a|b", "k \"q\" ökäthe c", REWRITE_DONE},
    {TEXT, "", "", REWRITE_DONE},
    {TEXT, "u1", "new_one", REWRITE_DONE},
    {JSON, "{ \"u1\" : [\"u12\",1.50 , 1e+2,\"x\"] }",
     "{ \"new_one\" : [\"n2\",1.50 , 1e+2,\"x\"] }", REWRITE_DONE},
    {JSON, "\"\\u0075\\u0031 \\/\"", "\"new_one \\/\"", REWRITE_DONE},
    {JSON, "\"a\\nu1\"", "\"a\\nnew_one\"", REWRITE_DONE},
    {JSON, "\"k\\u00e4the\"", "\"k \\\"q\\\"\"", REWRITE_DONE},
    {JSON, "1", "1", REWRITE_DONE},
    {JSON, "{\"a\": 1, \"a\": 2}", "{\"a\": 1, \"a\": 2}", REWRITE_DONE},
    {JSON, "{\"u12\": 1, \"u9\": 2}", NULL, REWRITE_COLLISION},
    {JSON, "{\"u12\": 1, \"n2\": 2}", NULL, REWRITE_COLLISION},
    {JSONB, "{\"a\": 1, \"u1\": 2, \"zzz\": {\"org\": 1, \"b\": 2}}",
     "{\"a\": 1, \"zzz\": {\"b\": 2, \"o\": 1}, \"new_one\": 2}", REWRITE_DONE},
    {JSON, "{\"a\": 1,}", NULL, REWRITE_NOT_VALID},
    {JSON, "[1 2]", NULL, REWRITE_NOT_VALID},
    {JSON, "[01]", NULL, REWRITE_NOT_VALID},
    {JSON, "\"a", NULL, REWRITE_NOT_VALID},
    {JSON, "\"\\x\"", NULL, REWRITE_NOT_VALID},
    {JSON, "", NULL, REWRITE_NOT_VALID},
    {JSON, "{} {}", NULL, REWRITE_NOT_VALID},
    {JSON, "nul", NULL, REWRITE_NOT_VALID},
    {ARRAY, "{u1,\"u12\",NULL,\"by u1, too\",käthe}",
     "{new_one,n2,NULL,\"by new_one, too\",\"k \\\"q\\\"\"}", REWRITE_DONE},
    {ARRAY, "[0:1]={{u1},{x}}", "[0:1]={{new_one},{x}}", REWRITE_DONE},
    {ARRAY, "{}", "{}", REWRITE_DONE},
    {ARRAY, "{\"a\\\"u1\"}", "{\"a\\\"new_one\"}", REWRITE_DONE},
    {ARRAY, "{a", NULL, REWRITE_NOT_VALID},
    {ARRAY, "u1", NULL, REWRITE_NOT_VALID},
    {ARRAY, "{a}}", NULL, REWRITE_NOT_VALID},
};

Test(verify_rewrite, replaces_whole_IDs_and_nothing_else)
{
    CLEANUP(maps_release) struct maps maps;
    CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
    maps_init(&maps, people, organizations);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct rewrite_case *at = &cases[i];
        cr_assert_eq(rewrite(&maps, at->kind, span_of(at->from), &out), at->result, "%s gives %s",
                     at->from, out.data);
        if (at->to != NULL)
            cr_assert_str_eq(out.data, at->to, "%s gives %s", at->from, out.data);
    }
}

Test(verify_rewrite, finds_what_is_left)
{
    CLEANUP(maps_release) struct maps maps;
    CLEANUP(strbuf_release) struct strbuf found = STRBUF_INIT;
    CLEANUP(finder_release) struct finder legacy;
    maps_init(&maps, people, organizations);
    finder_init_legacy(&legacy, &maps.list);
    cr_assert(rewrite_finds(&legacy, span_of("{\"a\": {\"u12\": 1}}"), true, &found));
    cr_assert_str_eq(found.data, "u12");
    cr_assert(rewrite_finds(&legacy, span_of("\"tab\\tu1\""), true, &found));
    cr_assert_str_eq(found.data, "u1");
    cr_assert_not(rewrite_finds(&legacy, span_of("\"tab\\tu1x\""), true, &found));
    cr_assert_not(rewrite_finds(&legacy, SPAN_NULL, false, &found));
}

/* ---- against the writer ---- */

static uint64_t state = 88172645463325252u;

static size_t
pick(size_t count)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (size_t)(state % count);
}

static void
add_piece(struct strbuf *text, enum kind kind)
{
    static const char *const words[] = {"u1",   "u12", "u9", "n2", "käthe",
                                        "a|b",  "org", "1",  "x",  " ",
                                        "_",    "é",   ".",  "{",  "\xF0\x9F\x98\x80",
                                        "NULL", ","};
    static const char *const json_words[] = {"u1",
                                             "\\u0075\\u0031",
                                             "u12",
                                             "u9",
                                             "n2",
                                             "k\\u00e4the",
                                             "a|b",
                                             "org",
                                             "\\n",
                                             "\\\"",
                                             " ",
                                             "\\/",
                                             "\\ud83d\\ude00",
                                             "\\ud800",
                                             "x",
                                             "é"};
    static const char *const array_words[] = {"u1",    "u12", "\\\"", "\\\\", " ",
                                              "käthe", "org", ",",    "{",    "x"};
    if (kind == TEXT)
        strbuf_add_string(text, words[pick(sizeof words / sizeof words[0])]);
    else if (kind == ARRAY)
        strbuf_add_string(text, array_words[pick(sizeof array_words / sizeof array_words[0])]);
    else
        strbuf_add_string(text, json_words[pick(sizeof json_words / sizeof json_words[0])]);
}

static void
add_string(struct strbuf *text, enum kind kind)
{
    strbuf_add_char(text, '"');
    for (size_t i = pick(4); i > 0; i--)
        add_piece(text, kind);
    strbuf_add_char(text, '"');
}

static void
add_json(struct strbuf *text, size_t depth)
{
    static const char *const scalars[] = {"1.50", "-0", "1e+05", "true", "null"};
    size_t what = pick(depth > 0 ? 6 : 3);
    if (what < 2) {
        add_string(text, JSON);
    } else if (what == 2) {
        strbuf_add_string(text, scalars[pick(5)]);
    } else {
        bool is_object = what > 3;
        strbuf_add_string(text, is_object ? "{" : "[");
        for (size_t i = 0, count = pick(5); i < count; i++) {
            strbuf_add_string(text, i > 0 ? ", " : "");
            if (is_object) {
                add_string(text, JSON);
                strbuf_add_string(text, ": ");
            }
            add_json(text, depth - 1);
        }
        strbuf_add_string(text, is_object ? "}" : "]");
    }
}

static void
add_array(struct strbuf *text, size_t depth)
{
    strbuf_add_char(text, '{');
    for (size_t i = 0, count = pick(4); i < count; i++) {
        strbuf_add_string(text, i > 0 ? "," : "");
        if (depth > 0)
            add_array(text, depth - 1);
        else if (pick(2) == 0)
            add_string(text, ARRAY);
        else
            strbuf_add_string(text, (const char *const[]){"u1", "NULL", "käthe", "a.u12"}[pick(4)]);
    }
    strbuf_add_char(text, '}');
}

static void
make_value(struct strbuf *text, enum kind kind)
{
    strbuf_reset(text);
    if (kind == TEXT)
        for (size_t i = pick(12); i > 0; i--)
            add_piece(text, TEXT);
    else if (kind == ARRAY)
        add_array(text, pick(2));
    else
        add_json(text, 3);
    /* Now and then something that is not valid. */
    if (kind != TEXT && pick(20) == 0)
        strbuf_truncate(text, pick(text->length + 1));
}

static enum rewrite_result
rewrite_as_writer(const struct maps *maps, enum kind kind, const struct strbuf *value,
                  struct strbuf *out)
{
    int64_t replaced = 0;
    strbuf_reset(out);
    enum row_rewrite_result result =
        kind == TEXT ? row_rewrite_text(out, maps->matcher, value->data, value->length, &replaced)
        : kind == ARRAY
            ? row_rewrite_array(out, maps->matcher, value->data, value->length, &replaced)
            : row_rewrite_json(out, maps->matcher, value->data, value->length, kind == JSONB,
                               &replaced);
    if (result == ROW_REWRITE_KEY_COLLISION)
        return REWRITE_COLLISION;
    if (result == ROW_REWRITE_NOT_VALID)
        return REWRITE_NOT_VALID;
    if (result == ROW_REWRITE_SAME) {
        strbuf_reset(out);
        strbuf_add(out, value->data, value->length);
    }
    return REWRITE_DONE;
}

static void
compare_with_writer(enum kind kind)
{
    CLEANUP(maps_release) struct maps maps;
    CLEANUP(strbuf_release) struct strbuf value = STRBUF_INIT;
    CLEANUP(strbuf_release) struct strbuf mine = STRBUF_INIT;
    CLEANUP(strbuf_release) struct strbuf theirs = STRBUF_INIT;
    size_t changed = 0;
    maps_init(&maps, people, organizations);
    for (size_t i = 0; i < 30000; i++) {
        make_value(&value, kind);
        enum rewrite_result expected = rewrite(&maps, kind, span_of_buffer(&value), &mine);
        cr_assert_eq(rewrite_as_writer(&maps, kind, &value, &theirs), expected, "%s: %s / %s",
                     value.data, mine.data, theirs.data);
        if (expected == REWRITE_DONE)
            cr_assert_str_eq(theirs.data, mine.data, "%s", value.data);
        changed += expected == REWRITE_DONE && strcmp(mine.data, value.data) != 0;
    }
    cr_assert_gt(changed, 1000);
}

Test(verify_rewrite, agrees_with_the_writer_on_text)
{
    compare_with_writer(TEXT);
}

Test(verify_rewrite, agrees_with_the_writer_on_json)
{
    compare_with_writer(JSON);
}

Test(verify_rewrite, agrees_with_the_writer_on_jsonb)
{
    compare_with_writer(JSONB);
}

Test(verify_rewrite, agrees_with_the_writer_on_arrays)
{
    compare_with_writer(ARRAY);
}
