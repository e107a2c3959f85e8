/* A run, a status and a plan made by hand, and what a rendering must be. */
#ifndef TEST_REPORT_FIXTURE_H
#define TEST_REPORT_FIXTURE_H

#include "idmigrate/memory.h"
#include "idmigrate/report.h"

#include <jansson.h>

/* A run of two tables with rejects, a difference and a check that was not made. */
struct report_model fixture_model(void);
/* The same run, listed, in progress and with somebody at work. */
struct report_status fixture_status(void);
/* A refusal with samples, a warning and one that was not checked. */
struct findings fixture_findings(void);

extern const struct report_style fixture_text, fixture_json;

/* Fails unless the text is that of the file in tests/data/report. */
void assert_file(const struct strbuf *text, const char *file);
/* Parses the rendering; to be freed with json_decref(). */
json_t *parse_json(const struct strbuf *text);

/*
 * Fails unless the document has the shape of a JSON Schema in tests/data/report. What is known of
 * JSON Schema: type, enum, properties, required, additionalProperties, items; $ref into $defs of
 * the same file.
 */
void assert_schema(const json_t *document, const char *file);
/* The same, telling instead of failing: the JSON pointer of the first fault and what it is, or "".
 * To be freed. */
char *find_schema_fault(const json_t *document, const char *file);

#endif
