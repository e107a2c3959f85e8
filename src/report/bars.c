/* A chart of bars, each with its name above it: names are as long as they are, and phones narrow.
 */
#include "bars.h"

#include "markup.h"

#include "idmigrate/clock.h"
#include "idmigrate/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    HEIGHT = 40,
    LONGEST = 36
}; /* of a bar with its name, in pixels; of a name, in characters */

const char *
bars_format_share(int64_t count, int64_t whole, char text[32])
{
    int64_t hundredths = whole > 0 ? (int64_t)((double)count / (double)whole * 10000) : 0;
    if (count >= whole)
        hundredths = whole > 0 ? 10000 : 0;
    else if (hundredths >= 10000)
        hundredths = 9999;
    if (count > 0 && hundredths == 0)
        snprintf(text, 32, "under 0.01 %%");
    else
        snprintf(text, 32, "%" PRId64 ".%02d %%", hundredths / 100, (int)(hundredths % 100));
    return text;
}

void
bars_release(struct bars *bars)
{
    for (size_t i = 0; i < bars->count; i++) {
        free(bars->items[i].label);
        free(bars->items[i].value);
    }
    free(bars->items);
    bars->items = NULL;
    bars->count = bars->capacity = 0;
}

void
bars_add_share(struct bars *bars, const char *class, const char *label, int64_t count,
               int64_t whole)
{
    char number[32], share[32];
    *ARRAY_ADD(bars->items, bars->count, bars->capacity) = (struct bar){
        .class = class,
        .label = memory_strdup(label),
        .value = memory_printf("%s (%s)", clock_format_count(count, number, sizeof number),
                               bars_format_share(count, whole, share)),
        .length = whole > 0 ? (double)count / (double)whole : 0};
}

void
bars_add_time(struct bars *bars, const char *class, const char *label, double begin, double seconds,
              double whole)
{
    char duration[32];
    *ARRAY_ADD(bars->items, bars->count, bars->capacity) = (struct bar){
        .class = class,
        .label = memory_strdup(label),
        .value = memory_strdup(clock_format_duration(seconds, duration, sizeof duration)),
        .begin = whole > 0 ? begin / whole : 0,
        .length = whole > 0 ? seconds / whole : 0};
}

/* The first characters of a name that is too long. To be freed. */
static char *
shorten(const char *label)
{
    size_t characters = 0;
    const char *end = label;
    for (; *end != '\0'; end++)
        if (((unsigned char)*end & 0xC0) != 0x80 && characters++ == LONGEST)
            return memory_printf("%.*s\xE2\x80\xA6", (int)(end - label), label);
    return memory_strdup(label);
}

static void
render_bar(struct strbuf *out, const struct bar *bar, size_t place)
{
    enum { TEXT = 14, TRACK = 21, THICK = 8 };
    static const double least = 0.004;
    CLEANUP(memory_free_string) char *label = shorten(bar->label);
    int top = (int)place * HEIGHT;
    double length = bar->length > least ? bar->length : least;
    double begin = bar->begin + length > 1 ? 1 - length : bar->begin;
    begin = begin > 0 ? begin : 0;
    length = length > 1 ? 1 : length;
    strbuf_printf(out, "<text x=\"0\" y=\"%d\">", top + TEXT);
    markup_add(out, label);
    strbuf_printf(out, "</text><text x=\"100%%\" y=\"%d\" text-anchor=\"end\">", top + TEXT);
    markup_add(out, bar->value);
    strbuf_printf(out,
                  "</text><rect class=\"track\" y=\"%d\" width=\"100%%\" height=\"%d\"/><rect "
                  "class=\"%s\" x=\"%.2f%%\" y=\"%d\" width=\"%.2f%%\" height=\"%d\"/>\n",
                  top + TRACK, THICK, bar->class, begin * 100, top + TRACK, length * 100, THICK);
}

void
bars_render(struct strbuf *out, const struct bars *bars)
{
    strbuf_printf(out,
                  "<svg class=\"bars\" role=\"img\" aria-labelledby=\"%s-t %s-d\" width=\"100%%\" "
                  "height=\"%d\">\n<title id=\"%s-t\">%s</title>\n<desc id=\"%s-d\">",
                  bars->id, bars->id, (int)bars->count * HEIGHT, bars->id, bars->title, bars->id);
    for (size_t i = 0; i < bars->count; i++) {
        strbuf_add_string(out, i > 0 ? "; " : "");
        markup_add(out, bars->items[i].label);
        strbuf_add_string(out, ": ");
        markup_add(out, bars->items[i].value);
    }
    strbuf_add_string(out, "</desc>\n");
    for (size_t i = 0; i < bars->count; i++)
        render_bar(out, &bars->items[i], i);
    strbuf_add_string(out, "</svg>\n");
}
