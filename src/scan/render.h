/* What several renderings say alike. */
#ifndef SCAN_RENDER_H
#define SCAN_RENDER_H

#include "idmigrate/scan.h"

/* "whole value", "$.user.id", "key of $.members". */
void render_place(struct strbuf *out, const struct scan_found *found);
/* "190 different IDs, 180 resolved, 10 in no map"; without maps the number alone. */
void render_ids(struct strbuf *out, const struct scan_found *found, bool has_maps);
int64_t render_distinct(const struct scan_found *found);

#endif
