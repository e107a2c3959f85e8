/* JSON that may be a journal. */
#include "json_journal.h"

#include "idmigrate/memory.h"

#include <inttypes.h>
#include <string.h>

static void
forget_behind(struct json_journal *journal)
{
    if (journal->behind.length > 0)
        explicit_bzero(journal->behind.data, journal->behind.length);
    strbuf_reset(&journal->behind);
}

void
json_journal_release(struct json_journal *journal)
{
    json_stream_release(&journal->stream);
    forget_behind(journal);
    strbuf_release(&journal->behind);
}

/* Nothing is known of a file before its first record. */
static bool
may_be_torn(const struct json_journal *journal)
{
    return journal->is_journal || journal->stream.number == 0;
}

static void
doubt(struct json_journal *journal, const struct error *err)
{
    journal->torn++;
    if (journal->doubt.is_set)
        return;
    journal->doubt = *err;
    journal->number = journal->stream.number;
}

/* A record of a journal behind torn lines says that they were torn. */
static void
settle_doubt(struct json_journal *journal)
{
    if (journal->is_journal && journal->stream.number > journal->number)
        error_clear(&journal->doubt);
}

/* Drops the first line of the object that cannot be read; false where the error stays one. */
static bool
drop_line(struct json_journal *journal, struct error *err)
{
    struct json_stream *stream = &journal->stream;
    if (!may_be_torn(journal) || stream->arrays > 0 || json_stream_is_between(stream) ||
        stream->has_given || stream->outer_line != journal->line)
        return false;
    doubt(journal, err);
    error_clear(err);
    json_stream_drop(stream, journal->line + journal->has_ended_line);
    journal->skips_line = !journal->has_ended_line;
    return true;
}

static bool
feed(struct json_journal *journal, const char *data, size_t length, struct error *err)
{
    journal->stream.is_strict = may_be_torn(journal);
    bool good = json_stream_feed(&journal->stream, data, length, err);
    settle_doubt(journal);
    return good;
}

/* File systems leave NUL bytes where a crash came before the data. Between records they end none.
 */
static bool
feed_zeros(struct json_journal *journal, struct error *err)
{
    error_set(err, EXIT_INPUT, "line %" PRIu64 ": NUL byte", journal->stream.line);
    error_hint(err, "is this a text file?");
    if (!may_be_torn(journal) || !json_stream_is_between(&journal->stream))
        return false;
    if (!journal->after_zeros)
        doubt(journal, err);
    error_clear(err);
    return true;
}

static bool
feed_parts(struct json_journal *journal, const char *data, size_t length, struct error *err)
{
    bool good = true;
    for (size_t i = 0; good && i < length;) {
        size_t used = strnlen(data + i, length - i);
        if (used > 0) {
            good = feed(journal, data + i, used, err);
        } else {
            while (i + used < length && data[i + used] == '\0')
                used++;
            good = feed_zeros(journal, err);
        }
        journal->after_zeros = data[i] == '\0';
        i += used;
    }
    return good;
}

/* Remembers what may have to be read again. */
static void
begin_line(struct json_journal *journal, const char *data, size_t length)
{
    const struct json_stream *stream = &journal->stream;
    if (!journal->is_inside_line && json_stream_is_between(stream)) {
        forget_behind(journal);
        journal->line = stream->line;
        journal->has_ended_line = false;
    } else if (!may_be_torn(journal) || stream->has_given || stream->arrays > 0) {
        forget_behind(journal);
    } else if (journal->has_ended_line) {
        strbuf_add(&journal->behind, data, length);
    }
}

enum fed { FED, FED_AGAIN, FED_BADLY };

/* A line, or the part of one that a block has. FED_AGAIN: what stands behind the first line of the
 * object, which was dropped, is to be read again. */
static enum fed
feed_line(struct json_journal *journal, const char *data, size_t length, struct error *err)
{
    bool has_end = data[length - 1] == '\n', was_ended;
    begin_line(journal, data, length);
    was_ended = journal->has_ended_line;
    journal->is_inside_line = !has_end;
    journal->has_ended_line = was_ended || has_end;
    if (journal->skips_line) {
        journal->skips_line = !has_end;
        journal->stream.line += has_end;
        return FED;
    }
    if (feed_parts(journal, data, length, err))
        return FED;
    if (!drop_line(journal, err))
        return FED_BADLY;
    return was_ended ? FED_AGAIN : FED;
}

static void
release_wiped(struct strbuf *text)
{
    if (text->length > 0)
        explicit_bzero(text->data, text->length);
    strbuf_release(text);
}

static struct strbuf
take_behind(struct json_journal *journal)
{
    struct strbuf behind = journal->behind;
    journal->behind = (struct strbuf)STRBUF_INIT;
    journal->is_inside_line = false;
    return behind;
}

/* What was wrong first says more than what came of going on. */
static bool
fail(const struct json_journal *journal, struct error *err)
{
    if (journal->doubt.is_set)
        *err = journal->doubt;
    return false;
}

bool
json_journal_feed(struct json_journal *journal, const char *data, size_t length, struct error *err)
{
    CLEANUP(release_wiped) struct strbuf text = STRBUF_INIT;
    while (length > 0) {
        const char *end = memchr(data, '\n', length);
        size_t part = end != NULL ? (size_t)(end - data) + 1 : length;
        enum fed fed = feed_line(journal, data, part, err);
        if (fed == FED_BADLY)
            return fail(journal, err);
        data += part;
        length -= part;
        if (fed == FED)
            continue;
        struct strbuf again = take_behind(journal);
        strbuf_add(&again, data, length);
        release_wiped(&text);
        text = again;
        data = text.data;
        length = text.length;
    }
    return true;
}

bool
json_journal_end(struct json_journal *journal, struct error *err)
{
    while (!json_stream_end(&journal->stream, err)) {
        if (!drop_line(journal, err))
            return fail(journal, err);
        CLEANUP(release_wiped) struct strbuf again = take_behind(journal);
        if (again.length > 0 && !json_journal_feed(journal, again.data, again.length, err))
            return false;
    }
    return journal->is_journal || !journal->doubt.is_set || fail(journal, err);
}
