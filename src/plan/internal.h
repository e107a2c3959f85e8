/* Parts of plan_new(), in the order in which it calls them. Each adds what it finds wrong to
 * plan->findings. */
#ifndef IDMIGRATE_PLAN_INTERNAL_H
#define IDMIGRATE_PLAN_INTERNAL_H

#include "idmigrate/plan.h"

/* columns.c: pairs target columns with their origins, source columns with their use. */
void plan_resolve_columns(struct plan *plan, struct plan_table *table,
                          const struct plan_inputs *inputs);
/* Position in table->columns of the written target column, or -1. */
int plan_find_column(const struct plan_table *table, const char *target_name);

/* cast.c: the SQL of one column, and what its types would do to values. `base` is SQL over `t`. */
void plan_select_expression(struct plan *plan, const struct plan_table *table,
                            struct plan_column *column);

/* The type to cast to, with the modifiers that do not cut; to be freed. */
char *plan_cast_name(const struct catalog_type *type);
int plan_numeric_scale(int32_t modifier);

/* loss.c: why every such cast is refused, or NULL. */
const char *plan_sure_loss(const struct catalog_type *from, const struct catalog_type *to);
/* Appends a condition over the source row that holds where the cast changes the value `base`
 * silently; false when it cannot. */
bool plan_add_loss(struct strbuf *sql, const char *base, const struct catalog_type *from,
                   const struct catalog_type *to, const char *zone);

/* keys.c */
void plan_resolve_keys(struct plan *plan, struct plan_table *table);

/* logical.c: references and the column that the mapping names */
void plan_resolve_logical(struct plan *plan, struct plan_table *table,
                          const struct plan_inputs *inputs);
void plan_release_logical(struct plan_logical *logical);
void plan_resolve_changed_at(struct plan *plan, struct plan_table *table);

/* order.c: references between planned tables, then steps. */
void plan_resolve_references(struct plan *plan);
void plan_order_steps(struct plan *plan);

/* coverage.c: every source table is mapped or left behind, every source column used or dropped. */
void plan_check_coverage(struct plan *plan, const struct plan_inputs *inputs);

/* same.c: nothing that is read is written. */
void plan_check_same_tables(struct plan *plan, const struct plan_inputs *inputs);

/* privileges.c: grants, row-level security, triggers, rules. */
void plan_check_privileges(struct plan *plan, const struct plan_inputs *inputs);

/* target.c: sequences, foreign tables, publications. */
void plan_check_target(struct plan *plan, const struct plan_table *table, const char *role);
/* It, or a part of it, is on another server. */
bool plan_is_foreign(const struct catalog_table *table);

/* codec.c: where binary is not safe, and why. When all else of the tables is known. */
void plan_judge_codecs(struct plan *plan);

/* audit_layout.c */
void plan_resolve_audit(struct plan *plan, const struct plan_inputs *inputs);

#endif
