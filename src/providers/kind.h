/* A kind of file as mappings/exports.json describes it, ready for use. */
#ifndef PROVIDERS_KIND_H
#define PROVIDERS_KIND_H

#include "idmigrate/providers.h"

#include <jansson.h>

/* "a.b.c": members of members; the part "*" stands for each element of a list. */
struct path {
    char **parts;
    size_t count;
};

/* The first that gives something counts. */
struct paths {
    struct path *items;
    size_t count;
};

enum kind_form { FORM_JSON = 1, FORM_CSV = 2, FORM_LINE = 4, FORM_PAIR = 8 };

/* Values that are not handed on as they are; their paths stand behind those of the record. */
enum {
    KIND_EMAIL = PROVIDER_FIELD_COUNT,
    KIND_VERIFIED,
    KIND_VERIFIED_AT,
    KIND_VERIFIED_EMAILS,
    KIND_UNVERIFIED_EMAILS,
    KIND_NAME,
    KIND_ROLES,
    KIND_CREATED,
    KIND_UPDATED,
    KIND_TOLD,
    KIND_DUPLICATES,
    KIND_FAILED,
    KIND_DRY_RUN,
    KIND_ONLY,
    KIND_NEXT,
    KIND_TOTAL,
    KIND_FIELD_COUNT
};

/* A list of objects, one for each address. */
struct kind_emails {
    struct path list, address, key, primary, verified;
    char *is;
};

struct kind_condition {
    struct path path;
    char *value;
};

struct provider_kind {
    char *name;
    char *provider; /* or NULL */
    enum provider_side side;
    enum provider_entity of;
    enum provider_gives gives;
    enum provider_method method;
    unsigned forms;

    struct kind_condition *when;
    size_t when_count;
    struct paths has, any, lacks;
    const struct idmap_format *id_format; /* or NULL */

    struct paths fields[KIND_FIELD_COUNT];
    struct kind_emails emails;
    bool has_emails, is_id_optional;
    bool is_journal; /* a line is written as things happen, and may be torn by a crash */
    char *only;      /* a record whose KIND_ONLY is something else is a note */
    struct path each;
    char **line; /* literal, name, literal, name, ...; of a line of a log */
    size_t line_count;
    struct provider_kind *also; /* what else the same row says, ended by NULL */
};

struct kind_provider {
    char *name;
    enum provider_side side;
    const struct idmap_format *formats[3]; /* of users, organizations, memberships; or NULL */
    enum kind_time { TIME_NONE, TIME_KSUID, TIME_ULID } time_in_id;
    char **dry_run;
    size_t dry_run_count;
    char *role_alphabet; /* or NULL: roles may be written in any way */
};

struct provider_kinds {
    struct provider_kind *kinds;
    size_t count, capacity;
    struct kind_provider *providers;
    size_t provider_count, provider_capacity;
    char **lists;   /* members that hold records */
    char **ignored; /* members of records that nobody wants, secrets among them */
    size_t list_count, ignored_count;
    const struct idmap_formats *formats;
};

/* Reads one document of kinds behind those that are there. */
bool kind_read_document(struct provider_kinds *kinds, json_t *document, struct error *err);
void kind_release(struct provider_kind *kind);

/* The value at a path, or NULL. A path with "*" gives the first element's. */
const json_t *kind_value(const json_t *record, const struct path *path);
bool kind_has(const json_t *record, const struct path *path);

/* Which kind a record is of, or NULL; `guess` is tried first. */
const struct provider_kind *kind_of_json(const struct provider_kinds *kinds, const json_t *record);
/* The same by the names of a header's columns. */
const struct provider_kind *kind_of_header(const struct provider_kinds *kinds,
                                           const char *const *columns, size_t count);
/* Finds one ID of the old side and one of the new among the words; their positions. */
bool kind_find_pair(const struct provider_kinds *kinds, const struct provider_text *words,
                    size_t count, size_t *old_word, size_t *new_word, enum provider_entity *of);

#endif
