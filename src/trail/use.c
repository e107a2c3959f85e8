/* Who read the log, and what was asked for, is an event of the log. */
#include "idmigrate/audit.h"
#include "idmigrate/memory.h"
#include "idmigrate/sql.h"
#include "idmigrate/trail.h"

#include <string.h>

static const char resource_type[] = "audit_log";

struct value {
    enum log_part part;
    const char *text;
};

static void
add_insert(struct strbuf *sql, const struct log_table *table, const struct value *values,
           size_t count)
{
    CLEANUP(strbuf_release) struct strbuf constants = STRBUF_INIT;
    const char *before = "";
    strbuf_add_string(sql, "INSERT INTO ");
    db_quote_name(sql, table->schema, table->table);
    strbuf_add_string(sql, " (");
    for (size_t i = 0; i < count; i++) {
        const struct log_column *column = table->parts[values[i].part];
        /* An ID that the table counts by itself is left to it. */
        if (column == NULL || (values[i].part == LOG_ID && strcmp(column->type, "uuid") != 0 &&
                               strcmp(column->type, "text") != 0))
            continue;
        strbuf_add_string(sql, before);
        db_quote_identifier(sql, column->name);
        strbuf_add_string(&constants, before);
        db_quote_literal(&constants, values[i].text);
        before = ", ";
    }
    strbuf_printf(sql, ") VALUES (%s)", constants.data);
}

/* Without a column of its own, what was asked for is told as the new value. */
static void
make_insert(struct strbuf *sql, struct db *db, const struct log_table *table,
            const struct trail_use *use)
{
    char id[AUDIT_UUID_SIZE];
    audit_uuid7(id);
    const struct value values[] = {
        {LOG_ID, id},
        {LOG_ACTION, use->action},
        {LOG_RESOURCE_TYPE, resource_type},
        {LOG_RESOURCE_ID, table->name},
        {LOG_ACTOR_ID, db_identity(db)->role},
        {LOG_ACTOR_TYPE, "system"},
        {table->parts[LOG_METADATA] != NULL ? LOG_METADATA : LOG_NEW_VALUES, use->details},
    };
    add_insert(sql, table, values, sizeof values / sizeof values[0]);
}

static void
make_call(struct strbuf *sql, const struct log_table *table, const struct trail_use *use)
{
    const char *const values[] = {use->action, resource_type, table->name, NULL, use->details};
    strbuf_add_string(sql, "SELECT ");
    db_quote_name(sql, table->schema, "log_event");
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        strbuf_add_string(sql, i == 0 ? "(" : ", ");
        if (values[i] == NULL)
            strbuf_add_string(sql, "NULL");
        else
            db_quote_literal(sql, values[i]);
    }
    strbuf_add_char(sql, ')');
}

/* `app.user_id` is a setting of the application's sessions; in ours nobody but the role acts. */
static bool
make_statement(struct strbuf *sql, struct db *db, const struct log_table *table,
               const struct trail_use *use, bool *may, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *found = NULL;
    const char *const values[] = {table->schema, table->table};
    if (!db_query(db, sql_query_trail_may_note, 2, values, &found, err))
        return false;
    bool is_read_only = db_result_bool(found, 0, 2);
    bool may_call = db_result_bool(found, 0, 0), may_insert = db_result_bool(found, 0, 1);
    *may = !is_read_only && (may_call || may_insert);
    if (may_call) {
        strbuf_add_string(sql, "SET LOCAL app.user_id = ");
        db_quote_literal(sql, db_identity(db)->role);
        strbuf_add_string(sql, "; SET LOCAL app.actor_type = 'system'; ");
        make_call(sql, table, use);
    } else {
        make_insert(sql, db, table, use);
    }
    return true;
}

static bool
note(struct db *db, const struct log_table *table, const struct trail_use *use, bool *may,
     struct error *err)
{
    CLEANUP(db_transaction_release) struct db_transaction tx = {0};
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    bool is_part;
    if (!make_statement(&sql, db, table, use, may, err))
        return false;
    return !*may || (db_begin(&tx, db, DB_READ_WRITE, err) &&
                     log_table_make_visible(db, table, true, &is_part, err) &&
                     db_execute(db, sql.data, err) && db_commit(&tx, err));
}

void
trail_note_use(struct db *db, const struct log_table *table, const struct trail_use *use,
               char **problem)
{
    struct error err = ERROR_INIT;
    bool may = false;
    *problem = NULL;
    if (!note(db, table, use, &may, &err))
        *problem = memory_printf("this use of the log was not recorded: %s", err.text);
    else if (!may)
        *problem =
            memory_printf("this use of the log was not recorded: role %s may not write to it",
                          db_identity(db)->role);
}
