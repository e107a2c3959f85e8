/* What is said to a run while it is carried out, and why it waits. */
#include "said.h"

#include "json.h"

#include <inttypes.h>

static const struct {
    const char *json, *before, *after;
    int64_t unit; /* of what is shown */
} names[CONTROL_LIMITS] = {
    [CONTROL_ROWS_RATE] = {"max_rows_rate", "rate", " rows/s", 1},
    [CONTROL_BYTES_RATE] = {"max_bytes_rate", "rate", " kB/s", 1024},
    [CONTROL_LAG_BYTES] = {"max_lag_bytes", "lag", " kB", 1024},
    [CONTROL_LAG_MS] = {"max_lag_ms", "lag", " ms", 1},
    [CONTROL_WAL_RATE] = {"max_wal_rate", "wal-rate", " kB/s", 1024},
    [CONTROL_SLOT_BYTES] = {"max_slot_bytes", "slot-wal", " kB", 1024},
};

/* A limit of two kinds is lifted in both: it is told once. */
static bool
is_told(const struct store_control *control, int limit)
{
    bool is_pair = limit == CONTROL_BYTES_RATE || limit == CONTROL_LAG_MS;
    if (control->limits[limit] < 0 || (is_pair && control->limits[limit] == 0))
        return false;
    bool other_counts = (limit == CONTROL_ROWS_RATE && control->limits[CONTROL_BYTES_RATE] > 0) ||
                        (limit == CONTROL_LAG_BYTES && control->limits[CONTROL_LAG_MS] > 0);
    return control->limits[limit] > 0 || !other_counts;
}

void
report_control_text(struct strbuf *out, const struct store_control *control)
{
    const char *gap = "\nSet while it runs: ";
    if (control->jobs > 0) {
        strbuf_printf(out, "%sjobs %d", gap, control->jobs);
        gap = ", ";
    }
    for (int i = 0; i < CONTROL_LIMITS; i++) {
        if (!is_told(control, i))
            continue;
        strbuf_printf(out, "%s%s ", gap, names[i].before);
        if (control->limits[i] == CONTROL_NO_LIMIT)
            strbuf_add_string(out, "none");
        else
            strbuf_printf(out, "%" PRId64 "%s", control->limits[i] / names[i].unit, names[i].after);
        gap = ", ";
    }
    if (gap[0] == ',')
        strbuf_add_char(out, '\n');
    if (control->waiting != NULL)
        strbuf_printf(out, "\nIt waits %s.\n", control->waiting);
    else if (control->paused == 1)
        strbuf_add_string(out, "\nIt is paused as soon as the chunks in hand are done.\n");
}

json_t *
report_control_json(const struct store_control *control)
{
    json_t *object = json_object();
    report_put(object, "paused", json_boolean(control->paused == 1));
    report_put_text(object, "waiting", control->waiting);
    report_put(object, "jobs", control->jobs > 0 ? json_integer(control->jobs) : json_null());
    for (int i = 0; i < CONTROL_LIMITS; i++)
        report_put(object, names[i].json,
                   control->limits[i] >= 0 ? json_integer(control->limits[i]) : json_null());
    return object;
}
