/* The registry and the layouts of an audit log: what ships, and files that are wrong. */
#include "idmigrate/audit_log.h"
#include "idmigrate/memory.h"
#include "idmigrate/sql.h"

#include <criterion/criterion.h>
#include <string.h>

static size_t
count(char *const *list, size_t length, const char *text)
{
    size_t found = 0;
    for (size_t i = 0; i < length; i++)
        found += strcmp(list[i], text) == 0;
    return found;
}

Test(audit_registry, holds_every_name_once_and_those_of_a_run)
{
    static const char *const wanted[] = {"LOGIN_FAILED",     "SESSION_REFRESH",   "EXPORT_FAIL",
                                         "TERMS_ACCEPT",     "DATA_DELETE",       "ROW_MIGRATED",
                                         "ROW_RESTORED",     "ROW_REJECTED",      "PROFILE_UPDATED",
                                         "AUDIT_LOG_PRUNED", "GDPR_DATA_DELETION"};
    CLEANUP(audit_registry_release) struct audit_registry registry = {0};
    struct error err = ERROR_INIT;
    cr_assert(audit_registry_add(&registry, embedded_audit_registry_json, "shipped", &err), "%s",
              err.text);
    size_t before = registry.action_count;
    cr_assert(audit_registry_add(&registry, embedded_audit_registry_json, "again", &err));
    cr_expect_eq(registry.action_count, before);
    for (size_t i = 0; i < registry.action_count; i++)
        cr_expect_eq(count(registry.actions, registry.action_count, registry.actions[i]), 1, "%s",
                     registry.actions[i]);
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        cr_expect_eq(count(registry.actions, registry.action_count, wanted[i]), 1, "%s", wanted[i]);
    cr_expect_eq(count(registry.resource_types, registry.resource_type_count, "MAILBOX"), 1);
    cr_expect_eq(count(registry.resource_types, registry.resource_type_count, "medical_record"), 1);
}

Test(audit_registry, refuses_what_is_wrong_and_says_where)
{
    static const struct {
        const char *json, *says;
    } cases[] = {
        {"", "file: line 1"},
        {"[]", "file: not a JSON object"},
        {"{\"version\": 1, \"version\": 1}", "file: line 1"},
        {"{}", "/version: not 1"},
        {"{\"version\": 2}", "/version: not 1"},
        {"{\"version\": 1, \"action\": []}", "unknown key \"action\""},
        {"{\"version\": 1, \"actions\": {}}", "/actions: not a list"},
        {"{\"version\": 1, \"actions\": [1]}", "/actions/0: "},
        {"{\"version\": 1, \"actions\": [\"A\", \"\"]}", "/actions/1: "},
        {"{\"version\": 1, \"actions\": [\"A B\"]}", "/actions/0: "},
        {"{\"version\": 1, \"actions\": [\"A\\u0000B\"]}", "file: "},
        {"{\"version\": 1, \"sensitive_keys\": [\"api_key\"]}", "/sensitive_keys/0: "},
        {"{\"version\": 1, \"resource_types\": [\"0123456789012345678901234567890123456789"
         "0123456789012345678901234\"]}",
         "/resource_types/0: "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CLEANUP(audit_registry_release) struct audit_registry registry = {0};
        struct error err = ERROR_INIT;
        cr_expect(!audit_registry_add(&registry, cases[i].json, "file", &err), "%s", cases[i].json);
        cr_expect_eq(err.code, EXIT_INPUT);
        cr_expect_not_null(strstr(err.text, cases[i].says), "%s: %s", cases[i].json, err.text);
    }
}

Test(audit_profile, has_what_the_log_cannot_do_without)
{
    static const char *const names[] = {"standard", "nine-columns", "eleva"};
    static const size_t columns[] = {20, 9, 12};
    for (size_t i = 0; i < 3; i++) {
        CLEANUP(audit_profile_release) struct audit_profile profile;
        struct error err = ERROR_INIT;
        cr_assert(audit_profile_read(embedded_audit_profiles_json, names[i], &profile, &err), "%s",
                  err.text);
        cr_expect_eq(profile.column_count, columns[i], "%s has %zu columns", names[i],
                     profile.column_count);
        cr_expect(profile.id_column && profile.time_column && profile.tenant_column &&
                      profile.action_column && profile.resource_type_column &&
                      profile.metadata_column,
                  "%s", names[i]);
        cr_expect_eq(profile.run_column != NULL, i == 0);
    }
}

Test(audit_profile, names_those_that_there_are)
{
    struct audit_profile profile;
    struct error err = ERROR_INIT;
    cr_expect(!audit_profile_read(embedded_audit_profiles_json, "none", &profile, &err));
    cr_expect_eq(err.code, EXIT_USAGE);
    cr_expect_not_null(strstr(err.hint, "nine-columns"));
    audit_profile_release(&profile);
}
