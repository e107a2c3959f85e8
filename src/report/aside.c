/* What a run has set aside: what is back, what is still away, and what stayed in place and why. */
#include "grid.h"
#include "idmigrate/memory.h"
#include "json.h"
#include "run.h"

#include <inttypes.h>
#include <string.h>

static bool
is_state(const struct store_aside *item, const char *state)
{
    return strcmp(item->state, state) == 0;
}

static int64_t
count(const struct report_asides *asides, const char *state)
{
    int64_t found = 0;
    for (size_t i = 0; i < asides->count; i++)
        found += is_state(&asides->items[i], state);
    return found;
}

static bool
is_the_same_everywhere(const struct report_asides *asides, size_t position)
{
    for (size_t i = 0; i < position; i++)
        if (is_state(&asides->items[i], "kept") &&
            strcmp(asides->items[i].reason, asides->items[position].reason) == 0)
            return true;
    return false;
}

static void
add_name(struct strbuf *out, const struct store_aside *item)
{
    CLEANUP(memory_free_string)
    char *name = item->name[0] != '\0' ? memory_printf("%s %s of %s.%s", item->kind, item->name,
                                                       item->schema, item->table)
                                       : memory_printf("%s.%s", item->schema, item->table);
    report_add_data(out, name);
}

/* The first of each reason, and how many more there are. */
static void
add_kept(struct strbuf *out, const struct report_asides *asides)
{
    for (size_t i = 0; i < asides->count; i++) {
        int64_t more = -1;
        if (!is_state(&asides->items[i], "kept") || is_the_same_everywhere(asides, i))
            continue;
        for (size_t j = i; j < asides->count; j++)
            more += is_state(&asides->items[j], "kept") &&
                    strcmp(asides->items[j].reason, asides->items[i].reason) == 0;
        strbuf_add_string(out, "  kept in place: ");
        add_name(out, &asides->items[i]);
        if (more > 0)
            strbuf_printf(out, " and %" PRId64 " more", more);
        strbuf_add_string(out, ": ");
        report_add_data(out, asides->items[i].reason);
        strbuf_add_char(out, '\n');
    }
}

void
report_asides_text(struct strbuf *out, const struct report_asides *asides, bool color)
{
    int64_t away = count(asides, "aside") + count(asides, "built");
    if (asides->count == 0)
        return;
    report_add_title(out, color, "Set aside while tables were loaded");
    strbuf_printf(out, "  %" PRId64 " indexes and constraints are back\n", count(asides, "back"));
    if (away > 0)
        strbuf_printf(out,
                      "  %" PRId64 " are still set aside: the run, or `idmigrate restore`, "
                      "brings them back\n",
                      away);
    add_kept(out, asides);
}

json_t *
report_asides_json(const struct report_asides *asides)
{
    json_t *object = json_object(), *kept = json_array();
    if (asides->count == 0) {
        json_decref(object);
        json_decref(kept);
        return json_null();
    }
    for (size_t i = 0; i < asides->count; i++) {
        const struct store_aside *item = &asides->items[i];
        json_t *entry = json_object();
        if (!is_state(item, "kept")) {
            json_decref(entry);
            continue;
        }
        report_put_text(entry, "kind", item->kind);
        report_put_text(entry, "schema", item->schema);
        report_put_text(entry, "table", item->table);
        report_put_text(entry, "name", item->name[0] != '\0' ? item->name : NULL);
        report_put_text(entry, "reason", item->reason);
        json_array_append_new(kept, entry);
    }
    report_put_count(object, "back", count(asides, "back"));
    report_put_count(object, "aside", count(asides, "aside") + count(asides, "built"));
    report_put(object, "kept", kept);
    return object;
}
