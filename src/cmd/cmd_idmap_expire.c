/*
 * idmigrate idmap expire [RUN...]: the copies of ID maps that runs keep in the target, removed when
 * the mapping says so.
 *
 * Changes idmigrate.idmap and the settings of each run, one transaction a run: interrupted, what
 * was removed stays removed and the same command goes on with the rest.
 */
#include "steps.h"

#include "idmigrate/clock.h"
#include "idmigrate/memory.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_RUNS = 100000 };

static struct {
    const char *target, *keep, *ticket;
    bool now, dry_run, yes, json;
} settings;

static const struct option_spec options[] = {
    {"target", 't', "URI", "where the runs are kept; otherwise IDMIGRATE_TARGET", OPTION_TEXT,
     &settings.target},
    {"now", 0, NULL, "whatever the mapping says, and without waiting for it", OPTION_FLAG,
     &settings.now},
    {"keep", 0, "TIME", "how long they are kept, in place of what the mapping says: \"30 days\"",
     OPTION_TEXT, &settings.keep},
    {"ticket", 0, "TEXT", "noted with the run", OPTION_TEXT, &settings.ticket},
    {"dry-run", 'n', NULL, "only tell what would be removed", OPTION_FLAG, &settings.dry_run},
    {"yes", 'y', NULL, "do not ask", OPTION_FLAG, &settings.yes},
    {"json", 0, NULL, "print JSON", OPTION_FLAG, &settings.json},
    {NULL, 0, NULL, NULL, OPTION_FLAG, NULL},
};

/* One run, and what becomes of its maps. */
struct candidate {
    const struct store_run *run;
    int64_t pairs;
    bool is_due, is_gone;
    char *reason; /* why it is due, or is kept */
};
struct candidates {
    struct candidate *items;
    size_t count, capacity;
};

static void
release(struct candidates *candidates)
{
    for (size_t i = 0; i < candidates->count; i++)
        free(candidates->items[i].reason);
    free(candidates->items);
}

/* ---- which ---- */

static bool
is_over(const struct store_run *run)
{
    return strcmp(run->state, "done") == 0 || strcmp(run->state, "undone") == 0;
}

static bool
count_pairs(struct db *db, struct candidate *candidate, struct error *err)
{
    struct store_idmap_count *counts = NULL;
    size_t count = 0;
    if (!store_count_idmaps(db, candidate->run->run_id, &counts, &count, err))
        return false;
    for (size_t i = 0; i < count; i++)
        candidate->pairs += counts[i].pairs;
    store_idmap_counts_free(counts, count);
    return true;
}

/* How long the run's own mapping, as it was, keeps its maps; NULL: it does not say. */
static bool
find_retention(const struct store_run *run, char **span, struct error *err)
{
    CLEANUP(mapping_free) struct mapping *mapping = NULL;
    *span = memory_strdup(settings.keep);
    if (*span != NULL)
        return true;
    if (!mapping_parse(run->mapping_path, run->mapping_text, strlen(run->mapping_text), &mapping,
                       err))
        return error_context(err, "run %s", run->run_id);
    *span = memory_strdup(mapping->keep_idmap);
    return true;
}

static bool
judge(struct db *db, struct candidate *candidate, struct error *err)
{
    CLEANUP(memory_free_string) char *span = NULL, *due = NULL;
    if (!is_over(candidate->run)) {
        candidate->reason = memory_printf("the run is %s and needs them", candidate->run->state);
        return true;
    }
    if (settings.now) {
        candidate->is_due = true;
        candidate->reason = memory_strdup("asked for");
        return true;
    }
    if (!find_retention(candidate->run, &span, err))
        return false;
    if (span == NULL) {
        candidate->reason = memory_strdup("the mapping has no \"keep_idmap\"");
        return true;
    }
    if (!store_idmap_is_due(db, candidate->run->run_id, span, &candidate->is_due, &due, err))
        return false;
    candidate->reason =
        memory_printf("kept for %s, until %s UTC", span, due != NULL ? due : "the run has ended");
    return true;
}

static bool
add(struct db *db, const struct store_run *run, bool is_named, struct candidates *candidates,
    struct error *err)
{
    struct candidate candidate = {.run = run};
    for (size_t i = 0; i < candidates->count; i++)
        if (strcmp(candidates->items[i].run->run_id, run->run_id) == 0)
            return true;
    if (!count_pairs(db, &candidate, err))
        return false;
    if (candidate.pairs == 0 && !is_named)
        return true;
    if (is_named && !is_over(run)) {
        error_set(err, EXIT_REFUSED, "run %s is %s: it needs its ID maps to go on", run->run_id,
                  run->state);
        return error_hint(err, "finish it, or undo it");
    }
    if (!judge(db, &candidate, err))
        return false;
    *ARRAY_ADD(candidates->items, candidates->count, candidates->capacity) = candidate;
    return true;
}

/* Where RUN names one, in the list of all runs. */
static bool
add_named(struct db *db, const char *which, const struct store_run *runs, size_t count,
          struct candidates *candidates, struct error *err)
{
    CLEANUP(store_run_release) struct store_run found = {0};
    if (!store_find_run(db, which, &found, err))
        return false;
    for (size_t i = 0; i < count; i++)
        if (strcmp(runs[i].run_id, found.run_id) == 0)
            return add(db, &runs[i], true, candidates, err);
    return error_set(err, EXIT_USAGE, "run %s is not among the last %d", which, MOST_RUNS);
}

static bool
gather(struct db *db, char **operands, const struct store_run *runs, size_t count,
       struct candidates *candidates, struct error *err)
{
    for (size_t i = 0; operands[i] != NULL; i++)
        if (!add_named(db, operands[i], runs, count, candidates, err))
            return false;
    for (size_t i = 0; operands[0] == NULL && i < count; i++)
        if (!add(db, &runs[i], false, candidates, err))
            return false;
    return true;
}

/* ---- told ---- */

static size_t
count_due(const struct candidates *candidates)
{
    size_t due = 0;
    for (size_t i = 0; i < candidates->count; i++)
        due += candidates->items[i].is_due && candidates->items[i].pairs > 0;
    return due;
}

static void
preview(const struct candidates *candidates)
{
    char pairs[32];
    for (size_t i = 0; i < candidates->count; i++) {
        const struct candidate *candidate = &candidates->items[i];
        fprintf(stderr, "  run %.8s of %s, ended %.19s: %s pairs, %s: %s\n", candidate->run->run_id,
                candidate->run->name,
                candidate->run->finished_at != NULL ? candidate->run->finished_at : "not yet",
                clock_format_count(candidate->pairs, pairs, sizeof pairs),
                candidate->pairs == 0 ? "gone already"
                : candidate->is_due   ? "to be removed"
                                      : "kept",
                candidate->reason);
    }
    if (candidates->count == 0)
        fputs("  no run keeps an ID map\n", stderr);
}

static void
print(const struct candidates *candidates)
{
    char pairs[32];
    json_t *list = json_array();
    for (size_t i = 0; i < candidates->count; i++) {
        const struct candidate *candidate = &candidates->items[i];
        if (!settings.json && candidate->is_gone)
            printf("run %s of %s: %s pairs removed\n", candidate->run->run_id, candidate->run->name,
                   clock_format_count(candidate->pairs, pairs, sizeof pairs));
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:I, s:b, s:b, s:s}", "run", candidate->run->run_id,
                            "mapping", candidate->run->name, "pairs", (json_int_t)candidate->pairs,
                            "due", candidate->is_due, "removed", candidate->is_gone, "reason",
                            candidate->reason));
    }
    if (settings.json) {
        char *text = json_dumps(list, JSON_INDENT(2));
        puts(text);
        free(text);
    }
    json_decref(list);
}

/* ---- done ---- */

static char *
make_note(void)
{
    CLEANUP(memory_free_string) char *operator= steps_describe_operator();
    json_t *note = json_pack("{s:s, s:s}", "by", operator, "why",
                             settings.now    ? "asked for"
                             : settings.keep ? settings.keep
                                             : "keep_idmap");
    if (settings.ticket != NULL)
        json_object_set_new(note, "ticket", json_string(settings.ticket));
    char *text = json_dumps(note, JSON_COMPACT);
    json_decref(note);
    return text;
}

static bool
expire_run(struct db *db, struct candidate *candidate, const char *note, struct error *err)
{
    CLEANUP(db_transaction_release) struct db_transaction tx = {0};
    if (!db_begin(&tx, db, DB_READ_WRITE, err) ||
        !store_expire_idmaps(db, candidate->run->run_id, note, &candidate->pairs, err) ||
        !db_commit(&tx, err))
        return false;
    candidate->is_gone = true;
    return true;
}

/* Until then the rows are dead but still in the file. Where the role may not, the server's own
 * housekeeping does it later. */
static void
sweep(struct db *db)
{
    struct error ignored = ERROR_INIT;
    if (!db_execute(db, "VACUUM idmigrate.idmap", &ignored))
        fputs("the server will clear the removed rows from its files later (VACUUM was refused)\n",
              stderr);
}

static bool
expire(struct db *db, struct candidates *candidates, struct error *err)
{
    CLEANUP(memory_free_string) char *note = make_note();
    if (steps_are_interrupted(err))
        return false;
    /* From here on, data changes. */
    bool good = true;
    for (size_t i = 0; i < candidates->count && good; i++)
        if (candidates->items[i].is_due && candidates->items[i].pairs > 0)
            good = expire_run(db, &candidates->items[i], note, err);
    sweep(db);
    return good;
}

static bool
carry_out(struct db *db, char **operands, struct error *err)
{
    CLEANUP(release) struct candidates candidates = {.items = NULL};
    struct store_run *runs = NULL;
    size_t count = 0;
    bool is_installed;
    if (!store_is_installed(db, &is_installed, err) ||
        (operands[0] != NULL && !store_need_installed(db, err)) ||
        (is_installed && !store_load_runs(db, MOST_RUNS, &runs, &count, err)))
        return false;
    bool good = gather(db, operands, runs, count, &candidates, err);
    if (good) {
        preview(&candidates);
        bool has_work = count_due(&candidates) > 0 && !settings.dry_run;
        good = !has_work || ((settings.yes || consent_ask(db_identity(db)->database, err)) &&
                             store_lock(db, true, err) && expire(db, &candidates, err));
        print(&candidates);
    }
    store_runs_free(runs, count);
    return good;
}

static enum exit_status
run(char **operands, struct error *err)
{
    CLEANUP(db_close) struct db *db = NULL;
    const struct connection_options connections = {.target = settings.target};
    const char *uri;
    if (settings.keep != NULL && !mapping_is_time_span(settings.keep)) {
        error_set(err, EXIT_USAGE, "--keep %s: no time span", settings.keep);
        error_hint(err, "a number and hours, days, weeks, months or years: \"30 days\"");
        return err->code;
    }
    if (!connection_check_options(&connections, err) ||
        (uri = connection_target(&connections, err)) == NULL ||
        !db_open(&db, uri, "target", settings.dry_run ? DB_TARGET_READER : DB_TARGET, "idmap", err))
        return err->code;
    connection_announce(db, "target", !settings.dry_run);
    return carry_out(db, operands, err) ? EXIT_DONE : err->code;
}

const struct command cmd_idmap_expire = {
    .name = "idmap expire",
    .arguments = "[RUN...]",
    .summary = "remove the copies of ID maps that runs keep in the target",
    .description =
        "An ID map tells who somebody was: it is personal data. A run keeps a copy in the target, "
        "so "
        "that it can be resumed and verified. This removes the copies of runs that are done, when "
        "the time that their mapping names (\"keep_idmap\": \"30 days\") has passed since, or "
        "--now; "
        "who did it and when is noted with the run. Such a run is then verified with verify "
        "--idmap "
        "NAME=FILE, and otherwise what needs the map is \"not checked\". Audit events keep the old "
        "and new ID of each row: they are the record. Without RUN all runs are looked at.",
    .options = options,
    .least = 0,
    .most = 1000,
    .run = run,
};
