/* The format of COPY that each table goes by: chosen when a run begins, and kept with it. */
#include "steps.h"

#include <string.h>

bool
codecs_choose(struct plan *plan, const char *wish, struct error *err)
{
    bool is_auto = wish == NULL || strcmp(wish, "auto") == 0;
    enum plan_codec codec = PLAN_CODEC_BINARY;
    if (!is_auto && !plan_codec_from_name(wish, &codec))
        return error_set(err, EXIT_USAGE, "--codec %s: auto, text or binary", wish);
    for (size_t i = 0; i < plan->table_count; i++) {
        if (is_auto)
            codec = plan->tables[i].text_reason == NULL ? PLAN_CODEC_BINARY : PLAN_CODEC_TEXT;
        if (plan_set_codec(plan, i, codec, err))
            continue;
        return error_hint(err, "--codec auto takes text for such tables; `idmigrate check` shows "
                               "which they are");
    }
    return true;
}

/* A digest of a row is over the bytes of its format, so a run cannot change it half-way. */
static bool
refuse_other(const char *run_id, const struct store_table *table, const char *wish,
             struct error *err)
{
    error_set(err, EXIT_REFUSED, "run %s goes by %s for table %s: --codec %s comes too late",
              run_id, table->codec, table->label, wish);
    return error_hint(err, "leave --codec out: a run keeps the format that it was begun with");
}

bool
codecs_take(struct plan *plan, struct db *db, const char *run_id, const char *wish,
            struct error *err)
{
    bool has_wish = wish != NULL && strcmp(wish, "auto") != 0;
    struct store_table *tables;
    size_t count;
    bool good = store_load_tables(db, run_id, &tables, &count, err);
    for (size_t i = 0; good && i < count; i++) {
        enum plan_codec codec;
        if (!plan_codec_from_name(tables[i].codec, &codec))
            good =
                error_set(err, EXIT_BUG, "run %s: table %s has no codec", run_id, tables[i].label);
        else if (has_wish && strcmp(wish, tables[i].codec) != 0)
            good = refuse_other(run_id, &tables[i], wish, err);
        /* A mapping with fewer tables is refused elsewhere. */
        else if ((size_t)tables[i].table_no < plan->table_count)
            good = plan_set_codec(plan, (size_t)tables[i].table_no, codec, err) ||
                   error_hint(err, "its rows were moved in binary; the schema changed since");
    }
    if (good || count > 0)
        store_tables_free(tables, count);
    return good;
}
