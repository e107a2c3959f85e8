/* Values on their way into and out of statements. */
#include "parameter.h"
#include "idmigrate/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct store_number
store_number_of(int64_t value)
{
    struct store_number number;
    snprintf(number.text, sizeof number.text, "%" PRId64, value);
    return number;
}

char *
store_take_text(const struct db_result *result, size_t row, int column)
{
    return memory_strdup(db_result_text(result, row, column));
}

double
store_take_double(const struct db_result *result, size_t row, int column)
{
    const char *text = db_result_text(result, row, column);
    return text != NULL ? strtod(text, NULL) : 0;
}

void
store_copy_text(struct strbuf *lines, const char *text)
{
    if (text == NULL) {
        strbuf_add_string(lines, "\\N");
        return;
    }
    while (*text != '\0') {
        static const char special[] = "\b\f\n\r\t\v\\";
        static const char escapes[] = "bfnrtv\\";
        size_t plain = strcspn(text, special);
        strbuf_add(lines, text, plain);
        text += plain;
        if (*text == '\0')
            return;
        strbuf_add_char(lines, '\\');
        strbuf_add_char(lines, escapes[strchr(special, *text) - special]);
        text++;
    }
}
