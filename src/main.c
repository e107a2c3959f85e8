/* Picks the command, runs it, prints the one error, returns its exit status. */
#include "idmigrate/cmd.h"
#include "idmigrate/memory.h"

int
main(int count, char **arguments)
{
    memory_give_back_large_blocks();
    return (int)cmd_main(count, arguments);
}
