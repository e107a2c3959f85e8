/* Child processes of a test, and files of the source. */
#include "idmigrate_test.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct capture {
    int fd; /* -1 once the other end is closed */
    char *text;
    size_t length;
};

/* Reads what is there; both pipes are read in turn, so that neither can fill up and block the
 * child. */
static void
capture_read(struct capture *capture)
{
    char block[65536];
    ssize_t count = read(capture->fd, block, sizeof block);
    if (count < 0 && errno == EINTR)
        return;
    cr_assert(count >= 0, "cannot read from the child: %s", strerror(errno));
    if (count == 0) {
        close(capture->fd);
        capture->fd = -1;
        return;
    }
    capture->text = memory_realloc(capture->text, capture->length + (size_t)count + 1);
    memcpy(capture->text + capture->length, block, (size_t)count);
    capture->length += (size_t)count;
    capture->text[capture->length] = '\0';
}

static void
capture_both(struct capture *out, struct capture *err)
{
    while (out->fd >= 0 || err->fd >= 0) {
        struct pollfd polled[] = {{.fd = out->fd, .events = POLLIN},
                                  {.fd = err->fd, .events = POLLIN}};
        if (poll(polled, 2, -1) < 0)
            continue;
        if (polled[0].revents)
            capture_read(out);
        if (polled[1].revents)
            capture_read(err);
    }
}

/* The child's side of fork: never returns. */
static _Noreturn void
become(int out, int err, const char *const argv[])
{
    int null = open("/dev/null", O_RDONLY);
    if (null < 0 || dup2(null, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0)
        _exit(127);
    for (int fd = 3; fd < 64; fd++)
        close(fd);
    /* execvp takes its arguments without const for old programs' sake, and does not write them. */
    union {
        const char *const *in;
        char *const *out;
    } arguments = {.in = argv};
    execvp(argv[0], arguments.out);
    _exit(127);
}

int
test_process_wait(int pid)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0)
        cr_assert(errno == EINTR, "cannot wait for process %d: %s", pid, strerror(errno));
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

void
test_process_run(struct test_process *process, const char *const argv[])
{
    int out[2], err[2];
    cr_assert(pipe(out) == 0 && pipe(err) == 0, "cannot make a pipe: %s", strerror(errno));
    fflush(NULL);
    pid_t pid = fork();
    cr_assert(pid >= 0, "cannot fork: %s", strerror(errno));
    if (pid == 0)
        become(out[1], err[1], argv);
    close(out[1]);
    close(err[1]);
    struct capture captures[] = {{.fd = out[0], .text = memory_strdup("")},
                                 {.fd = err[0], .text = memory_strdup("")}};
    capture_both(&captures[0], &captures[1]);
    process->out = captures[0].text;
    process->err = captures[1].text;
    process->status = test_process_wait(pid);
    cr_assert(process->status != 127, "cannot run %s", argv[0]);
}

int
test_process_start(const char *log, const char *const argv[])
{
    int fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    cr_assert(fd >= 0, "cannot write %s: %s", log, strerror(errno));
    fflush(NULL);
    pid_t pid = fork();
    cr_assert(pid >= 0, "cannot fork: %s", strerror(errno));
    if (pid == 0)
        become(fd, fd, argv);
    close(fd);
    return (int)pid;
}

void
test_idmigrate(struct test_process *process, ...)
{
    const char *argv[40] = {getenv("IDMIGRATE")};
    cr_assert(argv[0], "IDMIGRATE does not name the program");
    size_t count = 1;
    va_list arguments;
    va_start(arguments, process);
    for (const char *argument = va_arg(arguments, const char *); argument;
         argument = va_arg(arguments, const char *)) {
        cr_assert(count + 1 < sizeof argv / sizeof *argv, "too many arguments");
        argv[count++] = argument;
    }
    va_end(arguments);
    test_process_run(process, argv);
}

void
test_process_release(struct test_process *process)
{
    memory_free_string(&process->out);
    memory_free_string(&process->err);
}

char *
test_source_path(const char *path)
{
    const char *root = getenv("SOURCE_DIR");
    cr_assert(root, "SOURCE_DIR is not set");
    return memory_printf("%s/%s", root, path);
}

char *
test_read_file(const char *path)
{
    CLEANUP(memory_free_string) char *file = test_source_path(path);
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    cr_assert(fd >= 0, "cannot read %s: %s", file, strerror(errno));
    struct capture capture = {.fd = fd, .text = memory_strdup("")};
    while (capture.fd >= 0)
        capture_read(&capture);
    return capture.text;
}
