/*
 * idmigrate restore [RUN]: bring back indexes and constraints that a run has set aside.
 *
 * Changes the target: builds indexes, adds and proves constraints, one after the other or several
 * at once, each in a transaction of its own. Interrupted, it keeps what is back; the same command
 * goes on. Rows are not touched: those that violate what is to come back are the run's business.
 */
#include "progress.h"
#include "steps.h"

#include "idmigrate/memory.h"
#include "idmigrate/set_aside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
    struct connection_options connections;
    const char *jobs;
} settings;

static const struct option_spec options[] = {
    CONNECTION_OPTIONS(settings.connections),
    {"jobs", 'j', "N", "how many are brought back at once (default: processors, up to 4)",
     OPTION_TEXT, &settings.jobs},
    {NULL, 0, NULL, NULL, OPTION_FLAG, NULL},
};

static bool
open_another(void *context, const char *purpose, struct db **db, struct error *err)
{
    const char **uri = context;
    return db_open(db, *uri, "target", DB_TARGET, purpose, err);
}

/* The last run that has something aside, unless one is named. */
static bool
find_run(struct db *target, const char *which, struct store_run *run, struct error *err)
{
    enum { MOST = 1000 };
    struct store_run *runs;
    size_t count;
    if (!store_need_installed(target, err))
        return false;
    if (which != NULL)
        return store_find_run(target, which, run, err);
    if (!store_load_runs(target, MOST, &runs, &count, err))
        return false;
    for (size_t i = 0; i < count && run->run_id == NULL; i++) {
        struct store_aside *items;
        size_t items_count, out = 0;
        if (!store_load_asides(target, runs[i].run_id, &items, &items_count, err))
            break;
        for (size_t j = 0; j < items_count; j++)
            out += strcmp(items[j].state, "aside") == 0 || strcmp(items[j].state, "built") == 0;
        store_asides_free(items, items_count);
        if (out > 0) {
            *run = runs[i];
            runs[i] = (struct store_run){.exit_status = -1};
        }
    }
    store_runs_free(runs, count);
    return !err->is_set;
}

/* What is to come back, named one by one. */
static bool
show(struct db *target, const char *run_id, size_t *count, struct error *err)
{
    struct store_aside *items;
    size_t all;
    *count = 0;
    if (!store_load_asides(target, run_id, &items, &all, err))
        return false;
    for (size_t i = 0; i < all; i++) {
        if (strcmp(items[i].state, "aside") != 0 && strcmp(items[i].state, "built") != 0)
            continue;
        CLEANUP(memory_free_string)
        char *line = memory_printf("  %s %s of %s.%s", items[i].kind, items[i].name,
                                   items[i].schema, items[i].table);
        output_make_visible(line);
        fprintf(stderr, "%s\n", line);
        (*count)++;
    }
    store_asides_free(items, all);
    return true;
}

static bool
restore(struct db *target, const char *uri, const struct store_run *run, int jobs,
        struct error *err)
{
    struct rebuild_request request = {
        .target = target,
        .run_id = run->run_id,
        .jobs = jobs,
        .open_target = open_another,
        .open_context = &uri,
    };
    size_t count;
    fprintf(stderr, "bringing back what run %s of mapping %s has set aside:\n", run->run_id,
            run->name);
    if (!show(target, run->run_id, &count, err) || !rebuild_run(&request, err))
        return false;
    fprintf(stderr, "%zu indexes and constraints are back\n", count);
    return true;
}

static enum exit_status
run(char **operands, struct error *err)
{
    CLEANUP(store_run_release) struct store_run found = {0};
    CLEANUP(db_close) struct db *target = NULL;
    const char *uri;
    int jobs;

    if (!jobs_read(settings.jobs, &jobs, err) ||
        !connection_check_options(&settings.connections, err) ||
        (uri = connection_target(&settings.connections, err)) == NULL ||
        !db_open(&target, uri, "target", DB_TARGET, "restore", err))
        return err->code;
    connection_announce(target, "target", true);
    if (!store_lock(target, true, err) || !find_run(target, operands[0], &found, err))
        return err->code;
    if (found.run_id == NULL) {
        fputs("nothing is set aside\n", stderr);
        return EXIT_DONE;
    }
    /* From here on, data changes. */
    return restore(target, uri, &found, jobs, err) ? EXIT_DONE : err->code;
}

const struct command cmd_restore = {
    .name = "restore",
    .arguments = "[RUN]",
    .summary = "bring back indexes and constraints that a run has set aside",
    .description = "Builds again what `idmigrate run --exclusive` has taken away from empty tables "
                   "and not brought back, because it was "
                   "killed or stopped. RUN is the last one that has something aside unless said. "
                   "Rows stay as they are; an unfinished "
                   "run can still be resumed.",
    .options = options,
    .least = 0,
    .most = 1,
    .run = run,
};
