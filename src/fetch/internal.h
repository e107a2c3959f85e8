/*
 * How a resource is fetched: fetch.c goes from page to page; http.c does one request, retry.c says
 * which failures are tried again and after how long; page.c finds the items of an answer and what
 * follows them; output.c keeps what came, and where to go on.
 */
#ifndef FETCH_INTERNAL_H
#define FETCH_INTERNAL_H

#include "idmigrate/digest_map.h"
#include "idmigrate/fetch.h"

#include <jansson.h>

/* ---- http.c ---- */

enum { FETCH_LARGEST_ANSWER = 64 * 1024 * 1024 };

/* What became of one request. */
struct http_answer {
    long status;      /* of HTTP, 0: none came */
    bool is_lost;     /* no answer, or not all of it */
    bool is_hopeless; /* it would fail again: a certificate, an answer that is too large */
    bool is_interrupted;
    double retry_after; /* seconds that the server asks for, -1: it does not say */
    char problem[256];  /* why it is lost; names no secret */
    struct strbuf body;
};
#define HTTP_ANSWER_INIT                                                                           \
    {                                                                                              \
        .body = STRBUF_INIT                                                                        \
    }
struct http;
bool http_open(struct http **http, const char *base_url, const char *key, const char *ca_file,
               struct error *err);
void http_close(struct http **http); /* for CLEANUP too */
void http_get(struct http *http, const char *url, struct http_answer *answer);
/* Appends a text as it may stand in a query. */
void http_add_escaped(struct strbuf *url, const char *text);

/* ---- retry.c ---- */

/* GETs JSON, as often as it takes. `status` gets that of the answer when the server refuses (4xx):
 * the error is set then too. */
bool retry_get(struct http *http, const struct fetch_request *request, const char *url,
               struct fetch_result *result, json_t **json, long *status, struct error *err);

/* ---- page.c ---- */

/* The list of an answer, borrowed; NULL with an error. */
json_t *page_items(json_t *answer, const struct fetch_resource *resource, struct error *err);
/* The cursor of the next page, borrowed; NULL: this was the last one. */
const char *page_next(json_t *answer, const struct fetch_provider *provider);
/* Whether it says of the next page that there is one, or none. */
bool page_says_next(json_t *answer, const struct fetch_provider *provider);
/* An item's ID, borrowed; NULL with an error. */
const char *page_id(const json_t *item, const struct fetch_resource *resource, struct error *err);
/* The fields of an item that are kept; a new reference. */
json_t *page_select(json_t *item, const struct fetch_resource *resource);

/* ---- output.c ---- */

/* Where to go on. */
struct position {
    char *cursor, *previous; /* of the next page, and of the one before it; or NULL */
    size_t offset, largest;  /* of the next page; items of the largest page so far */
    char *parent,
        *current; /* with `each`: the last one that is done, and the one at hand; or NULL */
};
void position_reset(struct position *position); /* to the first page, of the same parent */
void position_release(struct position *position);

struct output {
    char *path, *part, *checkpoint;
    int file;
    bool is_mine; /* FILE.part is locked, and not finished */
    int64_t bytes, items;
    struct digest_map seen;
    struct strbuf lines; /* not written yet */
};
#define OUTPUT_INIT                                                                                \
    {                                                                                              \
        .file = -1, .seen = DIGEST_MAP_INIT, .lines = STRBUF_INIT                                  \
    }
/* Opens FILE.part, or what an earlier request left of it; `position` says where that goes on. */
bool output_open(struct output *output, const struct fetch_request *request,
                 struct position *position, struct fetch_result *result, struct error *err);
/* Takes an item unless it is there already. */
bool output_has(const struct output *output, const char *id);
void output_add(struct output *output, const char *id, json_t *item);
/* Writes what was added, and then where to go on. */
bool output_save(struct output *output, const struct fetch_request *request,
                 const struct position *position, struct error *err);
/* Gives the file its name. */
bool output_finish(struct output *output, struct error *err);
void output_release(struct output *output); /* for CLEANUP too */

#endif
