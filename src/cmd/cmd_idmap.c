/* idmigrate idmap COMMAND: the group; each command has its own file. */
#include "command.h"

static const struct command *const members[] = {
    &cmd_idmap_fetch,
    &cmd_idmap_build,
    &cmd_idmap_check,
    &cmd_idmap_diff,
    &cmd_idmap_stats,
    &cmd_idmap_expire,
    NULL,
};

const struct command cmd_idmap = {
    .name = "idmap",
    .arguments = "COMMAND",
    .summary = "ID maps: built from the providers' exports, judged, compared",
    .description = "ID maps from what the providers give.",
    .members = members,
};
