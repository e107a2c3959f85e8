/* The whole resolution of a plan as JSON; the shape is that of tests/data/report/check.schema.json.
 */
#include "idmigrate/memory.h"
#include "json.h"
#include "run.h"
#include "words.h"

#include <stdlib.h>

static json_t *
describe_texts(char *const *texts, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, report_json_text(texts[i]));
    return list;
}

static json_t *
describe_maps(const struct idmap *const *maps, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, report_json_text(idmap_name(maps[i])));
    return list;
}

/* Takes the words; none are null. */
static void
put_words(json_t *object, const char *key, struct strbuf *words)
{
    report_put_text(object, key, words->length > 0 ? words->data : NULL);
    strbuf_reset(words);
}

static json_t *
describe_column(const struct plan *plan, const struct plan_table *table,
                const struct plan_column *column)
{
    CLEANUP(strbuf_release) struct strbuf words = STRBUF_INIT;
    const struct mapping_column *spec = column->spec;
    json_t *object = json_object();
    report_put_text(object, "to", column->target->name);
    report_put_text(object, "type", column->target->type.text);
    report_put_text(object, "from", column->source != NULL ? column->source->name : NULL);
    report_put_text(object, "from_type", column->source != NULL ? column->source->type.text : NULL);
    report_put_text(object, "match", report_words_match(column));
    report_put_text(object, "how", report_words_how(column));
    report_words_origin(&words, column);
    put_words(object, "origin", &words);
    report_words_change(&words, plan, table, column);
    put_words(object, "change", &words);
    report_put(object, "resolve", describe_maps(column->resolve, column->resolve_count));
    report_put(object, "rewrite", describe_maps(column->rewrite, column->rewrite_count));
    report_put_text(object, "unresolved",
                    spec != NULL && column->resolve_count > 0
                        ? report_words_unresolved(spec->unresolved)
                        : NULL);
    report_put(object, "literals",
               spec != NULL ? describe_texts(spec->literals, spec->literal_count) : json_array());
    report_words_reason(&words, column);
    put_words(object, "reason", &words);
    return object;
}

static json_t *
describe_gaps(const struct plan_table *table)
{
    json_t *list = json_array();
    struct report_words_gap gap;
    for (size_t i = 0; i < table->target->column_count; i++) {
        if (!report_words_gap_at(table, i, &gap))
            continue;
        json_t *entry = json_object();
        report_put_text(entry, "column", gap.column->name);
        report_put_text(entry, "filled_with", gap.filled_with);
        report_put_text(entry, "reason", gap.reason);
        json_array_append_new(list, entry);
    }
    return list;
}

static json_t *
describe_dropped(const struct plan_table *table)
{
    json_t *list = json_array();
    for (size_t i = 0; i < table->spec->drop_count; i++) {
        json_t *entry = json_object();
        report_put_text(entry, "column", table->spec->drop[i].name);
        report_put_text(entry, "reason", table->spec->drop[i].reason);
        json_array_append_new(list, entry);
    }
    return list;
}

static json_t *
describe_conflict(const struct mapping_table *spec)
{
    if (!spec->has_on_conflict)
        return json_null();
    json_t *object = json_object();
    report_put(object, "key", describe_texts(spec->conflict_key, spec->conflict_key_count));
    report_put_text(object, "do", report_words_conflict(spec->conflict));
    report_put(object, "set", describe_texts(spec->conflict_set, spec->conflict_set_count));
    report_put_text(object, "children",
                    spec->children == MAPPING_CHILDREN_SKIP ? "skip" : "follow");
    report_put_text(object, "winner_by", spec->winner_by);
    report_put_text(object, "winner",
                    spec->winner_by == NULL ? NULL
                    : spec->winner_highest  ? "highest"
                                            : "lowest");
    return object;
}

static void
put_known_count(json_t *object, const char *key, const struct report_rows *rows, int64_t count)
{
    report_put(object, key, rows != NULL && count >= 0 ? json_integer(count) : json_null());
}

static json_t *
describe_rows(const struct report_rows *rows)
{
    static const struct report_rows unknown = {-1, -1, -1, -1, -1, -1};
    const struct report_rows *known = rows != NULL ? rows : &unknown;
    json_t *object = json_object();
    put_known_count(object, "source", rows, known->rows);
    put_known_count(object, "would_write", rows, known->would_write);
    put_known_count(object, "would_merge", rows, known->would_merge);
    put_known_count(object, "would_skip", rows, known->would_skip);
    put_known_count(object, "would_reject", rows, known->would_reject);
    put_known_count(object, "target_before", rows, known->target_rows);
    return object;
}

static json_t *
describe_relation(const char *source, const struct catalog_table *table)
{
    json_t *object = json_object();
    if (source != NULL)
        report_put_text(object, "name", source);
    report_put_text(object, "schema", table->schema);
    report_put_text(object, "table", table->name);
    return object;
}

static json_t *
describe_table(const struct plan *plan, const struct plan_table *table,
               const struct report_rows *rows)
{
    const struct mapping_table *spec = table->spec;
    json_t *object = json_object();
    json_t *columns = json_array();
    json_t *key = json_array();
    for (size_t i = 0; i < table->source_key_count; i++)
        json_array_append_new(key, report_json_text(table->source_key_names[i]));
    for (size_t i = 0; i < table->column_count; i++)
        json_array_append_new(columns, describe_column(plan, table, &table->columns[i]));
    report_put_text(object, "table", table->label);
    report_put_count(object, "number", table->number);
    report_put(object, "step", table->step >= 0 ? json_integer(table->step) : json_null());
    report_put(object, "source",
               describe_relation(plan->mapping->sources[spec->source].name, table->source));
    report_put(object, "target", describe_relation(NULL, table->target));
    report_put(object, "rows", describe_rows(rows));
    report_put_text(object, "where", spec->where);
    report_put(object, "source_key", key);
    report_put_text(
        object, "codec",
        plan_codec_name(table->text_reason == NULL ? PLAN_CODEC_BINARY : PLAN_CODEC_TEXT));
    report_put_text(object, "codec_reason", table->text_reason);
    report_put(object, "on_conflict", describe_conflict(spec));
    report_put(object, "is_audit_record", json_boolean(spec->audit_self));
    report_put(object, "columns", columns);
    report_put(object, "not_written", describe_gaps(table));
    report_put(object, "dropped", describe_dropped(table));
    return object;
}

static json_t *
describe_audit(const struct plan *plan)
{
    json_t *object = json_object();
    report_put_text(object, "schema", plan->mapping->audit.schema);
    report_put_text(object, "table", plan->mapping->audit.table);
    report_put(object, "exists", json_boolean(plan->audit != NULL));
    report_put(object, "is_default", json_boolean(plan->audit_is_default));
    return object;
}

static json_t *
describe_left_behind(const struct mapping *mapping)
{
    json_t *list = json_array();
    for (size_t i = 0; i < mapping->left_behind_count; i++) {
        const struct mapping_left_behind *left = &mapping->left_behind[i];
        json_t *entry = json_object();
        report_put_text(entry, "source", mapping->sources[left->source].name);
        report_put_text(entry, "schema", left->schema);
        report_put_text(entry, "table", left->table);
        report_put_text(entry, "reason", left->reason);
        json_array_append_new(list, entry);
    }
    return list;
}

json_t *
report_resolution_json(const struct plan *plan, const struct report_rows *rows)
{
    json_t *object = json_object();
    json_t *tables = json_array();
    const struct plan_table **ordered =
        memory_realloc_array(NULL, plan->table_count, sizeof(void *));
    size_t count = report_words_order(plan, ordered);
    for (size_t i = 0; i < count; i++)
        json_array_append_new(
            tables,
            describe_table(plan, ordered[i], rows != NULL ? &rows[ordered[i]->number] : NULL));
    free(ordered);
    report_put_text(object, "mapping", plan->mapping->name);
    report_put_count(object, "steps", (int64_t)plan->step_count);
    report_put(object, "audit", describe_audit(plan));
    report_put(object, "tables", tables);
    report_put(object, "left_behind", describe_left_behind(plan->mapping));
    return object;
}
