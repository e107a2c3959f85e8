/* Nothing is written before a person has said which database is meant. */
#include "steps.h"

#include "idmigrate/interrupt.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool
steps_are_interrupted(struct error *err)
{
    int number = interrupt_signal();
    if (number != 0)
        error_set(err, number == SIGTERM ? EXIT_TERMINATED : EXIT_INTERRUPTED,
                  "interrupted before anything was written");
    return number != 0;
}

bool
consent_ask(const char *database, struct error *err)
{
    char answer[256];
    if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO)) {
        error_set(err, EXIT_REFUSED, "nothing was written: there is no terminal to ask on");
        return error_hint(err, "look at the preview above, then say --yes");
    }
    fprintf(stderr, "\nType the name of the target database (%s) to begin: ", database);
    fflush(stderr);
    if (fgets(answer, sizeof answer, stdin) != NULL) {
        answer[strcspn(answer, "\n")] = '\0';
        if (strcmp(answer, database) == 0)
            return true;
    }
    return !steps_are_interrupted(err) &&
           error_set(err, EXIT_REFUSED, "nothing was written: the answer was not \"%s\"", database);
}
