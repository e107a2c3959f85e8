/*
 * From page to page. What changes underneath loses and doubles nothing: a cursor stands behind an
 * item whatever goes before it; counted pages overlap, and where the first item of a page is not
 * one that is known, more have gone than overlapped and the page is asked for further back. An item
 * that comes twice is taken once.
 */
#include "internal.h"

#include "idmigrate/interrupt.h"
#include "idmigrate/memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A walk through the pages of one list. */
struct walk {
    const struct fetch_request *request;
    const struct fetch_resource *resource;
    struct http *http;
    struct fetch_result *result;
    const char *parent; /* value of the parameter of `each`, or NULL */
    struct position *position;
    struct output *output; /* NULL: only the IDs are wanted */
    char ***ids;           /* with their number; NULL with an output */
    size_t *id_count, *id_capacity;
    struct digest_map *seen;
    size_t empty_at; /* an offset behind which nothing was; SIZE_MAX: none is known */
    bool went_back;  /* a cursor was refused, and the one before it is tried */
    long refused;    /* HTTP status of the request that failed last */
};

/* ---- one page ---- */

static void
add_base(const struct walk *walk, struct strbuf *url)
{
    size_t length = strlen(walk->request->base_url);
    while (length > 0 && walk->request->base_url[length - 1] == '/')
        length--;
    strbuf_add(url, walk->request->base_url, length);
}

static void
make_url(const struct walk *walk, struct strbuf *url)
{
    const struct fetch_provider *provider = walk->request->provider;
    add_base(walk, url);
    strbuf_printf(url, "%s?%s", walk->resource->path, provider->query);
    if (walk->resource->query != NULL)
        strbuf_printf(url, "&%s", walk->resource->query);
    if (walk->parent != NULL) {
        strbuf_printf(url, "&%s=", walk->resource->each_parameter);
        http_add_escaped(url, walk->parent);
    }
    if (provider->style == FETCH_OFFSET) {
        strbuf_printf(url, "&%s=%zu", provider->parameter, walk->position->offset);
    } else if (walk->position->cursor != NULL) {
        strbuf_printf(url, "&%s=", provider->parameter);
        http_add_escaped(url, walk->position->cursor);
    }
}

static bool
is_known(const struct walk *walk, const char *id)
{
    uint64_t ignored;
    return digest_map_get(walk->seen, digest_bytes(id, strlen(id)), &ignored);
}

static void
take_item(struct walk *walk, const char *id, json_t *item)
{
    if (walk->output != NULL) {
        CLEANUP(json_decrefp) json_t *kept = page_select(item, walk->resource);
        output_add(walk->output, id, kept);
        return;
    }
    digest_map_put(walk->seen, digest_bytes(id, strlen(id)), 1);
    *ARRAY_ADD(*walk->ids, *walk->id_count, *walk->id_capacity) = memory_strdup(id);
}

/* Takes the items that are new; `fresh` counts them. */
static bool
take_items(struct walk *walk, json_t *items, size_t *fresh, struct error *err)
{
    size_t index;
    json_t *item;
    *fresh = 0;
    json_array_foreach(items, index, item)
    {
        const char *id = page_id(item, walk->resource, err);
        if (id == NULL)
            return false;
        if (is_known(walk, id)) {
            walk->result->repeated++;
            continue;
        }
        take_item(walk, id, item);
        ++*fresh;
    }
    return true;
}

/* ---- where the next page is ---- */

/* How many items a page has at most, as the provider's query says; SIZE_MAX: it does not. */
static size_t
limit_of(const struct fetch_provider *provider)
{
    static const char name[] = "limit=";
    const char *limit = strstr(provider->query, name);
    return limit != NULL ? strtoul(limit + strlen(name), NULL, 10) : SIZE_MAX;
}

static bool
next_cursor(struct walk *walk, json_t *answer, size_t count, bool *is_last, struct error *err)
{
    struct position *position = walk->position;
    const struct fetch_provider *provider = walk->request->provider;
    const char *next = page_next(answer, provider);
    if (next == NULL && count >= limit_of(provider) && !page_says_next(answer, provider)) {
        error_set(err, EXIT_REFUSED, "a full page of %zu %s does not say whether more follow",
                  count, walk->resource->name);
        return error_hint(err, "\"%s\" is missing in the answer: does something between change it?",
                          provider->next[0]);
    }
    *is_last = next == NULL;
    if (next == NULL)
        return true;
    if (position->cursor != NULL && strcmp(position->cursor, next) == 0)
        return error_set(err, EXIT_REFUSED, "the server gives the same page again and again");
    free(position->previous);
    position->previous = position->cursor;
    position->cursor = memory_strdup(next);
    return true;
}

/* How far the next page reaches back into this one: by half of it at most, or it would stand still.
 */
static size_t
overlap_of(const struct walk *walk, size_t count)
{
    size_t wanted = walk->request->provider->overlap;
    return wanted < count / 2 ? wanted : count / 2;
}

/* Whether items have gone from before this page, more than it overlaps: then what slipped through
 * is further back. */
static bool
has_gap(const struct walk *walk, json_t *items)
{
    const char *id = json_string_value(json_object_get(json_array_get(items, 0), "id"));
    return walk->position->offset > 0 && walk->position->largest > 1 && id != NULL &&
           !is_known(walk, id);
}

/* The end is where everything is known and nothing stands behind it. */
static void
next_offset(struct walk *walk, size_t count, size_t fresh, bool *is_last)
{
    struct position *position = walk->position;
    *is_last =
        count == 0 ||
        (fresh == 0 && (count < position->largest || position->offset + count >= walk->empty_at));
    if (fresh > 0)
        walk->empty_at = SIZE_MAX;
    if (count > position->largest)
        position->largest = count;
    position->offset += count - (fresh > 0 ? overlap_of(walk, count) : 0);
}

static void
step_back(struct position *position)
{
    size_t step = position->largest > 1 ? position->largest / 2 : 1;
    position->offset = position->offset > step ? position->offset - step : 0;
}

/* Whether the page tells nothing of what may have moved to before it, and is to be asked for
 * further back. */
static bool
wants_step_back(struct walk *walk, json_t *items)
{
    if (json_array_size(items) > 0 || walk->position->offset == 0)
        return has_gap(walk, items);
    walk->empty_at = walk->position->offset;
    return true;
}

static bool
turn_page(struct walk *walk, json_t *answer, bool *is_last, struct error *err)
{
    json_t *items = page_items(answer, walk->resource, err);
    size_t fresh = 0;
    bool is_counted = walk->request->provider->style == FETCH_OFFSET;
    if (items == NULL)
        return false;
    if (is_counted && wants_step_back(walk, items)) {
        *is_last = false;
        step_back(walk->position);
        return true;
    }
    if (!take_items(walk, items, &fresh, err))
        return false;
    if (!is_counted)
        return next_cursor(walk, answer, json_array_size(items), is_last, err);
    next_offset(walk, json_array_size(items), fresh, is_last);
    return true;
}

/* ---- all pages ---- */

/* The item that a cursor stands for may be gone; the page before it is still there. */
static bool
goes_back(struct walk *walk, long status, struct error *err)
{
    struct position *position = walk->position;
    bool is_about_cursor = status == 400 || status == 404 || status == 422;
    if (!is_about_cursor || position->cursor == NULL || walk->went_back)
        return false;
    error_clear(err);
    free(position->cursor);
    position->cursor = position->previous;
    position->previous = NULL;
    walk->went_back = true;
    return true;
}

static bool
walk_page(struct walk *walk, bool *is_last, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf url = STRBUF_INIT;
    CLEANUP(json_decrefp) json_t *answer = NULL;
    long status = 0;
    *is_last = false;
    make_url(walk, &url);
    if (!retry_get(walk->http, walk->request, url.data, walk->result, &answer, &status, err)) {
        walk->refused = status;
        return goes_back(walk, status, err);
    }
    if (!turn_page(walk, answer, is_last, err))
        return false;
    walk->went_back = false;
    if (walk->output == NULL)
        return true;
    if (walk->request->progress != NULL)
        walk->request->progress(walk->request->context, walk->resource->name, walk->output->items);
    return *is_last || output_save(walk->output, walk->request, walk->position, err);
}

static bool
walk_all(struct walk *walk, struct error *err)
{
    bool is_last = false;
    while (!is_last)
        if (!walk_page(walk, &is_last, err))
            return false;
    return true;
}

/* ---- a list for each of another resource ---- */

struct parents {
    char **ids;
    size_t count, capacity;
};

static void
release_parents(struct parents *parents)
{
    for (size_t i = 0; i < parents->count; i++)
        free(parents->ids[i]);
    free(parents->ids);
}

static int
compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* In order of their IDs, so that one ID says how far an earlier request came. */
static bool
list_parents(const struct walk *like, struct parents *parents, struct error *err)
{
    CLEANUP(digest_map_release) struct digest_map seen = DIGEST_MAP_INIT;
    CLEANUP(position_release) struct position position = {.cursor = NULL};
    struct walk walk = {.request = like->request,
                        .resource =
                            fetch_resource_find(like->request->provider, like->resource->each),
                        .http = like->http,
                        .result = like->result,
                        .position = &position,
                        .ids = &parents->ids,
                        .id_count = &parents->count,
                        .id_capacity = &parents->capacity,
                        .seen = &seen,
                        .empty_at = SIZE_MAX};
    if (!walk_all(&walk, err))
        return error_context(err, "%s", like->resource->each);
    if (parents->count > 0)
        qsort(parents->ids, parents->count, sizeof *parents->ids, compare_texts);
    return true;
}

/* The place inside a list is that of the one which was at hand; that may be gone. */
static void
begin_parent(struct walk *walk, const char *parent)
{
    struct position *position = walk->position;
    if (position->current == NULL || strcmp(position->current, parent) != 0)
        position_reset(position);
    free(position->current);
    position->current = memory_strdup(parent);
    walk->parent = parent;
    walk->empty_at = SIZE_MAX;
}

/* Whether the provider says of the parent itself that there is none: it was deleted since the
 * parents were listed. */
static bool
is_gone(struct walk *walk, const char *parent)
{
    CLEANUP(strbuf_release) struct strbuf url = STRBUF_INIT;
    CLEANUP(json_decrefp) json_t *answer = NULL;
    struct error ignored = ERROR_INIT;
    long status = 0;
    add_base(walk, &url);
    strbuf_printf(&url, "%s/",
                  fetch_resource_find(walk->request->provider, walk->resource->each)->path);
    http_add_escaped(&url, parent);
    return !retry_get(walk->http, walk->request, url.data, walk->result, &answer, &status,
                      &ignored) &&
           status == 404;
}

static bool
walk_parent(struct walk *walk, const char *parent, struct error *err)
{
    walk->refused = 0;
    if (walk_all(walk, err))
        return true;
    if (walk->refused != 404 || !is_gone(walk, parent))
        return error_context(err, "%s %s", walk->resource->each, parent);
    error_clear(err);
    walk->result->gone++;
    walk->went_back = false;
    return true;
}

static bool
walk_each(struct walk *walk, struct error *err)
{
    CLEANUP(release_parents) struct parents parents = {.ids = NULL};
    struct position *position = walk->position;
    if (!list_parents(walk, &parents, err))
        return false;
    for (size_t i = 0; i < parents.count; i++) {
        if (position->parent != NULL && strcmp(parents.ids[i], position->parent) <= 0)
            continue;
        begin_parent(walk, parents.ids[i]);
        if (!walk_parent(walk, parents.ids[i], err))
            return false;
        position_reset(position);
        free(position->parent);
        position->parent = memory_strdup(parents.ids[i]);
        if (!output_save(walk->output, walk->request, position, err))
            return false;
    }
    return true;
}

/* ---- all of it ---- */

static bool
explain(const struct output *output, const struct fetch_request *request, struct error *err)
{
    if (err->code == EXIT_INTERRUPTED || err->code == EXIT_TERMINATED ||
        err->code == EXIT_STOPPED) {
        error_context(err, "%s: %" PRId64 " are in %s", request->resource->name, output->items,
                      output->part);
        return error_hint(err, "the same command goes on from here");
    }
    return error_context(err, "%s %s", request->provider->name, request->resource->name);
}

static bool
fetch(const struct fetch_request *request, struct output *output, struct fetch_result *result,
      struct error *err)
{
    CLEANUP(position_release) struct position position = {.cursor = NULL};
    CLEANUP(http_close) struct http *http = NULL;
    if (!http_open(&http, request->base_url, request->key, request->ca_file, err) ||
        !output_open(output, request, &position, result, err))
        return false;
    struct walk walk = {.request = request,
                        .resource = request->resource,
                        .http = http,
                        .result = result,
                        .position = &position,
                        .output = output,
                        .seen = &output->seen,
                        .empty_at = SIZE_MAX};
    bool good = (request->resource->each != NULL ? walk_each(&walk, err) : walk_all(&walk, err)) &&
                output_save(output, request, &position, err) && output_finish(output, err);
    result->items = output->items;
    return good || explain(output, request, err);
}

bool
fetch_run(const struct fetch_request *given, struct fetch_result *result, struct error *err)
{
    CLEANUP(output_release) struct output output = OUTPUT_INIT;
    struct fetch_request request = *given;
    *result = (struct fetch_result){.items = 0};
    if (request.base_url == NULL)
        request.base_url = request.provider->base_url;
    return fetch_check_base_url(request.base_url, err) && fetch(&request, &output, result, err);
}
