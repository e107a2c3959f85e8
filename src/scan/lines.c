/* IDs and words in the lines of a file; each place is one entry, unless it is allowed. */
#include "files.h"
#include "finder.h"
#include "internal.h"

#include "idmigrate/memory.h"

#include <string.h>

struct line {
    const char *path, *text;
    size_t length;
    int64_t number; /* 0: a name */
};

/* Characters before the place, plus one. */
static int64_t
column_of(const struct line *line, size_t start)
{
    int64_t column = 1;
    for (size_t i = 0; i < start; i++)
        column += ((unsigned char)line->text[i] & 0xC0) != 0x80;
    return column;
}

static void
note(struct files_scan *scan, const struct line *line, const char *found, bool is_word,
     size_t start, size_t length)
{
    struct scan_files *files = scan->files;
    if (scan_allow_covers(scan->request->allow, line->path, line->text, line->length)) {
        files->allowed++;
        return;
    }
    files->left++;
    if (files->line_count >= SCAN_LINES)
        return;
    *ARRAY_ADD(files->lines, files->line_count, scan->capacity) = (struct scan_line){
        .path = memory_strdup(line->path),
        .line = line->number,
        .column = column_of(line, start),
        .found = memory_strdup(found),
        .is_word = is_word,
        .excerpt = excerpt_make(scan->request->finder, line->text, line->length, start, length),
    };
}

static void
look_for_ids(struct files_scan *scan, const struct line *line)
{
    const struct scan_finder *finder = scan->request->finder;
    struct scan_hit hit;
    for (size_t from = 0; scan_find(finder, line->text, line->length, from, &hit);
         from = hit.start + hit.length) {
        const struct scan_kind *kind = scan_finder_kind(finder, (size_t)hit.kind);
        /* New IDs may stand where they like; "17" alone on a line is nobody. */
        if (hit.state != SCAN_NEW && !kind->is_new &&
            finder_is_telling(line->text + hit.start, hit.length))
            note(scan, line, kind->name, false, hit.start, hit.length);
    }
}

static void
look_for_words(struct files_scan *scan, const struct line *line)
{
    size_t start = 0, length = 0;
    const char *word;
    for (size_t from = 0; scan->request->words != NULL &&
                          scan_words_find(scan->request->words, line->text, line->length, from,
                                          &start, &length, &word);
         from = start + length)
        note(scan, line, word, true, start, length);
}

void
lines_look(struct files_scan *scan, const char *path, const char *text, size_t length)
{
    const char *at = text, *end = text + length;
    for (int64_t number = 1; at < end; number++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *stop = newline != NULL ? newline : end;
        const struct line line = {
            .path = path, .text = at, .length = (size_t)(stop - at), .number = number};
        look_for_ids(scan, &line);
        look_for_words(scan, &line);
        at = stop + 1;
    }
}

void
lines_look_at_name(struct files_scan *scan, const char *path, const char *name)
{
    const struct line line = {.path = path, .text = name, .length = strlen(name)};
    look_for_ids(scan, &line);
    look_for_words(scan, &line);
}
