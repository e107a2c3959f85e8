/*
 * idmigrate audit check: is the audit log still guarded, and who could alter it?
 *
 * Reads the catalogue; changes nothing.
 */
#include "steps.h"

#include "idmigrate/audit_log.h"
#include "idmigrate/memory.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

static struct {
    struct connection_options connections;
    struct option_list accepted;
    bool json;
} settings;

static const struct option_spec options[] = {
    {"target", 't', "URI", "the database; otherwise IDMIGRATE_TARGET", OPTION_TEXT,
     &settings.connections.target},
    {"accept", 0, "ROLE", "a role whose powers are known and meant: they are told and do not count",
     OPTION_LIST, &settings.accepted},
    {"json", 0, NULL, "print JSON", OPTION_FLAG, &settings.json},
    {NULL, 0, NULL, NULL, OPTION_FLAG, NULL},
};

static const char *const kinds[] = {
    [AUDIT_FINDING_FAULT] = "fault",
    [AUDIT_FINDING_ACCEPTED] = "known",
    [AUDIT_FINDING_UNKNOWN] = "not checked",
};

static size_t
count_kind(const struct audit_findings *findings, enum audit_finding_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < findings->count; i++)
        count += findings->items[i].kind == kind;
    return count;
}

static enum exit_status
judge(const struct audit_findings *findings)
{
    return count_kind(findings, AUDIT_FINDING_FAULT) > 0     ? EXIT_DIFFERENT
           : count_kind(findings, AUDIT_FINDING_UNKNOWN) > 0 ? EXIT_NOT_CHECKED
                                                             : EXIT_DONE;
}

static void
print_kind(struct strbuf *text, const struct audit_findings *findings, enum audit_finding_kind kind)
{
    for (size_t i = 0; i < findings->count; i++) {
        const struct audit_finding *finding = &findings->items[i];
        if (finding->kind != kind)
            continue;
        CLEANUP(memory_free_string)
        char *line =
            memory_printf("%-11s %s%s: %s", kinds[kind], finding->role != NULL ? "role " : "",
                          finding->object, finding->text);
        output_make_visible(line);
        strbuf_printf(text, "%s\n", line);
        if (finding->hint != NULL && kind != AUDIT_FINDING_ACCEPTED)
            strbuf_printf(text, "            hint: %s\n", finding->hint);
    }
}

static void
print_text(struct strbuf *text, const struct audit_findings *findings)
{
    print_kind(text, findings, AUDIT_FINDING_FAULT);
    print_kind(text, findings, AUDIT_FINDING_UNKNOWN);
    print_kind(text, findings, AUDIT_FINDING_ACCEPTED);
    strbuf_printf(text, "%s.%s: %zu things looked at, %zu faults, %zu not checked\n",
                  findings->schema, findings->table, findings->looked_at,
                  count_kind(findings, AUDIT_FINDING_FAULT),
                  count_kind(findings, AUDIT_FINDING_UNKNOWN));
}

static void
print_json(struct strbuf *text, const struct audit_findings *findings, enum exit_status status)
{
    json_t *list = json_array();
    for (size_t i = 0; i < findings->count; i++) {
        const struct audit_finding *finding = &findings->items[i];
        json_array_append_new(list, json_pack("{ss ss? ss ss ss?}", "kind", kinds[finding->kind],
                                              "role", finding->role, "object", finding->object,
                                              "text", finding->text, "hint", finding->hint));
    }
    json_t *all = json_pack("{ss ss sI so si}", "schema", findings->schema, "table",
                            findings->table, "looked_at", (json_int_t)findings->looked_at,
                            "findings", list, "exit_status", (int)status);
    char *dumped = json_dumps(all, JSON_INDENT(2));
    strbuf_printf(text, "%s\n", dumped);
    free(dumped);
    json_decref(all);
}

static enum exit_status
run(char **operands, struct error *err)
{
    CLEANUP(audit_findings_release) struct audit_findings findings = {0};
    CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
    CLEANUP(db_close) struct db *target = NULL;
    const char *uri;

    (void)operands;
    if (!connection_check_options(&settings.connections, err) ||
        (uri = connection_target(&settings.connections, err)) == NULL ||
        !db_open(&target, uri, "target", DB_TARGET_READER, "audit check", err))
        return err->code;
    connection_announce(target, "target", false);
    if (!audit_log_check(target, settings.accepted.items, settings.accepted.count, &findings, err))
        return err->code;
    if (settings.json)
        print_json(&text, &findings, judge(&findings));
    else
        print_text(&text, &findings);
    output_print(&text);
    return judge(&findings);
}

const struct command cmd_audit_check = {
    .name = "audit check",
    .arguments = "",
    .summary = "is the audit log still guarded, and who could alter it",
    .description =
        "Looks at the log, each partition and each function: triggers, row-level security, owners, "
        "policies, sources; and names every role that somebody can log in as and that could alter "
        "the log or read around it, with the way: ownership, membership, superuser, BYPASSRLS, "
        "REPLICATION, CREATEROLE, privileges. The server's first superuser cannot be taken away "
        "and does not count, nor do members of the log's own roles. Exit status 0, 5 when a fault "
        "was found, 6 when something could not be looked at.",
    .options = options,
    .least = 0,
    .most = 0,
    .run = run,
};
