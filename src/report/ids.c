/* What is counted of the IDs of a column. */
#include "ids.h"

const struct report_id_count report_id_counts[REPORT_ID_COUNTS] = {
    {"resolved", "resolved"},         {"already", "already new"}, {"literals", "no IDs"},
    {"nulled", "made null"},          {"kept", "kept"},           {"unresolved", "unresolved"},
    {"rewritten", "replaced inside"},
};
