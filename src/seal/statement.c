/* The text of a seal: what is hashed into the chain, signed, and written outside the database. */
#include "idmigrate/memory.h"
#include "internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void
seal_release(struct seal *seal)
{
    free(seal->log);
    free(seal->stream);
    free(seal->after.id);
    free(seal->to.id);
    free(seal->layout);
    free(seal->reason);
    free(seal->tool_version);
    free(seal->signer);
    free(seal->certificate);
    *seal = (struct seal){.log = NULL};
}

/* One value stays on one line, whatever is in it. */
static void
add_value(struct strbuf *text, const char *value)
{
    for (; *value != '\0'; value++)
        if ((unsigned char)*value < ' ' || *value == '%')
            strbuf_printf(text, "%%%02X", (unsigned)(unsigned char)*value);
        else
            strbuf_add_char(text, *value);
}

static void
add_line(struct strbuf *text, const char *name, const char *value)
{
    strbuf_printf(text, "%s: ", name);
    add_value(text, value != NULL ? value : "-");
    strbuf_add_char(text, '\n');
}

static void
add_place(struct strbuf *text, const char *name, const struct seal_place *place)
{
    char time[SEAL_TIME_SIZE];
    seal_time_format(place->time, time);
    strbuf_printf(text, "%s: %s", name, time);
    if (place->id != NULL) {
        strbuf_add_char(text, ' ');
        add_value(text, place->id);
    }
    strbuf_add_char(text, '\n');
}

static void
add_hash(struct strbuf *text, const char *name, const struct merkle_hash *hash)
{
    char hex[MERKLE_HEX_SIZE];
    merkle_to_hex(hash, hex);
    strbuf_printf(text, "%s: %s\n", name, hex);
}

void
seal_state(const struct seal *seal, struct strbuf *statement)
{
    CLEANUP(merkle_hasher_free) struct merkle_hasher *hasher = merkle_hasher_new();
    struct merkle_hash layout = merkle_plain(hasher, seal->layout, strlen(seal->layout));
    char time[SEAL_TIME_SIZE];
    strbuf_add_string(statement, "idmigrate seal 1\n");
    add_line(statement, "log", seal->log);
    strbuf_printf(statement, "number: %" PRId64 "\n", seal->number);
    seal_time_format(seal_month_start(seal->month), time);
    strbuf_printf(statement, "month: %.7s\n", time);
    add_line(statement, "stream", seal->stream);
    if (seal->is_first)
        strbuf_add_string(statement, "after: -\n");
    else
        add_place(statement, "after", &seal->after);
    add_place(statement, "to", &seal->to);
    strbuf_printf(statement, "events: %" PRId64 "\n", seal->events);
    add_hash(statement, "root", &seal->root);
    add_hash(statement, "leaves", &seal->leaves_digest);
    add_hash(statement, "layout", &layout);
    add_line(statement, "reason", seal->reason);
    seal_time_format(seal->sealed_at, time);
    add_line(statement, "sealed", time);
    add_line(statement, "tool", seal->tool_version);
    add_hash(statement, "previous", &seal->previous);
}

struct merkle_hash
seal_hash(const struct seal *seal, struct merkle_hasher *hasher)
{
    CLEANUP(strbuf_release) struct strbuf statement = STRBUF_INIT;
    seal_state(seal, &statement);
    return merkle_plain(hasher, statement.data, statement.length);
}
