/*
 * A proof that one event is in the log: its leaf, the way from there to the root of its seal (RFC
 * 6962, section 2.1.1), the seal's text, and the seals behind it up to one that is signed.
 *
 * The list of leaves is looked at, and not the events: a proof can be had of an event that was
 * removed meanwhile. Of a list only the part with the leaf is read, and the roots of the others.
 */
#include "idmigrate/memory.h"
#include "idmigrate/sql.h"
#include "internal.h"

#include <inttypes.h>
#include <jansson.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

struct proving {
    const struct seal_prove_request *request;
    struct seal_chain chain;
    struct merkle_hasher *hasher;
    size_t seal; /* in the chain */
    struct seal_layout *layout;
    unsigned char id[SEAL_ID_SIZE];
    size_t id_length;
    struct merkle_hash leaf;
    int64_t time;
    uint64_t index; /* of the leaf */
    struct merkle_hash path[2 * MERKLE_LEVELS];
    size_t path_count;
};

static void
proving_release(struct proving *proving)
{
    seal_chain_release(&proving->chain);
    seal_layout_free(&proving->layout);
    merkle_hasher_free(&proving->hasher);
}

/* ---- where the leaf is ---- */

/* Leaves of one part, and the place of the one that is looked for; false: it is not in there. */
static bool
find_in_part(struct proving *proving, const struct strbuf *list, struct merkle_hash *leaves,
             size_t *count, size_t *index)
{
    const unsigned char *at = (const unsigned char *)list->data, *end = at + list->length;
    struct seal_leaf leaf;
    bool found = false;
    for (*count = 0; *count < SEAL_PART && seal_leaf_next(&at, end, &leaf); (*count)++) {
        leaves[*count] = leaf.hash;
        if (found || leaf.id_length != proving->id_length ||
            memcmp(leaf.id, proving->id, leaf.id_length) != 0)
            continue;
        found = true;
        *index = *count;
        proving->leaf = leaf.hash;
        proving->time = leaf.time;
    }
    return found;
}

static bool
take_roots(const struct db_result *parts, struct merkle_hash *roots, struct error *err)
{
    for (size_t i = 0; i < db_result_rows(parts); i++)
        if (!seal_read_hex(db_result_text(parts, i, 2), db_result_length(parts, i, 2),
                           roots[i].bytes, MERKLE_SIZE))
            return error_set(err, EXIT_DIFFERENT, "the list of leaves was changed");
    return true;
}

/* From the leaf to the root of its part, then from there to the seal's. */
static bool
make_path(struct proving *proving, const struct db_result *parts, size_t part,
          const struct merkle_hash *leaves, size_t count, size_t index, struct error *err)
{
    size_t rows = db_result_rows(parts), upper;
    struct merkle_hash *roots = memory_alloc(rows * sizeof *roots);
    bool good = take_roots(parts, roots, err);
    if (good) {
        merkle_path(leaves, count, index, proving->hasher, proving->path, &proving->path_count);
        merkle_path(roots, rows, part, proving->hasher, proving->path + proving->path_count,
                    &upper);
        proving->path_count += upper;
        proving->index = (uint64_t)part * SEAL_PART + index;
    }
    free(roots);
    return good;
}

/* `wanted` is the event's time where it is still in the log; `known` says so. */
static bool
look_into_seal(struct proving *proving, size_t number, bool known, int64_t wanted, bool *found,
               struct error *err)
{
    const struct seal *seal = &proving->chain.seals[number];
    CLEANUP(db_result_free) struct db_result *parts = NULL;
    struct merkle_hash *leaves = memory_alloc(SEAL_PART * sizeof *leaves);
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, seal->number);
    const char *const values[] = {seal->log, text};
    bool good = db_query(proving->request->db, sql_query_seal_parts, 2, values, &parts, err);
    for (size_t i = 0; good && !*found && i < db_result_rows(parts); i++) {
        CLEANUP(strbuf_release) struct strbuf list = STRBUF_INIT;
        int64_t first = 0, last = 0;
        size_t count = 0, index = 0;
        if (!seal_time_parse(db_result_text(parts, i, 3), &first) ||
            !seal_time_parse(db_result_text(parts, i, 4), &last) ||
            (known && (wanted < first || wanted > last)))
            continue;
        good = seal_leaves_load(proving->request->db, seal, (int)i, &list, err);
        *found = good && find_in_part(proving, &list, leaves, &count, &index);
        if (*found)
            good = make_path(proving, parts, i, leaves, count, index, err);
    }
    free(leaves);
    return good;
}

static bool
read_event_time(struct proving *proving, bool *known, int64_t *time, struct error *err)
{
    const struct log_table *table = proving->request->table;
    const struct seal_layout *layout = proving->layout;
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    CLEANUP(db_result_free) struct db_result *rows = NULL;
    bool is_uuid = strcmp(layout->forms[layout->id], "uuid") == 0;
    strbuf_add_string(&sql, "SELECT e.");
    db_quote_identifier(&sql, layout->names[layout->time]);
    strbuf_add_string(&sql, " FROM ");
    db_quote_name(&sql, table->schema, table->table);
    strbuf_add_string(&sql, " AS e WHERE ");
    seal_layout_add_column(&sql, table, layout->names[layout->id], layout->forms[layout->id]);
    strbuf_printf(&sql, " = $1::pg_catalog.%s", is_uuid ? "uuid" : "text");
    const char *const values[] = {proving->request->event};
    if (!db_query(proving->request->db, sql.data, 1, values, &rows, err))
        return false;
    *known = db_result_rows(rows) == 1 && db_result_text(rows, 0, 0) != NULL &&
             seal_time_parse(db_result_text(rows, 0, 0), time);
    return true;
}

static bool
find_leaf(struct proving *proving, struct error *err)
{
    bool known = false, found = false;
    int64_t time = 0;
    if (!read_event_time(proving, &known, &time, err))
        return false;
    /* First where it should be, then everywhere: it may have been moved or removed. */
    for (int pass = known ? 0 : 1; pass < 2 && !found; pass++)
        for (size_t i = 0; i < proving->chain.count && !found; i++) {
            const struct seal *seal = &proving->chain.seals[i];
            if (pass == 0 && seal->month != seal_month_of(time))
                continue;
            proving->seal = i;
            if (!look_into_seal(proving, i, pass == 0, time, &found, err))
                return false;
        }
    if (found)
        return true;
    error_set(err, EXIT_NOT_CHECKED, "event %s is in no seal of %s", proving->request->event,
              proving->request->table->name);
    return error_hint(err, known ? "idmigrate audit seal seals it once its time is past"
                                 : "nor is it in the log; was its ID spelt right?");
}

/* ---- the document ---- */

static json_t *
hash_json(const struct merkle_hash *hash)
{
    char hex[MERKLE_HEX_SIZE];
    merkle_to_hex(hash, hex);
    return json_string(hex);
}

static json_t *
seal_json(const struct seal *seal)
{
    CLEANUP(strbuf_release) struct strbuf statement = STRBUF_INIT;
    CLEANUP(strbuf_release) struct strbuf signature = STRBUF_INIT;
    seal_state(seal, &statement);
    seal_add_hex(&signature, seal->signature, sizeof seal->signature);
    return json_pack("{sI so ss ss? ss?}", "seal", (json_int_t)seal->number, "hash",
                     hash_json(&seal->hash), "statement", statement.data, "signature",
                     seal->is_signed ? signature.data + 2 : NULL, "signer", seal->signer);
}

/* Up to one that is signed; all of them where none is. */
static json_t *
followers_json(const struct proving *proving)
{
    const struct seal_chain *chain = &proving->chain;
    json_t *followers = json_array();
    for (size_t i = proving->seal; i + 1 < chain->count && !chain->seals[i].is_signed; i++)
        json_array_append_new(followers, seal_json(&chain->seals[i + 1]));
    return followers;
}

/* The bytes whose leaf is proved, as long as the event is what it was. */
static bool
add_bytes(struct proving *proving, json_t *proof, struct error *err)
{
    const struct seal_layout *layout = proving->layout;
    CLEANUP(seal_reader_free)
    struct seal_reader *reader =
        seal_reader_new(proving->request->db, proving->request->table, &layout, 1);
    CLEANUP(strbuf_release) struct strbuf bytes = STRBUF_INIT;
    struct seal_range range = {.from = proving->time, .to = proving->time};
    struct seal_event event;
    bool more = true;
    if (!seal_reader_begin(reader, &range, err))
        return false;
    while (more) {
        if (!seal_reader_next(reader, &event, &more, err))
            return false;
        if (more && event.id_length == proving->id_length &&
            memcmp(event.id, proving->id, event.id_length) == 0)
            seal_reader_bytes(reader, 0, &bytes);
    }
    struct merkle_hash leaf = merkle_leaf(proving->hasher, bytes.data, bytes.length);
    if (bytes.length == 0 || !merkle_equal(&leaf, &proving->leaf))
        return error_set(err, EXIT_DIFFERENT, "event %s is not in the log as it was sealed",
                         proving->request->event);
    char *base64 = memory_alloc(4 * ((bytes.length + 2) / 3) + 1);
    EVP_EncodeBlock((unsigned char *)base64, (const unsigned char *)bytes.data, (int)bytes.length);
    json_object_set_new(proof, "event_bytes", json_string(base64));
    free(base64);
    return true;
}

static bool
write_proof(struct proving *proving, struct strbuf *json, struct error *err)
{
    const struct seal *seal = &proving->chain.seals[proving->seal];
    char time[SEAL_TIME_SIZE];
    json_t *path = json_array();
    seal_time_format(proving->time, time);
    for (size_t i = 0; i < proving->path_count; i++)
        json_array_append_new(path, hash_json(&proving->path[i]));
    json_t *proof =
        json_pack("{si ss ss ss so sI sI so so so so}", "version", 1, "log", seal->log, "event",
                  proving->request->event, "recorded_at", time, "leaf", hash_json(&proving->leaf),
                  "index", (json_int_t)proving->index, "size", (json_int_t)seal->events, "path",
                  path, "seal", seal_json(seal), "followers", followers_json(proving), "layout",
                  json_loads(seal->layout, 0, NULL));
    bool good = !proving->request->with_event || add_bytes(proving, proof, err);
    char *text = json_dumps(proof, JSON_INDENT(2));
    json_decref(proof);
    if (text == NULL)
        memory_exhausted();
    strbuf_add_string(json, text);
    strbuf_add_char(json, '\n');
    free(text);
    return good;
}

/* Nothing is given out that does not hold. */
static bool
check_path(const struct proving *proving, struct error *err)
{
    const struct seal *seal = &proving->chain.seals[proving->seal];
    struct merkle_hash root;
    if (merkle_climb(proving->leaf, proving->index, (uint64_t)seal->events, proving->path,
                     proving->path_count, proving->hasher, &root) &&
        merkle_equal(&root, &seal->root))
        return true;
    return error_set(err, EXIT_DIFFERENT, "the leaves of seal %" PRId64 " were changed",
                     seal->number);
}

bool
seal_prove(const struct seal_prove_request *request, struct strbuf *json, struct error *err)
{
    CLEANUP(proving_release)
    struct proving proving = {.request = request, .hasher = merkle_hasher_new()};
    CLEANUP(db_transaction_release) struct db_transaction tx = {0};
    if (!seal_begin_reading(&tx, request->db, NULL, request->table, err) ||
        !seal_chain_load(request->db, request->table->name, &proving.chain, err))
        return false;
    if (proving.chain.count == 0)
        return error_set(err, EXIT_NOT_CHECKED, "%s has no seals", request->table->name);
    proving.layout = seal_layout_parse(proving.chain.seals[0].layout);
    if (proving.layout == NULL ||
        !seal_id_bytes(proving.layout, request->event, proving.id, &proving.id_length))
        return error_set(err, EXIT_USAGE, "\"%s\" is no ID of an event of %s", request->event,
                         request->table->name);
    if (!find_leaf(&proving, err) || !check_path(&proving, err))
        return false;
    seal_layout_free(&proving.layout);
    proving.layout = seal_layout_parse(proving.chain.seals[proving.seal].layout);
    return (proving.layout != NULL ||
            error_set(err, EXIT_DIFFERENT, "the layout of a seal was changed")) &&
           write_proof(&proving, json, err);
}
