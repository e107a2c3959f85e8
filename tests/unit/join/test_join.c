/*
 * Joining: a folder for each thing that can be so with two sides.
 *
 * Files that begin with "in" are read in the order of their names, then `map` (plain) and `hand`;
 * `roles` is the table of roles. `settings` has words: both, external-id, unverified, names,
 * foreign. `expected` holds the maps' lines, the gaps, the assignments owed, or the error.
 */
#include "cases.h"
#include "idmigrate/join.h"
#include "idmigrate/memory.h"
#include "idmigrate/sql.h"
#include "idmigrate/strbuf.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct idmap_formats *formats;
static struct provider_kinds *kinds;

static void
load_kinds(void)
{
    struct error err = ERROR_INIT;
    cr_assert(idmap_formats_new(embedded_formats_json, NULL, NULL, &formats, &err), "%s", err.text);
    cr_assert(provider_kinds_new(embedded_exports_json, NULL, NULL, formats, &kinds, &err), "%s",
              err.text);
}

static void
release_kinds(void)
{
    provider_kinds_free(&kinds);
    idmap_formats_free(&formats);
}

TestSuite(join, .init = load_kinds, .fini = release_kinds);

static struct join_settings
read_settings(void)
{
    size_t length;
    CLEANUP(memory_free_string) char *text = cases_read("settings", &length);
    struct join_settings settings = {.kinds = kinds, .keys = JOIN_KEY_ID};
    if (text == NULL)
        return settings;
    if (strstr(text, "external-id") != NULL)
        settings.keys = JOIN_KEY_EXTERNAL_ID;
    if (strstr(text, "both") != NULL)
        settings.keys = JOIN_KEY_ID | JOIN_KEY_EXTERNAL_ID;
    settings.unverified_email = strstr(text, "unverified") != NULL;
    settings.by_name = strstr(text, "names") != NULL;
    settings.ignore_external_ids = strstr(text, "foreign") != NULL;
    return settings;
}

static bool
take_file(struct join *join, const char *path, provider_sink *sink, struct error *err)
{
    struct provider_file file;
    if (access(path, F_OK) != 0)
        return true;
    return provider_read(kinds, path, sink, join, &file, err) == PROVIDER_READ ||
           error_context(err, "%s", path);
}

static int
is_input(const struct dirent *entry)
{
    return strncmp(entry->d_name, "in", 2) == 0;
}

static bool
take_inputs(struct join *join, struct error *err)
{
    struct dirent **entries;
    int count = scandir(".", &entries, is_input, alphasort);
    bool good = count > 0;
    for (int i = 0; i < count; i++) {
        good = good && take_file(join, entries[i]->d_name, join_take, err);
        free(entries[i]);
    }
    free(entries);
    return good;
}

static bool
show_line(void *context, const struct join_line *line, struct error *err)
{
    strbuf_printf(context, "%s -> %s %s %s\n", line->old_id, line->new_id,
                  join_method_name(line->method), join_method_confidence(line->method));
    return !err->is_set;
}

static bool
show_gap(void *context, const struct join_gap *gap, struct error *err)
{
    strbuf_printf(context, "gap: %s %s %s %s%s%s\n", join_entity_name(gap->entity),
                  gap->side == PROVIDER_OLD ? "old" : "new", gap->id, join_cause_name(gap->cause),
                  gap->other != NULL ? " " : "", gap->other != NULL ? gap->other : "");
    return !err->is_set;
}

static bool
show_assignment(void *context, const struct join_assignment *assignment, struct error *err)
{
    strbuf_printf(context, "owed: %s %s %s\n", assignment->new_user, assignment->new_organization,
                  assignment->role);
    return !err->is_set;
}

static void
show_counts(struct strbuf *out, const struct join *join)
{
    for (int e = 0; e < JOIN_ENTITY_COUNT; e++) {
        const struct join_counts *counts = join_counts(join, (enum join_entity)e);
        uint64_t gaps = 0;
        for (int c = JOIN_JOINED + 1; c < JOIN_CAUSE_COUNT; c++)
            gaps += counts->causes[c];
        cr_expect_eq(counts->old_count, counts->joined + gaps, "what is joined and not: all");
        if (counts->ends_not_named > 0)
            strbuf_printf(out, "ends not named: %" PRIu64 "\n", counts->ends_not_named);
        if (counts->old_count + counts->new_count > 0)
            strbuf_printf(
                out,
                "%s: %" PRIu64 "+%" PRIu64 " joined %" PRIu64 " absent %" PRIu64 " foreign %" PRIu64
                " left out %" PRIu64 " stale %" PRIu64 " overruled %" PRIu64 "\n",
                join_entity_name((enum join_entity)e), counts->old_count, counts->new_count,
                counts->joined, counts->joined_absent, counts->foreign_external_ids,
                counts->keys_left_out, counts->stale_evidence, counts->overruled);
    }
}

static void
show_roles(struct strbuf *out, const struct join *join)
{
    const struct join_roles *roles = join_roles(join);
    if (!roles->is_declared)
        return;
    strbuf_printf(out,
                  "roles: wanted %" PRIu64 " there %" PRIu64 " owed %" PRIu64 " several %" PRIu64
                  " no membership %" PRIu64 " not yet %" PRIu64 "\n",
                  roles->wanted, roles->there, roles->owed, roles->several,
                  roles->without_membership, roles->without_end);
    for (size_t i = 0; i < roles->unknown_count; i++)
        strbuf_printf(out, "unknown role: %s %" PRIu64 "\n", roles->unknown[i].role,
                      roles->unknown[i].count);
}

static void
show(struct strbuf *out, const struct join *join, struct error *err)
{
    for (int e = 0; e < JOIN_ENTITY_COUNT; e++)
        cr_expect(join_each_line(join, (enum join_entity)e, show_line, out, err));
    cr_expect(join_each_gap(join, show_gap, out, err));
    cr_expect(join_each_assignment(join, show_assignment, out, err));
    show_counts(out, join);
    show_roles(out, join);
    if (join_dry_run_count(join) > 0)
        strbuf_printf(out, "dry-run IDs: %" PRIu64 "\n", join_dry_run_count(join));
    strbuf_printf(out, "%s\n", join_is_whole(join) ? "whole" : "not whole");
}

static struct join *
read_case(struct error *err)
{
    struct join_settings settings = read_settings();
    struct join *join = join_new(&settings);
    bool good = (access("roles", F_OK) != 0 || join_read_roles(join, "roles", err)) &&
                take_inputs(join, err) && take_file(join, "map", join_take, err) &&
                take_file(join, "hand", join_take_by_hand, err) && join_decide(join, err);
    cr_expect_eq(good, !err->is_set);
    return join;
}

static void
run_valid(const char *name)
{
    CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
    struct error err = ERROR_INIT;
    CLEANUP(join_free) struct join *join = read_case(&err);
    cr_assert(!err.is_set, "%s: %s", name, err.text);
    show(&out, join, &err);
    cases_assert_expected(name, out.data);
}

static void
run_invalid(const char *name)
{
    struct error err = ERROR_INIT;
    CLEANUP(join_free) struct join *join = read_case(&err);
    cr_expect(join != NULL && err.is_set, "%s: was taken", name);
    cases_assert_error(name, &err);
}

Test(join, joins_by_evidence_and_names_what_it_cannot_join)
{
    cr_expect_eq(cases_run("join/valid", run_valid), 39);
}

Test(join, refuses_what_makes_no_sense)
{
    cr_expect_eq(cases_run("join/invalid", run_invalid), 13);
}
