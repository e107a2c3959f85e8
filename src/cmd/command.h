/*
 * What a command is made of: a name, options, and run(). Help and parsing come from the options
 * table.
 */
#ifndef IDMIGRATE_CMD_COMMAND_H
#define IDMIGRATE_CMD_COMMAND_H

#include "idmigrate/error.h"

#include <stdbool.h>
#include <stddef.h>

enum option_kind {
    OPTION_FLAG, /* bool */
    OPTION_TEXT, /* const char * */
    OPTION_LIST  /* struct option_list, may be given several times */
};

struct option_list {
    const char *items[16];
    size_t count;
};

/* One row of a command's options table, ended by a row without a name. */
struct option_spec {
    const char *name;     /* long name */
    char letter;          /* or 0 */
    const char *argument; /* what the help calls it, or NULL for a flag */
    const char *help;
    enum option_kind kind;
    void *value;
};

struct command {
    const char *name;      /* of a command in a group with the group's: "idmap build" */
    const char *arguments; /* "MAPPING", "[RUN]" */
    const char *summary;
    const char *description;
    const struct option_spec *options;
    int least, most; /* operands */
    enum exit_status (*run)(char **operands, struct error *err);
    const struct command *const *members; /* of a group, ended by NULL: it has no options, no run */
};

extern const struct command cmd_audit, cmd_audit_check, cmd_audit_drain, cmd_audit_export,
    cmd_audit_install, cmd_audit_prove, cmd_audit_prune, cmd_audit_query, cmd_audit_report,
    cmd_audit_seal, cmd_audit_trail, cmd_audit_verify;
extern const struct command cmd_check, cmd_idmap, cmd_idmap_build, cmd_idmap_check, cmd_idmap_diff,
    cmd_idmap_expire, cmd_idmap_fetch, cmd_idmap_stats, cmd_report, cmd_restore, cmd_run, cmd_scan,
    cmd_set, cmd_status, cmd_undo, cmd_verify;

/* Sets the options' values and gives the operands (ended by NULL) back; false with EXIT_USAGE.
 * `help` is set by --help. */
bool options_parse(const struct command *command, int count, char **arguments, char ***operands,
                   bool *help, struct error *err);
void options_print_help(const struct command *command);

#endif
