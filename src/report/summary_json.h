/* What a model comes to, as JSON; only for files of this room. */
#ifndef IDMIGRATE_REPORT_SUMMARY_JSON_H
#define IDMIGRATE_REPORT_SUMMARY_JSON_H

#include "summary.h"

#include <jansson.h>

json_t *report_verdict_json(const struct report_summary *summary);
json_t *report_advice_json(const struct report_summary *summary);
json_t *report_exceptions_json(const struct report_summary *summary);
json_t *report_timings_json(const struct report_summary *summary);
json_t *report_population_json(const struct report_summary *summary);

#endif
