/*
 * A directory of reports: one file for each format, the mapping as the run used it, and the digests
 * of all of them. The digests come last: where they are, the rest is whole.
 */
#include "steps.h"

#include "idmigrate/memory.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char digests_name[] = "SHA256SUMS";

struct directory {
    const char *path;
    struct strbuf digests;
};

static bool
put_file(struct directory *directory, const char *name, const struct strbuf *content,
         struct error *err)
{
    CLEANUP(memory_free_string) char *path = memory_printf("%s/%s", directory->path, name);
    report_add_digest(&directory->digests, name, content);
    return output_to_file(path, content, err);
}

static bool
put_format(struct directory *directory, enum report_format format, const struct report_model *model,
           struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf content = STRBUF_INIT;
    struct report_style style = {.format = format};
    report_render(&content, model, &style);
    return put_file(directory, report_file_name(format), &content, err);
}

static bool
put_mapping(struct directory *directory, const struct report_model *model, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf content = STRBUF_INIT;
    const char *text = report_mapping_text(model);
    if (text == NULL)
        return true;
    strbuf_add_string(&content, text);
    return put_file(directory, "mapping.json", &content, err);
}

/* Files of an earlier report that this one may not have. */
static bool
remove_old(const struct directory *directory, struct error *err)
{
    const char *const names[] = {digests_name, "mapping.json"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        CLEANUP(memory_free_string) char *path = memory_printf("%s/%s", directory->path, names[i]);
        if (unlink(path) != 0 && errno != ENOENT)
            return error_set(err, EXIT_NOT_CHECKED, "%s cannot be replaced: %s", path,
                             strerror(errno));
    }
    return true;
}

static bool
put_all(struct directory *directory, const struct report_model *model, struct error *err)
{
    if (!remove_old(directory, err))
        return false;
    for (int format = 0; format < REPORT_FORMATS; format++)
        if (!put_format(directory, (enum report_format)format, model, err))
            return false;
    CLEANUP(memory_free_string)
    char *digests = memory_printf("%s/%s", directory->path, digests_name);
    return put_mapping(directory, model, err) && output_to_file(digests, &directory->digests, err);
}

bool
output_reports(const char *path, const struct report_model *model, struct error *err)
{
    struct directory directory = {.path = path, .digests = STRBUF_INIT};
    /* Reports name IDs of people: for the owner only. */
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return error_set(err, EXIT_NOT_CHECKED, "directory %s cannot be made: %s", path,
                         strerror(errno));
    bool good = put_all(&directory, model, err);
    strbuf_release(&directory.digests);
    return good;
}
