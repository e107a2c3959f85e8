/*
 * From a record of a known kind to the few values that are wanted of it.
 *
 * Rows of CSV files and lines of logs come here as JSON objects of texts, so that there is one way
 * only. Where a path goes on behind a text, the text is JSON itself (a metadata column).
 */
#include "extract.h"

#include "idmigrate/memory.h"
#include "idmigrate/utf8.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_ID = 1024 };

void
extract_release(struct extract *extract)
{
    for (size_t i = 0; i < extract->owned_count; i++)
        json_decref(extract->owned[i]);
    free(extract->owned);
    free(extract->addresses);
    free(extract->roles);
    extract->owned = NULL;
    extract->addresses = NULL;
    extract->roles = NULL;
    extract->owned_count = extract->address_count = extract->role_count = 0;
    extract->owned_capacity = extract->address_capacity = extract->role_capacity = 0;
}

/* A cell that holds JSON becomes the JSON in the record itself: it is read once, whatever is wanted
 * of it. */
static void
open_cell(json_t *record, const struct path *path)
{
    const json_t *cell = json_object_get(record, path->parts[0]);
    if (path->count < 2 || !json_is_string(cell))
        return;
    json_t *inside = json_loadb(json_string_value(cell), json_string_length(cell), 0, NULL);
    json_object_set_new(record, path->parts[0], inside != NULL ? inside : json_null());
}

/* The first path that leads to something. */
static const json_t *
find(const struct provider_kind *kind, int field, json_t *record)
{
    const struct paths *paths = &kind->fields[field];
    char digits[24];
    for (size_t i = 0; i < paths->count; i++) {
        open_cell(record, &paths->items[i]);
        const json_t *value = kind_value(record, &paths->items[i]);
        if (value != NULL && !json_is_null(value) &&
            (!json_is_string(value) || value_text(value, digits).text != NULL))
            return value;
    }
    return NULL;
}

/* An address or a name is a text; anything else in its place is none. */
static struct provider_text
text_of(const json_t *value)
{
    return json_is_string(value) ? value_trim(json_string_value(value), json_string_length(value))
                                 : (struct provider_text){NULL, 0};
}

/* The one that is there already where the address stands twice. */
static struct provider_address *
put_address(struct extract *extract, const char *text, size_t length, bool is_verified)
{
    struct digest digest = provider_address_digest(text, length);
    for (size_t i = 0; i < extract->address_count; i++)
        if (digest_equal(extract->addresses[i].digest, digest)) {
            extract->addresses[i].is_verified |= is_verified;
            return &extract->addresses[i];
        }
    struct provider_address *address =
        ARRAY_ADD(extract->addresses, extract->address_count, extract->address_capacity);
    *address = (struct provider_address){.digest = digest, .is_verified = is_verified};
    return address;
}

static void
add_address(struct extract *extract, const char *text, size_t length, bool is_verified)
{
    put_address(extract, text, length, is_verified);
}

/* Each object of the list, with the one that the record calls the primary one. */
static void
add_address_objects(struct extract *extract, const struct provider_kind *kind, json_t *record)
{
    const struct kind_emails *emails = &kind->emails;
    const json_t *list = kind_value(record, &emails->list);
    char digits[24], more_digits[24];
    struct provider_text primary = value_text(kind_value(record, &emails->primary), digits);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *object = json_array_get(list, i);
        const json_t *status = kind_value(object, &emails->verified);
        struct provider_text key = value_text(kind_value(object, &emails->key), more_digits);
        struct provider_text text = text_of(kind_value(object, &emails->address));
        if (text.text == NULL)
            continue;
        struct provider_address *address = put_address(
            extract, text.text, text.length,
            json_is_string(status) && strcmp(json_string_value(status), emails->is) == 0);
        if (primary.text != NULL && key.length == primary.length &&
            memcmp(key.text, primary.text, key.length) == 0)
            address->is_primary = true;
    }
}

static void
add_addresses(struct extract *extract, const struct provider_kind *kind, json_t *record)
{
    struct provider_text email = text_of(find(kind, KIND_EMAIL, record));
    extract->address_count = 0;
    if (kind->of == PROVIDER_ORGANIZATION) {
        struct provider_text text = text_of(find(kind, KIND_NAME, record));
        if (text.text != NULL)
            *ARRAY_ADD(extract->addresses, extract->address_count, extract->address_capacity) =
                (struct provider_address){.digest = digest_bytes(text.text, text.length),
                                          .is_primary = true};
        return;
    }
    if (email.text != NULL) {
        bool is_verified = value_is_true(find(kind, KIND_VERIFIED, record)) ||
                           json_is_string(find(kind, KIND_VERIFIED_AT, record));
        put_address(extract, email.text, email.length, is_verified)->is_primary = true;
    }
    value_for_each(extract, find(kind, KIND_VERIFIED_EMAILS, record), ",|;", add_address, true);
    value_for_each(extract, find(kind, KIND_UNVERIFIED_EMAILS, record), ",|;", add_address, false);
    if (kind->has_emails)
        add_address_objects(extract, kind, record);
    /* Where nobody says which of them is the primary one, the only one is. */
    if (extract->address_count == 1)
        extract->addresses[0].is_primary = true;
}

static void
add_role(struct extract *extract, const char *text, size_t length, bool ignored)
{
    (void)ignored;
    *ARRAY_ADD(extract->roles, extract->role_count, extract->role_capacity) =
        (struct provider_text){text, length};
}

/* "roles.*.slug": the slug of each. */
static void
add_roles(struct extract *extract, const struct provider_kind *kind, const json_t *record)
{
    const struct paths *paths = &kind->fields[KIND_ROLES];
    extract->role_count = 0;
    for (size_t i = 0; i < paths->count && extract->role_count == 0; i++) {
        const struct path *path = &paths->items[i];
        size_t star = 0;
        while (star < path->count && strcmp(path->parts[star], "*") != 0)
            star++;
        struct path head = {path->parts, star};
        const json_t *value = kind_value(record, &head);
        if (star == path->count) {
            value_for_each(extract, value, ",", add_role, false);
            continue;
        }
        struct path tail = {path->parts + star + 1, path->count - star - 1};
        for (size_t j = 0; j < json_array_size(value); j++)
            value_for_each(extract, kind_value(json_array_get(value, j), &tail), ",", add_role,
                           false);
    }
}

/* What would break a line of a map, or a terminal, is no ID of anybody. */
static bool
check_id(struct provider_text text, const char *name, struct error *err)
{
    if (text.text == NULL)
        return true;
    if (text.length > LONGEST_ID)
        return error_set(err, EXIT_INPUT, "the %s is longer than %d bytes", name, LONGEST_ID);
    for (size_t i = 0; i < text.length; i++)
        if ((unsigned char)text.text[i] < ' ' || text.text[i] == 0x7F)
            return error_set(err, EXIT_INPUT, "the %s holds a control character", name);
    return true;
}

bool
provider_clean_id(struct provider_text *id, const char *name, struct error *err)
{
    *id = value_trim(id->text, id->length);
    if (id->text == NULL)
        return error_set(err, EXIT_INPUT, "the %s is blank", name);
    return check_id(*id, name, err);
}

static bool
fill_fields(struct extract *extract, const struct provider_kind *kind, json_t *record,
            struct provider_record *out, struct error *err)
{
    static const char *const names[PROVIDER_FIELD_COUNT] = {
        "ID",           "external ID",      "old ID", "new ID",     "user's ID",
        "organization", "new organization", "reason", "environment"};
    for (int i = 0; i < PROVIDER_FIELD_COUNT; i++) {
        out->fields[i] = value_text(find(kind, i, record), extract->digits[i]);
        if (i < PROVIDER_REASON && !check_id(out->fields[i], names[i], err))
            return false;
    }
    return true;
}

static int64_t
find_count(const struct provider_kind *kind, int field, json_t *record)
{
    static const json_int_t most = 1000000000000;
    const json_t *value = find(kind, field, record);
    return json_is_integer(value) && json_integer_value(value) > 0 &&
                   json_integer_value(value) < most
               ? json_integer_value(value)
               : 0;
}

/* Whether it says what its kind is for; otherwise `missing` names what is not there. */
static bool
is_complete(const struct provider_record *record, bool is_more, const char **missing)
{
    *missing = "ID";
    if (record->gives == PROVIDER_NOTE)
        return true;
    if (record->gives == PROVIDER_PAIR) {
        *missing = record->fields[PROVIDER_OLD_ID].text == NULL ? "old ID" : "new ID";
        return record->fields[PROVIDER_OLD_ID].text != NULL &&
               record->fields[PROVIDER_NEW_ID].text != NULL;
    }
    /* One that does not name both of its ends is one all the same, and its roles are somebody's. */
    if (record->of == PROVIDER_MEMBERSHIP)
        return record->fields[PROVIDER_ID].text != NULL ||
               (record->fields[PROVIDER_OF_USER].text != NULL && !is_more) ||
               record->fields[PROVIDER_OF_ORGANIZATION].text != NULL ||
               record->fields[PROVIDER_OF_NEW_ORGANIZATION].text != NULL || record->role_count > 0;
    return record->fields[PROVIDER_ID].text != NULL ||
           (record->gives == PROVIDER_FAILED && record->address_count > 0);
}

static bool
count(struct extract *extract, const struct provider_record *record, uint64_t more,
      struct error *err)
{
    struct provider_file *file = extract->file;
    for (size_t i = 0; i < file->tally_count; i++) {
        struct provider_tally *tally = &file->tallies[i];
        if (tally->of == record->of && strcmp(tally->kind->name, record->kind->name) == 0) {
            tally->count += more;
            return true;
        }
    }
    if (file->tally_count == PROVIDER_MOST_KINDS)
        return error_set(err, EXIT_INPUT, "records of more than %d kinds in one file",
                         PROVIDER_MOST_KINDS);
    file->tallies[file->tally_count++] =
        (struct provider_tally){.kind = record->kind, .of = record->of, .count = more};
    return true;
}

/* The elements of a page come before it. One without any that is the last ends whatever list. */
static void
count_page(struct extract *extract, bool is_open)
{
    struct provider_file *file = extract->file;
    for (int of = 0; of < PROVIDER_ANY; of++) {
        if (is_open)
            file->open_pages[of] += of == (int)extract->listed;
        else
            file->last_pages[of] +=
                of == (int)extract->listed || extract->listed == PROVIDER_NOTHING;
    }
}

/* Some say how long their list is, and not whether more of it follows. */
static void
count_total(struct extract *extract, uint64_t total)
{
    if (total == 0 || extract->listed >= PROVIDER_ANY)
        return;
    struct provider_file *file = extract->file;
    file->in_pages[extract->listed] += extract->listed_count;
    if (file->totals[extract->listed] < total)
        file->totals[extract->listed] = total;
}

/* Whether it was the envelope of a page. */
static bool
end_page(struct extract *extract, const struct provider_kind *kind, json_t *json)
{
    bool is_page = kind->fields[KIND_NEXT].count > 0 || kind->fields[KIND_TOTAL].count > 0;
    if (kind->fields[KIND_NEXT].count > 0)
        count_page(extract, find(kind, KIND_NEXT, json) != NULL);
    if (kind->fields[KIND_TOTAL].count > 0)
        count_total(extract, (uint64_t)find_count(kind, KIND_TOTAL, json));
    if (is_page) {
        extract->listed = PROVIDER_NOTHING;
        extract->listed_count = 0;
    }
    return is_page;
}

static bool
give(struct extract *extract, const struct provider_kind *kind, json_t *json, bool is_more,
     uint64_t place, struct error *err)
{
    struct provider_record record = {.kind = kind,
                                     .side = kind->side,
                                     .of = kind->of,
                                     .gives = kind->gives,
                                     .method = kind->method,
                                     .place = place};
    const char *missing;
    if (!fill_fields(extract, kind, json, &record, err))
        return false;
    add_addresses(extract, kind, json);
    add_roles(extract, kind, json);
    record.addresses = extract->addresses;
    record.address_count = extract->address_count;
    record.roles = extract->roles;
    record.role_count = extract->role_count;
    record.created = value_time(find(kind, KIND_CREATED, json));
    record.updated = value_time(find(kind, KIND_UPDATED, json));
    record.told = value_time(find(kind, KIND_TOLD, json));
    record.duplicates = find_count(kind, KIND_DUPLICATES, json);
    record.failed = find_count(kind, KIND_FAILED, json);
    record.is_dry_run = value_is_true(find(kind, KIND_DRY_RUN, json));
    const json_t *only = kind->only != NULL ? find(kind, KIND_ONLY, json) : NULL;
    if (kind->only != NULL &&
        (!json_is_string(only) || strcmp(json_string_value(only), kind->only) != 0))
        record.gives = PROVIDER_NOTE;
    if (!is_complete(&record, is_more, &missing)) {
        if (is_more)
            return true;
        if (!kind->is_id_optional && kind->of != PROVIDER_MEMBERSHIP)
            return error_set(err, EXIT_INPUT, "has no %s (%s)", missing, kind->name);
        record.gives = PROVIDER_NOTE;
    }
    /* What else a row says is no row of the list. */
    if (!end_page(extract, kind, json) && !is_more) {
        extract->listed = record.of;
        extract->listed_count++;
    }
    return count(extract, &record, 1, err) && extract->sink(extract->context, &record, err);
}

bool
extract_record(struct extract *extract, const struct provider_kind *kind, json_t *record,
               uint64_t place, struct error *err)
{
    bool good = true;
    if (kind->each.count > 0) {
        const json_t *list = kind_value(record, &kind->each);
        struct provider_record none = {.kind = kind, .of = kind->of};
        good = count(extract, &none, 0, err);
        for (size_t i = 0; i < json_array_size(list) && good; i++)
            good = give(extract, kind, json_array_get(list, i), false, place, err);
    } else {
        good = give(extract, kind, record, false, place, err);
    }
    for (size_t i = 0; good && kind->also != NULL && kind->also[i].name != NULL; i++)
        good = give(extract, &kind->also[i], record, true, place, err);
    for (size_t i = 0; i < extract->owned_count; i++)
        json_decref(extract->owned[i]);
    extract->owned_count = 0;
    return good;
}
