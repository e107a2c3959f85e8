/*
 * A proof is checked without a database: leaf and path lead to the root, the root is the seal's,
 * the seals behind it name each other, and a signature or the file of roots vouches for one of
 * them.
 */
#include "idmigrate/memory.h"
#include "internal.h"

#include <inttypes.h>
#include <jansson.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

struct checking {
    const struct seal_check_request *request;
    json_t *proof;
    struct merkle_hasher *hasher;
    struct strbuf *told;
    bool is_wrong, is_vouched;
};

static void
checking_release(struct checking *checking)
{
    json_decref(checking->proof);
    merkle_hasher_free(&checking->hasher);
}

static bool
wrong(struct checking *checking, const char *what)
{
    checking->is_wrong = true;
    strbuf_printf(checking->told, "wrong: %s\n", what);
    return false;
}

static bool
take_hash(json_t *value, struct merkle_hash *hash)
{
    return json_is_string(value) &&
           merkle_from_hex(json_string_value(value), json_string_length(value), hash);
}

/* ---- the leaf ---- */

static bool
check_bytes(struct checking *checking, const struct merkle_hash *leaf)
{
    const char *base64 = json_string_value(json_object_get(checking->proof, "event_bytes"));
    if (base64 == NULL)
        return true;
    size_t length = strlen(base64), padding = 0;
    unsigned char *bytes = memory_alloc(length + 1);
    int size = EVP_DecodeBlock(bytes, (const unsigned char *)base64, (int)length);
    while (padding < length && base64[length - 1 - padding] == '=')
        padding++;
    bool good = false;
    if (size >= 0 && padding <= 2 && (size_t)size >= padding) {
        struct merkle_hash made = merkle_leaf(checking->hasher, bytes, (size_t)size - padding);
        good = merkle_equal(&made, leaf);
    }
    free(bytes);
    return good || wrong(checking, "the leaf is not the hash of the event's bytes");
}

/* The root that leaf and path lead to. */
static bool
climb(struct checking *checking, struct merkle_hash *root)
{
    struct merkle_hash leaf, path[MERKLE_LEVELS];
    json_t *index = json_object_get(checking->proof, "index");
    json_t *size = json_object_get(checking->proof, "size");
    json_t *steps = json_object_get(checking->proof, "path");
    size_t count = json_array_size(steps);
    if (!take_hash(json_object_get(checking->proof, "leaf"), &leaf) || !json_is_integer(index) ||
        !json_is_integer(size) || json_integer_value(index) < 0 || json_integer_value(size) < 1 ||
        count > MERKLE_LEVELS)
        return wrong(checking, "leaf, index, size or path is missing");
    for (size_t i = 0; i < count; i++)
        if (!take_hash(json_array_get(steps, i), &path[i]))
            return wrong(checking, "the path holds what is no hash");
    if (!merkle_climb(leaf, (uint64_t)json_integer_value(index), (uint64_t)json_integer_value(size),
                      path, count, checking->hasher, root))
        return wrong(checking, "the path does not fit a tree of this size");
    return check_bytes(checking, &leaf);
}

/* ---- the seals ---- */

/* The value of a line "name: value" of a statement; NULL when there is none. To be freed. */
static char *
statement_value(const char *statement, const char *name)
{
    CLEANUP(memory_free_string) char *start = memory_printf("\n%s: ", name);
    const char *found = strstr(statement, start);
    if (found == NULL)
        return NULL;
    found += strlen(start);
    return memory_strndup(found, strcspn(found, "\n"));
}

static bool
says(const char *statement, const char *name, const char *expected)
{
    CLEANUP(memory_free_string) char *value = statement_value(statement, name);
    return value != NULL && strcmp(value, expected) == 0;
}

static bool
says_hash(const char *statement, const char *name, const struct merkle_hash *hash)
{
    char hex[MERKLE_HEX_SIZE];
    merkle_to_hex(hash, hex);
    return says(statement, name, hex);
}

static bool
check_signature(struct checking *checking, json_t *seal, const char *statement)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
    CLEANUP(memory_free_string) char *hex = NULL;
    unsigned char signature[64];
    const char *given = json_string_value(json_object_get(seal, "signature"));
    if (checking->request->public_key == NULL || given == NULL)
        return true;
    hex = memory_printf("\\x%s", given);
    strbuf_add_string(&text, statement);
    if (!seal_read_hex(hex, strlen(hex), signature, sizeof signature) ||
        !seal_key_verify(checking->request->public_key, &text, signature))
        return wrong(checking, "a seal's signature is not of this key");
    checking->is_vouched = true;
    strbuf_printf(checking->told, "signed: seal %lld\n",
                  (long long)json_integer_value(json_object_get(seal, "seal")));
    return true;
}

static bool
check_file(struct checking *checking, const struct seal_roots *roots, json_t *seal,
           const struct merkle_hash *hash)
{
    int64_t number = json_integer_value(json_object_get(seal, "seal"));
    for (size_t i = 0; i < roots->count; i++) {
        if (roots->items[i].number != number)
            continue;
        if (!merkle_equal(&roots->items[i].hash, hash))
            return wrong(checking, "a seal is another one in the roots file");
        checking->is_vouched = true;
        strbuf_printf(checking->told, "in the roots file: seal %" PRId64 "\n", number);
    }
    return true;
}

/* One seal: it is what its hash says; `hash` gets that. */
static bool
check_seal(struct checking *checking, const struct seal_roots *roots, json_t *seal,
           const struct merkle_hash *previous, struct merkle_hash *hash)
{
    const char *statement = json_string_value(json_object_get(seal, "statement"));
    const char *log = json_string_value(json_object_get(checking->proof, "log"));
    char number[24];
    if (statement == NULL || strncmp(statement, "idmigrate seal 1\n", 17) != 0)
        return wrong(checking, "a seal has no text");
    *hash = merkle_plain(checking->hasher, statement, strlen(statement));
    snprintf(number, sizeof number, "%lld",
             (long long)json_integer_value(json_object_get(seal, "seal")));
    struct merkle_hash said;
    if (!take_hash(json_object_get(seal, "hash"), &said) || !merkle_equal(&said, hash))
        return wrong(checking, "a seal's hash is not that of its text");
    if (!says(statement, "number", number) || log == NULL || !says(statement, "log", log))
        return wrong(checking, "a seal's text is of another seal");
    if (previous != NULL && !says_hash(statement, "previous", previous))
        return wrong(checking, "a seal does not name the one before it");
    return check_signature(checking, seal, statement) && check_file(checking, roots, seal, hash);
}

static bool
check_own_seal(struct checking *checking, const struct seal_roots *roots,
               const struct merkle_hash *root, struct merkle_hash *hash)
{
    json_t *seal = json_object_get(checking->proof, "seal");
    const char *statement = json_string_value(json_object_get(seal, "statement"));
    char size[24];
    if (!check_seal(checking, roots, seal, NULL, hash))
        return false;
    snprintf(size, sizeof size, "%lld",
             (long long)json_integer_value(json_object_get(checking->proof, "size")));
    if (!says_hash(statement, "root", root))
        return wrong(checking, "leaf and path do not lead to the seal's root");
    return says(statement, "events", size) ||
           wrong(checking, "the seal has another number of events");
}

static void
check_all(struct checking *checking, const struct seal_roots *roots)
{
    struct merkle_hash root, hash, next;
    json_t *followers = json_object_get(checking->proof, "followers");
    if (!climb(checking, &root) || !check_own_seal(checking, roots, &root, &hash))
        return;
    for (size_t i = 0; i < json_array_size(followers); i++, hash = next)
        if (!check_seal(checking, roots, json_array_get(followers, i), &hash, &next))
            return;
}

/* ---- what comes of it ---- */

static const char *
text_of(const struct checking *checking, const char *name)
{
    const char *text = json_string_value(json_object_get(checking->proof, name));
    return text != NULL ? text : "?";
}

static enum exit_status
conclude(struct checking *checking)
{
    json_t *seal = json_object_get(checking->proof, "seal");
    bool asked = checking->request->public_key != NULL || checking->request->roots != NULL;
    if (checking->is_wrong)
        return EXIT_DIFFERENT;
    strbuf_printf(checking->told, "proved: event %s of %s is leaf %lld of seal %lld\n",
                  text_of(checking, "event"), text_of(checking, "log"),
                  (long long)json_integer_value(json_object_get(checking->proof, "index")),
                  (long long)json_integer_value(json_object_get(seal, "seal")));
    if (json_object_get(checking->proof, "event_bytes") == NULL)
        strbuf_add_string(checking->told,
                          "the event itself is not in the proof: compare its leaf with the hash of "
                          "what is shown to you\n");
    if (checking->is_vouched)
        return EXIT_DONE;
    if (asked) {
        strbuf_add_string(checking->told, "not checked: neither the key nor the roots file vouches "
                                          "for this seal\n");
        return EXIT_NOT_CHECKED;
    }
    strbuf_printf(checking->told,
                  "compare the seal's hash with one from outside (--public-key, --roots): %s\n",
                  json_string_value(json_object_get(seal, "hash")) != NULL
                      ? json_string_value(json_object_get(seal, "hash"))
                      : "?");
    return EXIT_DONE;
}

bool
seal_check_proof(const struct seal_check_request *request, enum exit_status *status,
                 struct strbuf *told, struct error *err)
{
    CLEANUP(checking_release)
    struct checking checking = {.request = request, .hasher = merkle_hasher_new(), .told = told};
    CLEANUP(seal_roots_release) struct seal_roots roots = SEAL_ROOTS_INIT;
    json_error_t problem;
    checking.proof = json_load_file(request->path, JSON_REJECT_DUPLICATES, &problem);
    if (checking.proof == NULL)
        return error_set(err, EXIT_INPUT, "proof %s, line %d: %s", request->path, problem.line,
                         problem.text);
    if (json_integer_value(json_object_get(checking.proof, "version")) != 1)
        return error_set(err, EXIT_INPUT, "%s is no proof of version 1", request->path);
    if (request->roots != NULL &&
        !seal_roots_load(request->roots, text_of(&checking, "log"), false, &roots, err))
        return false;
    check_all(&checking, &roots);
    *status = conclude(&checking);
    return true;
}
