/* Results for standard output and for files. */
#include "steps.h"

#include "idmigrate/utf8.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool
output_wants_color(void)
{
    /* https://no-color.org */
    const char *no_color = getenv("NO_COLOR");
    return isatty(STDOUT_FILENO) && (no_color == NULL || no_color[0] == '\0');
}

void
output_make_visible(char *text)
{
    uint32_t ignored;
    for (; *text != '\0'; text++) {
        size_t hidden = utf8_hidden_length(text, &ignored);
        if (hidden == 0)
            continue;
        *text = '?';
        memmove(text + 1, text + hidden, strlen(text + hidden) + 1);
    }
}

void
output_print(const struct strbuf *text)
{
    fwrite(text->data, 1, text->length, stdout);
}

bool
output_to_file(const char *path, const struct strbuf *text, struct error *err)
{
    FILE *file = fopen(path, "we");
    bool good = file != NULL && fwrite(text->data, 1, text->length, file) == text->length;
    if (file != NULL)
        good = fclose(file) == 0 && good;
    return good ? true
                : error_set(err, EXIT_NOT_CHECKED, "%s cannot be written: %s", path,
                            strerror(errno));
}
