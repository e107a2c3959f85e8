/* A file that is there whole, or not at all. */
#include "idmigrate/whole_file.h"

#include "idmigrate/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool
fail(const struct whole_file *file, struct error *err)
{
    return error_set(err, EXIT_NOT_CHECKED, "%s cannot be written: %s", file->path,
                     strerror(errno));
}

static char *
folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL   ? memory_strdup(".")
           : slash == path ? memory_strdup("/")
                           : memory_strndup(path, (size_t)(slash - path));
}

/* Beside the file, and hidden. */
static char *
temporary_name(const char *path)
{
    CLEANUP(memory_free_string) char *folder = folder_of(path);
    const char *slash = strrchr(path, '/');
    return memory_printf("%s/.%s.XXXXXX", folder, slash != NULL ? slash + 1 : path);
}

static int
open_named(struct whole_file *file)
{
    file->temporary = temporary_name(file->path);
    int descriptor = mkostemp(file->temporary, O_CLOEXEC);
    if (descriptor < 0) {
        free(file->temporary);
        file->temporary = NULL;
    }
    return descriptor;
}

bool
whole_file_begin(struct whole_file *file, const char *path, struct error *err)
{
    CLEANUP(memory_free_string) char *folder = folder_of(path);
    file->path = memory_strdup(path);
    int descriptor = open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (descriptor < 0)
        descriptor = open_named(file);
    if (descriptor < 0)
        return fail(file, err);
    file->stream = fdopen(descriptor, "w");
    if (file->stream != NULL)
        return true;
    fail(file, err);
    close(descriptor);
    return false;
}

/* A file without a name gets one beside the file, so that the last step can be a rename. */
static bool
give_name(struct whole_file *file)
{
    if (file->temporary != NULL)
        return true;
    CLEANUP(memory_free_string)
    char *link = memory_printf("/proc/self/fd/%d", fileno(file->stream));
    for (int attempt = 0; attempt < 100; attempt++) {
        file->temporary = temporary_name(file->path);
        /* The name is free at this moment; the link fails when it is taken meanwhile. */
        int descriptor = mkostemp(file->temporary, O_CLOEXEC);
        if (descriptor < 0)
            break;
        close(descriptor);
        unlink(file->temporary);
        if (linkat(AT_FDCWD, link, AT_FDCWD, file->temporary, AT_SYMLINK_FOLLOW) == 0)
            return true;
        free(file->temporary);
        file->temporary = NULL;
        if (errno != EEXIST)
            return false;
    }
    free(file->temporary);
    file->temporary = NULL;
    return false;
}

bool
whole_file_settle(const struct whole_file *file, struct error *err)
{
    return (fflush(file->stream) == 0 && !ferror(file->stream) &&
            fsync(fileno(file->stream)) == 0) ||
           fail(file, err);
}

bool
whole_file_commit(struct whole_file *file, struct error *err)
{
    if (!whole_file_settle(file, err))
        return false;
    if (!give_name(file) || rename(file->temporary, file->path) != 0)
        return fail(file, err);
    free(file->temporary);
    file->temporary = NULL;
    fclose(file->stream);
    file->stream = NULL;
    return true;
}

void
whole_file_release(struct whole_file *file)
{
    if (file->stream != NULL)
        fclose(file->stream);
    if (file->temporary != NULL)
        unlink(file->temporary);
    free(file->temporary);
    free(file->path);
    *file = (struct whole_file)WHOLE_FILE_INIT;
}
