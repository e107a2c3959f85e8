/* The ID map of `scan --ids`: a file, or a table of a database. */
#include "scan_parts.h"

#include "idmigrate/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- a file ---- */

/* FILE, or FILE:old_column,new_column. */
static bool
split_ids(const char *given, struct scan_looked_for *looked_for, struct error *err)
{
    const char *colon = strrchr(given, ':');
    const char *comma = colon != NULL ? strchr(colon, ',') : NULL;
    size_t length = comma != NULL ? (size_t)(colon - given) : strlen(given);
    CLEANUP(memory_free_string) char *path = memory_strndup(given, length);
    if (comma != NULL) {
        looked_for->ids_old = memory_strndup(colon + 1, (size_t)(comma - colon - 1));
        looked_for->ids_new = memory_strdup(comma + 1);
    }
    /* A draft names the file too, and lies elsewhere. */
    looked_for->ids_path = realpath(path, NULL);
    return looked_for->ids_path != NULL ||
           error_set(err, EXIT_INPUT, "--ids %s: there is no such file", path);
}

static char *
stem_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    size_t length = strcspn(name, ".");
    return length > 0 ? memory_strndup(name, length) : memory_strdup("ids");
}

static bool
read_file(struct scan_looked_for *looked_for, struct error *err)
{
    struct digest ignored;
    const struct idmap_file file = {.path = looked_for->ids_path,
                                    .old_column = looked_for->ids_old,
                                    .new_column = looked_for->ids_new,
                                    .delimiter = ','};
    CLEANUP(memory_free_string) char *name = stem_of(looked_for->ids_path);
    looked_for->ids = idmap_new(name);
    if (!idmap_read_file(looked_for->ids, &file, &ignored, err) ||
        !idmap_freeze(looked_for->ids, IDMAP_AMBIGUOUS_KEEP, err)) {
        /* The reader's own hint is about a mapping. */
        if (file.old_column == NULL)
            err->hint[0] = '\0';
        return error_hint(err, "say --ids FILE:OLD_COLUMN,NEW_COLUMN");
    }
    maps_warn_of_mode(name, looked_for->ids_path);
    return true;
}

/* ---- a table ---- */

/* Files are no database: what is said or set of one is it. */
static bool
open_side(const struct scan_settings *settings, bool in_files,
          const struct scan_looked_for *looked_for, struct table_map_side *side, struct error *err)
{
    const char *name;
    if (in_files)
        return table_map_open(side, &settings->connections, err);
    const char *uri = scan_source_uri(settings, looked_for->workspace.mapping, &name, err);
    return uri != NULL && db_open(&side->db, uri, "database", DB_SOURCE, "scan", err) &&
           db_begin(&side->snapshot, side->db, DB_READ_ONLY_SNAPSHOT, err);
}

static bool
read_table(const struct scan_settings *settings, bool in_files, struct scan_looked_for *looked_for,
           struct error *err)
{
    CLEANUP(table_map_close) struct table_map_side side = TABLE_MAP_SIDE_INIT;
    struct table_map *table = &looked_for->ids_table;
    if (!table_map_parse(settings->ids, "public", table, err) ||
        !open_side(settings, in_files, looked_for, &side, err))
        return false;
    looked_for->ids = idmap_new(table->table);
    if (!table_map_read(side.db, table, looked_for->ids, err) ||
        !idmap_freeze(looked_for->ids, IDMAP_AMBIGUOUS_KEEP, err))
        return false;
    if (table->holes > 0)
        fprintf(stderr, "warning: %" PRIu64 " rows of %s lack one ID of the two\n", table->holes,
                table->shown);
    return true;
}

bool
scan_ids_load(const struct scan_settings *settings, bool in_files,
              struct scan_looked_for *looked_for, struct error *err)
{
    if (table_map_is(settings->ids))
        return read_table(settings, in_files, looked_for, err) || error_context(err, "--ids");
    return split_ids(settings->ids, looked_for, err) && read_file(looked_for, err);
}
