/*
 * SIGINT and SIGTERM set a flag; long work looks at it between chunks and ends there. A second
 * signal ends at once.
 */
#ifndef IDMIGRATE_INTERRUPT_H
#define IDMIGRATE_INTERRUPT_H

#include <stdbool.h>

void interrupt_install(void); /* also ignores SIGPIPE */
int interrupt_signal(void);   /* the signal that arrived, or 0 */

#endif
