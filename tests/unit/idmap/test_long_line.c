/* A file that is one line of a gigabyte: refused at once, with little memory. It comes through a
 * pipe and is never whole. */
#include "maps.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MEGABYTE = 1024 * 1024, LINE_MEGABYTES = 1024 };

/* Writes `start`, then the line; ends when the reader closes the pipe. */
static void
write_line(const char *path, const char *start)
{
    char *block = memory_alloc(MEGABYTE);
    memset(block, 'a', MEGABYTE);
    signal(SIGPIPE, SIG_DFL);
    int descriptor = open(path, O_WRONLY);
    if (write(descriptor, start, strlen(start)) < 0)
        _exit(1);
    for (int i = 0; i < LINE_MEGABYTES; i++)
        if (write(descriptor, block, MEGABYTE) < 0)
            _exit(1);
    _exit(0);
}

static long
peak_kilobytes(void)
{
    struct rusage usage;
    cr_assert_eq(getrusage(RUSAGE_SELF, &usage), 0);
    return usage.ru_maxrss;
}

static void
assert_is_refused(enum idmap_file_format format, const char *start, const char *text)
{
    char folder[] = "/tmp/idmigrate-long-XXXXXX";
    cr_assert_not_null(mkdtemp(folder));
    CLEANUP(memory_free_string) char *path = memory_printf("%s/pipe", folder);
    cr_assert_eq(mkfifo(path, 0600), 0);
    pid_t writer = fork();
    if (writer == 0)
        write_line(path, start);

    struct idmap_file file = {.path = path, .format = format};
    if (start[0] != '{' || format == IDMAP_NDJSON) {
        file.old_column = "old";
        file.new_column = "new";
    }
    CLEANUP(idmap_free) struct idmap *map = idmap_new("user");
    CLEANUP(memory_free_string)
    char *expected = memory_printf("ID map user (%s): %s", path, text);
    struct error err = ERROR_INIT;
    long before = peak_kilobytes();
    cr_expect_not(idmap_read_file(map, &file, NULL, &err));
    cr_expect_eq(err.code, EXIT_INPUT);
    cr_expect_str_eq(err.text, expected);
    cr_expect_lt(peak_kilobytes() - before, 100 * 1024);

    int status;
    cr_assert_eq(waitpid(writer, &status, 0), writer);
    cr_expect(WIFSIGNALED(status), "the whole line was read");
    unlink(path);
    rmdir(folder);
}

Test(idmap_long_line, of_csv_is_refused, .timeout = 60)
{
    assert_is_refused(IDMAP_CSV, "old,new\nx,", "line 2 is longer than 16 MB");
}

Test(idmap_long_line, of_csv_without_a_header_is_refused, .timeout = 60)
{
    assert_is_refused(IDMAP_AUTO, "", "line 1 is longer than 16 MB");
}

Test(idmap_long_line, behind_an_open_quote_is_refused, .timeout = 60)
{
    assert_is_refused(IDMAP_CSV, "old,new\nx,\"y\nz", "line 2 is longer than 16 MB");
}

Test(idmap_long_line, of_ndjson_is_refused, .timeout = 60)
{
    assert_is_refused(IDMAP_NDJSON, "{\"old\": \"", "line 1 is longer than 16 MB");
}

Test(idmap_long_line, in_a_json_array_is_refused, .timeout = 60)
{
    assert_is_refused(IDMAP_JSON, "[{\"old\": \"", "element 1 is longer than 16 MB");
}

Test(idmap_long_line, in_a_json_object_is_refused, .timeout = 60)
{
    assert_is_refused(IDMAP_AUTO, "{\"a\": \"b\", \"", "element 2 is longer than 16 MB");
}
