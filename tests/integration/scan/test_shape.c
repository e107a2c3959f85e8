/* The JSON that programs read has the shape that tests/data/report says. */
#include "fixture.h"

#include "../../unit/report/fixture.h"

#include <string.h>

Test(scan_shape, json_is_as_its_schema_says)
{
    static const char *const words[] = {"people"};
    CLEANUP(fixture_release) struct fixture fixture = fixture_open("scan_shape");
    CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
    test_run_file(fixture.database.name, "tests/integration/scan/places.sql", NULL);
    fixture.words = scan_words_new(words, 1);
    fixture_scan(&fixture, NULL);
    const struct scan_heading heading = {.identity = db_identity(fixture.db),
                                         .finder = fixture.finder,
                                         .words = words,
                                         .word_count = 1};
    scan_write_result(&text, &heading, &fixture.result, EXIT_DIFFERENT);
    json_t *document = json_loads(text.data, 0, NULL);
    cr_assert_not_null(document);
    assert_schema(document, "scan.schema.json");
    json_decref(document);
}

Test(scan_shape, json_of_files_is_as_its_schema_says)
{
    static const char *const words[] = {"people"}, *paths[] = {DATA_DIR "/report", "/nonexistent"};
    CLEANUP(fixture_release) struct fixture fixture = fixture_open("scan_shape_files");
    CLEANUP(scan_files_release) struct scan_files files = SCAN_FILES_INIT;
    CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
    struct error err = ERROR_INIT;
    fixture.words = scan_words_new(words, 1);
    const struct scan_files_request request = {
        .paths = paths, .path_count = 2, .finder = fixture.finder, .words = fixture.words};
    cr_assert(scan_files(&request, &files, &err), "%s", err.text);
    scan_write_files(&text, &files, scan_files_judge(&files));
    json_t *document = json_loads(text.data, 0, NULL);
    cr_assert_not_null(document);
    assert_schema(document, "scan-files.schema.json");
    json_decref(document);
}
