/* Parts that several renderings have in common; only for files of this room. */
#ifndef IDMIGRATE_REPORT_RUN_H
#define IDMIGRATE_REPORT_RUN_H

#include "idmigrate/report.h"

#include <jansson.h>

json_t *report_run_json(const struct store_run *run);
json_t *report_databases_json(const struct store_run *run);
json_t *report_table_json(const struct store_table *table);
json_t *report_totals_json(const struct store_table *tables, size_t count, double seconds);
json_t *report_reject_counts_json(const struct store_reject_count *counts, size_t count);
json_t *report_asides_json(const struct report_asides *asides); /* null: there are none */
json_t *report_undo_json(const struct report_undo *undo);       /* null: there is none */
json_t *report_findings_json(const struct findings *findings);
json_t *report_resolution_json(const struct plan *plan, const struct report_rows *rows);

void report_verification_text(struct strbuf *out, const struct report_model *model, bool color);
void report_asides_text(struct strbuf *out, const struct report_asides *asides, bool color);
void report_undo_text(struct strbuf *out, const struct report_undo *undo, bool color);
void report_findings_text(struct strbuf *out, const struct findings *findings, bool color);
void report_resolution_text(struct strbuf *out, const struct plan *plan,
                            const struct report_rows *rows, bool color);
void report_reject_counts_text(struct strbuf *out, const struct store_reject_count *counts,
                               size_t count, bool color);

/* "app on db-1 port 5432 as owner, system 73..., PostgreSQL 16.4". */
void report_describe_database(struct strbuf *text, const json_t *database);

/* "2026-11-20 17:42:00 UTC by anna@ops-1, ticket CHG-8": how a run was taken up again, from 0. To
 * be freed; NULL: not so often. */
char *report_describe_attempt(const struct store_run *run, size_t index);

/* Why an undo left rows as they are, in words; the refusals of one reason follow each other. */
const char *report_explain_refusal(const char *reason_code);
bool report_begins_group(const struct report_undo *undo, size_t i);

/* "2026-11-20 17:40:00" of a time as the server prints it, which is UTC; "-" for NULL. */
const char *report_time(const char *stored, char text[20]);

#endif
