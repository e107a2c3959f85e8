/* The schema itself: is it there, which version, create it. */
#include "idmigrate/memory.h"
#include "idmigrate/sql.h"
#include "idmigrate/store.h"
#include "parameter.h"

#include <jansson.h>
#include <string.h>

static bool
check_version(struct db *db, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    if (!db_query(db, sql_query_store_find_version, 0, NULL, &result, err))
        return error_context(err, "schema idmigrate");
    int64_t version = db_result_rows(result) > 0 ? db_result_int64(result, 0, 0) : 0;
    if (version == STORE_VERSION)
        return true;
    error_set(err, EXIT_REFUSED, "%s: schema idmigrate has version %d, this program wants %d",
              db_what(db), (int)version, STORE_VERSION);
    if (version == 0)
        return error_hint(
            err,
            "its table idmigrate.version is empty: what made it did not end; drop the schema if it "
            "holds no run");
    return error_hint(err, "it was made by idmigrate %s: use that program for the runs in it",
                      db_result_text(result, 0, 1));
}

bool
store_is_installed(struct db *db, bool *installed, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    *installed = false;
    if (!db_query(db, sql_query_store_find_schema, 0, NULL, &result, err))
        return error_context(err, "schema idmigrate");
    if (!db_result_bool(result, 0, 0))
        return true;
    *installed = true;
    return check_version(db, err);
}

bool
store_need_installed(struct db *db, struct error *err)
{
    bool installed;
    if (!store_is_installed(db, &installed, err))
        return false;
    return installed ||
           error_set(err, EXIT_USAGE, "the %s has no runs: there is no schema idmigrate in it",
                     db_what(db));
}

bool
store_install(struct db *db, struct error *err)
{
    if (!db_execute(db, sql_install_idmigrate, err)) {
        error_context(err, "creating the schema idmigrate");
        /* The hint of the room below is about tables; what helps here is the file. */
        if (strcmp(err->sqlstate, "42501") == 0) {
            err->hint[0] = '\0';
            error_hint(err,
                       "GRANT CREATE ON DATABASE to role %s, or have an administrator run what "
                       "`idmigrate check --ddl` prints",
                       db_identity(db)->role);
        }
        return false;
    }
    return db_command(db, sql_query_store_set_tool_version, 2,
                      (const char *[]){STORE_NUMBER(STORE_VERSION), IDMIGRATE_VERSION}, NULL, err);
}

void
store_write_ddl(struct strbuf *sql, const char *role)
{
    CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT;
    db_quote_identifier(&name, role);
    strbuf_add_string(sql, sql_install_idmigrate);
    strbuf_printf(sql,
                  ";\n\nGRANT USAGE ON SCHEMA idmigrate TO %s;\n"
                  "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA idmigrate TO %s;\n",
                  name.data, name.data);
}

char *
store_describe_database(const struct db *db)
{
    const struct db_identity *identity = db_identity(db);
    json_t *object =
        json_pack("{ss ss ss ss si ss ss sb}", "host", identity->host, "port", identity->port,
                  "database", identity->database, "role", identity->role, "version",
                  identity->version, "system_identifier", identity->system_identifier, "encoding",
                  identity->encoding, "is_standby", identity->is_standby);
    char *text = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    return text;
}
