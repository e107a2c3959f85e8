/* Requirements from the file, evidence from the probes. Each probe is asked once, however many
 * requirements rest on it. */
#include "idmigrate/framework.h"

#include "idmigrate/memory.h"
#include "idmigrate/sql.h"
#include "probes.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static const char *
label(const char *path)
{
    return path != NULL ? path : "mappings/frameworks.json";
}

static json_t *
load(const char *path, struct error *err)
{
    json_error_t problem;
    json_t *root = path != NULL
                       ? json_load_file(path, JSON_REJECT_DUPLICATES, &problem)
                       : json_loads(embedded_frameworks_json, JSON_REJECT_DUPLICATES, &problem);
    if (root == NULL)
        error_set(err, EXIT_INPUT, "%s, line %d: %s", label(path), problem.line, problem.text);
    return root;
}

static json_t *
find(json_t *root, const char *name, const char *path, struct error *err)
{
    json_t *all = json_object_get(root, "frameworks"), *found = json_object_get(all, name);
    CLEANUP(strbuf_release) struct strbuf names = STRBUF_INIT;
    if (json_is_object(found))
        return found;
    if (!json_is_object(all)) {
        error_set(err, EXIT_INPUT, "%s: /frameworks is missing", label(path));
        return NULL;
    }
    for (void *at = json_object_iter(all); at != NULL; at = json_object_iter_next(all, at))
        strbuf_printf(&names, "%s%s", names.length > 0 ? ", " : "", json_object_iter_key(at));
    error_set(err, EXIT_USAGE, "there is no framework \"%s\" in %s", name, label(path));
    error_hint(err, "there are: %s", names.data);
    return NULL;
}

static bool
check_requirement(const char *path, const char *name, size_t number, json_t *requirement,
                  struct error *err)
{
    json_t *evidence = json_object_get(requirement, "evidence");
    if (!json_is_string(json_object_get(requirement, "id")) ||
        !json_is_string(json_object_get(requirement, "title")) || json_array_size(evidence) == 0)
        return error_set(err, EXIT_INPUT,
                         "%s: /frameworks/%s/requirements/%zu wants id, title and evidence",
                         label(path), name, number);
    for (size_t i = 0; i < json_array_size(evidence); i++) {
        const char *probe = json_string_value(json_array_get(evidence, i));
        if (probe == NULL || probe_find(probe) == NULL)
            return error_set(err, EXIT_INPUT,
                             "%s: /frameworks/%s/requirements/%zu/evidence/%zu: there is no "
                             "evidence \"%s\"",
                             label(path), name, number, i, probe != NULL ? probe : "?");
    }
    return true;
}

static bool
check_all(json_t *framework, const char *name, const char *path, struct error *err)
{
    json_t *requirements = json_object_get(framework, "requirements");
    if (!json_is_string(json_object_get(framework, "title")) || json_array_size(requirements) == 0)
        return error_set(err, EXIT_INPUT, "%s: /frameworks/%s wants a title and requirements",
                         label(path), name);
    for (size_t i = 0; i < json_array_size(requirements); i++)
        if (!check_requirement(path, name, i, json_array_get(requirements, i), err))
            return false;
    return true;
}

bool
framework_check(const char *name, const char *path, struct error *err)
{
    json_t *root = load(path, err), *framework = NULL;
    bool good = root != NULL && (framework = find(root, name, path, err)) != NULL &&
                check_all(framework, name, path, err);
    json_decref(root);
    return good;
}

/* ---- evidence ---- */

static bool
add_requirement(struct probing *probing, json_t *from, struct evidence_requirement *requirement,
                struct error *err)
{
    json_t *evidence = json_object_get(from, "evidence");
    *requirement = (struct evidence_requirement){
        .id = memory_strdup(json_string_value(json_object_get(from, "id"))),
        .title = memory_strdup(json_string_value(json_object_get(from, "title"))),
        .items = memory_zalloc(json_array_size(evidence) * sizeof *requirement->items)};
    for (size_t i = 0; i < json_array_size(evidence); i++) {
        const struct probe *probe = probe_find(json_string_value(json_array_get(evidence, i)));
        if (!probe_ask(probing, probe, &requirement->items[requirement->count++], err))
            return error_context(err, "evidence %s", probe->name);
    }
    evidence_conclude(requirement);
    return true;
}

static bool
read_time(struct db *db, char **time, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    if (!db_query(db, sql_query_seal_time, 0, NULL, &result, err))
        return false;
    *time = memory_strndup(db_result_text(result, 0, 0), 19);
    return true;
}

static bool
fill(const struct framework_request *request, json_t *framework, struct evidence_report *report,
     struct error *err)
{
    CLEANUP(probing_release) struct probing probing = {.request = request};
    json_t *requirements = json_object_get(framework, "requirements");
    size_t count = json_array_size(requirements);
    report->framework = memory_strdup(request->name);
    report->title = memory_strdup(json_string_value(json_object_get(framework, "title")));
    report->log = memory_strdup(request->table->name);
    report->database = memory_strdup(db_identity(request->db)->database);
    report->requirements = memory_zalloc(count * sizeof *report->requirements);
    if (!read_time(request->db, &report->made_at, err) || !probing_begin(&probing, err))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!add_requirement(&probing, json_array_get(requirements, i),
                             &report->requirements[report->count++], err))
            return false;
    return true;
}

bool
framework_report(const struct framework_request *request, struct evidence_report *report,
                 struct error *err)
{
    json_t *root = load(request->path, err), *framework = NULL;
    bool good = root != NULL &&
                (framework = find(root, request->name, request->path, err)) != NULL &&
                check_all(framework, request->name, request->path, err) &&
                fill(request, framework, report, err);
    json_decref(root);
    return good;
}
