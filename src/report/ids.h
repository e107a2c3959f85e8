/* What is counted of the IDs of a column; only for files of this room. */
#ifndef IDMIGRATE_REPORT_IDS_H
#define IDMIGRATE_REPORT_IDS_H

enum { REPORT_ID_COUNTS = 7 };
extern const struct report_id_count {
    const char *key;  /* in the store and in JSON */
    const char *name; /* for people */
} report_id_counts[REPORT_ID_COUNTS];

#endif
