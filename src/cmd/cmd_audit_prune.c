/*
 * idmigrate audit prune: months of the audit log that no law wants any more.
 *
 * Without --apply it only tells. With it, each month is dropped in a transaction of its own, with a
 * certificate in the database; interrupted, the months that are gone are gone and certified, and
 * the same command goes on.
 */
#include "steps.h"

#include "idmigrate/audit_log.h"
#include "idmigrate/interrupt.h"
#include "idmigrate/memory.h"
#include "idmigrate/sql.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
    struct connection_options connections;
    struct option_list classes, tenants;
    const char *older_than, *certificates;
    bool apply, yes, timer, json;
} settings;

static const struct option_spec options[] = {
    {"target", 't', "URI", "the database; otherwise IDMIGRATE_TARGET", OPTION_TEXT,
     &settings.connections.target},
    {"older-than", 'o', "AGE", "events are kept so long, such as \"6 years\"", OPTION_TEXT,
     &settings.older_than},
    {"class", 'c', "NAME=AGE", "events of a retention class are kept so long; also \"forever\"",
     OPTION_LIST, &settings.classes},
    {"tenant", 0, "ID=AGE",
     "a tenant's events are kept so long; where a class has a rule too, the longer", OPTION_LIST,
     &settings.tenants},
    {"apply", 0, NULL, "remove; otherwise it is only told what would be", OPTION_FLAG,
     &settings.apply},
    {"yes", 'y', NULL, "with --apply: do not ask", OPTION_FLAG, &settings.yes},
    {"certificates", 0, "FILE", "append the certificates to a file, one JSON object a line",
     OPTION_TEXT, &settings.certificates},
    {"timer", 0, NULL, "print systemd units and a pg_cron line that do this every day", OPTION_FLAG,
     &settings.timer},
    {"json", 0, NULL, "print JSON", OPTION_FLAG, &settings.json},
    {NULL, 0, NULL, NULL, OPTION_FLAG, NULL},
};

/* ---- the policy ---- */

static bool
add_rules(json_t *policy, const char *kind, const struct option_list *rules, const char *option,
          struct error *err)
{
    json_t *object = json_object();
    for (size_t i = 0; i < rules->count; i++) {
        const char *equals = strrchr(rules->items[i], '=');
        if (equals == NULL || equals == rules->items[i] || equals[1] == '\0') {
            json_decref(object);
            return error_set(err, EXIT_USAGE, "--%s %s: not NAME=AGE", option, rules->items[i]);
        }
        json_object_setn_new(object, rules->items[i], (size_t)(equals - rules->items[i]),
                             json_string(equals + 1));
    }
    if (rules->count > 0)
        json_object_set(policy, kind, object);
    json_decref(object);
    return true;
}

static bool
make_policy(char **policy, struct error *err)
{
    if (settings.older_than == NULL) {
        error_set(err, EXIT_USAGE, "how old must events be? --older-than is missing");
        return error_hint(err, "idmigrate audit prune --older-than \"6 years\"");
    }
    json_t *all = json_pack("{ss}", "default", settings.older_than);
    bool good = add_rules(all, "classes", &settings.classes, "class", err) &&
                add_rules(all, "tenants", &settings.tenants, "tenant", err);
    *policy = json_dumps(all, JSON_COMPACT);
    json_decref(all);
    /* Words that are no UTF-8 are nothing that JSON holds. */
    if (good && *policy == NULL)
        return error_set(err, EXIT_USAGE, "an option of the policy is not UTF-8");
    return good;
}

/* What is no age for the server is a wrong option. */
static bool
explain(struct error *failed, struct error *err)
{
    *err = *failed;
    if (strncmp(failed->sqlstate, "22", 2) != 0) {
        error_context(err, "retention of the audit log");
        if (strcmp(err->sqlstate, "42501") == 0) {
            err->hint[0] = '\0';
            error_hint(err,
                       "connect as a member of the log's pruners; where seals were made for the "
                       "first time since, `idmigrate audit install` lets retention see them");
        }
        return false;
    }
    bool is_floor = strcmp(failed->sqlstate, "22023") == 0;
    error_clear(err);
    error_set(err, is_floor ? EXIT_REFUSED : EXIT_USAGE,
              is_floor
                  ? "the log keeps every event longer than this policy does"
                  : "an age is none: such as \"6 years\" or \"90 days\"; a class or tenant may "
                    "have \"forever\"");
    return is_floor ? error_hint(err, "idmigrate audit install --keep-at-least AGE changes that")
                    : false;
}

/* ---- what it makes of the months ---- */

enum { PARTITION, FROM, TO, MAY_GO, REASON, EVENTS, YOUNG, HELD, SEALED };

static bool
load_plan(struct db *target, const char *policy, struct db_result **plan, struct error *err)
{
    struct error failed = ERROR_INIT;
    const char *const values[] = {policy};
    return db_query(target, sql_query_audit_prune_plan, 1, values, plan, &failed) ||
           explain(&failed, err);
}

static size_t
count_going(const struct db_result *plan)
{
    size_t going = 0;
    for (size_t i = 0; i < db_result_rows(plan); i++)
        going += db_result_bool(plan, i, MAY_GO);
    return going;
}

static void
print_plan(const struct db_result *plan)
{
    for (size_t i = 0; i < db_result_rows(plan); i++) {
        const char *events = db_result_text(plan, i, EVENTS);
        printf("%-6s %s to %s  %s", db_result_bool(plan, i, MAY_GO) ? "remove" : "keep",
               db_result_text(plan, i, FROM), db_result_text(plan, i, TO),
               db_result_text(plan, i, REASON));
        if (events != NULL)
            printf(": %s events, %s kept by the policy, %s on hold, %s sealed", events,
                   db_result_text(plan, i, YOUNG), db_result_text(plan, i, HELD),
                   db_result_text(plan, i, SEALED));
        printf("  (%s)\n", db_result_text(plan, i, PARTITION));
    }
    if (db_result_rows(plan) == 0)
        puts("no month of the log is over");
}

static json_t *
describe_month(const struct db_result *plan, size_t i)
{
    json_t *month =
        json_pack("{ss ss ss sb ss}", "partition", db_result_text(plan, i, PARTITION), "from",
                  db_result_text(plan, i, FROM), "to", db_result_text(plan, i, TO), "may_go",
                  (int)db_result_bool(plan, i, MAY_GO), "reason", db_result_text(plan, i, REASON));
    if (db_result_text(plan, i, EVENTS) != NULL)
        json_object_update_new(month,
                               json_pack("{sI sI sI sI}", "events",
                                         (json_int_t)db_result_int64(plan, i, EVENTS), "young",
                                         (json_int_t)db_result_int64(plan, i, YOUNG), "held",
                                         (json_int_t)db_result_int64(plan, i, HELD), "sealed",
                                         (json_int_t)db_result_int64(plan, i, SEALED)));
    return month;
}

/* A month that is due, but cannot go. */
static enum exit_status
judge(const struct db_result *plan)
{
    enum exit_status status = EXIT_DONE;
    for (size_t i = 0; i < db_result_rows(plan); i++) {
        const char *reason = db_result_text(plan, i, REASON);
        if (strcmp(reason, "events are missing") == 0)
            status = exit_status_worse(status, EXIT_DIFFERENT);
        else if (strcmp(reason, "not sealed") == 0)
            status = exit_status_worse(status, EXIT_NOT_CHECKED);
    }
    return status;
}

static void
advise(const struct db_result *plan)
{
    enum exit_status status = judge(plan);
    if (status == EXIT_NOT_CHECKED)
        fputs("hint: `idmigrate audit seal` first: only sealed months go, and their roots stay\n",
              stderr);
    else if (status == EXIT_DIFFERENT)
        fputs("hint: a month has fewer events than were sealed: `idmigrate audit verify`\n",
              stderr);
}

/* ---- removing ---- */

static bool
keep_certificate(const char *certificate, struct error *err)
{
    FILE *file = settings.certificates != NULL ? fopen(settings.certificates, "ae") : NULL;
    if (settings.certificates == NULL)
        return true;
    bool good = file != NULL && fprintf(file, "%s\n", certificate) > 0;
    if (file != NULL)
        good = fclose(file) == 0 && good;
    if (good)
        return true;
    error_set(err, EXIT_STOPPED, "%s cannot be written: %s", settings.certificates,
              strerror(errno));
    return error_hint(err, "the certificate is in idmigrate_audit.certificate");
}

/* The server compares roots before it lets a month go (audit_retention.sql). */
static bool
explain_kept(const char *partition, struct error *err)
{
    if (strcmp(err->sqlstate, "IM005") != 0)
        return error_context(err, "removing %s", partition);
    error_clear(err);
    error_set(err, EXIT_DIFFERENT,
              "%s stays: its events are not those that were sealed, although as many", partition);
    return error_hint(err, "`idmigrate audit verify` names them; what is removed could not be "
                           "looked at any more");
}

static bool
remove_month(struct db *target, const char *partition, const char *policy, const char *operator,
             json_t * removed, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    const char *const values[] = {partition, policy, operator, "idmigrate " IDMIGRATE_VERSION };
    if (!db_query(target, sql_query_audit_prune_month, 4, values, &result, err)) {
        return explain_kept(partition, err);
    }
    const char *certificate = db_result_text(result, 0, 0);
    json_array_append_new(removed, json_loads(certificate, 0, NULL));
    fprintf(stderr, "removed %s\n", partition);
    return keep_certificate(certificate, err);
}

static bool
apply(struct db *target, const struct db_result *plan, const char *policy, json_t *removed,
      struct error *err)
{
    CLEANUP(memory_free_string) char *operator= steps_describe_operator();
    for (size_t i = 0; i < db_result_rows(plan); i++) {
        if (!db_result_bool(plan, i, MAY_GO))
            continue;
        if (interrupt_signal() != 0)
            return error_set(err, EXIT_STOPPED, "interrupted; the months named above are removed");
        if (!remove_month(target, db_result_text(plan, i, PARTITION), policy, operator, removed,
                          err))
            return false;
    }
    return true;
}

static void
print_json(const struct db_result *plan, const char *policy, json_t *removed)
{
    json_t *months = json_array();
    for (size_t i = 0; i < db_result_rows(plan); i++)
        json_array_append_new(months, describe_month(plan, i));
    json_t *all = json_pack("{so so sO sb}", "policy", json_loads(policy, 0, NULL), "months",
                            months, "certificates", removed, "applied", (int)settings.apply);
    char *text = json_dumps(all, JSON_INDENT(2));
    puts(text);
    free(text);
    json_decref(all);
}

/* Shell words in single quotes. */
static void
print_quoted(const char *text)
{
    putchar('\'');
    for (; *text != '\0'; text++) {
        if (*text == '%')
            putchar('%'); /* systemd's own */
        putchar(*text);
    }
    putchar('\'');
}

static bool
print_timer(const char *policy, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf literal = STRBUF_INIT;
    const struct option_list *const lists[] = {&settings.classes, &settings.tenants};
    static const char *const names[] = {"class", "tenant"};
    if (strpbrk(policy, "'\n$") != NULL)
        return error_set(err, EXIT_USAGE, "the policy holds a character that units cannot hold");
    puts("# /etc/systemd/system/idmigrate-audit-prune.service\n[Unit]\n"
         "Description=Retention of the audit log\n\n[Service]\nType=oneshot\n"
         "# IDMIGRATE_TARGET=..., readable for root only; the password in ~/.pgpass\n"
         "EnvironmentFile=/etc/idmigrate/audit.env\n"
         "ExecStart=idmigrate audit drain");
    fputs("ExecStart=idmigrate audit prune --apply --yes --older-than ", stdout);
    print_quoted(settings.older_than);
    for (size_t l = 0; l < 2; l++)
        for (size_t i = 0; i < lists[l]->count; i++) {
            printf(" --%s ", names[l]);
            print_quoted(lists[l]->items[i]);
        }
    puts("\n\n# /etc/systemd/system/idmigrate-audit-prune.timer\n[Timer]\nOnCalendar=daily\n"
         "Persistent=true\n\n[Install]\nWantedBy=timers.target\n\n-- or, with pg_cron:");
    db_quote_literal(&literal, policy);
    CLEANUP(strbuf_release) struct strbuf statement = STRBUF_INIT, quoted = STRBUF_INIT;
    strbuf_printf(&statement, "SELECT idmigrate_audit.prune(%s)", literal.data);
    db_quote_literal(&quoted, statement.data);
    printf("SELECT cron.schedule('audit-prune', '23 3 * * *', %s);\n", quoted.data);
    return true;
}

static enum exit_status
prune(struct db *target, const char *policy, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *plan = NULL;
    json_t *removed = json_array();
    bool good = load_plan(target, policy, &plan, err);
    enum exit_status status = EXIT_DONE;
    if (good && !settings.json)
        print_plan(plan);
    bool goes = good && settings.apply && count_going(plan) > 0;
    if (goes && !settings.yes)
        good = consent_ask(db_identity(target)->database, err);
    /* From here on, data changes. */
    if (good && goes)
        good = apply(target, plan, policy, removed, err);
    if (plan != NULL && settings.json)
        print_json(plan, policy, removed);
    if (good) {
        advise(plan);
        status = judge(plan);
        if (!settings.apply && count_going(plan) > 0)
            fputs("nothing was removed; --apply removes\n", stderr);
    }
    json_decref(removed);
    return good ? status : err->code;
}

static enum exit_status
run(char **operands, struct error *err)
{
    CLEANUP(memory_free_string) char *policy = NULL;
    CLEANUP(memory_free_string) char *schema = NULL;
    CLEANUP(memory_free_string) char *table = NULL;
    CLEANUP(db_close) struct db *target = NULL;
    const char *uri;

    (void)operands;
    if (!make_policy(&policy, err))
        return err->code;
    if (policy != NULL && settings.timer)
        return print_timer(policy, err) ? EXIT_DONE : err->code;
    if (!connection_check_options(&settings.connections, err) ||
        (uri = connection_target(&settings.connections, err)) == NULL ||
        !db_open(&target, uri, "target", settings.apply ? DB_TARGET : DB_TARGET_READER,
                 "audit prune", err))
        return err->code;
    connection_announce(target, "target", settings.apply);
    if (!audit_log_find(target, &schema, &table, err))
        return err->code;
    return prune(target, policy, err);
}

const struct command cmd_audit_prune = {
    .name = "audit prune",
    .arguments = "",
    .summary = "remove months of the audit log that need not be kept any more",
    .description =
        "A month goes as a whole, when all its events are older than their retention class and "
        "tenant want, none is on legal hold, and all are sealed; the seals' roots stay, and a "
        "certificate tells what was removed, by which policy and by whom. Before a month goes, the "
        "server makes the roots of its seals anew from the events: it stays where one differs. "
        "Legal holds are placed "
        "and released in SQL: idmigrate_audit.place_hold(), release_hold(). Exit status 0, 6 when "
        "a month that is due is not sealed, 5 when one has fewer or other events than were sealed.",
    .options = options,
    .least = 0,
    .most = 0,
    .run = run,
};
