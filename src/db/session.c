/*
 * The settings of every session, sent in one statement and read back in another.
 *
 * Why read back: ALTER ROLE .. SET, ALTER DATABASE .. SET, PGOPTIONS and the connection string all
 * may have set something else, and a setting that silently did not take makes text of one meaning
 * into text of another. Values are written as pg_settings shows them (base units, no unit name), so
 * that comparing is comparing texts.
 */
#include "connection.h"
#include "idmigrate/memory.h"
#include "idmigrate/sql.h"

#include <string.h>

enum { OLDEST_SERVER = 140000 };

struct setting {
    const char *name;
    const char *source, *target, *target_reader; /* in the order of enum db_side */
    int since;                                   /* server version */
};

#define ALL(value) (value), (value), (value)

static const struct setting settings[] = {
    /* What names and texts mean. */
    {"search_path", ALL(""), 0},
    {"client_encoding", ALL("UTF8"), 0},
    {"standard_conforming_strings", ALL("on"), 0},
    {"quote_all_identifiers", ALL("off"),
     0}, /* pg_get_indexdef() and its like would show other texts */
    {"transform_null_equals", ALL("off"), 0},
    {"array_nulls", ALL("on"), 0},    /* off reads NULL in an array as the word */
    {"xmloption", ALL("content"), 0}, /* document refuses fragments that a column may hold */
    {"TimeZone", ALL("UTC"), 0},
    {"timezone_abbreviations", ALL("Default"), 0},
    {"DateStyle", ALL("ISO, MDY"), 0},
    {"IntervalStyle", ALL("postgres"), 0},
    {"extra_float_digits", ALL("3"), 0},
    {"bytea_output", ALL("hex"), 0},
    {"lc_monetary", ALL("C"), 0}, /* money is written and read with it */

    /* What may be seen and written. */
    {"row_security", ALL("off"), 0},
    {"default_transaction_read_only", "on", "off", "on", 0},
    {"default_transaction_isolation", ALL("read committed"), 0},
    {"default_transaction_deferrable", ALL("off"), 0},
    {"session_replication_role", ALL("origin"),
     0}, /* anything else switches triggers and foreign keys off */

    /*
     * How long is waited. A writer gives up after 5 s, since whoever waits for a lock makes all
     * that come later wait too; readers ask for a lock that only DDL conflicts with. A dead writer
     * must let go of its rows within minutes; a reader that works through the other side may be
     * idle for hours.
     */
    {"lock_timeout", "60000", "5000", "60000", 0},
    {"statement_timeout", ALL("0"), 0},
    {"transaction_timeout", ALL("0"), 170000},
    {"idle_in_transaction_session_timeout", "0", "600000", "0", 0},
    {"idle_session_timeout", ALL("0"), 0},

    {"client_min_messages", ALL("warning"), 0},
    {"synchronize_seqscans", ALL("off"), 0}, /* rows in the same order each time */
};

enum { SETTING_COUNT = sizeof settings / sizeof settings[0] };

/* Fills the two array parameters of session_set and session_check. */
static void
format_settings(struct db *db, struct strbuf *names, struct strbuf *values)
{
    const char *name[SETTING_COUNT];
    const char *value[SETTING_COUNT];
    size_t count = 0;
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        const char *const sides[] = {[DB_SOURCE] = settings[i].source,
                                     [DB_TARGET] = settings[i].target,
                                     [DB_TARGET_READER] = settings[i].target_reader};
        if (settings[i].since > PQserverVersion(db->connection))
            continue;
        name[count] = settings[i].name;
        value[count++] = sides[db->side];
    }
    db_format_array(names, name, count);
    db_format_array(values, value, count);
}

static bool
check_settings(struct db *db, const char *const values[2], struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    if (!db_query(db, sql_query_session_check, 2, values, &result, err))
        return false;
    if (db_result_rows(result) == 0)
        return true;
    const char *found = db_result_text(result, 0, 1);
    error_set(err, EXIT_REFUSED, "%s: the session setting %s must be '%s' and is %s%s%s", db->what,
              db_result_text(result, 0, 0), db_result_text(result, 0, 2), found != NULL ? "'" : "",
              found != NULL ? found : "unknown", found != NULL ? "'" : "");
    return error_hint(err, "look at ALTER ROLE ... SET, ALTER DATABASE ... SET and the options of "
                           "the connection string");
}

/* What a server may lack or refuse, and what works without: kernels without the poll event, sockets
 * without keep-alives. */
static void
ask_for_courtesies(struct db *db)
{
    static const char checks[] = "SET client_connection_check_interval = '10s'",
                      keepalives[] = "SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = "
                                     "10; SET tcp_keepalives_count = 3";
    struct error ignored = ERROR_INIT;
    db_defer(db, checks);
    if (db_execute(db, keepalives, &ignored))
        return;
    db_execute(db, checks, &ignored);
    db_execute(db, keepalives, &ignored);
}

static bool
read_identity(struct db *db, struct error *err)
{
    enum { DATABASE, ROLE, ENCODING, IS_STANDBY, IS_SUPERUSER, BYPASSES, MAY_ASK_SYSTEM };
    if (!db_query(db, sql_query_session_identity, 0, NULL, &db->identity_texts, err))
        return false;
    const struct db_result *texts = db->identity_texts;
    db->identity = (struct db_identity){
        .host = PQhost(db->connection),
        .port = PQport(db->connection),
        .version = PQserverVersion(db->connection),
        .database = db_result_text(texts, 0, DATABASE),
        .role = db_result_text(texts, 0, ROLE),
        .encoding = db_result_text(texts, 0, ENCODING),
        .is_standby = db_result_bool(texts, 0, IS_STANDBY),
        .is_superuser = db_result_bool(texts, 0, IS_SUPERUSER),
        .bypasses_row_security = db_result_bool(texts, 0, BYPASSES),
        .system_identifier = "",
    };
    if (!db_result_bool(texts, 0, MAY_ASK_SYSTEM))
        return true;
    if (!db_query(db, sql_query_session_system_identifier, 0, NULL, &db->system_texts, err))
        return false;
    db->identity.system_identifier = db_result_text(db->system_texts, 0, 0);
    return true;
}

bool
db_prepare_session(struct db *db, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf names = STRBUF_INIT;
    CLEANUP(strbuf_release) struct strbuf wanted = STRBUF_INIT;
    int version = PQserverVersion(db->connection);
    if (version < OLDEST_SERVER) {
        error_set(err, EXIT_REFUSED, "%s: PostgreSQL %d is too old", db->what, version / 10000);
        return error_hint(err, "PostgreSQL 14 and later are supported");
    }
    format_settings(db, &names, &wanted);
    const char *const values[] = {names.data, wanted.data};
    if (!db_command(db, sql_query_session_set, 2, values, NULL, err))
        return error_context(err, "setting up the session");
    ask_for_courtesies(db);
    return check_settings(db, values, err) && read_identity(db, err);
}
