/* JSON: records of known kinds, and maps whose members are IDs. */
#include "json_journal.h"
#include "read.h"

#include "idmigrate/interrupt.h"
#include "idmigrate/memory.h"

#include <string.h>

enum { MOST_WORDS = 64 };

/* {"<old ID>": "<new ID>", ...}: true when every member is a pair of texts, and the first of all is
 * one of IDs by their formats. */
static bool
is_map(const struct extract *extract, json_t *object, bool goes_on)
{
    const char *key;
    json_t *value;
    bool is_first = !goes_on;
    json_object_foreach(object, key, value)
    {
        struct provider_text words[] = {{key, strlen(key)},
                                        {json_string_value(value), json_string_length(value)}};
        size_t old_word, new_word;
        enum provider_entity of;
        if (!json_is_string(value))
            return false;
        if (is_first && !kind_find_pair(extract->kinds, words, 2, &old_word, &new_word, &of))
            return false;
        is_first = false;
    }
    return !is_first;
}

static bool
give_map(struct extract *extract, json_t *object, const struct json_stream_record *record,
         struct error *err)
{
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
    {
        struct provider_text words[] = {value_trim(key, strlen(key)), value_text(value, NULL)};
        size_t old_word = 0, new_word = 1;
        enum provider_entity of;
        if (!kind_find_pair(extract->kinds, words, 2, &old_word, &new_word, &of)) {
            of = PROVIDER_ANY;
            old_word = 0;
            new_word = 1;
        }
        if (!read_plain_pair(extract, &words[old_word], &words[new_word], of, record->number, err))
            return false;
    }
    return true;
}

/* A record of unknown members in which one value is an old ID and one a new one. */
static bool
give_unknown(struct extract *extract, json_t *object, const struct json_stream_record *record,
             struct error *err)
{
    struct provider_text words[MOST_WORDS];
    size_t count = 0, old_word, new_word;
    enum provider_entity of;
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
    {
        if (json_is_string(value) && count < MOST_WORDS)
            words[count++] = value_text(value, NULL);
    }
    if (kind_find_pair(extract->kinds, words, count, &old_word, &new_word, &of))
        return read_plain_pair(extract, &words[old_word], &words[new_word], of, record->number,
                               err);
    extract->is_unknown = extract->file->tally_count == 0;
    error_set(err, EXIT_INPUT, "a record of no known kind");
    return error_hint(err, "kinds are told apart by their members: mappings/README.md lists them");
}

struct reading {
    struct extract *extract;
    struct json_journal *journal;
};

static bool
on_record(void *context, const struct json_stream_record *record, struct error *err)
{
    const struct reading *reading = context;
    struct extract *extract = reading->extract;
    struct json_journal *journal = reading->journal;
    const struct provider_kind *kind = kind_of_json(extract->kinds, record->json);
    journal->is_journal = journal->is_journal || (kind != NULL && kind->is_journal);
    if (journal->doubt.is_set && !journal->is_journal)
        return error_set(err, EXIT_INPUT, "torn lines before what is no journal");
    if (kind != NULL) {
        return extract_record(extract, kind, record->json, record->number, err);
    }
    /* What holds a list, and says nothing else, is a wrapping. */
    if (record->in_lists > 0)
        return true;
    if (json_object_size(record->json) == 0 && extract->file->tally_count > 0)
        return true;
    bool goes_on = extract->in_map;
    extract->in_map = false;
    if (record->is_outer && is_map(extract, record->json, goes_on)) {
        extract->in_map = record->is_part;
        return give_map(extract, record->json, record, err);
    }
    return give_unknown(extract, record->json, record, err);
}

/* Of a file that is torn where it begins nobody can say what it is. */
static bool
fail_torn(struct extract *extract, const struct json_journal *journal)
{
    if (journal->doubt.is_set && extract->file->tally_count == 0)
        extract->is_unknown = true;
    return false;
}

bool
read_json(struct extract *extract, struct input *input, struct error *err)
{
    CLEANUP(json_journal_release) struct json_journal journal = JSON_JOURNAL_INIT;
    struct json_stream *stream = &journal.stream;
    stream->lists = extract->kinds->lists;
    stream->list_count = extract->kinds->list_count;
    stream->ignored = extract->kinds->ignored;
    stream->ignored_count = extract->kinds->ignored_count;
    stream->sink = on_record;
    stream->context = &(struct reading){extract, &journal};
    while (input->length > 0) {
        if (interrupt_signal() != 0)
            return error_set(err, (enum exit_status)(128 + interrupt_signal()), "interrupted");
        if (!json_journal_feed(&journal, input->data, input->length, err) ||
            !input_next(input, err))
            return fail_torn(extract, &journal);
    }
    if (!json_journal_end(&journal, err))
        return fail_torn(extract, &journal);
    extract->file->torn_lines = journal.torn;
    return true;
}
