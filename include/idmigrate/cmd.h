/* The command line. */
#ifndef IDMIGRATE_CMD_H
#define IDMIGRATE_CMD_H

#include "idmigrate/error.h"

/* Carries out a command line; arguments[0] is the program's name. Prints the error, if there is
 * one, to standard error. */
enum exit_status cmd_main(int count, char **arguments);

#endif
