/* Events that were recorded behind a seal: a clock that was set back, or a writer that gave them an
 * older time. Somebody accepts them with a reason, and they get seals of their own. */
#include "idmigrate/memory.h"
#include "verifying.h"

#include <stdlib.h>
#include <string.h>

void
verifying_collect(struct verifying *verifying, int64_t month, const struct seal_event *event,
                  struct seal_reader *reader, size_t layout)
{
    struct seal_late late = {.month = month,
                             .time = event->time,
                             .id = memory_alloc(event->id_length),
                             .id_length = event->id_length,
                             .leaf = seal_reader_leaf(reader, layout)};
    memcpy(late.stream, event->stream, sizeof late.stream);
    memcpy(late.id, event->id, event->id_length);
    pthread_mutex_lock(&verifying->lock);
    *ARRAY_ADD(verifying->late->items, verifying->late->count, verifying->late->capacity) = late;
    pthread_mutex_unlock(&verifying->lock);
}

void
seal_late_release(struct seal_late_list *late)
{
    for (size_t i = 0; i < late->count; i++)
        free(late->items[i].id);
    free(late->items);
    *late = (struct seal_late_list){.items = NULL};
}
