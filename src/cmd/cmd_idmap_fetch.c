/*
 * idmigrate idmap fetch PROVIDER [RESOURCE...]: what an ID map is made from, paged out of a
 * provider's API into files.
 *
 * Only reads there. Interrupted, what came is kept beside the file and the same command goes on.
 */
#include "steps.h"

#include "idmigrate/clock.h"
#include "idmigrate/fetch.h"
#include "idmigrate/memory.h"
#include "idmigrate/sql.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct {
    const char *output, *base_url, *key_variable, *ca_file, *attempts, *pause, *progress;
    bool restart, force, json;
} settings;

static const struct option_spec options[] = {
    {"output", 'o', "FILE|DIR",
     "where it goes: a file for one RESOURCE, or a directory for PROVIDER-RESOURCE.ndjson "
     "(default: "
     "the current one)",
     OPTION_TEXT, &settings.output},
    {"base-url", 0, "URL", "another server than the provider's own; https, or http to this machine",
     OPTION_TEXT, &settings.base_url},
    {"key-variable", 0, "NAME",
     "the environment variable with the key (default: WORKOS_API_KEY, CLERK_SECRET_KEY, as "
     "mappings/fetch.json says)",
     OPTION_TEXT, &settings.key_variable},
    {"ca-file", 0, "FILE", "certificates to trust, in place of the system's", OPTION_TEXT,
     &settings.ca_file},
    {"attempts", 0, "N", "give up after a request failed N times (default: 8)", OPTION_TEXT,
     &settings.attempts},
    {"pause", 0, "SECONDS",
     "wait so long after the first failure, twice as long after each other one, and as long as the "
     "server asks for (default: 0.5)",
     OPTION_TEXT, &settings.pause},
    {"restart", 0, NULL, "begin anew, whatever an interrupted command left", OPTION_FLAG,
     &settings.restart},
    {"force", 0, NULL, "write over a file that is there, when the new one is whole", OPTION_FLAG,
     &settings.force},
    {"json", 0, NULL, "print JSON", OPTION_FLAG, &settings.json},
    {"progress", 0, "STYLE", "auto, bar, plain, json or none", OPTION_TEXT, &settings.progress},
    {NULL, 0, NULL, NULL, OPTION_FLAG, NULL},
};

/* ---- settings ---- */

static bool
read_numbers(struct fetch_request *request, struct error *err)
{
    char *end;
    request->attempts = 8;
    request->first_pause = 0.5;
    if (settings.attempts != NULL) {
        errno = 0;
        long number = strtol(settings.attempts, &end, 10);
        if (errno != 0 || end == settings.attempts || *end != '\0' || number < 1 || number > 1000)
            return error_set(err, EXIT_USAGE, "--attempts %s: a number from 1 to 1000",
                             settings.attempts);
        request->attempts = (int)number;
    }
    if (settings.pause != NULL) {
        request->first_pause = strtod(settings.pause, &end);
        if (end == settings.pause || *end != '\0' || !(request->first_pause >= 0) ||
            request->first_pause > 3600)
            return error_set(err, EXIT_USAGE, "--pause %s: a number of seconds", settings.pause);
    }
    return true;
}

static bool
find_key(struct fetch_provider *provider, struct fetch_request *request, struct error *err)
{
    if (settings.key_variable != NULL) {
        free(provider->key_variable);
        provider->key_variable = memory_strdup(settings.key_variable);
    }
    request->key = getenv(provider->key_variable);
    if (request->key != NULL && request->key[0] != '\0')
        return true;
    error_set(err, EXIT_USAGE, "no key for %s: %.200s is not set", provider->name,
              provider->key_variable);
    return error_hint(err, "put the provider's secret key into that environment variable");
}

static bool
is_directory(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* Several need a directory, which is made; one may be given a file. */
static char *
path_of(const struct fetch_provider *provider, const struct fetch_resource *resource,
        bool is_single, struct error *err)
{
    const char *output = settings.output != NULL ? settings.output : ".";
    size_t length = strlen(output);
    if (is_single && !is_directory(output) && output[length > 0 ? length - 1 : 0] != '/')
        return memory_strdup(output);
    if (!is_directory(output) && mkdir(output, S_IRWXU) != 0) {
        error_set(err, EXIT_REFUSED, "directory %s cannot be made: %s", output, strerror(errno));
        return NULL;
    }
    return memory_printf("%s%s%s-%s.ndjson", strcmp(output, ".") == 0 ? "" : output,
                         strcmp(output, ".") == 0 || output[length - 1] == '/' ? "" : "/",
                         provider->name, resource->name);
}

/* ---- telling ---- */

static void
show_waiting(void *context, const char *why, double seconds)
{
    struct progress *progress = context;
    char wait[32];
    progress_end(progress);
    if (progress->style != PROGRESS_NONE)
        fprintf(stderr, "%s: trying again in %s\n", why,
                clock_format_duration(seconds, wait, sizeof wait));
}

/* Exports of two environments make a map that fits neither. */
static void
announce(const struct fetch_request *request)
{
    const struct fetch_provider *provider = request->provider;
    const char *environment = fetch_environment_of(provider, request->key);
    fprintf(stderr, "fetching from %s with the key in %s%s%s%s, reading only\n",
            request->base_url != NULL ? request->base_url : provider->base_url,
            provider->key_variable, environment != NULL ? " (" : "",
            environment != NULL ? environment : "", environment != NULL ? ")" : "");
}

static void
print_result(const struct fetch_request *request, const struct fetch_result *result, json_t *list)
{
    char items[32], requests[32];
    const char *environment = fetch_environment_of(request->provider, request->key);
    json_array_append_new(
        list,
        json_pack("{s:s, s:s?, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I}", "provider",
                  request->provider->name, "environment", environment, "resource",
                  request->resource->name, "file", request->path, "items",
                  (json_int_t)result->items, "requests", (json_int_t)result->requests, "retries",
                  (json_int_t)result->retries, "repeated", (json_int_t)result->repeated, "resumed",
                  (json_int_t)result->resumed, "gone", (json_int_t)result->gone));
    if (settings.json)
        return;
    printf("%s: %s in %s (%s requests, %" PRId64 " tried again", request->resource->name,
           clock_format_count(result->items, items, sizeof items), request->path,
           clock_format_count(result->requests, requests, sizeof requests), result->retries);
    if (result->resumed > 0)
        printf(", %s from before", clock_format_count(result->resumed, items, sizeof items));
    if (result->gone > 0)
        printf(", of %s %s that are gone meanwhile",
               clock_format_count(result->gone, items, sizeof items), request->resource->each);
    puts(")");
}

/* ---- doing it ---- */

static bool
fetch_resource(struct fetch_request *request, const struct fetch_resource *resource, bool is_single,
               json_t *list, struct error *err)
{
    CLEANUP(memory_free_string) char *path = path_of(request->provider, resource, is_single, err);
    struct progress *progress = request->context;
    struct fetch_result result;
    if (path == NULL)
        return false;
    request->resource = resource;
    request->path = path;
    bool good = fetch_run(request, &result, err);
    progress_end(progress);
    if (good)
        print_result(request, &result, list);
    return good;
}

static bool
check_names(const struct fetch_provider *provider, char **names, struct error *err)
{
    for (size_t i = 0; names[i] != NULL; i++)
        if (fetch_resource_find(provider, names[i]) == NULL) {
            error_set(err, EXIT_USAGE, "%s has no \"%s\" to fetch", provider->name, names[i]);
            return error_hint(err, "users, organizations, memberships");
        }
    return true;
}

/* ---- several: which of them an interrupted command had done ---- */

static char *
progress_file(const struct fetch_provider *provider)
{
    const char *output = settings.output != NULL ? settings.output : ".";
    return memory_printf("%s/%s.checkpoint", output, provider->name);
}

static bool
is_done(const json_t *done, const char *name)
{
    size_t index;
    json_t *item;
    json_array_foreach(done, index, item)
    {
        if (json_is_string(item) && strcmp(json_string_value(item), name) == 0)
            return true;
    }
    return false;
}

/* One that is in the way is found before the first request, and not after hours. */
static bool
refuse_existing(const struct fetch_provider *provider, const struct fetch_resource *const *wanted,
                size_t count, const json_t *done, struct error *err)
{
    for (size_t i = 0; i < count && !settings.force; i++) {
        CLEANUP(memory_free_string) char *path = path_of(provider, wanted[i], false, err);
        if (path == NULL)
            return false;
        if (is_done(done, wanted[i]->name) || access(path, F_OK) != 0)
            continue;
        error_set(err, EXIT_REFUSED, "%s is there already", path);
        return error_hint(err, "--force writes over it when the new one is whole");
    }
    return true;
}

static bool
note_done(const char *path, json_t *done, const char *name, struct error *err)
{
    json_array_append_new(done, json_string(name));
    return json_dump_file(done, path, JSON_COMPACT) == 0 ||
           error_set(err, EXIT_REFUSED, "%s cannot be written: %s", path, strerror(errno));
}

static bool
fetch_several(struct fetch_request *request, const struct fetch_resource *const *wanted,
              size_t count, json_t *list, struct error *err)
{
    CLEANUP(memory_free_string) char *path = progress_file(request->provider);
    json_t *done = settings.restart ? NULL : json_load_file(path, 0, NULL);
    done = json_is_array(done) ? done : (json_decref(done), json_array());
    bool good = refuse_existing(request->provider, wanted, count, done, err);
    for (size_t i = 0; i < count && good; i++) {
        if (is_done(done, wanted[i]->name)) {
            fprintf(stderr, "%s are there from before\n", wanted[i]->name);
            continue;
        }
        good = fetch_resource(request, wanted[i], false, list, err) &&
               note_done(path, done, wanted[i]->name, err);
    }
    json_decref(done);
    if (good)
        unlink(path);
    return good;
}

static bool
fetch_all(struct fetch_request *request, char **names, json_t *list, struct error *err)
{
    const struct fetch_provider *provider = request->provider;
    const struct fetch_resource *wanted[32];
    size_t count = 0;
    if (!check_names(provider, names, err))
        return false;
    for (size_t i = 0; names[i] != NULL && count < 32; i++)
        wanted[count++] = fetch_resource_find(provider, names[i]);
    for (size_t i = 0; names[0] == NULL && i < provider->resource_count && count < 32; i++)
        wanted[count++] = &provider->resources[i];
    return count == 1 ? fetch_resource(request, wanted[0], true, list, err)
                      : fetch_several(request, wanted, count, list, err);
}

static enum exit_status
run(char **operands, struct error *err)
{
    CLEANUP(fetch_provider_release) struct fetch_provider provider = {.name = NULL};
    struct progress progress;
    struct fetch_request request = {.provider = &provider,
                                    .base_url = settings.base_url,
                                    .ca_file = settings.ca_file,
                                    .restart = settings.restart,
                                    .overwrite = settings.force,
                                    .progress = progress_of_fetch,
                                    .waiting = show_waiting,
                                    .context = &progress};
    if (!progress_begin(&progress, settings.progress, err) || !read_numbers(&request, err) ||
        !fetch_provider_read(embedded_fetch_json, operands[0], &provider, err) ||
        (settings.base_url != NULL && !fetch_check_base_url(settings.base_url, err)) ||
        !find_key(&provider, &request, err))
        return err->code;
    announce(&request);
    json_t *list = json_array();
    bool good = fetch_all(&request, operands + 1, list, err);
    if (settings.json) {
        char *text = json_dumps(list, JSON_INDENT(2));
        puts(text);
        free(text);
    }
    json_decref(list);
    return good ? EXIT_DONE : err->code;
}

const struct command cmd_idmap_fetch = {
    .name = "idmap fetch",
    .arguments = "PROVIDER [RESOURCE...]",
    .summary = "users, organizations and memberships from a provider's API",
    .description =
        "Pages through the API of PROVIDER (workos, clerk) and writes users, organizations and "
        "memberships, or the RESOURCEs named, as NDJSON: one object of the provider's a line, with "
        "only the fields that an ID map is made from, in files that only their owner can read. The "
        "key comes from the environment. Requests that fail are tried again, as slowly as the "
        "server wants; a command that was interrupted goes on where it was.",
    .options = options,
    .least = 1,
    .most = 16,
    .run = run,
};
