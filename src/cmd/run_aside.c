/* What a run that stops leaves without indexes and constraints. */
#include "run.h"

#include <stdio.h>
#include <string.h>

void
run_name_aside(struct run_state *state)
{
    struct store_aside *items;
    struct error ignored = ERROR_INIT;
    size_t count, out = 0;
    if (state->settings->dry_run ||
        !store_load_asides(state->workspace.target, state->run.run_id, &items, &count, &ignored))
        return;
    for (size_t i = 0; i < count; i++)
        out += strcmp(items[i].state, "aside") == 0 || strcmp(items[i].state, "built") == 0;
    store_asides_free(items, count);
    if (out > 0)
        fprintf(stderr,
                "%zu indexes and constraints of the target are set aside until the run goes on; "
                "`idmigrate restore %s` brings them back without it\n",
                out, state->run.run_id);
}
