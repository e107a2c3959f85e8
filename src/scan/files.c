/*
 * Files and folders, in the order of their names. What is no text (a NUL byte in the first block)
 * is counted and passed over; what cannot be read is named.
 */
#include "files.h"
#include "internal.h"

#include "idmigrate/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FIRST_BLOCK = 8192 };

static int
compare_names(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

static void
note_gap(struct files_scan *scan, const char *path, const char *reason, const char *hint)
{
    gap_add(&scan->files->gaps, &scan->files->gap_count, path, reason, hint);
}

/* ---- one file ---- */

static bool
read_all(int descriptor, char *data, size_t size, size_t *length)
{
    *length = 0;
    while (*length < size) {
        ssize_t got = read(descriptor, data + *length, size - *length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got == 0;
        *length += (size_t)got;
    }
    return true;
}

static void
look_at_open_file(struct files_scan *scan, const char *path, int descriptor)
{
    struct stat facts;
    size_t length = 0;
    if (fstat(descriptor, &facts) != 0 || facts.st_size > SCAN_FILE_LIMIT) {
        note_gap(scan, path, "larger than 64 MB", "look into it by hand, then say --exclude");
        return;
    }
    /* One byte more than it has: a file that grows meanwhile is read up to there. */
    size_t size = (size_t)facts.st_size + 1;
    CLEANUP(memory_free_string) char *data = memory_alloc(size + 1);
    if (!read_all(descriptor, data, size, &length)) {
        note_gap(scan, path, strerror(errno), NULL);
        return;
    }
    if (memchr(data, '\0', length < FIRST_BLOCK ? length : FIRST_BLOCK) != NULL) {
        scan->files->binary_files++;
        return;
    }
    scan->files->files++;
    data[length] = '\0';
    lines_look(scan, path, data, length);
}

static void
look_at_file(struct files_scan *scan, const char *path, const char *opened_as)
{
    int descriptor = open(opened_as, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) {
        note_gap(scan, path, strerror(errno), NULL);
        return;
    }
    look_at_open_file(scan, path, descriptor);
    close(descriptor);
}

/* ---- the tree ---- */

static bool
is_passed_over(const FTSENT *entry)
{
    static const char *const names[] = {".git", "node_modules"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (entry->fts_level > 0 && strcmp(entry->fts_name, names[i]) == 0)
            return true;
    return false;
}

/* "./src/a" and "src/a" are one place. */
static const char *
shown_path(const char *path)
{
    while (path[0] == '.' && path[1] == '/')
        path += 2;
    return path;
}

static void
look_at_entry(struct files_scan *scan, FTS *tree, FTSENT *entry)
{
    const struct scan_files_request *request = scan->request;
    const char *path = shown_path(entry->fts_path);
    bool is_excluded = scan_is_excluded(request->excludes, request->exclude_count, path);
    switch (entry->fts_info) {
    case FTS_D:
        if (is_passed_over(entry) || is_excluded) {
            scan->files->skipped_folders++;
            fts_set(tree, entry, FTS_SKIP);
        } else {
            lines_look_at_name(scan, path, entry->fts_name);
        }
        break;
    case FTS_F:
        if (is_excluded)
            break;
        lines_look_at_name(scan, path, entry->fts_name);
        look_at_file(scan, path, entry->fts_accpath);
        break;
    case FTS_DNR:
    case FTS_ERR:
    case FTS_NS:
        note_gap(scan, path, strerror(entry->fts_errno), NULL);
        break;
    default:
        break;
    }
}

bool
scan_files(const struct scan_files_request *request, struct scan_files *files, struct error *err)
{
    struct files_scan scan = {.request = request, .files = files};
    char **paths = memory_zalloc((request->path_count + 1) * sizeof *paths);
    for (size_t i = 0; i < request->path_count; i++)
        paths[i] = memory_strdup(request->paths[i]);
    FTS *tree = fts_open(paths, FTS_COMFOLLOW | FTS_PHYSICAL | FTS_NOCHDIR, compare_names);
    FTSENT *entry;
    bool good = tree != NULL;
    if (!good)
        error_set(err, EXIT_NOT_CHECKED, "the paths cannot be walked: %s", strerror(errno));
    while (good && (entry = fts_read(tree)) != NULL) {
        good = !scan_is_interrupted(err);
        if (good)
            look_at_entry(&scan, tree, entry);
    }
    if (tree != NULL)
        fts_close(tree);
    for (size_t i = 0; i < request->path_count; i++)
        free(paths[i]);
    free(paths);
    return good;
}

enum exit_status
scan_files_judge(const struct scan_files *files)
{
    return files->left > 0 ? EXIT_DIFFERENT : files->gap_count > 0 ? EXIT_NOT_CHECKED : EXIT_DONE;
}

void
scan_files_release(struct scan_files *files)
{
    for (size_t i = 0; i < files->line_count; i++) {
        free(files->lines[i].path);
        free(files->lines[i].found);
        free(files->lines[i].excerpt);
    }
    for (size_t i = 0; i < files->gap_count; i++) {
        free(files->gaps[i].name);
        free(files->gaps[i].reason);
        free(files->gaps[i].hint);
    }
    free(files->lines);
    free(files->gaps);
    *files = (struct scan_files)SCAN_FILES_INIT;
}
