/* Checks: counting, naming, verdicts. */
#include "check.h"

#include "idmigrate/audit.h"
#include "idmigrate/memory.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void
check_init(struct check *check, const char *name, const struct plan_table *table, size_t limit)
{
    *check = (struct check){.name = name,
                            .table = table,
                            .limit = limit,
                            .differences = STRBUF_INIT,
                            .notes = STRBUF_INIT,
                            .is_used = true};
}

void
check_release(struct check *check)
{
    strbuf_release(&check->differences);
    strbuf_release(&check->notes);
    free(check->not_checked);
    check->not_checked = NULL;
}

static void
add_member(struct strbuf *out, const char *name, struct span value)
{
    strbuf_printf(out, "\"%s\": ", name);
    if (value.data == NULL)
        strbuf_add_string(out, "null");
    else
        text_write_json(out, value);
}

void
check_difference(struct check *check, struct span key, const char *column, struct span expected,
                 struct span found)
{
    check->found++;
    if (check->named >= check->limit) {
        check->is_partial = true;
        return;
    }
    check->named++;
    strbuf_add_string(&check->differences, check->differences.length > 0 ? ", {" : "{");
    add_member(&check->differences, "key", key);
    strbuf_add_string(&check->differences, ", ");
    add_member(&check->differences, "column", span_of(column));
    strbuf_add_string(&check->differences, ", ");
    add_member(&check->differences, "expected", expected);
    strbuf_add_string(&check->differences, ", ");
    add_member(&check->differences, "found", found);
    strbuf_add_char(&check->differences, '}');
}

void
check_difference_text(struct check *check, struct span key, const char *column,
                      const char *expected, const char *found)
{
    check_difference(check, key, column, span_of(expected), span_of(found));
}

void
check_note(struct check *check, const char *format, ...)
{
    va_list arguments;
    strbuf_add_string(&check->notes, check->notes.length > 0 ? "; " : "");
    va_start(arguments, format);
    strbuf_vprintf(&check->notes, format, arguments);
    va_end(arguments);
}

void
check_give_up(struct check *check, const char *format, ...)
{
    CLEANUP(strbuf_release) struct strbuf reason = STRBUF_INIT;
    va_list arguments;
    if (check->not_checked != NULL)
        return;
    va_start(arguments, format);
    strbuf_vprintf(&reason, format, arguments);
    va_end(arguments);
    check->not_checked = strbuf_take(&reason);
}

/* A difference that was found stays one, even if not everything could be looked at. */
static const char *
verdict_of(const struct check *check)
{
    if (check->found > 0)
        return "different";
    return check->not_checked != NULL || check->looked_at == 0 ? "not checked" : "equal";
}

static char *
make_detail(const struct check *check)
{
    const char *reason = check->not_checked;
    if (reason == NULL && check->looked_at == 0 && check->found == 0)
        reason = "there was nothing to look at";
    if (reason != NULL && check->notes.length > 0)
        return memory_printf("not checked: %s; %s", reason, check->notes.data);
    return reason != NULL ? memory_printf("not checked: %s", reason)
                          : memory_strdup(check->notes.data);
}

bool
check_is_selected(const struct check_list *list, const char *name, const struct plan_table *table)
{
    return list->selects == NULL || list->selects(list->selection, name, table);
}

void
check_finish(struct check *check, struct check_list *list)
{
    if (check->is_used && check_is_selected(list, check->name, check->table))
        *ARRAY_ADD(list->items, list->count, list->capacity) = (struct store_check){
            .name = check->name,
            .table_no = check->table ? check->table->number : -1,
            .label = check->table ? memory_strdup(check->table->label) : NULL,
            .verdict = verdict_of(check),
            .looked_at = check->looked_at,
            .found = check->found,
            .detail = make_detail(check),
            .differences = memory_printf("[%s]", check->differences.data),
            .is_partial = check->is_partial,
        };
    check_release(check);
}

void
check_count(struct check *check, const char *what, int64_t expected, int64_t found)
{
    check->looked_at++;
    if (expected == found)
        return;
    CLEANUP(memory_free_string) char *left = memory_printf("%" PRId64, expected);
    CLEANUP(memory_free_string) char *right = memory_printf("%" PRId64, found);
    check_difference_text(check, SPAN_NULL, what, left, right);
}

enum exit_status
check_status(const struct check_list *checks)
{
    enum exit_status status = checks->count > 0 ? EXIT_DONE : EXIT_NOT_CHECKED;
    for (size_t i = 0; i < checks->count; i++) {
        const char *verdict = checks->items[i].verdict;
        if (strcmp(verdict, "equal") != 0)
            status = exit_status_worse(
                status, strcmp(verdict, "different") == 0 ? EXIT_DIFFERENT : EXIT_NOT_CHECKED);
    }
    return status;
}

/* ---- how things are shown ---- */

static void
add_digest(struct strbuf *out, struct digest digest)
{
    char hex[DIGEST_HEX_SIZE];
    digest_to_hex(digest, hex);
    strbuf_printf(out, "digest:%s", hex);
}

void
check_show_key(struct strbuf *out, const struct plan_table *table, struct span key)
{
    strbuf_reset(out);
    if (table->target_key_count == 0)
        strbuf_printf(out, "digest:%.*s", (int)key.length, key.data);
    else if (audit_key_is_open(table))
        strbuf_add(out, key.data, key.length);
    else
        add_digest(out, span_digest(key));
}

void
check_show_source_key(struct strbuf *out, struct digest key)
{
    strbuf_reset(out);
    strbuf_add_string(out, "source ");
    add_digest(out, key);
}

static bool
is_listed(char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

/* A uuid or a number that is (part of) the key tells nothing about a person. */
static bool
is_plain_key(const struct plan_table *table, size_t column)
{
    static const char *const types[] = {"uuid", "smallint", "integer", "bigint"};
    const char *type = table->columns[column].target->type.base_text_plain;
    bool is_key = false, is_plain = false;
    for (size_t i = 0; i < table->target_key_count; i++)
        is_key |= table->target_key[i] == (int)column;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        is_plain |= strcmp(type, types[i]) == 0;
    return is_key && is_plain;
}

void
check_show_value(struct strbuf *out, const struct plan_table *table, size_t column,
                 struct span escaped)
{
    CLEANUP(strbuf_release) struct strbuf buffer = STRBUF_INIT;
    check_show_text(out, table, column, text_read(&buffer, escaped));
}

void
check_show_text(struct strbuf *out, const struct plan_table *table, size_t column,
                struct span value)
{
    enum { LONGEST = 200 };
    const struct plan_column *at = &table->columns[column];
    const struct mapping_table *spec = table->spec;

    strbuf_reset(out);
    if (value.data == NULL)
        strbuf_add_string(out, "NULL");
    else if (is_listed(spec->sensitive, spec->sensitive_count, at->target->name))
        strbuf_add_string(out, "(sensitive)");
    else if (at->resolve_count > 0 || is_plain_key(table, column) ||
             is_listed(spec->harmless, spec->harmless_count, at->target->name))
        strbuf_add(out, value.data, value.length < LONGEST ? value.length : LONGEST);
    else
        add_digest(out, span_digest(value));
}
