/* Whether markup is well-formed. */
#ifndef TEST_REPORT_WELL_FORMED_H
#define TEST_REPORT_WELL_FORMED_H

#include "idmigrate/strbuf.h"

#include <stdbool.h>

/* Fails unless all tags are closed in their order, values quoted, and entities known to XML and
 * HTML. */
void assert_well_formed(const struct strbuf *markup);

#endif
