/*
 * JSON that may be a journal: a file to which a line is appended as things happen.
 *
 * A crash leaves half a line, or a block of NUL bytes, behind which a program that goes on begins a
 * new line. What is good JSON is read as that, however it is laid out. Where a record cannot be
 * read to its end, its first line is taken for torn: it is counted and given to nobody, and reading
 * goes on with the second one. The first records of a file may be torn like any other, which is a
 * fault all the same when the record behind them turns out to be no journal's.
 */
#ifndef PROVIDERS_JSON_JOURNAL_H
#define PROVIDERS_JSON_JOURNAL_H

#include "json_stream.h"

struct json_journal {
    struct json_stream stream; /* its `lists`, `ignored`, `sink` and `context` are the caller's */
    bool is_journal;           /* to be set by the sink, once a record says so */
    uint64_t torn;
    struct error doubt; /* what was wrong where a line was dropped, until a record follows */

    uint64_t line;        /* on which the object at hand begins, */
    bool has_ended_line;  /* which is read to its end, */
    struct strbuf behind; /* and what stands behind that line: it may have to be read again */
    bool is_inside_line, skips_line, after_zeros;
    uint64_t number; /* records before the doubt */
};

#define JSON_JOURNAL_INIT                                                                          \
    {                                                                                              \
        .stream = JSON_STREAM_INIT, .doubt = ERROR_INIT, .behind = STRBUF_INIT                     \
    }

bool json_journal_feed(struct json_journal *journal, const char *data, size_t length,
                       struct error *err);
bool json_journal_end(struct json_journal *journal, struct error *err);
void json_journal_release(struct json_journal *journal); /* for CLEANUP too; wipes what was read */

#endif
