/*
 * idmigrate audit install: the audit log of an application, with its roles, row-level security and
 * functions.
 *
 * Changes the target in one transaction; then the CHECKs of the registry are proved in a second
 * one. Interrupted, the first leaves nothing, and the same command proves what the second did not.
 */
#include "steps.h"

#include "idmigrate/audit_log.h"
#include "idmigrate/memory.h"
#include "idmigrate/sql.h"
#include "idmigrate/trail.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
    struct connection_options connections;
    struct option_list registries;
    const char *schema, *table, *profile, *roles, *months, *keep_at_least;
    bool shorten_ip, full_ip, no_tenants, ddl, yes;
} settings;

static const struct option_spec options[] = {
    {"target", 't', "URI", "the database; otherwise IDMIGRATE_TARGET", OPTION_TEXT,
     &settings.connections.target},
    {"schema", 0, "NAME", "schema of the log (default: public)", OPTION_TEXT, &settings.schema},
    {"table", 0, "NAME", "the log (default: audit_logs)", OPTION_TEXT, &settings.table},
    {"profile", 'p', "NAME",
     "its layout in mappings/audit_profiles.json: standard (default), or the columns of an "
     "application that has its own",
     OPTION_TEXT, &settings.profile},
    {"registry", 'r', "FILE",
     "actions, resource types and sensitive keys of the application, beside those of "
     "mappings/audit_registry.json",
     OPTION_LIST, &settings.registries},
    {"roles", 0, "PREFIX", "names of the roles begin so (default: idmigrate_audit)", OPTION_TEXT,
     &settings.roles},
    {"months", 0, "N", "months made ahead, this one included (default: 4)", OPTION_TEXT,
     &settings.months},
    {"keep-at-least", 0, "AGE",
     "no policy of `audit prune` may remove what is younger (default: 1 year)", OPTION_TEXT,
     &settings.keep_at_least},
    {"shorten-ip", 0, NULL, "log_event() keeps the network of an IP address only", OPTION_FLAG,
     &settings.shorten_ip},
    {"full-ip", 0, NULL, "log_event() keeps IP addresses (default)", OPTION_FLAG,
     &settings.full_ip},
    {"no-tenants", 0, NULL, "do not make a table of tenants", OPTION_FLAG, &settings.no_tenants},
    {"ddl", 0, NULL, "print the SQL for an administrator, and change nothing", OPTION_FLAG,
     &settings.ddl},
    {"yes", 'y', NULL, "do not ask", OPTION_FLAG, &settings.yes},
    {NULL, 0, NULL, NULL, OPTION_FLAG, NULL},
};

enum { LONGEST_PREFIX = 50, MOST_MONTHS = 240 };

static bool
check_prefix(const char *prefix, struct error *err)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
    bool is_good = prefix[0] >= 'a' && prefix[0] <= 'z' &&
                   prefix[strspn(prefix, allowed)] == '\0' && strlen(prefix) <= LONGEST_PREFIX &&
                   strncmp(prefix, "pg_", 3) != 0;
    if (is_good)
        return true;
    error_set(err, EXIT_USAGE, "--roles %s: no prefix of roles", prefix);
    return error_hint(err, "lower-case letters, digits and _, at most %d, not beginning with pg_",
                      LONGEST_PREFIX);
}

static bool
read_months(int *months, struct error *err)
{
    char *end;
    *months = 0;
    if (settings.months == NULL)
        return true;
    long value = strtol(settings.months, &end, 10);
    *months = (int)value;
    return (*end == '\0' && end != settings.months && value >= 1 && value <= MOST_MONTHS) ||
           error_set(err, EXIT_USAGE, "--months %s: not a number from 1 to %d", settings.months,
                     MOST_MONTHS);
}

static bool
read_options(struct audit_log_request *request, struct error *err)
{
    *request = (struct audit_log_request){
        .schema = settings.schema != NULL ? settings.schema : "public",
        .table = settings.table != NULL ? settings.table : "audit_logs",
        .roles = settings.roles != NULL ? settings.roles : "idmigrate_audit",
        .keep_at_least = settings.keep_at_least,
        .shorten_ip = settings.shorten_ip ? 1
                      : settings.full_ip  ? 0
                                          : -1,
        .has_tenants = !settings.no_tenants,
    };
    if (settings.shorten_ip && settings.full_ip)
        return error_set(err, EXIT_USAGE, "either --shorten-ip or --full-ip");
    if (request->schema[0] == '\0' || request->table[0] == '\0' ||
        strcmp(request->schema, "idmigrate") == 0 ||
        strcmp(request->schema, "idmigrate_audit") == 0)
        return error_set(err, EXIT_USAGE, "the log wants a schema and a table of its own");
    return check_prefix(request->roles, err) && read_months(&request->months, err) &&
           connection_check_options(&settings.connections, err);
}

static bool
read_files(struct audit_profile *profile, struct audit_registry *registry, struct error *err)
{
    const char *name = settings.profile != NULL ? settings.profile : "standard";
    if (!audit_profile_read(embedded_audit_profiles_json, name, profile, err) ||
        !audit_registry_add(registry, embedded_audit_registry_json, "built-in registry", err))
        return false;
    for (size_t i = 0; i < settings.registries.count; i++)
        if (!audit_registry_add_file(registry, settings.registries.items[i], err))
            return false;
    return true;
}

/* An interval that the server does not understand is a wrong option and no failure later. */
static bool
check_age(struct db *target, struct error *err)
{
    struct error failed = ERROR_INIT;
    CLEANUP(db_result_free) struct db_result *result = NULL;
    const char *const value[] = {settings.keep_at_least};
    if (settings.keep_at_least == NULL ||
        (db_query(target, sql_query_audit_check_age, 1, value, &result, &failed) &&
         db_result_bool(result, 0, 0)))
        return true;
    if (failed.is_set && strncmp(failed.sqlstate, "22", 2) != 0) {
        *err = failed;
        return false;
    }
    error_set(err, EXIT_USAGE, "--keep-at-least %s: not an age", settings.keep_at_least);
    return error_hint(err, "such as \"6 years\" or \"90 days\"");
}

static bool
execute(struct db *target, const struct strbuf *sql, struct error *err)
{
    CLEANUP(db_transaction_release) struct db_transaction tx = {0};
    return db_begin(&tx, target, DB_READ_WRITE, err) && db_execute(target, sql->data, err) &&
           db_commit(&tx, err);
}

/* Each with its own arguments, as GRANT wants them. */
static const char *const reading_functions[] = {
    "get_audit_logs(jsonb, integer, jsonb)", "get_resource_audit_trail(text, text, integer)",
    "get_user_audit_logs(text, integer)", "note_audit_use(text, jsonb)"};

static void
add_reading_grants(struct strbuf *sql, const struct audit_log_request *request)
{
    for (size_t i = 0; i < sizeof reading_functions / sizeof reading_functions[0]; i++) {
        CLEANUP(strbuf_release) struct strbuf function = STRBUF_INIT;
        db_quote_identifier(&function, request->schema);
        strbuf_printf(&function, ".%s", reading_functions[i]);
        strbuf_printf(sql,
                      "REVOKE ALL ON FUNCTION %s FROM PUBLIC;\n"
                      "GRANT EXECUTE ON FUNCTION %s TO %s_writer, %s_auditor;\n",
                      function.data, function.data, request->roles, request->roles);
    }
}

/* Made for the columns that the log has now; a log without some of them has no such functions. */
static bool
install_reading(struct db *target, const struct audit_log_request *request, struct error *err)
{
    CLEANUP(log_table_release) struct log_table log = LOG_TABLE_INIT;
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    struct error lacking = ERROR_INIT;
    CLEANUP(memory_free_string)
    char *name = memory_printf("%s.%s", request->schema, request->table);
    const struct log_request wanted = {.name = name};
    if (!log_table_open(target, &wanted, &log, err))
        return false;
    if (!trail_write_functions(&sql, &log, &lacking)) {
        fprintf(stderr, "no functions to read with: %s\n", lacking.text);
        return true;
    }
    add_reading_grants(&sql, request);
    return execute(target, &sql, err);
}

static bool
install(struct db *target, const struct audit_log_request *request,
        const struct audit_log_state *state, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT, validation = STRBUF_INIT;
    audit_log_write_sql(state, &sql);
    audit_log_write_validation(state, &validation);
    if (!execute(target, &sql, err)) {
        error_context(err, "installing the audit log");
        if (strcmp(err->sqlstate, "42501") == 0) {
            err->hint[0] = '\0';
            error_hint(err,
                       "have an administrator run what `idmigrate audit install --ddl` prints");
        }
        return false;
    }
    if (!execute(target, &validation, err))
        return error_context(err, "the audit log is installed; proving its CHECKs");
    return install_reading(target, request, err) ||
           error_context(err, "the audit log is installed; making the functions to read with");
}

static void
print_ddl(const struct audit_log_state *state)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    strbuf_add_string(&sql,
                      "-- For psql -1 -f, as a superuser or as a role that may create roles.\n");
    audit_log_write_sql(state, &sql);
    audit_log_write_validation(state, &sql);
    strbuf_add_string(&sql, "-- Functions to read with: `idmigrate audit query --ddl`, once the "
                            "log is there.\n");
    output_print(&sql);
}

/* What makes months, empties the queue and prunes from now on. */
static void
print_daily(const struct audit_log_request *request)
{
    fprintf(
        stderr,
        "\nFrom now on, months have to be made and the queue has to be emptied. With pg_cron:\n"
        "  SELECT cron.schedule('audit-drain', '* * * * *', 'SELECT idmigrate_audit.drain()');\n"
        "  SELECT cron.schedule('audit-months', '7 3 * * *', 'SELECT "
        "idmigrate_audit.make_months()');\n"
        "or `idmigrate audit drain` from a timer, which does both. `idmigrate audit prune "
        "--timer` prints units for retention.\n"
        "Grants: %s_writer to the application, %s_auditor to who reads everything,\n"
        "%s_migrator to who runs `idmigrate run`, %s_pruner to who prunes.\n",
        request->roles, request->roles, request->roles, request->roles);
}

static bool
decide(struct db *target, const struct audit_log_request *request,
       const struct audit_log_state *state, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
    const char *reason;
    if (settings.ddl) {
        print_ddl(state);
        return true;
    }
    audit_log_describe(state, &text);
    fputs(text.data, stderr);
    if (!audit_log_is_allowed(state, &reason)) {
        print_ddl(state);
        error_set(err, EXIT_REFUSED, "nothing was written: role %s %s", db_identity(target)->role,
                  reason);
        return error_hint(err, "have an administrator run the SQL above with psql -1 -f");
    }
    if (!settings.yes && !consent_ask(db_identity(target)->database, err))
        return false;
    /* From here on, data changes. */
    if (!install(target, request, state, err))
        return false;
    fputs("installed\n", stderr);
    print_daily(request);
    return true;
}

static enum exit_status
run(char **operands, struct error *err)
{
    CLEANUP(audit_registry_release) struct audit_registry registry = {0};
    CLEANUP(audit_profile_release) struct audit_profile profile = {0};
    CLEANUP(audit_log_state_free) struct audit_log_state *state = NULL;
    CLEANUP(db_close) struct db *target = NULL;
    struct audit_log_request request;
    const char *uri;

    (void)operands;
    if (!read_options(&request, err) || !read_files(&profile, &registry, err) ||
        (uri = connection_target(&settings.connections, err)) == NULL ||
        !db_open(&target, uri, "target", DB_TARGET, "audit install", err))
        return err->code;
    request.profile = &profile;
    request.registry = &registry;
    connection_announce(target, "target", !settings.ddl);
    if (!check_age(target, err) || !audit_log_look(target, &request, &state, err) ||
        !decide(target, &request, state, err))
        return err->code;
    return EXIT_DONE;
}

const struct command cmd_audit_install = {
    .name = "audit install",
    .arguments = "",
    .summary = "the audit log with its roles, row-level security and functions",
    .description =
        "Makes the audit log where there is none, or takes over the one that is there, with "
        "monthly partitions ahead, roles (owner, writer, auditor, pruner, migrator; none can log "
        "in), triggers and privileges that make it append-only, row-level security by tenant on "
        "the log and its partitions, CHECKs for actions and resource types, and the functions "
        "log_event() and log_event_async() to write with, get_audit_logs(), "
        "get_resource_audit_trail() and get_user_audit_logs() to read with. Done again it brings "
        "an older one forward. Events that "
        "the registry does not know are refused with their counts before anything is changed.",
    .options = options,
    .least = 0,
    .most = 0,
    .run = run,
};
