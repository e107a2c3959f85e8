/* What is asked for, as conditions. Values are constants of the statement, since COPY takes no
 * parameters; they are quoted in one place. */
#include "filter.h"

#include "idmigrate/memory.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* ---- checks ---- */

static bool
need(const struct log_table *table, enum log_part part, bool is_asked, struct error *err)
{
    if (!is_asked || table->parts[part] != NULL)
        return true;
    return error_set(err, EXIT_USAGE, "audit log %s has no column for %s", table->name,
                     log_part_name(part));
}

static bool
is_json_column(const struct log_column *column)
{
    return column != NULL &&
           (strcmp(column->type, "jsonb") == 0 || strcmp(column->type, "json") == 0);
}

static bool
check_contains(const struct log_table *table, const struct trail_filter *filter, struct error *err)
{
    json_error_t problem;
    if (filter->contains == NULL)
        return true;
    json_t *json = json_loads(filter->contains, JSON_DECODE_ANY, &problem);
    json_decref(json);
    if (json == NULL)
        return error_set(err, EXIT_USAGE, "--contains is no JSON: %s", problem.text);
    if (is_json_column(table->parts[LOG_OLD_VALUES]) ||
        is_json_column(table->parts[LOG_NEW_VALUES]) || is_json_column(table->parts[LOG_METADATA]))
        return true;
    return error_set(err, EXIT_USAGE, "audit log %s has no JSON column", table->name);
}

bool
trail_check_filter(const struct log_table *table, const struct trail_filter *filter,
                   struct error *err)
{
    const char *blank = filter->cursor != NULL ? strchr(filter->cursor, ' ') : "";
    if (blank == NULL)
        return error_set(err, EXIT_USAGE, "--after \"%s\" is not what a query ended with",
                         filter->cursor);
    return need(table, LOG_ACTOR_ID, filter->actor_count > 0, err) &&
           need(table, LOG_ACTION, filter->action_count > 0, err) &&
           need(table, LOG_TENANT, filter->tenant != NULL, err) &&
           need(table, LOG_RESOURCE_TYPE, filter->resource_type != NULL, err) &&
           need(table, LOG_RESOURCE_ID, filter->resource_id != NULL, err) &&
           need(table, LOG_OUTCOME, filter->outcome != NULL, err) &&
           need(table, LOG_RUN_ID, filter->run_id != NULL, err) &&
           check_contains(table, filter, err);
}

static json_t *
list_json(const char *const *items, size_t count)
{
    if (count == 0)
        return NULL;
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_string(items[i]));
    return list;
}

static void
put(json_t *object, const char *name, const char *value)
{
    if (value != NULL)
        json_object_set_new(object, name, json_string(value));
}

char *
trail_describe_filter(const struct trail_filter *filter)
{
    json_t *object = json_object();
    json_t *lists[] = {list_json(filter->actors, filter->actor_count),
                       list_json(filter->actions, filter->action_count),
                       list_json(filter->persons, filter->person_count)};
    static const char *const names[] = {"actors", "actions", "persons"};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        if (lists[i] != NULL)
            json_object_set_new(object, names[i], lists[i]);
    put(object, "tenant", filter->tenant);
    put(object, "resource_type", filter->resource_type);
    put(object, "resource_id", filter->resource_id);
    put(object, "outcome", filter->outcome);
    put(object, "run_id", filter->run_id);
    put(object, "since", filter->since);
    put(object, "until", filter->until);
    if (filter->contains != NULL)
        json_object_set_new(object, "contains", json_true());
    char *text = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    if (text == NULL)
        memory_exhausted();
    return text;
}

/* ---- conditions ---- */

void
trail_add_column(struct strbuf *sql, const struct log_column *column)
{
    strbuf_add_string(sql, "e.");
    db_quote_identifier(sql, column->name);
}

/* A uuid is compared as such, so that an index may serve; what is no uuid equals none. */
static bool
is_uuid_text(const char *text)
{
    size_t length = strspn(text, "0123456789abcdefABCDEF-");
    return length == 36 && text[36] == '\0' && text[8] == '-' && text[13] == '-' &&
           text[18] == '-' && text[23] == '-';
}

static void
add_equal(struct strbuf *sql, const struct log_column *column, const char *value)
{
    bool is_uuid = strcmp(column->type, "uuid") == 0;
    bool is_text =
        strcmp(column->type, "text") == 0 || strcmp(column->type, "character varying") == 0;
    if (is_uuid && !is_uuid_text(value)) {
        strbuf_add_string(sql, "false");
        return;
    }
    trail_add_column(sql, column);
    strbuf_add_string(sql, is_uuid || is_text ? " = " : "::pg_catalog.text = ");
    db_quote_literal(sql, value);
}

static void
add_one_of(struct strbuf *sql, const struct log_column *column, const char *const *values,
           size_t count)
{
    for (size_t i = 0; i < count; i++) {
        strbuf_add_string(sql, i == 0 ? "(" : " OR ");
        add_equal(sql, column, values[i]);
    }
    strbuf_add_char(sql, ')');
}

static void
and_equal(struct strbuf *sql, const struct log_table *table, enum log_part part, const char *value)
{
    if (value == NULL)
        return;
    strbuf_add_string(sql, " AND ");
    add_equal(sql, table->parts[part], value);
}

/* Who acted, or whom it is about: the events of a person's row, and those whose resource is the
 * person. */
static void
and_person(struct strbuf *sql, const struct log_table *table, const struct trail_filter *filter)
{
    static const enum log_part parts[] = {LOG_ACTOR_ID, LOG_RESOURCE_ID};
    bool is_first = true;
    if (filter->person_count == 0)
        return;
    strbuf_add_string(sql, " AND (");
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (table->parts[parts[i]] == NULL)
            continue;
        strbuf_add_string(sql, is_first ? "" : " OR ");
        add_one_of(sql, table->parts[parts[i]], filter->persons, filter->person_count);
        is_first = false;
    }
    strbuf_add_string(sql, is_first ? "false)" : ")");
}

static void
and_time(struct strbuf *sql, const struct log_column *column, const char *operator,
         const char * value, size_t length)
{
    bool is_naive = strcmp(column->type, "timestamp without time zone") == 0;
    CLEANUP(memory_free_string) char *text = memory_strndup(value, length);
    strbuf_add_string(sql, " AND ");
    trail_add_column(sql, column);
    strbuf_printf(sql, " %s ", operator);
    db_quote_literal(sql, text);
    strbuf_add_string(sql, is_naive ? "::pg_catalog.timestamptz AT TIME ZONE 'UTC'"
                                    : "::pg_catalog.timestamptz");
}

static void
and_contains(struct strbuf *sql, const struct log_table *table, const char *json)
{
    static const enum log_part parts[] = {LOG_METADATA, LOG_NEW_VALUES, LOG_OLD_VALUES};
    bool is_first = true;
    if (json == NULL)
        return;
    strbuf_add_string(sql, " AND (");
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        const struct log_column *column = table->parts[parts[i]];
        if (!is_json_column(column))
            continue;
        strbuf_add_string(sql, is_first ? "" : " OR ");
        trail_add_column(sql, column);
        strbuf_add_string(sql, "::pg_catalog.jsonb @> ");
        db_quote_literal(sql, json);
        strbuf_add_string(sql, "::pg_catalog.jsonb");
        is_first = false;
    }
    strbuf_add_char(sql, ')');
}

void
trail_add_id(struct strbuf *sql, const struct log_table *table)
{
    const struct log_column *column = table->parts[LOG_ID];
    trail_add_column(sql, column);
    if (strcmp(column->type, "uuid") != 0)
        strbuf_add_string(sql, "::pg_catalog.text COLLATE \"C\"");
}

/* "TIME ID": behind it in the order of reading. */
static void
and_cursor(struct strbuf *sql, const struct log_table *table, const struct trail_filter *filter)
{
    const char *operator= filter->oldest_first ? ">" : "<", *cursor = filter->cursor;
    const struct log_column *time = table->parts[LOG_RECORDED_AT];
    if (cursor == NULL)
        return;
    size_t length = strcspn(cursor, " ");
    and_time(sql, time, filter->oldest_first ? ">=" : "<=", cursor, length);
    strbuf_add_string(sql, " AND (");
    trail_add_column(sql, time);
    strbuf_printf(sql, " %s ", operator);
    CLEANUP(memory_free_string) char *text = memory_strndup(cursor, length);
    db_quote_literal(sql, text);
    strbuf_printf(sql, "::pg_catalog.timestamptz%s OR ",
                  strcmp(time->type, "timestamp without time zone") == 0 ? " AT TIME ZONE 'UTC'"
                                                                         : "");
    trail_add_id(sql, table);
    strbuf_printf(sql, " %s ", operator);
    db_quote_literal(sql, cursor + length + 1);
    strbuf_add_char(sql, ')');
}

void
trail_add_conditions(struct strbuf *sql, const struct log_table *table,
                     const struct trail_filter *filter)
{
    const struct log_column *time = table->parts[LOG_RECORDED_AT];
    strbuf_add_string(sql, "true");
    if (filter->actor_count > 0) {
        strbuf_add_string(sql, " AND ");
        add_one_of(sql, table->parts[LOG_ACTOR_ID], filter->actors, filter->actor_count);
    }
    if (filter->action_count > 0) {
        strbuf_add_string(sql, " AND ");
        add_one_of(sql, table->parts[LOG_ACTION], filter->actions, filter->action_count);
    }
    and_equal(sql, table, LOG_TENANT, filter->tenant);
    and_equal(sql, table, LOG_RESOURCE_TYPE, filter->resource_type);
    and_equal(sql, table, LOG_RESOURCE_ID, filter->resource_id);
    and_equal(sql, table, LOG_OUTCOME, filter->outcome);
    and_equal(sql, table, LOG_RUN_ID, filter->run_id);
    and_person(sql, table, filter);
    if (filter->since != NULL)
        and_time(sql, time, ">=", filter->since, strlen(filter->since));
    if (filter->until != NULL)
        and_time(sql, time, "<", filter->until, strlen(filter->until));
    and_contains(sql, table, filter->contains);
    and_cursor(sql, table, filter);
}
