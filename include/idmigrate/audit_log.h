/*
 * The audit log as an application uses it: installed with its roles, row-level security, functions
 * for writing and retention; looked over; pruned.
 *
 * One log in a database. Around it stands the schema idmigrate_audit
 * (sql/install/audit_schema.sql), which belongs to the log's owner, a role that nobody can log in
 * as.
 */
#ifndef IDMIGRATE_AUDIT_LOG_H
#define IDMIGRATE_AUDIT_LOG_H

#include "idmigrate/db.h"
#include "idmigrate/error.h"
#include "idmigrate/strbuf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { AUDIT_LOG_VERSION = 1 };

/* ---- the registry (mappings/audit_registry.json) ---- */

struct audit_registry {
    char **actions, **resource_types, **sensitive_keys;
    size_t action_count, resource_type_count, sensitive_key_count;
};
/* Adds what a text in the registry's shape names; `name` is the file's, for errors (EXIT_INPUT).
 * What is there already is not doubled. */
bool audit_registry_add(struct audit_registry *registry, const char *json, const char *name,
                        struct error *err);
bool audit_registry_add_file(struct audit_registry *registry, const char *path, struct error *err);
void audit_registry_release(struct audit_registry *registry);

/* ---- the layout (mappings/audit_profiles.json) ---- */

struct audit_profile_column {
    char *name, *type, *field, *missing, *constraint; /* all but name and type may be NULL */
};
struct audit_profile {
    char *name;
    struct audit_profile_column *columns;
    size_t column_count;
    char *indexes;    /* SQL of column lists, parted by ";", or "" */
    bool is_standard; /* the partitioned table of sql/install/audit_logs.sql */
    const char *id_column, *time_column, *tenant_column, *action_column, *resource_type_column,
        *metadata_column;   /* borrowed from the columns */
    const char *run_column; /* or NULL: the run is in the metadata */
};
/* EXIT_USAGE with a hint that lists them when there is none of that name. */
bool audit_profile_read(const char *json, const char *name, struct audit_profile *profile,
                        struct error *err);
void audit_profile_release(struct audit_profile *profile);

/* ---- installing ---- */

struct audit_log_request {
    const char *schema, *table; /* of the log */
    const char *roles;          /* prefix of the names of the roles */
    const struct audit_profile *profile;
    struct audit_registry *registry; /* gets what the log knew before */
    /* Null, 0, -1: as they were, or the default. */
    const char *keep_at_least; /* an interval: no policy removes what is younger */
    int months;                /* made ahead, this one included */
    int shorten_ip;            /* or 0 or 1 */
    bool has_tenants;          /* make the table of tenants where there is none */
};

/* What is there before, and what an installation would do. */
struct audit_log_state;
/* Looks, and refuses (EXIT_REFUSED) what cannot be done: another log, another layout, events out of
 * the registry (with their counts), names that are taken. Changes nothing. */
bool audit_log_look(struct db *db, const struct audit_log_request *request,
                    struct audit_log_state **state, struct error *err);
void audit_log_state_free(struct audit_log_state **state);
/* One line for each thing that will be done. */
void audit_log_describe(const struct audit_log_state *state, struct strbuf *text);
/* Whether the session's role may do it itself; otherwise the reason. */
bool audit_log_is_allowed(const struct audit_log_state *state, const char **reason);
/* The statements, for the program as for an administrator's psql -1 -f. */
void audit_log_write_sql(const struct audit_log_state *state, struct strbuf *sql);
/* What takes long and is no part of that transaction: proving the CHECKs. */
void audit_log_write_validation(const struct audit_log_state *state, struct strbuf *sql);

/* ---- looking it over ---- */

enum audit_finding_kind {
    AUDIT_FINDING_FAULT, /* something is missing, or a role has a power that it should not have */
    AUDIT_FINDING_ACCEPTED, /* a power that is so by design, was accepted, or cannot be taken */
    AUDIT_FINDING_UNKNOWN   /* could not be looked at */
};
struct audit_finding {
    enum audit_finding_kind kind;
    char *role;   /* of a power, or NULL */
    char *object; /* relation, function, ... */
    char *text;   /* one line */
    char *hint;   /* or NULL */
};
struct audit_findings {
    struct audit_finding *items;
    size_t count, looked_at;
    char *schema, *table; /* of the log */
};
/* `accepted` are roles whose powers are known and meant. */
bool audit_log_check(struct db *db, const char *const *accepted, size_t accepted_count,
                     struct audit_findings *findings, struct error *err);
void audit_findings_release(struct audit_findings *findings);

/* The log of this database, where one was installed (EXIT_REFUSED otherwise); to be freed. */
bool audit_log_find(struct db *db, char **schema, char **table, struct error *err);

#endif
