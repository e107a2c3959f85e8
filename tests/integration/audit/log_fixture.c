#include "log_fixture.h"

#include <criterion/criterion.h>

static const struct fixture_column everything[] = {
    {"id", "uuid", AUDIT_FIELD_ID, NULL},
    {"at", "timestamp with time zone", AUDIT_FIELD_RECORDED_AT, NULL},
    {"action", "text", AUDIT_FIELD_ACTION, NULL},
    {"rtype", "text", AUDIT_FIELD_RESOURCE_TYPE, NULL},
    {"rid", "text", AUDIT_FIELD_RESOURCE_ID, NULL},
    {"o", "jsonb", AUDIT_FIELD_OLD_VALUES, NULL},
    {"n", "jsonb", AUDIT_FIELD_NEW_VALUES, NULL},
    {"meta", "jsonb", AUDIT_FIELD_METADATA, NULL},
    {"digest", "bytea", AUDIT_FIELD_ROW_DIGEST, NULL},
    {"run", "uuid", AUDIT_FIELD_RUN_ID, NULL},
    {"outcome", "text", AUDIT_FIELD_OUTCOME, NULL},
    {"version", "smallint", AUDIT_FIELD_EVENT_VERSION, NULL},
    {0}};

/* Types whose bytes the writer knows, all of them. */
static const struct fixture_column known_bytes[] = {
    {"meta", "json", AUDIT_FIELD_METADATA, NULL},
    {"id", "character varying", AUDIT_FIELD_ID, NULL},
    {"at", "timestamp without time zone", AUDIT_FIELD_RECORDED_AT, NULL},
    {"action", "jsonb", AUDIT_FIELD_ACTION, NULL},
    {"rtype", "json", AUDIT_FIELD_RESOURCE_TYPE, NULL},
    {"rid", "jsonb", AUDIT_FIELD_RESOURCE_ID, NULL},
    {"o", "jsonb", AUDIT_FIELD_OLD_VALUES, NULL},
    {"n", "text", AUDIT_FIELD_NEW_VALUES, NULL},
    {"digest", "uuid", AUDIT_FIELD_ROW_DIGEST, NULL},
    {"run", "uuid", AUDIT_FIELD_RUN_ID, NULL},
    {"note", "text", AUDIT_FIELD_VALUE, "a\tb\\c"},
    {"nothing", "uuid", AUDIT_FIELD_VALUE, NULL},
    {0}};

static const struct fixture_column jsonb_only[] = {
    {"action", "character varying", AUDIT_FIELD_ACTION, NULL},
    {"rtype", "character varying", AUDIT_FIELD_RESOURCE_TYPE, NULL},
    {"rid", "character varying", AUDIT_FIELD_RESOURCE_ID, NULL},
    {"o", "json", AUDIT_FIELD_OLD_VALUES, NULL},
    {"n", "json", AUDIT_FIELD_NEW_VALUES, NULL},
    {"meta", "json", AUDIT_FIELD_METADATA, NULL},
    {"at", "timestamp without time zone", AUDIT_FIELD_RECORDED_AT, NULL},
    {0}};

static const struct fixture_column text_only[] = {
    {"id", "text", AUDIT_FIELD_ID, NULL},
    {"action", "text", AUDIT_FIELD_ACTION, NULL},
    {"rtype", "jsonb", AUDIT_FIELD_RESOURCE_TYPE, NULL},
    {"rid", "json", AUDIT_FIELD_RESOURCE_ID, NULL},
    {"o", "text", AUDIT_FIELD_OLD_VALUES, NULL},
    {"n", "text", AUDIT_FIELD_NEW_VALUES, NULL},
    {"meta", "text", AUDIT_FIELD_METADATA, NULL},
    {"at", "text", AUDIT_FIELD_RECORDED_AT, NULL},
    {0}};

static const struct fixture_column no_metadata[] = {
    {"id", "uuid", AUDIT_FIELD_ID, NULL},
    {"action", "text", AUDIT_FIELD_ACTION, NULL},
    {"rtype", "text", AUDIT_FIELD_RESOURCE_TYPE, NULL},
    {"rid", "text", AUDIT_FIELD_RESOURCE_ID, NULL},
    {"o", "jsonb", AUDIT_FIELD_OLD_VALUES, NULL},
    {"n", "jsonb", AUDIT_FIELD_NEW_VALUES, NULL},
    {"digest", "uuid", AUDIT_FIELD_ROW_DIGEST, NULL},
    {"run", "text", AUDIT_FIELD_RUN_ID, NULL},
    {0}};

const struct log_layout log_layouts[] = {
    {"CREATE TABLE public.log (id uuid, at timestamptz, action text, rtype text, rid text, o "
     "jsonb, n jsonb, meta jsonb,"
     " digest bytea, run uuid, outcome text, version smallint)",
     everything, true, true, true, false},
    {"CREATE TABLE public.log (action varchar(50), rtype varchar(50), rid varchar(255), o json, n "
     "json, meta json,"
     " at timestamp(0))",
     jsonb_only, true, false, false, false},
    /* Rows of the application's own, whose texts are no JSON. */
    {"CREATE TABLE public.log (id text, action text, rtype jsonb, rid json, o text, n text, meta "
     "text, at text);"
     " INSERT INTO public.log (meta, o) VALUES ('not json', '{'), (NULL, NULL)",
     text_only, true, true, false, false},
    {"CREATE TABLE public.log (id uuid, action text, rtype text, rid text, o jsonb, n jsonb, "
     "digest uuid, run text)",
     no_metadata, false, true, false, false},
    {"CREATE TABLE public.log (id varchar(36), at timestamp, action jsonb, rtype json, rid jsonb, "
     "o jsonb, n text, meta json, digest uuid, run uuid, note text, nothing uuid)",
     known_bytes, true, true, false, false},
};

void
log_release(struct log *target)
{
    db_close(&target->db);
    test_database_release(&target->database);
}

struct log
log_open(const char *name, const struct log_layout *layout)
{
    struct error err = ERROR_INIT;
    struct log target = {.database = test_database_create(name)};
    cr_assert(db_open(&target.db, target.database.conninfo, "target", DB_TARGET, "test", &err),
              "%s", err.text);
    cr_assert(db_execute(target.db, layout->ddl, &err), "%s", err.text);
    return target;
}

static const char nasty[] = "a\"b\\c\td\ne\x01\xc3\xa9'%";

/* One event of each action; the third has an ID that needs every escape. */
void
log_write(enum audit_format format, struct log *target, struct audit_fixture *fixture,
          const char *run_id, char ids[][AUDIT_UUID_SIZE])
{
    struct error err = ERROR_INIT;
    int64_t rows = 0;
    CLEANUP(strbuf_release) struct strbuf lines = STRBUF_INIT;
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    CLEANUP(audit_writer_free)
    struct audit_writer *writer = audit_writer_new(&fixture->plan, run_id, format);
    struct audit_id id = {
        .old_name = "o", .new_name = "n", .old_id = nasty, .old_length = sizeof nasty - 1};
    audit_writer_set_time(writer, RECORDED_AT);
    for (size_t i = 0; i < AUDIT_ACTION_COUNT; i++) {
        struct audit_event event = fixture_event;
        event.action = (enum audit_action)i;
        event.ids = i == 2 ? &id : event.ids;
        event.id_count = i == 2 ? 1 : event.id_count;
        event.resource_id = i == 2 ? nasty : event.resource_id;
        event.resource_id_length = i == 2 ? sizeof nasty - 1 : event.resource_id_length;
        audit_writer_add(writer, &event, &lines, ids[i]);
    }
    audit_copy_in(&sql, &fixture->plan, format);
    cr_assert(db_copy_in_begin(target->db, sql.data, &err) &&
                  db_copy_in_put(target->db, lines.data, lines.length, &err) &&
                  db_copy_in_end(target->db, &rows, &err),
              "%s", err.text);
    cr_expect_eq(rows, AUDIT_ACTION_COUNT);
}

/* Reads the events of a run: fields still escaped, parted by tabs. To be freed; `count` gets their
 * number. */
char *
log_read(struct log *target, struct audit_fixture *fixture, const struct audit_run *run,
         size_t *count)
{
    struct error err = ERROR_INIT;
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    struct strbuf all = STRBUF_INIT;
    const char *line;
    size_t length;
    audit_copy_out(&sql, &fixture->plan, &fixture->entry, run);
    cr_assert(db_copy_out_begin(target->db, sql.data, &err), "%s\n%s", err.text, sql.data);
    for (*count = 0;; (*count)++) {
        cr_assert(db_copy_out_next(target->db, &line, &length, &err), "%s", err.text);
        if (line == NULL)
            return strbuf_take(&all);
        strbuf_add(&all, line, length);
    }
}
