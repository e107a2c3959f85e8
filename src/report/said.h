/* What is said to a run while it is carried out, in words. */
#ifndef REPORT_SAID_H
#define REPORT_SAID_H

#include "idmigrate/control.h"
#include "idmigrate/strbuf.h"

#include <jansson.h>

void report_control_text(struct strbuf *out, const struct store_control *control);
json_t *report_control_json(const struct store_control *control);

#endif
