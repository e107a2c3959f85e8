/* A database with the schema idmigrate in it, and runs to fill it with. */
#include "store.h"

struct db *
store_connect(const struct store *store, const char *purpose)
{
    struct error err = ERROR_INIT;
    struct db *db = NULL;
    assert_done(db_open(&db, store->database.conninfo, "target", DB_TARGET, purpose, &err));
    return db;
}

struct store
store_open(const char *name)
{
    struct store store = {.database = test_database_create(name)};
    store.db = store_connect(&store, "run");
    store.own = test_connect(store.database.name);
    return store;
}

struct store
store_open_installed(const char *name)
{
    struct error err = ERROR_INIT;
    struct store store = store_open(name);
    assert_done(store_install(store.db, &err));
    return store;
}

void
store_release(struct store *store)
{
    test_disconnect(&store->own);
    db_close(&store->db);
    test_database_release(&store->database);
}

static char *
text(const char *constant)
{
    return memory_strdup(constant);
}

void
begin_run(struct store *store, const char *run_id)
{
    struct error err = ERROR_INIT;
    CLEANUP(store_run_release)
    struct store_run run = {
        .run_id = text(run_id),
        .name = text("eleva"),
        .mapping_path = text("mappings/eleva.json"),
        .mapping_text = text("{\"left_behind\": {\"packs\": \"no place yet\"}}"),
        .mapping_digest = text("0123456789abcdef0123456789abcdef"),
        .idmap_digests = text("{\"user\": \"aaaa\", \"org\": \"bbbb\"}"),
        .sources = text("{\"app\": {\"database\": \"legacy\", \"password\": \"secret\"}}"),
        .target = store_describe_database(store->db),
        .settings = text("{\"jobs\": 1}"),
        .tool_version = text("1.2.3"),
        .operator= text("anna@host"),
        .ticket = text("CHG-7"),
    };
    assert_done(store_begin_run(store->db, &run, &err));
}

void
put_table(struct store *store, const char *run_id, int table_no, int step)
{
    struct error err = ERROR_INIT;
    char label[] = "events", source[] = "app", schema[] = "public", table[] = "events",
         state[] = "pending";
    char columns[] =
        "[{\"to\": \"org_id\", \"from\": \"orgId\", \"how\": \"resolved\", \"reason\": \"x\"}]";
    char dropped[] = "{\"first_name\": \"elsewhere\"}";
    char codec[] = "binary", structure[] = "{}";
    struct store_table stored = {.table_no = table_no,
                                 .step = step,
                                 .label = label,
                                 .source_name = source,
                                 .source_schema = schema,
                                 .source_table = table,
                                 .target_schema = schema,
                                 .target_table = table,
                                 .state = state,
                                 .columns = columns,
                                 .dropped = dropped,
                                 .codec = codec,
                                 .structure = structure,
                                 .rows_estimated = 100,
                                 .target_rows_before = 3};
    assert_done(store_put_table(store->db, run_id, &stored, &err));
}

void
put_chunk(struct store *store, const char *run_id, int table_no, int chunk_no)
{
    struct error err = ERROR_INIT;
    char schema[] = "public", table[] = "tab\there";
    struct store_chunk chunk = {.table_no = table_no,
                                .chunk_no = chunk_no,
                                .state = "pending",
                                .kind = "range",
                                .leaf_schema = schema,
                                .leaf_table = table,
                                .leaf_oid = 4000000000u,
                                .file_node = 17,
                                .first_block = 10 * chunk_no,
                                .end_block = 10 * chunk_no + 10};
    assert_done(store_put_chunks(store->db, run_id, &chunk, 1, &err));
}
