/*
 * Every exception that was granted: what the mapping lets pass that would otherwise be rejected or
 * refused, with the reason it gives, and what whoever ran it allowed on the command line.
 */
#include "json.h"
#include "summary.h"

#include "idmigrate/mapping.h"
#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

const char report_lacks_exceptions[] =
    "This program cannot read the mapping of the run: what the mapping allows is not listed here, "
    "but stands in its text.";

/* Everything is given away to the list but the reason. */
static void
grant(struct report_summary *summary, const char *kind, char *place, char *what, const char *reason,
      int64_t uses)
{
    *ARRAY_ADD(summary->exceptions, summary->exception_count,
               summary->exception_capacity) = (struct report_exception){
        .kind = kind, .place = place, .what = what, .reason = memory_strdup(reason), .uses = uses};
}

/* ---- what was said on the command line
 * ------------------------------------------------------------------------
 */

static void
grant_settings(struct report_summary *summary, const json_t *settings, const char *when)
{
    const char *rejects = json_string_value(json_object_get(settings, "max_rejects"));
    if (rejects != NULL && strcmp(rejects, "0") != 0)
        grant(summary, "limit", NULL,
              memory_printf("up to %s rejected rows were allowed%s (--max-rejects; 0 unless said)",
                            rejects, when),
              NULL, summary->totals.rows_rejected);
    if (json_is_true(json_object_get(settings, "accept_changes")))
        grant(summary, "changes", NULL,
              memory_printf("a mapping, ID map or program other than before was accepted%s "
                            "(--accept-changes)",
                            when),
              NULL, -1);
}

static void
grant_limits(struct report_summary *summary)
{
    json_t *settings = report_json_parse(summary->model->run.settings);
    size_t i;
    json_t *later;
    grant_settings(summary, settings, "");
    json_array_foreach(json_object_get(settings, "later"), i, later)
    {
        const char *at = json_string_value(json_object_get(later, "at"));
        CLEANUP(memory_free_string)
        char *when =
            memory_printf(", when it was taken up again at %.19s UTC", at != NULL ? at : "?");
        grant_settings(summary, later, when);
    }
    json_decref(settings);
}

/* ---- what the mapping says of a column
 * ------------------------------------------------------------------------
 */

struct place {
    struct report_summary *summary;
    const struct mapping_table *spec;
    const struct store_table *table; /* as it was stored */
    json_t *counts;                  /* of the IDs of its columns, or null */
};

static int64_t
count_uses(const struct place *place, const struct mapping_column *column, const char *what)
{
    const json_t *counts = json_object_get(place->counts, column->to);
    return counts != NULL ? json_integer_value(json_object_get(counts, what)) : 0;
}

static char *
name_column(const struct place *place, const char *column)
{
    return memory_printf("%s.%s", place->table->label, column);
}

static void
grant_unresolved(const struct place *place, const struct mapping_column *column)
{
    if (column->unresolved == MAPPING_UNRESOLVED_KEEP)
        grant(place->summary, "keep", name_column(place, column->to),
              memory_strdup("IDs that are not in the map stay as they are"), column->reason,
              count_uses(place, column, "kept"));
    if (column->unresolved == MAPPING_UNRESOLVED_NULL)
        grant(place->summary, "null", name_column(place, column->to),
              memory_strdup("IDs that are not in the map become null"), column->reason,
              count_uses(place, column, "nulled"));
}

static void
grant_literals(const struct place *place, const struct mapping_column *column)
{
    struct strbuf what = STRBUF_INIT;
    if (column->literal_count == 0)
        return;
    strbuf_add_string(&what, "pass as they are, being no IDs: ");
    for (size_t i = 0; i < column->literal_count; i++)
        strbuf_printf(&what, "%s\"%s\"", i > 0 ? ", " : "", column->literals[i]);
    grant(place->summary, "literal", name_column(place, column->to), strbuf_take(&what),
          column->reason, count_uses(place, column, "literals"));
}

static void
grant_column(const struct place *place, const struct mapping_column *column)
{
    grant_unresolved(place, column);
    grant_literals(place, column);
    if (column->default_kind == MAPPING_DEFAULT_KEEP)
        grant(place->summary, "keep", name_column(place, column->to),
              memory_strdup("values that are not in the list stay as they are"), column->reason,
              -1);
    if (column->allow_ids != NULL)
        grant(place->summary, "ids", name_column(place, column->to),
              memory_strdup("IDs inside this column stay as they are"), column->allow_ids, -1);
    if (column->allow_narrowing != NULL)
        grant(place->summary, "narrowing", name_column(place, column->to),
              memory_strdup("the target's type holds less than the source's"),
              column->allow_narrowing, -1);
}

/* ---- what it says of a table
 * ----------------------------------------------------------------------------------
 */

static void
grant_conflict(const struct place *place)
{
    const struct mapping_table *spec = place->spec;
    if (!spec->has_on_conflict || spec->conflict == MAPPING_CONFLICT_FAIL)
        return;
    bool skips = spec->conflict == MAPPING_CONFLICT_SKIP;
    grant(place->summary, skips ? "skip" : "merge", memory_strdup(place->table->label),
          memory_strdup(skips ? "a row that meets one in its key is skipped"
                              : "a row that meets one in its key is merged into it"),
          NULL,
          skips ? place->table->rows_skipped + place->table->rows_merged
                : place->table->rows_merged);
}

static void
grant_table(const struct place *place)
{
    const struct mapping_table *spec = place->spec;
    for (size_t i = 0; i < spec->column_count; i++)
        grant_column(place, &spec->columns[i]);
    grant_conflict(place);
    if (spec->where != NULL)
        grant(place->summary, "where", memory_strdup(place->table->label),
              memory_printf("only rows that meet a condition were moved: %s", spec->where), NULL,
              -1);
    if (spec->audit_self)
        grant(place->summary, "audit", memory_strdup(place->table->label),
              memory_strdup("its rows are audit records themselves and have no event of their own"),
              NULL, -1);
    for (size_t i = 0; i < spec->reference_count; i++)
        if (spec->references[i].dangling != NULL)
            grant(place->summary, "dangling", name_column(place, spec->references[i].columns[0]),
                  memory_printf("may refer to no row of %s.%s", spec->references[i].to_schema,
                                spec->references[i].to),
                  spec->references[i].dangling, -1);
    for (size_t i = 0; i < spec->reject_sqlstate_count; i++)
        grant(place->summary, "sqlstate", memory_strdup(place->table->label),
              memory_printf("a row that the target refuses with SQLSTATE %s is rejected",
                            spec->reject_sqlstates[i]),
              NULL, -1);
}

static const struct mapping_table *
find_spec(const struct mapping *mapping, int table_no)
{
    for (size_t i = 0; i < mapping->table_count; i++)
        if (mapping->tables[i].number == table_no)
            return &mapping->tables[i];
    return NULL;
}

static void
grant_mapping(struct report_summary *summary, const struct mapping *mapping)
{
    for (size_t i = 0; i < mapping->id_count; i++)
        if (mapping->ids[i].many_to_one != NULL)
            grant(summary, "many to one", memory_printf("ID map %s", mapping->ids[i].name),
                  memory_strdup("several old IDs may have one new ID"), mapping->ids[i].many_to_one,
                  -1);
    for (size_t i = 0; i < mapping->literal_count; i++)
        grant(summary, "literal", NULL,
              memory_printf("\"%s\" is no ID, in any column", mapping->literals[i]), NULL, -1);
    for (size_t i = 0; i < mapping->may_stay_count; i++)
        grant(summary, "may stay", memory_strdup(mapping->may_stay[i].name),
              memory_strdup("legacy IDs may stay here in the target"), mapping->may_stay[i].reason,
              -1);
    for (size_t i = 0; i < summary->model->table_count; i++) {
        const struct store_table *table = &summary->model->tables[i];
        struct place place = {.summary = summary,
                              .spec = find_spec(mapping, table->table_no),
                              .table = table,
                              .counts = report_json_parse(table->column_counts)};
        if (place.spec != NULL)
            grant_table(&place);
        json_decref(place.counts);
    }
}

void
report_find_exceptions(struct report_summary *summary)
{
    const struct store_run *run = &summary->model->run;
    CLEANUP(mapping_free) struct mapping *mapping = NULL;
    struct error ignored = ERROR_INIT;
    grant_limits(summary);
    /* A mapping that this program cannot read any more is told by its text alone. */
    summary->lacks_exceptions = !mapping_parse(run->mapping_path, run->mapping_text,
                                               strlen(run->mapping_text), &mapping, &ignored);
    if (!summary->lacks_exceptions)
        grant_mapping(summary, mapping);
}
