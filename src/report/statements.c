/*
 * The population: statements that count again what the report tells, for who wants to count by
 * hand. The sources' are made as the run read them; sessions are in UTC.
 */
#include "summary.h"

#include "idmigrate/mapping.h"
#include "idmigrate/memory.h"

#include <string.h>

static void
add(struct report_summary *summary, const char *where, char *what, struct strbuf *sql)
{
    *ARRAY_ADD(summary->statements, summary->statement_count, summary->statement_capacity) =
        (struct report_statement){.what = what, .where = where, .sql = strbuf_take(sql)};
}

static void
count_source(struct report_summary *summary, const struct store_table *table, const char *condition)
{
    struct strbuf sql = STRBUF_INIT;
    strbuf_add_string(&sql, "SELECT pg_catalog.count(*) FROM ");
    db_quote_name(&sql, table->source_schema, table->source_table);
    strbuf_add_string(&sql, " AS t");
    /* The newline ends a comment inside the condition. */
    if (condition != NULL)
        strbuf_printf(&sql, " WHERE (%s\n)", condition);
    add(summary, "source", memory_printf("%s: rows read", table->label), &sql);
}

static void
count_sources(struct report_summary *summary)
{
    const struct store_run *run = &summary->model->run;
    CLEANUP(mapping_free) struct mapping *mapping = NULL;
    struct error ignored = ERROR_INIT;
    bool known = mapping_parse(run->mapping_path, run->mapping_text, strlen(run->mapping_text),
                               &mapping, &ignored);
    for (size_t i = 0; i < summary->model->table_count; i++) {
        const struct store_table *table = &summary->model->tables[i];
        const char *condition = NULL;
        for (size_t j = 0; known && j < mapping->table_count; j++)
            if (mapping->tables[j].number == table->table_no)
                condition = mapping->tables[j].where;
        count_source(summary, table, condition);
    }
}

/* A run's ID is a UUID and needs no quoting. */
static void
count_state(struct report_summary *summary)
{
    static const struct {
        const char *what, *sql;
    } statements[] = {
        {"all tables: rows read, written, merged, skipped and rejected",
         "SELECT t.label, pg_catalog.sum(c.rows_read) AS read, pg_catalog.sum(c.rows_written) AS "
         "written, pg_catalog.sum(c.rows_merged) AS merged, pg_catalog.sum(c.rows_skipped) AS "
         "skipped, pg_catalog.sum(c.rows_rejected) AS rejected FROM idmigrate.chunk AS c JOIN "
         "idmigrate.run_table AS t USING (run_id, table_no) WHERE c.state = 'done' AND c.run_id = "
         "'%s' GROUP BY t.table_no, t.label ORDER BY t.table_no"},
        {"all rejects by reason",
         "SELECT t.label, r.reason_code, r.column_name, pg_catalog.count(*) FROM idmigrate.reject "
         "AS r JOIN idmigrate.run_table AS t USING (run_id, table_no) WHERE r.run_id = '%s' GROUP "
         "BY 1, 2, 3 ORDER BY 4 DESC"},
        {"all results of verification",
         "SELECT verification_no, check_name, label, verdict, looked_at, found, detail FROM "
         "idmigrate.verification WHERE run_id = '%s' ORDER BY verification_no, item_no"},
    };
    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++) {
        struct strbuf sql = STRBUF_INIT;
        const char *place = strstr(statements[i].sql, "%s");
        strbuf_add(&sql, statements[i].sql, (size_t)(place - statements[i].sql));
        strbuf_printf(&sql, "%s%s", summary->model->run.run_id, place + 2);
        add(summary, "target", memory_strdup(statements[i].what), &sql);
    }
}

void
report_find_statements(struct report_summary *summary)
{
    count_state(summary);
    count_sources(summary);
}
