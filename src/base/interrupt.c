/* SIGINT and SIGTERM as a flag. */
#include "idmigrate/interrupt.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t arrived;

static void
note_signal(int number)
{
    if (arrived) {
        /* The second one means it: the server rolls back what is open. */
        signal(number, SIG_DFL);
        raise(number);
    }
    arrived = number;
}

void
interrupt_install(void)
{
    struct sigaction action = {.sa_handler = note_signal};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

int
interrupt_signal(void)
{
    return arrived;
}
