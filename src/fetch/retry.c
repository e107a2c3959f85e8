/*
 * A request is tried again when it may go well another time: no connection, an answer that was cut
 * off, 408, 425, 429 and 5xx. What the server refuses it will refuse again.
 */
#include "internal.h"

#include "idmigrate/clock.h"
#include "idmigrate/interrupt.h"
#include "idmigrate/memory.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const double longest_pause = 60, longest_asked = 900; /* seconds */

static bool
set_interrupted(struct error *err)
{
    return error_set(err, interrupt_signal() == SIGTERM ? EXIT_TERMINATED : EXIT_INTERRUPTED,
                     "interrupted");
}

static bool
pause_for(double seconds, struct error *err)
{
    double end = clock_steady_seconds() + seconds;
    static const struct timespec slice = {0, 50000000};
    while (clock_steady_seconds() < end) {
        if (interrupt_signal() != 0)
            return set_interrupted(err);
        nanosleep(&slice, NULL);
    }
    return true;
}

static bool
may_go_well(const struct http_answer *answer)
{
    return answer->is_lost || answer->status == 408 || answer->status == 425 ||
           answer->status == 429 || answer->status >= 500;
}

/* What the server asks for, or longer and longer, and a little by chance. */
static double
pause_of(const struct fetch_request *request, const struct http_answer *answer, int attempt)
{
    double pause = request->first_pause;
    if (answer->retry_after >= 0)
        return answer->retry_after;
    for (int i = 0; i < attempt && pause < longest_pause; i++)
        pause *= 2;
    pause = pause < longest_pause ? pause : longest_pause;
    return pause * (0.8 + 0.4 * (double)(random() % 1000) / 1000);
}

/* The server's own words may quote what was sent: they are not shown. */
static bool
fail_refused(const struct fetch_request *request, const struct http_answer *answer,
             struct error *err)
{
    error_set(err, EXIT_REFUSED, "the server refused the request: HTTP status %ld", answer->status);
    if (answer->status == 401 || answer->status == 403)
        return error_hint(err, "is the key in %s the right one for this, and not revoked?",
                          request->provider->key_variable);
    if (answer->status >= 300 && answer->status < 400)
        return error_hint(err, "it leads elsewhere, and the key does not follow: say --base-url");
    return error_hint(err, "is --base-url that of the provider's API?");
}

static bool
fail_lost(const struct http_answer *answer, struct error *err)
{
    error_set(err, EXIT_REFUSED, "%s", answer->problem);
    return error_hint(err,
                      "where the server has a certificate of its own authority, say --ca-file; "
                      "otherwise the package ca-certificates has those that are trusted");
}

static bool
give_up(const struct fetch_request *request, const char *why, int attempts, struct error *err)
{
    error_set(err, EXIT_STOPPED, "given up after %d attempts: %s", attempts, why);
    (void)request;
    return error_hint(err, "the same command goes on from here");
}

static void
describe(const struct http_answer *answer, char *why, size_t size)
{
    if (answer->is_lost)
        snprintf(why, size, "%s", answer->problem);
    else if (answer->status >= 200 && answer->status < 300)
        snprintf(why, size, "the answer is not whole");
    else
        snprintf(why, size, "HTTP status %ld", answer->status);
}

/* One attempt: true with the answer's JSON; false, and `again` says whether another may go well. */
static bool
attempt(struct http *http, const struct fetch_request *request, const char *url,
        struct http_answer *answer, json_t **json, bool *again, struct error *err)
{
    json_error_t ignored;
    http_get(http, url, answer);
    *again = false;
    if (answer->is_interrupted)
        return set_interrupted(err);
    if (answer->is_hopeless)
        return fail_lost(answer, err);
    if (!answer->is_lost && answer->status >= 200 && answer->status < 300) {
        *json = json_loadb(answer->body.data, answer->body.length, 0, &ignored);
        *again = *json == NULL; /* an answer of unknown length that was cut off */
        return *json != NULL;
    }
    *again = may_go_well(answer);
    return *again ? false : fail_refused(request, answer, err);
}

bool
retry_get(struct http *http, const struct fetch_request *request, const char *url,
          struct fetch_result *result, json_t **json, long *status, struct error *err)
{
    struct http_answer answer = HTTP_ANSWER_INIT;
    bool again = true, good = false;
    for (int i = 0; again && !good; i++) {
        char why[300];
        result->requests++;
        good = attempt(http, request, url, &answer, json, &again, err);
        if (good || !again)
            break;
        describe(&answer, why, sizeof why);
        double pause = pause_of(request, &answer, i);
        if (pause > longest_asked) {
            error_set(err, EXIT_STOPPED, "%s, and the server asks to wait %.0f seconds", why,
                      pause);
            again = error_hint(err, "the same command goes on then");
        } else if (i + 1 >= request->attempts) {
            again = give_up(request, why, i + 1, err);
        } else {
            result->retries++;
            if (request->waiting != NULL)
                request->waiting(request->context, why, pause);
            again = pause_for(pause, err);
        }
    }
    *status = answer.status;
    strbuf_release(&answer.body);
    return good;
}
