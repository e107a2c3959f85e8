/* The parts of a mapping, each read by a file of its own, in this order. All of it is inside this
 * room. */
#ifndef MAPPING_PARTS_H
#define MAPPING_PARTS_H

#include "idmigrate/mapping.h"
#include "node.h"

/* Above what anybody writes; what is compared pair by pair, or followed by recursion, stays within
 * reason. */
enum {
    MAPPING_SIZE_LIMIT = 16 * 1024 * 1024,
    MAPPING_MOST_IDS = 1000,
    MAPPING_MOST_TABLES = 10000
};

/* bytes.c: whether the bytes are text at all, and the JSON in them. The caller releases `json`. */
bool bytes_check(const char *text, size_t length, struct error *err);
bool bytes_read_file(const char *path, char **text, size_t *length, struct error *err);

/* document.c: the whole; the others are called by it. */
bool document_read(struct mapping *mapping, const struct node *document, struct error *err);
/* The index of the source that `node` names; the only one when `node` is absent. */
bool document_find_source(const struct mapping *mapping, const struct node *node, int *source,
                          struct error *err);

bool ids_read(struct mapping *mapping, const struct node *document, struct error *err);
/* The index in mapping->ids of the name that `node` is. */
bool ids_find(const struct mapping *mapping, const struct node *node, int *index,
              struct error *err);
/* One name or a list of names, as indexes. */
bool ids_find_all(const struct mapping *mapping, const struct node *node, int **indexes,
                  size_t *count, struct error *err);

bool audit_read(struct mapping *mapping, const struct node *document, struct error *err);
bool table_read_all(struct mapping *mapping, const struct node *document, struct error *err);
bool column_read_all(const struct mapping *mapping, struct mapping_table *table,
                     const struct node *columns, struct error *err);
/* A name in the default schema, or {"schema": ..., "table": ...}. */
bool table_read_name(const struct node *entry, const char *key, char **schema, char **table,
                     struct error *err);
bool references_read(const struct mapping *mapping, const struct node *entry,
                     struct mapping_table *table, struct error *err);
bool application_read(struct mapping *mapping, const struct node *document, struct error *err);
bool left_behind_read(struct mapping *mapping, const struct node *document, struct error *err);

/* open.c: refuses a draft whose choices are still open ("?"). */
bool open_check(const struct node *document, struct error *err);

/* agreement.c: what can only be said of the whole. */
bool agreement_check(const struct mapping *mapping, const struct node *document, struct error *err);

void column_release(struct mapping_column *column);
void references_release(struct mapping_table *table);
void table_release(struct mapping_table *table);
void mapping_application_release(struct mapping_application *application);
void ids_release(struct mapping_ids *ids);
void audit_release(struct mapping_audit *audit);
void texts_free(char **texts, size_t count);
void reasons_free(struct mapping_reason *reasons, size_t count);

#endif
