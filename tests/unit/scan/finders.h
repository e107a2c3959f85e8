/* Finders for tests. */
#ifndef TEST_SCAN_FINDERS_H
#define TEST_SCAN_FINDERS_H

#include "idmigrate/memory.h"
#include "idmigrate/scan.h"

#include <criterion/criterion.h>

#define CLERK       "user_2YDryYFVMM1W1plDDKz7Gzf4we6"
#define OTHER_CLERK "user_2ZZZyYFVMM1W1plDDKz7Gzf4we6"
#define WORKOS      "user_01E4ZCR3C56J083X43JQXF3JK5"

struct test_finder {
    struct idmap_formats *formats;
    struct idmap *map;
    struct scan_finder *finder;
};
/* `formats`: names parted by blanks; `pairs`: "old>new old>new", or NULL for no map. */
struct test_finder finder_make(const char *formats, const char *pairs);
void finder_release(struct test_finder *made);

/* Every hit of a text as "kind:start+length" and for IDs of maps a letter: r resolved, n new, a
 * ambiguous. */
void assert_finds(const struct test_finder *made, const char *text, const char *expected);

#endif
