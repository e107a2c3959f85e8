/* What verification found: counted, named up to a limit, told as text and as JSON. */
#include "idmigrate/clock.h"
#include "idmigrate/memory.h"
#include "verifying.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static const char not_checked[] = "not checked";

static void
add(struct verifying *verifying, struct seal_difference item)
{
    struct seal_verdict *verdict = verifying->verdict;
    pthread_mutex_lock(&verifying->lock);
    bool is_unchecked = item.kind == not_checked;
    int64_t *counter = is_unchecked ? &verdict->unchecked : &verdict->differences;
    if ((*counter)++ < SEAL_DIFFERENCES)
        *ARRAY_ADD(verdict->items, verdict->count, verdict->capacity) = item;
    else {
        free(item.event);
        free(item.place);
        free(item.detail);
    }
    pthread_mutex_unlock(&verifying->lock);
}

void
verifying_add(struct verifying *verifying, const char *kind, char *event, char *place, int64_t seal,
              char *detail)
{
    add(verifying, (struct seal_difference){kind, event, place, seal, detail});
}

void
verifying_add_unchecked(struct verifying *verifying, int64_t seal, char *detail)
{
    add(verifying, (struct seal_difference){not_checked, NULL, NULL, seal, detail});
}

void
seal_verdict_release(struct seal_verdict *verdict)
{
    for (size_t i = 0; i < verdict->count; i++) {
        free(verdict->items[i].event);
        free(verdict->items[i].place);
        free(verdict->items[i].detail);
    }
    free(verdict->items);
    *verdict = (struct seal_verdict){.status = EXIT_NOT_CHECKED};
}

static void
print_item(const struct seal_difference *item, FILE *out)
{
    fprintf(out, "  %-11s", item->kind);
    if (item->event != NULL)
        fprintf(out, " event %s", item->event);
    if (item->place != NULL)
        fprintf(out, " at %s", item->place);
    if (item->number > 0)
        fprintf(out, "%s seal %" PRId64, item->event != NULL ? "," : "", item->number);
    if (item->detail != NULL)
        fprintf(out, "%s%s", item->event != NULL || item->number > 0 ? ": " : " ", item->detail);
    fputc('\n', out);
}

static void
print_vouched(const struct seal_verdict *verdict, FILE *out)
{
    if (verdict->signed_up_to > 0)
        fprintf(out, "signed: up to seal %" PRId64 " of %" PRId64 "\n", verdict->signed_up_to,
                verdict->last);
    if (verdict->in_file_up_to > 0)
        fprintf(out, "roots file: up to seal %" PRId64 " of %" PRId64 "\n", verdict->in_file_up_to,
                verdict->last);
    if (verdict->signed_up_to == 0 && verdict->in_file_up_to == 0)
        fputs("nothing outside the database was looked at (--roots, --public-key): that all seals "
              "were written anew is not excluded\n",
              out);
}

static const char *
word_of(const struct seal_verdict *verdict)
{
    return verdict->status == EXIT_DONE        ? "proved"
           : verdict->status == EXIT_DIFFERENT ? "different"
                                               : not_checked;
}

void
seal_verdict_print(const struct seal_verdict *verdict, const char *log, FILE *out)
{
    char events[32], seals[32], duration[32], time[SEAL_TIME_SIZE];
    fprintf(out, "%s: %s\n", log, word_of(verdict));
    fprintf(out, "%s sealed events in %s seals looked at in %s\n",
            clock_format_count(verdict->events, events, sizeof events),
            clock_format_count(verdict->seals, seals, sizeof seals),
            clock_format_duration(verdict->seconds, duration, sizeof duration));
    if (verdict->has_horizon) {
        seal_time_format(verdict->horizon, time);
        fprintf(out, "sealed up to %s; %" PRId64 " later events are not sealed yet\n", time,
                verdict->pending);
    }
    if (verdict->pruned > 0)
        fprintf(out,
                "%" PRId64 " seals are of months that retention removed: only their roots are "
                "left\n",
                verdict->pruned);
    print_vouched(verdict, out);
    if (verdict->differences + verdict->unchecked > 0)
        fprintf(out, "%" PRId64 " differences, %" PRId64 " not checked:\n", verdict->differences,
                verdict->unchecked);
    for (size_t i = 0; i < verdict->count; i++)
        print_item(&verdict->items[i], out);
    if (verdict->differences > SEAL_DIFFERENCES)
        fprintf(out, "  and %" PRId64 " more\n", verdict->differences - SEAL_DIFFERENCES);
}

static json_t *
item_json(const struct seal_difference *item)
{
    return json_pack("{ss ss? ss? so ss?}", "kind", item->kind, "event", item->event, "place",
                     item->place, "seal",
                     item->number > 0 ? json_integer(item->number) : json_null(), "detail",
                     item->detail);
}

void
seal_verdict_write(const struct seal_verdict *verdict, const char *log, struct strbuf *json)
{
    char time[SEAL_TIME_SIZE];
    json_t *items = json_array();
    seal_time_format(verdict->horizon, time);
    for (size_t i = 0; i < verdict->count; i++)
        json_array_append_new(items, item_json(&verdict->items[i]));
    json_t *root = json_pack(
        "{ss ss sI sI sI sI sI ss? sI sI sI sI sf so}", "log", log, "verdict", word_of(verdict),
        "seals", (json_int_t)verdict->seals, "events", (json_int_t)verdict->events, "pending",
        (json_int_t)verdict->pending, "pruned_seals", (json_int_t)verdict->pruned,
        "events_without_time", (json_int_t)verdict->unplaced, "sealed_up_to",
        verdict->has_horizon ? time : NULL, "signed_up_to_seal", (json_int_t)verdict->signed_up_to,
        "in_roots_file_up_to_seal", (json_int_t)verdict->in_file_up_to, "differences",
        (json_int_t)verdict->differences, "not_checked", (json_int_t)verdict->unchecked, "seconds",
        verdict->seconds, "items", items);
    char *text = json_dumps(root, JSON_INDENT(2));
    json_decref(root);
    if (text == NULL)
        memory_exhausted();
    strbuf_add_string(json, text);
    strbuf_add_char(json, '\n');
    free(text);
}
