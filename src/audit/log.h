/* The audit log's installation, between the files of this room. */
#ifndef IDMIGRATE_AUDIT_LOG_INTERNAL_H
#define IDMIGRATE_AUDIT_LOG_INTERNAL_H

#include "idmigrate/audit_log.h"

/* The name of a partition, cut to what the server takes; to be freed. install.c */
char *audit_partition_name(const char *table, const char *suffix);

enum { LOG_OWNER, LOG_WRITER, LOG_AUDITOR, LOG_PRUNER, LOG_MIGRATOR, LOG_ROLES };
extern const char *const log_role_names[LOG_ROLES];

struct audit_log_state {
    const struct audit_log_request *request;
    char *roles[LOG_ROLES];
    char *missing_roles; /* JSON array */
    bool is_missing[LOG_ROLES];
    bool is_superuser, may_create_roles, may_create_schema, has_log_schema, log_schema_is_owners,
        schema_exists, may_grant_schema, is_there, is_partitioned, table_is_owners, may_take_table,
        is_owner_member, has_tenants, has_seals, may_grant_seals, has_settings, has_checks;
    /* What the request says, or what was there. */
    char *keep_at_least;
    int months;
    bool shorten_ip;
    int version;        /* installed, 0: none */
    bool same_registry; /* the CHECKs hold it already */
    bool is_current;    /* nothing to be done but what every installation does */
};

/* log_find.c: what was installed. */
struct log_found {
    char *schema, *table, *tool;
    int version;
    struct audit_profile profile;
    struct audit_registry registry; /* empty */
    struct audit_log_request request;
    struct audit_log_state state; /* roles and request only */
};
bool log_find(struct db *db, struct log_found *log, struct error *err);
void log_found_release(struct log_found *log);

/* log_sources.c: the functions that the program would install, taken out of its own script. */
struct log_source {
    char *name; /* schema.function, without quotes */
    char *source;
};
struct log_sources {
    struct log_source *items;
    size_t count;
};
void log_sources_read(struct log_sources *sources, const struct audit_log_state *state);
void log_sources_release(struct log_sources *sources);

/* log_sql.c: statements made of a layout. */
void log_add_create_table(struct strbuf *sql, const struct audit_log_request *request);
void log_add_store_event(struct strbuf *sql, const struct audit_log_request *request);
void log_add_checks(struct strbuf *sql, const struct audit_log_request *request);
/* SELECT what ('action', 'resource type'), value, count of events that are out of the registry;
 * $1, $2 text[]: the registry. */
void log_add_strangers(struct strbuf *sql, const struct audit_log_request *request);
/* GRANT and SET ROLE to work as the owner, and back. */
void log_add_become_owner(struct strbuf *sql, const struct audit_log_state *state);
void log_add_leave_owner(struct strbuf *sql, const struct audit_log_state *state);

/* log_state.c: may what is there be taken as it is? */
bool log_check_layout(struct db *db, const struct audit_log_request *request, struct error *err);

#endif
