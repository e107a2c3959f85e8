/* The file that a draft goes into, and the target it looks at. */
#include "scan_parts.h"
#include "steps.h"

#include "idmigrate/memory.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool
scan_draft_check(const struct scan_settings *settings, struct error *err)
{
    if (settings->draft == NULL || settings->force || access(settings->draft, F_OK) != 0)
        return true;
    error_set(err, EXIT_REFUSED, "%s is there already", settings->draft);
    return error_hint(err, "say another name, or --force to write over it");
}

static bool
write_file(const struct scan_settings *settings, const struct strbuf *text, struct error *err)
{
    /* Somebody may have made it while the database was read. */
    FILE *file = fopen(settings->draft, settings->force ? "we" : "wxe");
    bool good = file != NULL && fwrite(text->data, 1, text->length, file) == text->length;
    if (file != NULL)
        good = fclose(file) == 0 && good;
    return good || error_set(err, EXIT_REFUSED, "%s cannot be written: %s", settings->draft,
                             strerror(errno));
}

static bool
load_target(const struct scan_settings *settings, const char *schema, struct catalog *catalog,
            struct error *err)
{
    CLEANUP(db_close) struct db *target = NULL;
    const char *const schemas[] = {schema};
    if (!db_open(&target, settings->connections.target, "target", DB_TARGET_READER, "scan", err))
        return false;
    connection_announce(target, "target", false);
    return catalog_load(target, schemas, 1, catalog, err);
}

bool
scan_draft_write(const struct scan_settings *settings, const struct scan_looked_for *looked_for,
                 const struct db *db, const char *source, const struct scan_result *result,
                 struct error *err)
{
    CLEANUP(catalog_release) struct catalog catalog = {0};
    CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
    const struct mapping *mapping = looked_for->workspace.mapping;
    const char *schema = mapping != NULL ? mapping->target.schema : "public";
    bool has_target = settings->connections.target != NULL;
    if (has_target && !load_target(settings, schema, &catalog, err))
        return false;
    const struct scan_draft_request request = {
        .result = result,
        .finder = looked_for->finder,
        .target = has_target ? &catalog : NULL,
        .target_schema = has_target ? schema : NULL,
        .name = mapping != NULL ? mapping->name : db_identity(db)->database,
        .source = source,
        .mapping_text = mapping != NULL ? mapping->text : NULL,
        .ids_path = looked_for->ids_path,
        .ids_schema = looked_for->ids_table.schema,
        .ids_table = looked_for->ids_table.table,
        .old_column =
            looked_for->ids_path != NULL ? looked_for->ids_old : looked_for->ids_table.old_column,
        .new_column =
            looked_for->ids_path != NULL ? looked_for->ids_new : looked_for->ids_table.new_column,
    };
    scan_draft(&request, &text);
    if (!write_file(settings, &text, err))
        return false;
    fprintf(stderr, "%s is written; `idmigrate check %s` names what is left to choose\n",
            settings->draft, settings->draft);
    return true;
}
