/* The chain by itself, and what outside the database vouches for it. */
#include "idmigrate/memory.h"
#include "verifying.h"

#include <inttypes.h>
#include <string.h>

static void
fault(struct verifying *verifying, const struct seal *seal, const char *detail)
{
    verifying_add(verifying, "seal", NULL, NULL, seal->number, memory_strdup(detail));
}

static bool
is_same_place(const struct seal_place *a, const struct seal_place *b)
{
    return a->time == b->time && (a->id == NULL) == (b->id == NULL) &&
           (a->id == NULL || strcmp(a->id, b->id) == 0);
}

static bool
is_same_stream(const struct seal *a, const struct seal *b)
{
    return a->stream == NULL ? b->stream == NULL
                             : b->stream != NULL && strcmp(a->stream, b->stream) == 0;
}

/* A stream's seals follow on each other, so that no time between them is without one. */
static void
check_range(struct verifying *verifying, size_t number)
{
    const struct seal_chain *chain = &verifying->chain;
    const struct seal *seal = &chain->seals[number];
    size_t before = number;
    while (before-- > 0)
        if (is_same_stream(&chain->seals[before], seal) && chain->seals[before].reason == NULL)
            break;
    bool has_before = before != SIZE_MAX;
    if (seal->is_first == has_before ||
        (has_before && !is_same_place(&seal->after, &chain->seals[before].to)))
        fault(verifying, seal, "it does not begin where the seal before it in its stream ends");
}

void
verifying_check_chain(struct verifying *verifying)
{
    CLEANUP(merkle_hasher_free) struct merkle_hasher *hasher = merkle_hasher_new();
    const struct seal_chain *chain = &verifying->chain;
    struct merkle_hash previous = {{0}};
    int64_t expected = 1;
    for (size_t i = 0; i < chain->count; i++) {
        const struct seal *seal = &chain->seals[i];
        struct merkle_hash hash = seal_hash(seal, hasher);
        if (seal->number != expected)
            fault(verifying, seal, "the seals before it are gone");
        else if (!merkle_equal(&previous, &seal->previous))
            fault(verifying, seal, "it does not name the seal before it");
        if (!merkle_equal(&hash, &seal->hash))
            fault(verifying, seal, "it was changed: its hash is not that of its text");
        check_range(verifying, i);
        previous = seal->hash;
        expected = seal->number + 1;
        if (seal->stream == NULL && seal->reason == NULL) {
            verifying->has_horizon = true;
            verifying->horizon = seal->to.time;
        }
    }
}

/* A signature vouches for its seal and, by the chain, for all before it. */
static void
check_signatures(struct verifying *verifying)
{
    const struct seal_key *key = verifying->request->public_key;
    for (size_t i = 0; key != NULL && i < verifying->chain.count; i++) {
        const struct seal *seal = &verifying->chain.seals[i];
        CLEANUP(strbuf_release) struct strbuf statement = STRBUF_INIT;
        if (!seal->is_signed)
            continue;
        seal_state(seal, &statement);
        if (seal_key_verify(key, &statement, seal->signature))
            verifying->verdict->signed_up_to = seal->number;
        else
            fault(verifying, seal,
                  seal->signer != NULL && strcmp(seal->signer, seal_key_name(key)) != 0
                      ? "it is signed with another key"
                      : "its signature is wrong");
    }
}

static const struct seal *
find(const struct seal_chain *chain, int64_t number)
{
    size_t low = 0, high = chain->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (chain->seals[middle].number == number)
            return &chain->seals[middle];
        if (chain->seals[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static void
check_roots(struct verifying *verifying, const struct seal_roots *roots)
{
    for (size_t i = 0; i < roots->count; i++) {
        const struct seal_root *root = &roots->items[i];
        const struct seal *seal = find(&verifying->chain, root->number);
        if (seal != NULL && merkle_equal(&seal->hash, &root->hash))
            verifying->verdict->in_file_up_to = root->number;
        else
            verifying_add(verifying, "seal", NULL, NULL, root->number,
                          memory_strdup(seal == NULL
                                            ? "it is in the roots file and not in the database"
                                            : "it is another one in the roots file: the seals in "
                                              "the database were written anew"));
    }
}

/* Later seals are consistent, but whoever can write the database could have made them. */
static void
check_tail(struct verifying *verifying)
{
    const struct seal_verdict *verdict = verifying->verdict;
    int64_t vouched = verdict->signed_up_to > verdict->in_file_up_to ? verdict->signed_up_to
                                                                     : verdict->in_file_up_to;
    if (vouched < verdict->last)
        verifying_add_unchecked(
            verifying, 0,
            memory_printf("seals %" PRId64 " to %" PRId64
                          ": neither a signature nor the roots file vouches for them",
                          vouched + 1, verdict->last));
}

bool
verifying_check_outside(struct verifying *verifying, struct error *err)
{
    const struct seal_verify_request *request = verifying->request;
    CLEANUP(seal_roots_release) struct seal_roots roots = SEAL_ROOTS_INIT;
    if (request->public_key == NULL && request->roots == NULL)
        return true;
    check_signatures(verifying);
    if (request->roots != NULL) {
        if (!seal_roots_load(request->roots, request->table->name, false, &roots, err))
            return false;
        check_roots(verifying, &roots);
    }
    check_tail(verifying);
    return true;
}
