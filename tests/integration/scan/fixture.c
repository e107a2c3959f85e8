/* A scan of a database of the test's own. */
#include "fixture.h"

#include "idmigrate/sql.h"

#include <inttypes.h>
#include <string.h>

struct fixture
fixture_open(const char *name)
{
    struct fixture fixture = {.database = test_database_create(name)};
    struct error err = ERROR_INIT;
    cr_assert(idmap_formats_new(embedded_formats_json, NULL, NULL, &fixture.formats, &err));
    fixture.map = idmap_new("user");
    cr_assert(idmap_add(fixture.map, ID_A, strlen(ID_A), ID_N, strlen(ID_N), 1, &err));
    cr_assert(idmap_freeze(fixture.map, IDMAP_AMBIGUOUS_ERROR, &err));
    const struct idmap_format *const formats[] = {
        idmap_format_find(fixture.formats, "clerk-user"),
        idmap_format_find(fixture.formats, "workos-user")};
    const struct idmap *const maps[] = {fixture.map};
    const struct scan_wanted wanted = {
        .formats = formats, .format_count = 2, .maps = maps, .map_count = 1};
    fixture.finder = scan_finder_new(&wanted);
    cr_assert(scan_finder_expect(fixture.finder, "workos-user"));
    return fixture;
}

void
fixture_scan(struct fixture *fixture, const char *role)
{
    struct error err = ERROR_INIT;
    CLEANUP(memory_free_string)
    char *conninfo = role == NULL ? memory_strdup(fixture->database.conninfo)
                                  : memory_printf("%s user=%s", fixture->database.conninfo, role);
    cr_assert(db_open(&fixture->db, conninfo, "database", DB_SOURCE, "test", &err), "%s", err.text);
    cr_assert(db_begin(&fixture->snapshot, fixture->db, DB_READ_ONLY_SNAPSHOT, &err), "%s",
              err.text);
    fixture->request.db = fixture->db;
    fixture->request.finder = fixture->finder;
    fixture->request.words = fixture->words;
    cr_assert(scan_database(&fixture->request, &fixture->result, &err), "%s", err.text);
}

void
fixture_release(struct fixture *fixture)
{
    scan_result_release(&fixture->result);
    db_transaction_release(&fixture->snapshot);
    db_close(&fixture->db);
    scan_finder_free(&fixture->finder);
    scan_words_free(&fixture->words);
    idmap_free(&fixture->map);
    idmap_formats_free(&fixture->formats);
    test_database_release(&fixture->database);
}

char *
fixture_places(const struct fixture *fixture)
{
    struct strbuf text = STRBUF_INIT;
    for (size_t i = 0; i < fixture->result.found_count; i++) {
        const struct scan_found *found = &fixture->result.found[i];
        const struct scan_table *table = &fixture->result.tables[found->table];
        strbuf_printf(&text, "%s.%s.%s %s%s%s %s %" PRId64 "\n", table->schema, table->name,
                      table->columns[found->column].name, found->path, found->is_key ? " key" : "",
                      found->is_whole ? "" : " part",
                      scan_finder_kind(fixture->finder, (size_t)found->kind)->name, found->rows);
    }
    return strbuf_take(&text);
}

void
assert_place(const struct fixture *fixture, const char *line)
{
    CLEANUP(memory_free_string) char *places = fixture_places(fixture);
    CLEANUP(memory_free_string) char *with_newline = memory_printf("%s\n", line);
    const char *found = strstr(places, with_newline);
    cr_expect(found == places || (found != NULL && found[-1] == '\n'), "«%s» is not among\n%s",
              line, places);
}

const struct scan_gap *
fixture_gap(const struct fixture *fixture, const char *name)
{
    for (size_t i = 0; i < fixture->result.gap_count; i++)
        if (strcmp(fixture->result.gaps[i].name, name) == 0)
            return &fixture->result.gaps[i];
    cr_assert_fail("%s is no gap", name);
    return NULL;
}
