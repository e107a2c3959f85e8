/*
 * What a server's catalogue says about the tables of some schemas: facts for the plan, without
 * rows.
 *
 * Read in one repeatable-read transaction with a handful of queries, whatever the number of tables.
 */
#ifndef IDMIGRATE_CATALOG_H
#define IDMIGRATE_CATALOG_H

#include "idmigrate/db.h"
#include "idmigrate/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct catalog_type {
    uint32_t oid;
    char *schema, *name; /* pg_type.typname, e.g. "pg_catalog", "_text" */
    char *text;       /* format_type(oid, typmod) with empty search_path: "character varying(20)",
                         "neu.role" */
    char *text_plain; /* the same without modifier, fit for a cast: "character varying", "bpchar" */
    int32_t modifier; /* atttypmod; of the domain when the domain sets it; -1 none */
    char kind; /* typtype: b base, c composite, d domain, e enum, r range, m multirange, p pseudo */
    char category; /* typcategory: S string, N numeric, D date/time, A array, U user, B boolean, ...
                    */
    bool is_builtin;       /* oid < 16384 */
    uint32_t base_oid;     /* domains resolved down to the base type; otherwise oid */
    char *base_text_plain; /* of base_oid */
    uint32_t element_oid;  /* of a true array, otherwise 0 (of the base type) */
    char *element_text;    /* text_plain of the element, or NULL */
    char **labels;         /* of an enum (also of an array's enum), in order */
    size_t label_count;
    bool domain_not_null;
    char *structure; /* of a composite type, or one that holds such (array, domain, range): "first
                        text, home.street text", in order; NULL of all others */
    bool is_sent_as_text; /* a user's (base) type whose binary form is the text it prints */
    char *equals;         /* of a user's (base) type, "OPERATOR(public.=)"; NULL: "=" */
};

struct catalog_column {
    char *name;
    int number; /* attnum */
    struct catalog_type type;
    bool not_null;     /* attnotnull, or a NOT NULL domain */
    bool has_default;  /* DEFAULT, identity or generated */
    char *default_sql; /* or NULL */
    char generated;    /* 's' stored, 'v' virtual (18), 0 none */
    char identity;     /* 'a' always, 'd' by default, 0 none */
    char *sequence;    /* quoted schema.name of the sequence owned by or used in the default of the
                          column, or NULL */
    bool can_raise_sequence, can_draw_sequence; /* setval and looking at it; nextval */
    bool is_collation_deterministic;            /* of the column's collation; true without one */
    bool can_select, can_insert, can_update;    /* column or table privilege of the current role */
};

struct catalog_index {
    char *name;
    char *definition; /* pg_get_indexdef */
    bool is_primary, is_unique, is_exclusion, is_valid, is_deferrable;
    bool nulls_not_distinct; /* 15 */
    char *predicate;         /* of a partial index, or NULL: SQL over the table's columns */
    char **keys;  /* pg_get_indexdef(oid, n, true) of each key column, INCLUDE columns left out */
    int *columns; /* position in table->columns of each key, -1 for an expression */
    size_t key_count;
};

struct catalog_foreign_key {
    char *name;
    char *other_schema, *other_table; /* the referenced table */
    int *columns;                     /* position in table->columns */
    char **other_columns;
    size_t column_count;
    bool is_deferrable, is_deferred, is_validated;
    bool is_match_full;        /* all columns NULL, or none */
    char on_delete, on_update; /* a no action, r restrict, c cascade, n set null, d set default */
};

struct catalog_check {
    char *name;
    char *definition;
    bool is_validated;
};

struct catalog_trigger {
    char *name;
    char *function;
    char enabled; /* O origin, A always, R replica, D disabled */
    bool before, per_row, on_insert, on_update, on_truncate, on_delete;
};

/*
 * A relation that holds rows itself: the table, each leaf partition, each heir. An heir is a child
 * of plain inheritance with one parent and the same columns; one with columns of its own would lose
 * them when read through the parent, so it is a table of its own and no leaf of another.
 */
struct catalog_leaf {
    uint32_t oid;
    uint32_t file_node;
    char *schema, *name;
    char kind;       /* relkind: r, f, m */
    int64_t pages;   /* pg_relation_size / block size: exact, not the estimate */
    double rows;     /* estimate from reltuples and the exact pages; -1 unknown */
    int64_t bytes;   /* with TOAST */
    bool can_select; /* by its own name, with ctid: privileges of the parent or of columns do not do
                      */
};

struct catalog_table {
    uint32_t oid;
    char *schema, *name;
    char kind;        /* relkind: r, p, v, m, f */
    char persistence; /* p, u, t */
    char *owner;
    bool is_owner; /* current role is (a member of) the owner */
    bool row_security, force_row_security, has_policies;
    bool row_security_applies; /* row_security_active() for the current role: reads and COPY would
                                  fail */
    bool has_door; /* an audit log that the role may add events to by idmigrate_audit.inbox and read
                      by a function, whatever row-level security says */
    bool has_rules; /* rewrite rules other than a view's _RETURN */
    bool can_select, can_insert, can_update, can_delete, can_truncate;
    struct catalog_column *columns;
    size_t column_count;
    struct catalog_index *indexes; /* all, the primary key first */
    size_t index_count;
    struct catalog_foreign_key *foreign_keys;
    size_t foreign_key_count;
    struct catalog_check *checks;
    size_t check_count;
    struct catalog_trigger *triggers; /* user triggers, not internal ones */
    size_t trigger_count;
    struct catalog_leaf
        *leaves; /* where the rows are; none for a view or an empty partition tree */
    size_t leaf_count;
    bool is_extension_member;
    bool refuses_update, refuses_delete; /* published for such without a replica identity */
};

struct catalog {
    struct catalog_table *tables; /* ordered by schema and name; partitions and heirs are leaves,
                                     not tables of their own */
    size_t table_count;
    char *role; /* current_user */
    int block_size;
    bool can_create_schema; /* CREATE on the database */
    bool can_create_temp;   /* TEMPORARY on the database */
};

/*
 * Reads all tables, views, materialized views and foreign tables of the named schemas that the role
 * may see: in the transaction that is open on `db`, or in one of its own. Privileges are those of
 * the current role and count the schema's USAGE in.
 */
bool catalog_load(struct db *db, const char *const *schemas, size_t schema_count,
                  struct catalog *catalog, struct error *err);
void catalog_release(struct catalog *catalog);
/* Puts back, in the catalogue that was read, the indexes and foreign keys that a run has set aside
 * (idmigrate.set_aside) and not brought back yet. */
bool catalog_put_back(struct db *db, struct catalog *catalog, struct error *err);

const struct catalog_table *catalog_find(const struct catalog *catalog, const char *schema,
                                         const char *table);
int catalog_find_column(const struct catalog_table *table, const char *name); /* position, or -1 */
const struct catalog_index *catalog_primary_key(const struct catalog_table *table); /* or NULL */

#endif
