/*
 * Is the audit log still what was installed, and who could alter it?
 *
 * Nothing is asked of the log's own tables but its name: triggers, row-level security, privileges,
 * memberships and the sources of functions are the catalogue's, and what they should be is the
 * program's.
 */
#include "idmigrate/memory.h"
#include "idmigrate/sql.h"
#include "log.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct looking {
    struct db *db;
    struct log_found log;
    struct audit_findings *findings;
    const char *const *accepted;
    size_t accepted_count;
};

static struct audit_finding *add(struct looking *l, enum audit_finding_kind kind,
                                 const char *object, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static struct audit_finding *
add(struct looking *l, enum audit_finding_kind kind, const char *object, const char *format, ...)
{
    struct audit_findings *findings = l->findings;
    struct strbuf text = STRBUF_INIT;
    va_list arguments;
    va_start(arguments, format);
    strbuf_vprintf(&text, format, arguments);
    va_end(arguments);
    findings->items =
        memory_realloc_array(findings->items, findings->count + 1, sizeof *findings->items);
    struct audit_finding *finding = &findings->items[findings->count++];
    *finding = (struct audit_finding){
        .kind = kind, .object = memory_strdup(object), .text = strbuf_take(&text)};
    return finding;
}

static void
set_hint(struct audit_finding *finding, const char *hint)
{
    finding->hint = memory_strdup(hint);
}

static const char again[] =
    "`idmigrate audit install` brings it back; `idmigrate audit verify` tells "
    "whether events were changed meanwhile";

/* ---- the log and its partitions ---- */

enum {
    RELATION,
    IS_LOG,
    OWNER,
    OWNER_IS_OURS,
    ROW_SECURITY,
    FORCED,
    APPEND_ONLY,
    APPEND_ONLY_TRUNCATE,
    POLICIES,
    TRIGGERS,
    RULES,
    BROKEN_POLICIES,
    DETACHED
};

static void
judge_guards(struct looking *l, const struct db_result *rows, size_t row, const char *name)
{
    static const char *const names[] = {"append_only", "append_only_truncate"};
    for (int i = 0; i < 2; i++) {
        const char *fault = db_result_text(rows, row, APPEND_ONLY + i);
        if (fault != NULL)
            set_hint(add(l, AUDIT_FINDING_FAULT, name, "trigger %s %s", names[i], fault), again);
    }
}

static void
judge_policies(struct looking *l, const struct db_result *rows, size_t row, const char *name)
{
    if (db_result_text(rows, row, POLICIES) != NULL)
        set_hint(add(l, AUDIT_FINDING_FAULT, name, "has policies that are not the log's: %s",
                     db_result_text(rows, row, POLICIES)),
                 "DROP POLICY, unless they are meant");
    if (db_result_text(rows, row, BROKEN_POLICIES) != NULL)
        set_hint(add(l, AUDIT_FINDING_FAULT, name, "policies are missing or changed: %s",
                     db_result_text(rows, row, BROKEN_POLICIES)),
                 again);
}

static void
judge_relation(struct looking *l, const struct db_result *rows, size_t row)
{
    const char *name = db_result_text(rows, row, RELATION);
    bool is_log = db_result_bool(rows, row, IS_LOG);
    if (db_result_bool(rows, row, DETACHED)) {
        set_hint(
            add(l, AUDIT_FINDING_FAULT, name, "was a partition of the log and is detached"),
            "ALTER TABLE ... ATTACH PARTITION, or drop it when it was never meant to be there");
        return;
    }
    judge_policies(l, rows, row, name);
    judge_guards(l, rows, row, name);
    if (is_log && !db_result_bool(rows, row, OWNER_IS_OURS))
        set_hint(add(l, AUDIT_FINDING_FAULT, name,
                     "belongs to role %s, which is not the log's owner",
                     db_result_text(rows, row, OWNER)),
                 "idmigrate audit install gives it to the owner");
    if (is_log && (!db_result_bool(rows, row, ROW_SECURITY) || !db_result_bool(rows, row, FORCED)))
        set_hint(add(l, AUDIT_FINDING_FAULT, name, "row-level security is %s",
                     db_result_bool(rows, row, ROW_SECURITY)
                         ? "not forced: its owner reads everything"
                         : "off"),
                 again);
    if (db_result_text(rows, row, TRIGGERS) != NULL)
        set_hint(
            add(l, AUDIT_FINDING_FAULT, name, "has triggers that are not the log's: %s",
                db_result_text(rows, row, TRIGGERS)),
            "they may drop or change events as these come in: DROP TRIGGER, unless they are meant");
    if (db_result_bool(rows, row, RULES))
        set_hint(add(l, AUDIT_FINDING_FAULT, name, "has rewrite rules"),
                 "they may take events elsewhere: DROP RULE");
}

static bool
check_relations(struct looking *l, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *rows = NULL;
    CLEANUP(strbuf_release) struct strbuf roles = STRBUF_INIT;
    db_format_array(&roles, (const char *const *)l->log.state.roles, LOG_ROLES);
    const char *const values[] = {l->log.schema, l->log.table, l->log.state.roles[LOG_OWNER],
                                  roles.data};
    size_t logs = 0;
    if (!db_query(l->db, sql_query_audit_check_relations, 4, values, &rows, err))
        return false;
    for (size_t i = 0; i < db_result_rows(rows); i++) {
        judge_relation(l, rows, i);
        logs += db_result_bool(rows, i, IS_LOG);
    }
    l->findings->looked_at += db_result_rows(rows);
    if (logs == 0)
        set_hint(add(l, AUDIT_FINDING_FAULT, l->log.table,
                     "the log is gone: there is no table %s.%s", l->log.schema, l->log.table),
                 "restore it from a backup; `idmigrate audit verify` tells what is missing");
    return true;
}

/* ---- functions ---- */

static void
judge_function(struct looking *l, const struct db_result *rows, const struct log_source *wanted)
{
    size_t found = 0;
    for (size_t i = 0; i < db_result_rows(rows); i++) {
        if (strcmp(db_result_text(rows, i, 0), wanted->name) != 0)
            continue;
        found++;
        if (strcmp(db_result_text(rows, i, 1), wanted->source) != 0)
            set_hint(add(l, AUDIT_FINDING_FAULT, wanted->name,
                         "the function is not what idmigrate installs"),
                     again);
        if (!db_result_bool(rows, i, 3))
            set_hint(add(l, AUDIT_FINDING_FAULT, wanted->name,
                         "the function belongs to role %s, which may replace it",
                         db_result_text(rows, i, 2)),
                     "ALTER FUNCTION ... OWNER TO the log's owner");
    }
    if (found == 0)
        set_hint(add(l, AUDIT_FINDING_FAULT, wanted->name, "the function is missing"), again);
}

static bool
check_functions(struct looking *l, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *rows = NULL;
    CLEANUP(log_sources_release) struct log_sources sources;
    const char *const values[] = {l->log.schema, l->log.state.roles[LOG_OWNER]};
    log_sources_read(&sources, &l->log.state);
    if (!db_query(l->db, sql_query_audit_check_functions, 2, values, &rows, err))
        return false;
    if (l->log.version != AUDIT_LOG_VERSION)
        set_hint(add(l, AUDIT_FINDING_FAULT, l->log.table,
                     "was installed in version %d by idmigrate %s; this program has version %d",
                     l->log.version, l->log.tool, AUDIT_LOG_VERSION),
                 "idmigrate audit install brings it forward");
    else
        for (size_t i = 0; i < sources.count; i++)
            judge_function(l, rows, &sources.items[i]);
    l->findings->looked_at += sources.count;
    return true;
}

/* ---- powers ---- */

static bool
is_accepted(const struct looking *l, const char *role)
{
    for (size_t i = 0; i < l->accepted_count; i++)
        if (strcmp(l->accepted[i], role) == 0)
            return true;
    return false;
}

static void
judge_power(struct looking *l, const struct db_result *rows, size_t row)
{
    const char *role = db_result_text(rows, row, 0), *power = db_result_text(rows, row, 1),
               *through = db_result_text(rows, row, 2);
    bool is_known =
        db_result_bool(rows, row, 3) || db_result_bool(rows, row, 4) || is_accepted(l, role);
    struct audit_finding *finding =
        add(l, is_known ? AUDIT_FINDING_ACCEPTED : AUDIT_FINDING_FAULT, role, "%s%s%s%s", power,
            through != NULL ? " (through " : "", through != NULL ? through : "",
            through != NULL ? ")" : "");
    finding->role = memory_strdup(role);
    if (db_result_bool(rows, row, 3))
        set_hint(finding, "no server is without this role: what it does, only seals show");
    else if (!is_known)
        set_hint(finding, "take it away, or say --accept with the role when it is meant");
}

static bool
check_powers(struct looking *l, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *rows = NULL;
    CLEANUP(strbuf_release) struct strbuf roles = STRBUF_INIT;
    db_format_array(&roles, (const char *const *)l->log.state.roles, LOG_ROLES);
    const char *const values[] = {l->log.schema, l->log.table, roles.data};
    if (!db_query(l->db, sql_query_audit_check_powers, 3, values, &rows, err))
        return false;
    for (size_t i = 0; i < db_result_rows(rows); i++)
        judge_power(l, rows, i);
    l->findings->looked_at += db_result_rows(rows);
    return true;
}

/* ---- months, CHECKs, queue ---- */

enum {
    PARTITIONED,
    THIS_MONTH,
    NEXT_MONTH,
    PROVED,
    UNPROVED,
    ENTERED,
    DELIVERED,
    WAITING,
    FAILED,
    LOST,
    EVENT_TRIGGERS,
    BESIDE
};

static void
judge_queue(struct looking *l, const struct db_result *rest)
{
    long long lost = (long long)db_result_int64(rest, 0, LOST),
              failed = (long long)db_result_int64(rest, 0, FAILED);
    if (lost != 0)
        set_hint(add(l, AUDIT_FINDING_FAULT, "idmigrate_audit.queue",
                     "%lld events that log_event_async() took are neither in the log nor waiting",
                     lost),
                 "somebody removed them from the queue, or added uncounted ones");
    if (failed != 0)
        set_hint(
            add(l, AUDIT_FINDING_FAULT, "idmigrate_audit.queue",
                "%lld events were refused by the log and wait", failed),
            "idmigrate_audit.queue.failed_sqlstate tells why; `idmigrate audit drain` tries again");
}

static void
judge_rest(struct looking *l, const struct db_result *rest)
{
    if (db_result_bool(rest, 0, PARTITIONED) &&
        (!db_result_bool(rest, 0, THIS_MONTH) || !db_result_bool(rest, 0, NEXT_MONTH)))
        set_hint(add(l, AUDIT_FINDING_FAULT, l->log.table,
                     "%s month has no partition: its events go to the default one, which retention "
                     "cannot drop",
                     db_result_bool(rest, 0, THIS_MONTH) ? "next" : "this"),
                 "`idmigrate audit drain` makes months ahead; let a timer run it");
    if (db_result_int64(rest, 0, PROVED) + db_result_int64(rest, 0, UNPROVED) < 2)
        set_hint(add(l, AUDIT_FINDING_FAULT, l->log.table,
                     "CHECKs of actions and resource types are missing"),
                 again);
    else if (db_result_int64(rest, 0, UNPROVED) > 0)
        set_hint(add(l, AUDIT_FINDING_FAULT, l->log.table,
                     "CHECKs of actions and resource types are not proved for older events"),
                 "idmigrate audit install proves them");
    if (db_result_int64(rest, 0, EVENT_TRIGGERS) == 0)
        add(l, AUDIT_FINDING_ACCEPTED, l->log.table,
            "no event trigger watches DDL: a DROP is noticed by this command and by seals only");
    if (db_result_int64(rest, 0, BESIDE) != 2)
        set_hint(add(l, AUDIT_FINDING_FAULT, "idmigrate_audit",
                     "triggers of the queue or of the inbox are missing or disabled"),
                 again);
    judge_queue(l, rest);
}

static bool
check_rest(struct looking *l, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *rest = NULL;
    struct error failed = ERROR_INIT;
    const char *const values[] = {l->log.schema, l->log.table};
    l->findings->looked_at++;
    if (db_query(l->db, sql_query_audit_check_rest, 2, values, &rest, &failed)) {
        judge_rest(l, rest);
        return true;
    }
    if (strcmp(failed.sqlstate, "42501") != 0 && strncmp(failed.sqlstate, "42", 2) != 0) {
        *err = failed;
        return false;
    }
    set_hint(add(l, AUDIT_FINDING_UNKNOWN, "idmigrate_audit", "queue, months and CHECKs: %s",
                 failed.text),
             "connect as a member of the log's role of auditors");
    return true;
}

bool
audit_log_check(struct db *db, const char *const *accepted, size_t accepted_count,
                struct audit_findings *findings, struct error *err)
{
    struct looking l = {
        .db = db, .findings = findings, .accepted = accepted, .accepted_count = accepted_count};
    *findings = (struct audit_findings){0};
    bool good = log_find(db, &l.log, err) && check_relations(&l, err) && check_functions(&l, err) &&
                check_powers(&l, err) && check_rest(&l, err);
    if (good) {
        findings->schema = memory_strdup(l.log.schema);
        findings->table = memory_strdup(l.log.table);
    }
    log_found_release(&l.log);
    return good;
}

void
audit_findings_release(struct audit_findings *findings)
{
    for (size_t i = 0; i < findings->count; i++) {
        free(findings->items[i].role);
        free(findings->items[i].object);
        free(findings->items[i].text);
        free(findings->items[i].hint);
    }
    free(findings->items);
    free(findings->schema);
    free(findings->table);
    *findings = (struct audit_findings){0};
}
