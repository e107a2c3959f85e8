/* What may stay. */
#include "finders.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool
read_allow(const char *json, struct scan_allow *allow, struct error *err)
{
    char path[] = "/tmp/idmigrate-allow-XXXXXX";
    int descriptor = mkstemp(path);
    cr_assert_geq(descriptor, 0);
    cr_assert_eq(write(descriptor, json, strlen(json)), (ssize_t)strlen(json));
    close(descriptor);
    bool good = scan_allow_read(path, allow, err);
    unlink(path);
    return good;
}

static void
assert_refused(const char *json, const char *expected)
{
    CLEANUP(scan_allow_release) struct scan_allow allow = SCAN_ALLOW_INIT;
    struct error err = ERROR_INIT;
    cr_assert_not(read_allow(json, &allow, &err), "%s", json);
    cr_expect_eq(err.code, EXIT_INPUT);
    cr_expect_not_null(strstr(err.text, expected), "%s: %s", json, err.text);
}

static bool
covers(struct scan_allow *allow, const char *path, const char *line)
{
    return scan_allow_covers(allow, path, line, strlen(line));
}

Test(scan_allow, covers_by_path_and_pattern)
{
    CLEANUP(scan_allow_release) struct scan_allow allow = SCAN_ALLOW_INIT;
    struct error err = ERROR_INIT;
    cr_assert(read_allow("[{\"path\": \"docs/*\", \"reason\": \"history\"},"
                         " {\"path\": \"*.ts\", \"pattern\": \"^// .*clerk\", \"reason\": \"x\"}]",
                         &allow, &err),
              "%s", err.text);
    cr_expect(covers(&allow, "docs/old/a.md", "clerk"));
    cr_expect(covers(&allow, "src/a.ts", "// was clerk"));
    cr_expect_not(covers(&allow, "src/a.ts", "clerk()"));
    cr_expect_not(covers(&allow, "README.md", "clerk"));
}

Test(scan_allow, tells_what_was_not_used)
{
    CLEANUP(scan_allow_release) struct scan_allow allow = SCAN_ALLOW_INIT;
    struct error err = ERROR_INIT;
    cr_assert(read_allow("[{\"path\": \"a\", \"reason\": \"x\"}, {\"path\": \"b\", \"reason\": "
                         "\"x\"}]",
                         &allow, &err));
    covers(&allow, "a", "");
    cr_expect_null(scan_allow_unused(&allow, 0));
    cr_expect_str_eq(scan_allow_unused(&allow, 1), "b");
}

Test(scan_allow, refuses_what_has_no_reason_or_is_misspelt)
{
    assert_refused("[{\"path\": \"a\"}]", "/0: \"reason\" is missing");
    assert_refused("[{\"path\": \"a\", \"reason\": \"\"}]", "\"reason\" is no text");
    assert_refused("[{\"reason\": \"x\"}]", "\"path\" is missing");
    assert_refused("[{\"path\": \"a\", \"reasons\": \"x\"}]", "unknown key \"reasons\"");
    assert_refused("[{\"path\": \"a\", \"pattern\": \"(\", \"reason\": \"x\"}]",
                   "\"pattern\" is no extended regular expression");
    assert_refused("{}", "must be a list");
    assert_refused("[", "line 1");
}
