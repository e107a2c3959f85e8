/*
 * Bytes that wait for the end of another COPY: a connection carries one COPY at a time, so a
 * chunk's events are held until its rows are through.
 */
#include "internal.h"

#include <errno.h>
#include <string.h>

enum { SPOOL_LIMIT = 32 * 1024 * 1024, SPOOL_BLOCK = 256 * 1024 };

bool
spool_is_empty(const struct spool *spool)
{
    return spool->memory.length == 0 && spool->file == NULL;
}

static bool
fail(struct error *err)
{
    error_set(err, EXIT_STOPPED, "cannot use a temporary file: %s", strerror(errno));
    return error_hint(
        err, "make room in the directory for temporary files and run the same command again");
}

static bool
move_to_file(struct spool *spool, struct error *err)
{
    if (spool->file == NULL)
        spool->file = tmpfile();
    if (spool->file == NULL ||
        fwrite(spool->memory.data, 1, spool->memory.length, spool->file) != spool->memory.length)
        return fail(err);
    strbuf_reset(&spool->memory);
    return true;
}

bool
spool_flush(struct spool *spool, struct error *err)
{
    return spool->memory.length < SPOOL_LIMIT || move_to_file(spool, err);
}

static bool
put_file(struct spool *spool, struct db *db, struct error *err)
{
    char block[SPOOL_BLOCK];
    size_t length;
    if (!move_to_file(spool, err) || fseek(spool->file, 0, SEEK_SET) != 0)
        return fail(err);
    while ((length = fread(block, 1, sizeof block, spool->file)) > 0)
        if (!db_copy_in_put(db, block, length, err))
            return false;
    return ferror(spool->file) ? fail(err) : true;
}

bool
spool_put(struct spool *spool, struct db *db, struct error *err)
{
    if (spool->file != NULL)
        return put_file(spool, db, err);
    return db_copy_in_put(db, spool->memory.data, spool->memory.length, err);
}

void
spool_release(struct spool *spool)
{
    if (spool->file != NULL)
        fclose(spool->file);
    spool->file = NULL;
    strbuf_release(&spool->memory);
}
