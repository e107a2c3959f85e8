/* idmigrate audit COMMAND: the group; each command has its own file. */
#include "command.h"

static const struct command *const members[] = {
    &cmd_audit_install, &cmd_audit_check,  &cmd_audit_query, &cmd_audit_trail,
    &cmd_audit_export,  &cmd_audit_report, &cmd_audit_seal,  &cmd_audit_verify,
    &cmd_audit_prove,   &cmd_audit_prune,  &cmd_audit_drain, NULL};

const struct command cmd_audit = {
    .name = "audit",
    .arguments = "COMMAND",
    .summary = "the audit log: installed, read, sealed, proved",
    .description = "The audit log that application, migration and auditor share.",
    .members = members,
};
