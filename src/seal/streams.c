/* A chain has few streams, and events of one come together: the list is short and searched. */
#include "streams.h"

#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

struct seal_stream *
seal_streams_find(const struct seal_streams *streams, const char *name)
{
    for (size_t i = 0; i < streams->count; i++)
        if (strcmp(streams->items[i].name, name) == 0)
            return &streams->items[i];
    return NULL;
}

bool
seal_streams_load(const struct seal_chain *chain, const struct seal_layout *layout,
                  struct seal_streams *streams)
{
    for (size_t i = 0; i < chain->count; i++) {
        const struct seal *seal = &chain->seals[i];
        const char *name = seal->stream != NULL ? seal->stream : "";
        struct seal_stream *stream = seal_streams_find(streams, name);
        if (stream == NULL) {
            stream = ARRAY_ADD(streams->items, streams->count, streams->capacity);
            *stream = (struct seal_stream){.is_sealed = false};
            memcpy(stream->name, name, strnlen(name, sizeof stream->name - 1));
        }
        if (seal->reason != NULL)
            continue; /* events of former times, which change nothing here */
        stream->is_sealed = true;
        stream->time = seal->to.time;
        stream->id_length = 0;
        if (seal->to.id != NULL &&
            !seal_id_bytes(layout, seal->to.id, stream->id, &stream->id_length))
            return false;
    }
    return true;
}

void
seal_streams_release(struct seal_streams *streams)
{
    free(streams->items);
    *streams = (struct seal_streams){.items = NULL};
}

bool
seal_stream_is_open(const struct seal_stream *stream, const struct seal_event *event)
{
    if (stream == NULL || !stream->is_sealed)
        return true;
    if (stream->id_length == 0 || event->time != stream->time)
        return event->time > stream->time;
    return seal_compare(event->time, event->id, event->id_length, stream->time, stream->id,
                        stream->id_length) > 0;
}
