/* What follows from a model. */
#include "verdict.h"
#include "json.h"

#include <string.h>

bool
report_adds_up(const struct store_table *table)
{
    return table->rows_read ==
           table->rows_written + table->rows_merged + table->rows_skipped + table->rows_rejected;
}

struct report_totals
report_sum(const struct store_table *tables, size_t count)
{
    struct report_totals totals = {.adds_up = true};
    for (size_t i = 0; i < count; i++) {
        const struct store_table *table = &tables[i];
        totals.chunks += table->chunks;
        totals.chunks_done += table->chunks_done;
        totals.rows_read += table->rows_read;
        totals.rows_written += table->rows_written;
        totals.rows_merged += table->rows_merged;
        totals.rows_skipped += table->rows_skipped;
        totals.rows_rejected += table->rows_rejected;
        totals.rows_updated += table->rows_updated;
        totals.rows_removed += table->rows_removed;
        totals.tables_done += strcmp(table->state, "done") == 0;
        totals.seconds += table->seconds;
        totals.adds_up = totals.adds_up && report_adds_up(table);
    }
    return totals;
}

double
report_rate(int64_t rows, double seconds)
{
    return rows > 0 && seconds > 0 ? (double)rows / seconds : -1;
}

const char *
report_verdict(const struct store_check *checks, size_t count)
{
    bool not_checked = count == 0;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(checks[i].verdict, "different") == 0)
            return "different";
        not_checked = not_checked || strcmp(checks[i].verdict, "equal") != 0;
    }
    return not_checked ? "not checked" : "equal";
}

json_t *
report_left_behind(const struct store_run *run)
{
    json_t *list = json_array();
    json_t *mapping = report_json_parse(run->mapping_text);
    const char *key;
    json_t *value;
    json_object_foreach(json_object_get(mapping, "left_behind"), key, value)
    {
        /* A reason alone, or an object that has it. */
        const char *reason =
            json_string_value(json_is_object(value) ? json_object_get(value, "reason") : value);
        json_t *entry = json_object();
        report_put_text(entry, "table", key);
        report_put_text(entry, "reason", reason);
        json_array_append_new(list, entry);
    }
    json_decref(mapping);
    return list;
}
