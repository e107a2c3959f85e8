/* The formats of an export, one file each; only for files of this room. */
#ifndef IDMIGRATE_TRAIL_EXPORT_H
#define IDMIGRATE_TRAIL_EXPORT_H

#include "idmigrate/trail.h"

/* What is appended for one event; nothing when it is left out. Counters are the manifest's. */
typedef void trail_renders(struct strbuf *out, const struct trail_export *request,
                           const struct trail_event *event, struct trail_manifest *manifest);

/* csv.c */
void trail_csv_header(struct strbuf *out, const struct log_table *table);
trail_renders trail_csv_render;
/* workos_events.c */
trail_renders trail_workos_render;

#endif
