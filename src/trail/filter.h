/* Statements over the log, whose rows go by the alias `e`; only for files of this room. */
#ifndef IDMIGRATE_TRAIL_FILTER_H
#define IDMIGRATE_TRAIL_FILTER_H

#include "idmigrate/trail.h"

void trail_add_column(struct strbuf *sql, const struct log_column *column);
/* The ID in the form that it is ordered by. */
void trail_add_id(struct strbuf *sql, const struct log_table *table);
void trail_add_conditions(struct strbuf *sql, const struct log_table *table,
                          const struct trail_filter *filter);

#endif
