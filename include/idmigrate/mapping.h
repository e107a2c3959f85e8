/*
 * The mapping file as it is written, checked for shape and for agreement with itself; nothing here
 * looks at a database.
 *
 * The format is described in mappings/README.md and mappings/mapping.schema.json. Errors name file,
 * JSON pointer and, for syntax, line and column; they are EXIT_INPUT. All texts belong to the
 * mapping; absent ones are NULL.
 */
#ifndef IDMIGRATE_MAPPING_H
#define IDMIGRATE_MAPPING_H

#include "idmigrate/digest.h"
#include "idmigrate/error.h"

#include <stdbool.h>
#include <stddef.h>

struct mapping_connection {
    char *name;   /* of a source; "target" for the target */
    char *env;    /* variable that holds the connection string, or NULL */
    char *schema; /* default schema, "public" unless said */
};

enum mapping_ids_kind { MAPPING_IDS_FILE, MAPPING_IDS_TABLE, MAPPING_IDS_QUERY, MAPPING_IDS_UNION };
enum mapping_file_format {
    MAPPING_FORMAT_AUTO,
    MAPPING_FORMAT_CSV,
    MAPPING_FORMAT_JSON,
    MAPPING_FORMAT_NDJSON
};

struct mapping_ids {
    char *name;
    char *old_format, *new_format; /* names of ID formats, or NULL */
    bool strict;
    bool derived; /* "derived": the old side is no legacy ID of its own (e.g. owner -> organization)
                   */
    char *many_to_one; /* reason, or NULL */
    enum mapping_ids_kind kind;
    char *path;          /* file: as written */
    char *resolved_path; /* file: relative to the mapping's directory */
    enum mapping_file_format format;
    char delimiter;                /* CSV, ',' unless said */
    char *old_column, *new_column; /* file, table */
    char *schema, *table;          /* table; schema NULL: default schema of `on` */
    char *query;
    int on;       /* table, query: index into sources, or MAPPING_ON_TARGET */
    int *members; /* union: indexes into ids, in order */
    size_t member_count;
};
enum { MAPPING_ON_TARGET = -1 };

enum mapping_origin { MAPPING_FROM, MAPPING_SQL, MAPPING_VALUE, MAPPING_UUID };
enum mapping_rewrite {
    MAPPING_REWRITE_NONE,
    MAPPING_REWRITE_JSON,
    MAPPING_REWRITE_TEXT,
    MAPPING_REWRITE_ARRAY
};
enum mapping_unresolved {
    MAPPING_UNRESOLVED_REJECT,
    MAPPING_UNRESOLVED_NULL,
    MAPPING_UNRESOLVED_KEEP,
    MAPPING_UNRESOLVED_FAIL
};
enum mapping_default { MAPPING_DEFAULT_NONE, MAPPING_DEFAULT_KEEP, MAPPING_DEFAULT_VALUE };

struct mapping_value {
    char *old_value;
    char *new_value; /* NULL: becomes NULL */
};

struct mapping_column {
    char *to;
    char *pointer; /* JSON pointer of the entry, for errors */
    enum mapping_origin origin;
    char *from;  /* MAPPING_FROM; MAPPING_UUID: the column whose value is hashed, or NULL for the
                    row's key */
    char *sql;   /* MAPPING_SQL */
    char *value; /* MAPPING_VALUE: text of the constant (JSON text for object and array), NULL for
                    null */
    char *namespace;              /* MAPPING_UUID */
    struct mapping_value *values; /* values transform, or none */
    size_t value_count;
    enum mapping_default default_kind;
    char *default_value;
    enum mapping_rewrite rewrite;
    int *rewrite_ids; /* indexes into ids; count 0: all that are not derived or a union */
    size_t rewrite_id_count;
    int *resolve; /* chain of indexes into ids */
    size_t resolve_count;
    enum mapping_unresolved unresolved;
    char **literals;
    size_t literal_count;
    char *reason, *allow_narrowing, *allow_ids;
};

struct mapping_reason {
    char *name, *reason;
};

enum mapping_conflict { MAPPING_CONFLICT_FAIL, MAPPING_CONFLICT_SKIP, MAPPING_CONFLICT_UPDATE };
enum mapping_children { MAPPING_CHILDREN_FOLLOW, MAPPING_CHILDREN_SKIP };

/* A foreign key that the database does not know: columns of the target. */
struct mapping_reference {
    char *pointer; /* "/tables/3/references/0" */
    char **columns;
    size_t column_count;
    char *to_schema, *to;
    char **key; /* of `to`; none: its primary key */
    size_t key_count;
    char *dangling; /* why rows may refer to nothing, or NULL: they may not */
};

struct mapping_table {
    int number;               /* position in the file, from 0 */
    char *pointer;            /* "/tables/3" */
    int source;               /* index into sources */
    char *from_schema, *from; /* schema filled in from the source's default */
    char *to_schema, *to;     /* `to` NULL: by name, then snake_case */
    struct mapping_column *columns;
    size_t column_count;
    struct mapping_reason *drop;
    size_t drop_count;
    struct mapping_reason *defaults;
    size_t default_count;
    char *where;
    char **key; /* source columns */
    size_t key_count;
    bool has_on_conflict;
    enum mapping_conflict conflict;
    char **conflict_key; /* target columns */
    size_t conflict_key_count;
    char **conflict_set;
    size_t conflict_set_count;
    enum mapping_children children;
    char *winner_by;     /* source column, or NULL */
    bool winner_highest; /* newest, highest */
    bool audit_self;
    char *resource_type, *tenant; /* tenant: target column or NULL; resource_type defaults to the
                                     target table's name */
    bool triggers_fire;
    bool exclusive, never_exclusive; /* its indexes may be set aside, or not even when asked for */
    char *timezone;
    char **harmless, **sensitive;
    size_t harmless_count, sensitive_count;
    char **reject_sqlstates; /* of triggers: make the row a reject, as classes 22 and 23 do */
    size_t reject_sqlstate_count;
    struct mapping_reference *references;
    size_t reference_count;
    char *changed_at; /* target column that the application sets when it changes a row, or NULL */
};

struct mapping_left_behind {
    int source;
    char *schema, *table, *reason;
};

/* What an audit column is filled with. */
enum audit_field {
    AUDIT_FIELD_VALUE, /* a constant */
    AUDIT_FIELD_ID,
    AUDIT_FIELD_RUN_ID,
    AUDIT_FIELD_ACTION,
    AUDIT_FIELD_OUTCOME,
    AUDIT_FIELD_REASON_CODE,
    AUDIT_FIELD_RESOURCE_TYPE,
    AUDIT_FIELD_RESOURCE_ID,
    AUDIT_FIELD_ACTOR_ID,
    AUDIT_FIELD_ACTOR_TYPE,
    AUDIT_FIELD_TENANT,
    AUDIT_FIELD_OLD_VALUES,
    AUDIT_FIELD_NEW_VALUES,
    AUDIT_FIELD_METADATA,
    AUDIT_FIELD_ROW_DIGEST,
    AUDIT_FIELD_RECORDED_AT,
    AUDIT_FIELD_EVENT_VERSION
};

enum audit_action {
    AUDIT_MIGRATED,
    AUDIT_MERGED,
    AUDIT_SKIPPED,
    AUDIT_REJECTED,
    AUDIT_UPDATED,
    AUDIT_REMOVED,
    AUDIT_RESTORED, /* an undo gave a merged row its former values back */
    AUDIT_ACTION_COUNT
};

struct mapping_audit_column {
    char *to;
    enum audit_field field;
    char *value; /* AUDIT_FIELD_VALUE; NULL is null */
};

struct mapping_audit {
    char *schema, *table;              /* "audit_logs" in the target's default schema unless said */
    char *actions[AUDIT_ACTION_COUNT]; /* ROW_MIGRATED, ... unless said */
    struct mapping_audit_column *columns; /* none: the default layout */
    size_t column_count;
};

/* How the application lets a database know its user. */
struct mapping_session {
    char *role;
    char *setting; /* "app.user_id" */
    char *value;   /* of the setting, where "{id}" stands for the user's ID */
};

struct mapping_application {
    bool is_there;
    int ids; /* index into mapping->ids: the map of users */
    struct mapping_session source, target;
    int sample; /* users that are looked at */
};

struct mapping {
    char *path;      /* as given; "-" parts never */
    char *directory; /* of the file, for relative paths */
    char *text;      /* the bytes of the file */
    size_t length;
    struct digest digest;
    char *name, *description;
    struct mapping_connection *sources;
    size_t source_count;
    struct mapping_connection target;
    struct mapping_ids *ids;
    size_t id_count;
    char *formats; /* JSON text of the mapping's own formats, or NULL */
    struct mapping_audit audit;
    char *timezone;
    char *keep_idmap; /* "30 days": how long the target keeps the ID maps of a run that is done;
                         NULL: until somebody removes them */
    bool exclusive;   /* indexes of empty target tables are set aside while they are loaded */
    char **literals;
    size_t literal_count;
    struct mapping_table *tables;
    size_t table_count;
    struct mapping_left_behind *left_behind;
    size_t left_behind_count;
    struct mapping_reason
        *may_stay; /* glob over schema.table.column -> why legacy IDs stay there */
    size_t may_stay_count;
    struct mapping_application application;
};

/* Reads and checks a file. Limit: 16 MB. */
bool mapping_load(const char *path, struct mapping **mapping, struct error *err);
/* The same from memory, for a mapping kept with its run; `path` is for errors and relative paths.
 */
bool mapping_parse(const char *path, const char *text, size_t length, struct mapping **mapping,
                   struct error *err);
void mapping_free(struct mapping **mapping); /* for CLEANUP too */

/* The literal lists that hold for a column: the column's and the mapping's. */
bool mapping_is_literal(const struct mapping *mapping, const struct mapping_column *column,
                        const char *text, size_t length);
/* A time span as "keep_idmap" has it: a number and hours, days, weeks, months or years. */
bool mapping_is_time_span(const char *text);
/* "clerkUserId" -> "clerk_user_id", "scheduleAvailabilities" -> "schedule_availabilities",
 * "URLPath" -> "url_path". To be freed. */
char *mapping_snake_case(const char *name);

#endif
