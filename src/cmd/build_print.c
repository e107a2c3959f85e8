/* What a map was built from and what came of it, for people. */
#include "build.h"

#include "idmigrate/clock.h"
#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

enum { COUNT_SIZE = 27 };

static void
add_row(struct strbuf *out, size_t width, const char *file, const char *count, const char *of,
        const char *joined, const char *kind)
{
    strbuf_printf(out, "%-*s  %12s %-13s  %12s  %s\n", (int)width, file, count, of, joined, kind);
}

static void
add_tally(struct strbuf *out, size_t width, const char *file, const struct build_input *input,
          size_t number)
{
    static const char *const names[] = {"users", "organizations", "memberships", "pairs", "notes"};
    const struct provider_tally *tally = &input->file.tallies[number];
    const struct build_came *came = &input->came[number];
    char digits[COUNT_SIZE], more_digits[COUNT_SIZE];
    add_row(out, width, file, clock_format_count((int64_t)tally->count, digits, sizeof digits),
            names[tally->of],
            came->count > 0
                ? clock_format_count((int64_t)came->joined, more_digits, sizeof more_digits)
                : "-",
            provider_kind_name(tally->kind));
}

/* The file's name stands in its first row only. */
static void
add_input(struct strbuf *out, size_t width, const struct build_inputs *inputs,
          const struct build_input *input)
{
    char digits[COUNT_SIZE];
    const char *file = input->shown;
    if (!input->is_read) {
        int length = (int)strcspn(input->why_not, "(");
        CLEANUP(memory_free_string)
        char *why = memory_printf("not read: %.*s", length, input->why_not);
        add_row(out, width, file, "-", "", "-", why);
        return;
    }
    if (build_is_of_pairs(input)) {
        bool is_table = input->table.shown != NULL, is_hand = input->role == BUILD_HAND;
        add_row(out, width, file, clock_format_count((int64_t)input->pairs, digits, sizeof digits),
                "pairs", "-",
                is_hand ? (is_table ? "hand table" : "hand file")
                        : (is_table ? "table" : "plain map"));
        file = "";
    }
    if (input->table.holes > 0)
        add_row(out, width, file,
                clock_format_count((int64_t)input->table.holes, digits, sizeof digits), "rows", "-",
                "rows that lack one ID of the two");
    for (size_t i = 0; i < input->file.tally_count; i++) {
        add_tally(out, width, file, input, i);
        file = "";
    }
    if (input->file.other_lines > 0) {
        add_row(out, width, file,
                clock_format_count((int64_t)input->file.other_lines, digits, sizeof digits),
                "lines", "-", "lines that name no ID");
        file = "";
    }
    if (input->file.torn_lines > 0) {
        add_row(out, width, file,
                clock_format_count((int64_t)input->file.torn_lines, digits, sizeof digits), "lines",
                "-", "torn lines, where who wrote the file was stopped");
        file = "";
    }
    if (input->open_pages > 0)
        add_row(out, width, file,
                clock_format_count((int64_t)input->open_pages, digits, sizeof digits), "pages", "-",
                "pages that say that more follow, and no file has the last one");
    if (input->not_listed > 0)
        add_row(out, width, "",
                clock_format_count((int64_t)input->not_listed, digits, sizeof digits), "records",
                "-", "records that are in no file, by the total that the list states");
    if (*file != '\0')
        add_row(out, width, file, "0", "", "-", "nothing in it");
    if (&inputs->items[input->same_as] != input)
        strbuf_printf(out, "%-*s  the same bytes as %s\n", (int)width, "",
                      inputs->items[input->same_as].shown);
}

static void
add_count(struct strbuf *out, const char *what, uint64_t value, const char *more)
{
    char digits[COUNT_SIZE];
    if (value > 0)
        strbuf_printf(out, "  %-22s %12s  %s\n", what,
                      clock_format_count((int64_t)value, digits, sizeof digits), more);
}

static void
add_entity(struct strbuf *out, const struct join *join, enum join_entity entity)
{
    const struct join_counts *counts = join_counts(join, entity);
    char olds[COUNT_SIZE], news[COUNT_SIZE], joined[COUNT_SIZE];
    if (counts->old_count == 0 && counts->new_count == 0 && counts->ends_not_named == 0)
        return;
    strbuf_printf(out, "\n%s: %s old, %s new, %s joined\n", join_entity_name(entity),
                  clock_format_count((int64_t)counts->old_count, olds, sizeof olds),
                  clock_format_count((int64_t)counts->new_count, news, sizeof news),
                  clock_format_count((int64_t)counts->joined, joined, sizeof joined));
    for (int i = JOIN_BY_NOTHING + 1; i < JOIN_METHOD_COUNT; i++) {
        CLEANUP(memory_free_string)
        char *what = memory_printf("by %s", join_method_name((enum join_method)i));
        CLEANUP(memory_free_string)
        char *more = memory_printf("confidence %s", join_method_confidence((enum join_method)i));
        add_count(out, what, counts->by_method[i], more);
    }
    for (int i = JOIN_JOINED + 1; i < JOIN_CAUSE_COUNT; i++) {
        CLEANUP(memory_free_string)
        char *what = memory_printf("not: %s", join_cause_name((enum join_cause)i));
        add_count(out, what, counts->causes[i], join_cause_words((enum join_cause)i));
    }
    add_count(out, "new only", counts->new_only, join_cause_words(JOIN_JOINED));
    add_count(out, "joined but absent", counts->joined_absent,
              "their old ID is in no list of the old side: deleted there, or another environment");
    add_count(out, "foreign external IDs", counts->foreign_external_ids,
              "of the new side; no old ID looks like them");
    add_count(out, "external IDs left out", counts->keys_left_out, "they are somebody else's ID");
    add_count(out, "no external ID", counts->keys_missing, "joined, but not in the map of those");
    add_count(out, "stale evidence", counts->stale_evidence,
              "names a new ID that the lists do not have");
    add_count(out, "ends not named", counts->ends_not_named,
              "memberships whose file does not say of which user, or of which organization");
    add_count(out, "overruled", counts->overruled, "evidence that a hand file says otherwise of");
}

static void
add_roles(struct strbuf *out, const struct join_roles *roles)
{
    char digits[COUNT_SIZE];
    if (!roles->is_declared)
        return;
    strbuf_printf(out, "\nroles: %s wanted\n",
                  clock_format_count((int64_t)roles->wanted, digits, sizeof digits));
    add_count(out, "there", roles->there, "the new membership has it");
    add_count(out, "owed", roles->owed, "in user_role_assignments.csv");
    add_count(out, "owed, no membership", roles->without_membership,
              "of them: the new side's lists do not have the membership, which must be made first");
    add_count(out, "several for one", roles->several,
              "memberships that are owed several roles: a tool that sets one after the other keeps "
              "the last");
    add_count(out, "not yet", roles->without_end,
              "of users or organizations without a partner, or of one organization among several");
    for (size_t i = 0; i < roles->unknown_count; i++) {
        CLEANUP(memory_free_string)
        char *what = memory_printf("unknown: %.40s", roles->unknown[i].role);
        add_count(out, what, roles->unknown[i].count, "the table of roles does not name it");
    }
}

static void
add_imports(struct strbuf *out, const struct join *join)
{
    const struct join_imports *imports = join_imports(join);
    if (imports->duplicates == 0 && imports->failed == 0 && imports->dry_runs == 0 &&
        join_dry_run_count(join) == 0)
        return;
    strbuf_add_string(out, "\nimports:\n");
    add_count(out, "duplicates", (uint64_t)imports->duplicates,
              "were on the new side before: they have no external ID, an address may join them");
    add_count(out, "failed", (uint64_t)imports->failed, "were not created");
    add_count(out, "dry runs", imports->dry_runs, "summaries of an import that only tried");
    add_count(out, "refused", join_dry_run_count(join),
              "IDs that a dry run made up: give the files of the real run");
}

bool
build_has_no_old_side(const struct join *join)
{
    for (int e = 0; e < JOIN_ENTITY_COUNT; e++)
        if (join_counts(join, (enum join_entity)e)->old_count > 0)
            return false;
    return true;
}

void
build_print(struct strbuf *out, const struct build_result *result)
{
    const struct build_inputs *inputs = result->inputs;
    size_t width = strlen("input file");
    for (size_t i = 0; i < inputs->count; i++)
        if (strlen(inputs->items[i].shown) > width)
            width = strlen(inputs->items[i].shown);
    add_row(out, width, "input file", "what was", "in it", "joined", "kind");
    for (size_t i = 0; i < inputs->count; i++)
        add_input(out, width, inputs, &inputs->items[i]);
    for (int e = 0; e < JOIN_ENTITY_COUNT; e++)
        add_entity(out, result->join, (enum join_entity)e);
    add_roles(out, join_roles(result->join));
    add_imports(out, result->join);
    strbuf_printf(
        out, "\n%s\n",
        result->status == EXIT_DONE           ? "all joined"
        : build_has_no_old_side(result->join) ? "no input tells of anybody of the old side"
        : build_has_open_pages(inputs)        ? "a list is not whole: its last page is in no file"
        : build_has_short_lists(inputs) ? "a list is not whole: it states more than the files have"
        : result->status == EXIT_NOT_CHECKED
            ? "some files were not read"
            : "not all joined: unmatched names each ID, its cause, and the other ID it "
              "is about");
}
