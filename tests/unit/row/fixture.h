/*
 * What the tests of the room have in common: ID maps, a small table plan made by hand, and a random
 * source that is the same on every run.
 */
#ifndef IDMIGRATE_TEST_ROW_FIXTURE_H
#define IDMIGRATE_TEST_ROW_FIXTURE_H

#include "idmigrate/memory.h"
#include "idmigrate/row.h"

/* ---- ID maps ---- */

/* Pairs of old and new ID, ended by NULL. To be freed. */
struct idmap *fixture_idmap(const char *name, const char *const *pairs);
/*
 * People: ann, bob (whose new ID is much shorter), an ID with a bar and one whose new form needs
 * escapes everywhere: u_ann -> w_ANN_longer_than_before, u_bob -> w_b, auth0|12 -> w_12, u_odd -> w
 * "\{,}
 */
extern const char *const fixture_people[];
struct idmap_matcher *fixture_matcher(const struct idmap *map);

/* ---- a table ---- */

enum { FIXTURE_COLUMNS = 40 };

/* Zero it, fill in columns with the functions below, then fixture_begin(). */
struct table_fixture {
    struct mapping mapping;
    struct mapping_table entry;
    struct plan plan;
    struct plan_table table;
    struct plan_column columns[FIXTURE_COLUMNS];
    struct mapping_column specs[FIXTURE_COLUMNS];
    const struct idmap *chains[FIXTURE_COLUMNS][3];
    int source_key[4], target_key[4];
    size_t extra_fields; /* behind those of the columns */
    struct row_transform *transform;
};
#define CLEANUP_FIXTURE CLEANUP(fixture_end) struct table_fixture
struct plan_column *fixture_add_plain(struct table_fixture *fixture);
/* The column's mapping can be changed through fixture->specs until fixture_begin(). */
struct mapping_column *fixture_add_column(struct table_fixture *fixture);
struct mapping_column *fixture_add_resolved(struct table_fixture *fixture,
                                            const struct idmap *first, const struct idmap *second);
void fixture_begin(struct table_fixture *fixture);
void fixture_end(struct table_fixture *fixture);
/* Carries out one line, given without its newline; fails the test when it is refused. */
struct row *fixture_row(struct table_fixture *fixture, const char *line);

/* Fails the test with both texts when they differ. */
void assert_text(const char *found, size_t length, const char *expected);
void assert_value(struct row_value found, const char *expected); /* NULL: null */
void assert_line(const struct row *row, const char *expected);   /* given without its newline */

/* ---- random ---- */

struct random {
    uint64_t state;
};
uint32_t random_below(struct random *random, uint32_t limit);
bool random_chance(struct random *random, uint32_t percent);

#endif
