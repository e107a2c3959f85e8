/*
 * Paging through a provider's API into a file: the only room that sees libcurl.
 *
 * Only GET. How a provider pages, what is asked of it and which fields are kept is data
 * (mappings/fetch.json). The file has one object a line, the provider's own with the fields that an
 * ID map is made from and no others; it appears under its name when it is whole. Until then
 * FILE.part holds what came, and FILE.checkpoint where to go on: the same request goes on from
 * there, whatever ended it. Both are readable by their owner alone. The key is in no message, file
 * or argument.
 */
#ifndef IDMIGRATE_FETCH_H
#define IDMIGRATE_FETCH_H

#include "idmigrate/error.h"
#include "idmigrate/strbuf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- what is known of a provider ---- */

enum fetch_style {
    FETCH_CURSOR, /* each page names where the next one begins */
    FETCH_OFFSET  /* pages are counted from the first item, which moves when items go: they overlap
                   */
};

/* All texts belong to the provider. */
struct fetch_resource {
    char *name, *path;
    char *query;   /* added to every request, or NULL */
    char *items;   /* member that holds the list, "" for a bare list */
    char **fields; /* dotted paths that are kept, through lists as well; none: all */
    size_t field_count;
    char *each, *each_parameter; /* asked once for each item of that resource; or NULL */
};
struct fetch_environment {
    char *prefix, *name; /* what keys of an environment begin with */
};
struct fetch_provider {
    char *name, *base_url, *key_variable;
    struct fetch_environment *environments;
    size_t environment_count;
    enum fetch_style style;
    char *query;     /* limit and order */
    char *parameter; /* that takes the cursor or the offset */
    char **next;     /* FETCH_CURSOR: dotted paths of the next cursor, the first that is there */
    size_t next_count;
    size_t overlap; /* FETCH_OFFSET: items that are asked for again */
    struct fetch_resource *resources;
    size_t resource_count;
};
/* Finds `name` in a JSON text of providers; EXIT_USAGE with the known names when it is not there.
 */
bool fetch_provider_read(const char *json, const char *name, struct fetch_provider *provider,
                         struct error *err);
void fetch_provider_release(struct fetch_provider *provider); /* for CLEANUP too */
/* Which environment of the provider a key says that it is of, or NULL. */
const char *fetch_environment_of(const struct fetch_provider *provider, const char *key);
const struct fetch_resource *fetch_resource_find(const struct fetch_provider *provider,
                                                 const char *name); /* or NULL */

/* ---- fetching ---- */

struct fetch_request {
    const struct fetch_provider *provider;
    const struct fetch_resource *resource;
    const char *base_url; /* https, or http to this machine; NULL: the provider's */
    const char *key;
    const char *ca_file; /* certificates to trust; NULL: the system's */
    const char *path;    /* of the file */
    bool restart;        /* forget what an earlier request left */
    bool overwrite;      /* a file of that name may go */
    int attempts;        /* of one request, before it is given up */
    double first_pause;  /* seconds; twice as long each time, up to a minute */
    void (*progress)(void *context, const char *resource, int64_t items); /* or NULL */
    /* A request failed and is tried again in so many seconds; `why` names no secret. */
    void (*waiting)(void *context, const char *why, double seconds); /* or NULL */
    void *context;
};
struct fetch_result {
    int64_t items, requests, retries;
    int64_t repeated; /* items that came again, and are there once */
    int64_t resumed;  /* items that an earlier request had left */
    int64_t gone;     /* with `each`: those that went after they were listed, with their items */
};
/*
 * Errors: EXIT_USAGE for a base URL that would send the key in clear; EXIT_REFUSED where the server
 * refuses (401, 403, 404 and the like), its certificate is not trusted, or a file is in the way;
 * EXIT_STOPPED when it was given up after `attempts`, EXIT_INTERRUPTED: the same request goes on.
 */
bool fetch_run(const struct fetch_request *request, struct fetch_result *result, struct error *err);

/* https anywhere, http to this machine only; no user, query or fragment. */
bool fetch_check_base_url(const char *url, struct error *err);

#endif
