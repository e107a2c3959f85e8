/* Picks the command, runs it, prints the one error, returns its exit status. */
#include "idmigrate/cmd.h"

int
main(int count, char **arguments)
{
    return (int)cmd_main(count, arguments);
}
