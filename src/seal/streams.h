/* How far each stream is sealed; only for files of this room. */
#ifndef IDMIGRATE_SEAL_STREAMS_H
#define IDMIGRATE_SEAL_STREAMS_H

#include "internal.h"

struct seal_stream {
    char name[37];  /* "" of no run */
    bool is_sealed; /* at all */
    int64_t time;   /* up to here */
    unsigned char id[SEAL_ID_SIZE];
    size_t id_length; /* 0: all events of that time */
};
struct seal_streams {
    struct seal_stream *items;
    size_t count, capacity;
};
/* From the chain; false: an ID in it is none. */
bool seal_streams_load(const struct seal_chain *chain, const struct seal_layout *layout,
                       struct seal_streams *streams);
void seal_streams_release(struct seal_streams *streams);
struct seal_stream *seal_streams_find(const struct seal_streams *streams, const char *name);
/* Whether an event lies behind the end of its stream's last seal. */
bool seal_stream_is_open(const struct seal_stream *stream, const struct seal_event *event);

#endif
