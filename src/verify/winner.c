/*
 * Order of the texts that the server prints for numbers, times and enum labels, as the server
 * orders their values.
 */
#include "winner.h"

#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

enum order_kind { ORDER_BYTES, ORDER_DECIMAL, ORDER_FLOAT, ORDER_TIME, ORDER_LABEL };

static const struct catalog_type *
winner_type(const struct plan_table *table)
{
    int position = catalog_find_column(table->source, table->spec->winner_by);
    return position < 0 ? NULL : &table->source->columns[position].type;
}

static enum order_kind
kind_of(const struct catalog_type *winner)
{
    static const struct {
        const char *type;
        enum order_kind kind;
    } kinds[] = {
        {"smallint", ORDER_DECIMAL},
        {"integer", ORDER_DECIMAL},
        {"bigint", ORDER_DECIMAL},
        {"numeric", ORDER_DECIMAL},
        {"oid", ORDER_DECIMAL},
        {"real", ORDER_FLOAT},
        {"double precision", ORDER_FLOAT},
        {"date", ORDER_TIME},
        {"timestamp without time zone", ORDER_TIME},
        {"timestamp with time zone", ORDER_TIME},
    };
    const char *type = winner == NULL ? "" : winner->base_text_plain;
    if (winner != NULL && winner->label_count > 0 && winner->element_oid == 0)
        return ORDER_LABEL;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i].type, type) == 0)
            return kinds[i].kind;
    return ORDER_BYTES;
}

/* -infinity, numbers, infinity, NaN: the server's order. */
static int
rank_of(struct span text)
{
    if (span_equal(text, span_of("-Infinity")) || span_equal(text, span_of("-infinity")))
        return -1;
    if (span_equal(text, span_of("Infinity")) || span_equal(text, span_of("infinity")))
        return 1;
    return span_equal(text, span_of("NaN")) ? 2 : 0;
}

static size_t
whole_digits(struct span text)
{
    size_t count = 0;
    while (count < text.length && text.data[count] >= '0' && text.data[count] <= '9')
        count++;
    return count;
}

static struct span
without_first(struct span text)
{
    return (struct span){.data = text.data + 1, .length = text.length - 1};
}

static bool
is_zero(struct span text)
{
    for (size_t i = 0; i < text.length; i++)
        if (text.data[i] >= '1' && text.data[i] <= '9')
            return false;
    return true;
}

/* Digits of a fraction: those that one has more than the other count as zeros. */
static int
compare_padded(struct span a, struct span b)
{
    for (size_t i = 0; i < a.length || i < b.length; i++) {
        char left = i < a.length ? a.data[i] : '0', right = i < b.length ? b.data[i] : '0';
        left = left == '.' ? '0' : left;
        right = right == '.' ? '0' : right;
        if (left != right)
            return left < right ? -1 : 1;
    }
    return 0;
}

static int
compare_decimals(struct span a, struct span b)
{
    bool a_negative = a.length > 0 && a.data[0] == '-',
         b_negative = b.length > 0 && b.data[0] == '-';
    if (is_zero(a) && is_zero(b))
        return 0;
    if (a_negative != b_negative)
        return a_negative ? -1 : 1;
    if (a_negative) {
        struct span c = without_first(a);
        a = without_first(b);
        b = c;
    }
    size_t a_digits = whole_digits(a), b_digits = whole_digits(b);
    if (a_digits != b_digits)
        return a_digits < b_digits ? -1 : 1;
    return compare_padded(a, b);
}

static int
compare_floats(struct span a, struct span b)
{
    CLEANUP(memory_free_string) char *a_text = memory_strndup(a.data, a.length);
    CLEANUP(memory_free_string) char *b_text = memory_strndup(b.data, b.length);
    double left = strtod(a_text, NULL), right = strtod(b_text, NULL);
    return (left > right) - (left < right);
}

static bool
take_era(struct span *text)
{
    if (text->length < 3 || memcmp(text->data + text->length - 3, " BC", 3) != 0)
        return false;
    text->length -= 3;
    return true;
}

/* ISO texts of one zone: year first, of four digits or more, and BC behind. */
static int
compare_times(struct span a, struct span b)
{
    bool a_before = take_era(&a), b_before = take_era(&b);
    if (a_before != b_before)
        return a_before ? -1 : 1;
    size_t a_year = whole_digits(a), b_year = whole_digits(b);
    int order = a_year != b_year ? (a_year < b_year ? -1 : 1) : memcmp(a.data, b.data, a_year);
    if (order != 0)
        return a_before ? -order : order;
    return span_compare(a, b);
}

static size_t
label_position(const struct catalog_type *type, struct span text)
{
    size_t i = 0;
    while (i < type->label_count && !span_equal(text, span_of(type->labels[i])))
        i++;
    return i;
}

static int
compare_labels(const struct catalog_type *type, struct span a, struct span b)
{
    size_t left = label_position(type, a), right = label_position(type, b);
    return (left > right) - (left < right);
}

static int
compare_values(const struct plan_table *table, struct span a, struct span b)
{
    const struct catalog_type *type = winner_type(table);
    enum order_kind kind = kind_of(type);
    if (kind == ORDER_LABEL)
        return compare_labels(type, a, b);
    if (kind == ORDER_BYTES)
        return span_compare(a, b);
    int a_rank = rank_of(a), b_rank = rank_of(b);
    if (a_rank != 0 || b_rank != 0)
        return a_rank - b_rank;
    return kind == ORDER_DECIMAL ? compare_decimals(a, b)
           : kind == ORDER_FLOAT ? compare_floats(a, b)
                                 : compare_times(a, b);
}

int
winner_order(const struct plan_table *table, struct span a_winner, struct span a_key,
             struct span b_winner, struct span b_key)
{
    if ((a_winner.data == NULL) != (b_winner.data == NULL))
        return a_winner.data == NULL ? 1 : -1;
    if (a_winner.data != NULL) {
        int order = compare_values(table, a_winner, b_winner);
        if (order != 0)
            return table->spec->winner_highest ? -order : order;
    }
    return span_compare(a_key, b_key);
}
