/* From a record of a known kind to the few values that are wanted of it. */
#ifndef PROVIDERS_EXTRACT_H
#define PROVIDERS_EXTRACT_H

#include "kind.h"

/* What is used again for each record, and the counts of the file. */
struct extract {
    const struct provider_kinds *kinds;
    provider_sink *sink;
    void *context;
    bool is_unknown; /* the first record was of no known kind */
    bool in_map;     /* more parts of a map {"old": "new"} follow */
    struct provider_file *file;
    enum provider_entity listed; /* of the last record since a page began */
    uint64_t listed_count;       /* of the records since it began */

    struct provider_address *addresses;
    size_t address_count, address_capacity;
    struct provider_text *roles;
    size_t role_count, role_capacity;
    json_t **owned; /* JSON that stood as text in a value */
    size_t owned_count, owned_capacity;
    char digits[PROVIDER_FIELD_COUNT][24]; /* of IDs that are written as numbers */
};

/* Gives the record, and what else its row says, to the sink. Errors name no place. */
bool extract_record(struct extract *extract, const struct provider_kind *kind, json_t *record,
                    uint64_t place, struct error *err);
void extract_release(struct extract *extract);

/* The text of a value without white space around it; NULL text for null, empty, other types. */
struct provider_text value_text(const json_t *value, char digits[24]);
struct provider_text value_trim(const char *text, size_t length);
bool value_is_true(const json_t *value);
/* Unix time in ms from RFC 3339, seconds or milliseconds; 0: none of these. */
int64_t value_time(const json_t *value);

/* Calls for each text of a list: a JSON array (of texts, or JSON as text), or a text cut at any of
 * `separators`. */
typedef void value_each(struct extract *extract, const char *text, size_t length, bool flag);
void value_for_each(struct extract *extract, const json_t *value, const char *separators,
                    value_each *call, bool flag);

#endif
