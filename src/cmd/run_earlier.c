/* An earlier run of the same mapping: to be resumed, or finished already. */
#include "run.h"

#include "idmigrate/memory.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool
refuse_change(const struct store_run *found, const char *what, struct error *err)
{
    error_set(err, EXIT_REFUSED, "run %s is unfinished, and %s changed since", found->run_id, what);
    return error_hint(err,
                      "put it back as it was, or say --accept-changes when the change is meant");
}

/* Which database a run belongs to: what is the same however one connects. */
static bool
is_same_place(const char *before, const char *now)
{
    json_t *a = json_loads(before, 0, NULL), *b = json_loads(now, 0, NULL);
    bool same = json_equal(json_object_get(a, "database"), json_object_get(b, "database")) &&
                json_equal(json_object_get(a, "system_identifier"),
                           json_object_get(b, "system_identifier"));
    json_decref(a);
    json_decref(b);
    return same;
}

static bool
are_sources_same(const char *before, const char *now)
{
    json_t *a = json_loads(before, 0, NULL), *b = json_loads(now, 0, NULL), *source;
    const char *name;
    bool same = json_object_size(a) == json_object_size(b);
    json_object_foreach(a, name, source)
    {
        char *x = json_dumps(source, 0), *y = json_dumps(json_object_get(b, name), JSON_ENCODE_ANY);
        same = same && y != NULL && is_same_place(x, y);
        free(x);
        free(y);
    }
    json_decref(a);
    json_decref(b);
    return same;
}

/* "ID map user" for the first that differs, to be freed; NULL when none does. */
static char *
changed_map(const char *before, const char *now)
{
    json_t *a = json_loads(before, 0, NULL), *b = json_loads(now, 0, NULL), *digest;
    const char *name;
    char *changed = NULL;
    json_object_foreach(b, name, digest)
    {
        if (changed == NULL && !json_equal(digest, json_object_get(a, name)))
            changed = memory_printf("ID map %s", name);
    }
    if (changed == NULL && json_object_size(a) != json_object_size(b))
        changed = memory_strdup("the list of ID maps");
    json_decref(a);
    json_decref(b);
    return changed;
}

bool
run_compare(struct run_state *state, const struct store_run *found, struct error *err)
{
    if (strcmp(found->name, state->run.name) != 0) {
        error_set(err, EXIT_REFUSED, "run %s is of mapping \"%s\", and this mapping is \"%s\"",
                  found->run_id, found->name, state->run.name);
        return error_hint(err, "`idmigrate status` lists the runs");
    }
    if (!are_sources_same(found->sources, state->run.sources)) {
        error_set(err, EXIT_REFUSED, "run %s is unfinished, and its source was another database",
                  found->run_id);
        return error_hint(err, "connect to the database that the run reads");
    }
    CLEANUP(memory_free_string)
    char *map = changed_map(found->idmap_digests, state->run.idmap_digests);
    const char *what = strcmp(found->mapping_digest, state->run.mapping_digest) != 0 ? "the mapping"
                       : map != NULL                                                 ? map
                       : strcmp(found->tool_version, state->run.tool_version) != 0
                           ? "idmigrate itself"
                           : NULL;
    state->changed = what != NULL;
    return !state->changed || state->settings->accept_changes || state->retries ||
           refuse_change(found, what, err);
}

void
run_take(struct run_state *state, struct store_run *found)
{
    struct store_run now = state->run;
    state->run = *found;
    *found = now;
    /* What changed on purpose holds from now on. */
    if (state->changed) {
        char **const pairs[][2] = {{&state->run.mapping_path, &found->mapping_path},
                                   {&state->run.mapping_text, &found->mapping_text},
                                   {&state->run.mapping_digest, &found->mapping_digest},
                                   {&state->run.idmap_digests, &found->idmap_digests},
                                   {&state->run.tool_version, &found->tool_version}};
        for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
            char *old = *pairs[i][0];
            *pairs[i][0] = *pairs[i][1];
            *pairs[i][1] = old;
        }
    }
}

static bool
check_not_undone(const struct store_run *found, struct error *err)
{
    if (strcmp(found->state, "undone") == 0) {
        error_set(err, EXIT_REFUSED, "run %s was undone", found->run_id);
        return error_hint(err, "without --resume the same mapping is a new run");
    }
    if (strcmp(found->state, "undoing") == 0) {
        error_set(err, EXIT_REFUSED, "run %s is being undone", found->run_id);
        return error_hint(err, "finish that first: idmigrate undo %s", found->run_id);
    }
    return true;
}

static bool
find_unfinished(struct run_state *state, struct error *err)
{
    CLEANUP(store_run_release) struct store_run found = {0};
    if (!(state->settings->resume
              ? store_find_run(state->workspace.target, state->settings->resume, &found, err)
              : store_find_unfinished(state->workspace.target, state->run.name, &found, err)))
        return false;
    if (found.run_id == NULL)
        return true;
    if (!check_not_undone(&found, err))
        return false;
    if (strcmp(found.state, "done") == 0) {
        error_set(err, EXIT_REFUSED, "run %s is finished: there is nothing to resume",
                  found.run_id);
        return error_hint(err, "`idmigrate verify %s` proves it again", found.run_id);
    }
    if (state->settings->dry_run) {
        error_set(err, EXIT_REFUSED,
                  "run %s of this mapping is unfinished: a dry run would meet its rows",
                  found.run_id);
        return error_hint(err, "go on with it (`idmigrate run`), or rehearse on another target");
    }
    if (!run_compare(state, &found, err))
        return false;
    fprintf(stderr, "resuming run %s, begun %s\n", found.run_id, found.started_at);
    state->resumes = true;
    run_take(state, &found);
    return true;
}

/* The last finished run of this mapping from the same databases: another source is another run. */
static bool
find_last_done(struct run_state *state, struct store_run *found, struct error *err)
{
    enum { MOST = 1000 };
    struct store_run *runs;
    size_t count;
    if (!store_load_runs(state->workspace.target, MOST, &runs, &count, err))
        return false;
    for (size_t i = 0; i < count && found->run_id == NULL; i++)
        if (strcmp(runs[i].name, state->run.name) == 0 && strcmp(runs[i].state, "done") == 0 &&
            are_sources_same(runs[i].sources, state->run.sources)) {
            *found = runs[i];
            runs[i] = (struct store_run){.exit_status = -1};
        }
    store_runs_free(runs, count);
    return true;
}

/* As another run it would move the same rows a second time. */
static bool
refuse_other_text(const struct store_run *found, struct error *err)
{
    error_set(err, EXIT_REFUSED, "run %s is finished, and the mapping changed since",
              found->run_id);
    return error_hint(err,
                      "put it back as it was; or say --accept-changes, to judge every row anew; "
                      "or give it another name when it is another migration");
}

static bool
find_done(struct run_state *state, bool *done, struct error *err)
{
    CLEANUP(store_run_release) struct store_run found = {0};
    *done = false;
    if (!find_last_done(state, &found, err) || found.run_id == NULL)
        return !err->is_set;
    CLEANUP(memory_free_string)
    char *map = changed_map(found.idmap_digests, state->run.idmap_digests);
    bool other_text = strcmp(found.mapping_digest, state->run.mapping_digest) != 0;
    state->changed =
        (map != NULL || other_text) && state->settings->accept_changes && !state->settings->dry_run;
    if (other_text && !state->changed)
        return refuse_other_text(&found, err);
    state->resumes = state->changed;
    *done = !state->changed;
    fprintf(stderr, "this migration is finished: run %s, %s; %s\n", found.run_id,
            found.finished_at ? found.finished_at : "",
            *done ? "nothing to write" : "it is taken up again");
    if (map != NULL && *done)
        fprintf(
            stderr,
            "%s changed since; rows that were moved keep their IDs, and rejected ones stay out, "
            "unless you say --accept-changes\n",
            map);
    run_take(state, &found);
    return true;
}

bool
run_find_earlier(struct run_state *state, bool *done, struct error *err)
{
    bool installed;
    *done = false;
    if (!store_is_installed(state->workspace.target, &installed, err))
        return false;
    if (!installed)
        return state->settings->resume == NULL ||
               store_need_installed(state->workspace.target, err);
    if (!find_unfinished(state, err) || (!state->resumes && !find_done(state, done, err)))
        return false;
    return (!state->resumes && !*done) ||
           codecs_take(state->workspace.plan, state->workspace.target, state->run.run_id,
                       *done ? NULL : state->settings->codec, err);
}
