/* The files that a map is built from. */
#include "build.h"
#include "steps.h"

#include "idmigrate/interrupt.h"
#include "idmigrate/memory.h"
#include "idmigrate/sha256.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { DEEPEST_FOLDER = 16, MOST_FILES = 100000 };

struct search {
    struct build_inputs *inputs;
    bool has_output;
    struct stat output; /* the folder that is written to */
};

static struct build_input *
add_input(struct build_inputs *inputs, const char *path, const char *shown)
{
    struct build_input *input = ARRAY_ADD(inputs->items, inputs->count, inputs->capacity);
    *input = (struct build_input){.path = memory_strdup(path), .shown = memory_strdup(shown)};
    return input;
}

static bool
is_output(const struct search *search, const struct stat *status)
{
    return search->has_output && status->st_dev == search->output.st_dev &&
           status->st_ino == search->output.st_ino;
}

static bool find_in(struct search *search, const char *path, const char *shown, int depth,
                    struct error *err);

static bool
find_entry(struct search *search, const char *path, const char *shown, int depth, struct error *err)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return error_set(err, EXIT_INPUT, "%s: cannot be read: %s", path, strerror(errno));
    if (S_ISDIR(status.st_mode))
        return is_output(search, &status) || find_in(search, path, shown, depth + 1, err);
    if (!S_ISREG(status.st_mode))
        return true;
    if (search->inputs->count == MOST_FILES)
        return error_set(err, EXIT_INPUT, "%s: more than %d files", path, MOST_FILES);
    add_input(search->inputs, path, shown)->is_found = true;
    return true;
}

static bool
find_in(struct search *search, const char *path, const char *shown, int depth, struct error *err)
{
    static const char *const passed_over[] = {".", "..", ".git", "node_modules"};
    if (depth > DEEPEST_FOLDER)
        return error_set(err, EXIT_INPUT, "%s: folders nested too deep", path);
    DIR *folder = opendir(path);
    if (folder == NULL)
        return error_set(err, EXIT_INPUT, "%s: cannot be read: %s", path, strerror(errno));
    bool good = true;
    for (struct dirent *entry; good && (entry = readdir(folder)) != NULL;) {
        bool is_passed_over = false;
        for (size_t i = 0; i < sizeof passed_over / sizeof passed_over[0]; i++)
            is_passed_over |= strcmp(entry->d_name, passed_over[i]) == 0;
        CLEANUP(memory_free_string) char *inner = memory_printf("%s/%s", path, entry->d_name);
        CLEANUP(memory_free_string)
        char *inner_shown = memory_printf("%s/%s", shown, entry->d_name);
        good = is_passed_over || find_entry(search, inner, inner_shown, depth, err);
    }
    closedir(folder);
    return good;
}

static const char *
last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL && slash[1] != '\0' ? slash + 1 : path;
}

static bool
add_table(struct build_inputs *inputs, const char *operand, enum build_role role, struct error *err)
{
    CLEANUP(table_map_release) struct table_map table = TABLE_MAP_INIT;
    if (!table_map_parse(operand, "public", &table, err))
        return false;
    struct build_input *input = add_input(inputs, table.shown, table.shown);
    input->role = role;
    input->table = table;
    table = (struct table_map)TABLE_MAP_INIT;
    return true;
}

static bool
find_operand(struct search *search, const char *operand, struct error *err)
{
    struct stat status;
    if (table_map_is(operand))
        return add_table(search->inputs, operand, BUILD_MAP, err);
    CLEANUP(memory_free_string) char *path = memory_strdup(operand);
    for (size_t length = strlen(path); length > 1 && path[length - 1] == '/'; length--)
        path[length - 1] = '\0';
    if (stat(path, &status) != 0)
        return error_set(err, EXIT_INPUT, "%s: cannot be read: %s", path, strerror(errno));
    if (S_ISDIR(status.st_mode))
        return find_in(search, path, last_part(path), 0, err);
    add_input(search->inputs, path, last_part(path));
    return true;
}

/* FILE, FILE:OLD,NEW, or a table. */
static bool
add_named(struct build_inputs *inputs, const char *given, enum build_role role, struct error *err)
{
    struct stat status;
    if (table_map_is(given))
        return add_table(inputs, given, role, err);
    const char *colon = stat(given, &status) == 0 ? NULL : strrchr(given, ':');
    const char *comma = colon != NULL ? strchr(colon, ',') : NULL;
    size_t length = comma != NULL ? (size_t)(colon - given) : strlen(given);
    CLEANUP(memory_free_string) char *path = memory_strndup(given, length);
    if (stat(path, &status) != 0)
        return error_set(err, EXIT_INPUT, "%s: cannot be read: %s", path, strerror(errno));
    struct build_input *input = add_input(inputs, path, last_part(path));
    input->role = role;
    if (comma != NULL) {
        input->old_column = memory_strndup(colon + 1, (size_t)(comma - colon - 1));
        input->new_column = memory_strdup(comma + 1);
    }
    return true;
}

/* In an order that does not depend on how they were named: data, then maps, then hand files. */
static int
compare(const void *first, const void *second)
{
    const struct build_input *a = first, *b = second;
    static const int order[] = {[BUILD_DATA] = 0, [BUILD_MAP] = 1, [BUILD_HAND] = 2};
    if (a->role != b->role)
        return order[a->role] < order[b->role] ? -1 : 1;
    int found = strcmp(a->shown, b->shown);
    return found != 0 ? found : strcmp(a->path, b->path);
}

bool
build_find_inputs(char **operands, const struct build_settings *settings,
                  struct build_inputs *inputs, struct error *err)
{
    struct search search = {.inputs = inputs};
    search.has_output = settings->output != NULL && stat(settings->output, &search.output) == 0;
    for (; *operands != NULL; operands++)
        if (!find_operand(&search, *operands, err))
            return false;
    for (size_t i = 0; i < settings->maps.count; i++)
        if (!add_named(inputs, settings->maps.items[i], BUILD_MAP, err))
            return false;
    for (size_t i = 0; i < settings->hands.count; i++)
        if (!add_named(inputs, settings->hands.items[i], BUILD_HAND, err))
            return false;
    if (inputs->count == 0)
        return error_set(err, EXIT_INPUT, "there is no file to read");
    qsort(inputs->items, inputs->count, sizeof *inputs->items, compare);
    return true;
}

void
build_inputs_release(struct build_inputs *inputs)
{
    for (size_t i = 0; i < inputs->count; i++) {
        free(inputs->items[i].path);
        free(inputs->items[i].shown);
        free(inputs->items[i].old_column);
        free(inputs->items[i].new_column);
        table_map_release(&inputs->items[i].table);
        free(inputs->items[i].why_not);
        for (size_t k = 0; k < PROVIDER_MOST_KINDS; k++)
            free(inputs->items[i].came[k].who);
    }
    free(inputs->items);
    *inputs = (struct build_inputs)BUILD_INPUTS_INIT;
}

static bool
take_pairs(struct build_input *input, struct idmap *map, struct join *join, struct error *err)
{
    if (!idmap_freeze(map, IDMAP_AMBIGUOUS_KEEP, err))
        return false;
    input->pairs = idmap_count(map) + idmap_ambiguous_count(map);
    return join_take_map(join, map, input->role == BUILD_HAND ? JOIN_BY_HAND : JOIN_BY_MAP, err) ||
           error_context(err, "%s", input->shown);
}

/* Pairs whose columns are named. The file is read once more for its digest; such files are small.
 */
static bool
read_columns(struct build_input *input, struct join *join, struct error *err)
{
    CLEANUP(idmap_free) struct idmap *map = idmap_new(input->shown);
    const struct idmap_file file = {.path = input->path,
                                    .old_column = input->old_column,
                                    .new_column = input->new_column,
                                    .delimiter = ','};
    return idmap_read_file(map, &file, NULL, err) &&
           provider_digest(input->path, &input->file, err) && take_pairs(input, map, join, err);
}

static void
add_to_digest(struct sha256 *sha256, struct build_input *input, const char *text, size_t length,
              const char *behind)
{
    sha256_add(sha256, text, length);
    sha256_add(sha256, behind, 1);
    input->file.bytes += length + 1;
}

static void
digest_pair(struct sha256 *sha256, struct build_input *input, const struct idmap_pair *pair)
{
    add_to_digest(sha256, input, pair->old_id, pair->old_length, ",");
    add_to_digest(sha256, input, pair->new_id, pair->new_length, "\n");
}

/* Rows of a table have no order and no bytes of their own: the digest is that of their pairs, one
 * a line as "old,new", sorted, behind them those of old IDs with two new ones. */
static void
digest_pairs(struct build_input *input, const struct idmap *map)
{
    CLEANUP(sha256_free) struct sha256 *sha256 = sha256_new();
    for (size_t i = 0; i < idmap_count(map); i++)
        digest_pair(sha256, input, idmap_pair_at(map, i));
    for (size_t i = 0; i < idmap_ambiguous_count(map); i++)
        digest_pair(sha256, input, idmap_ambiguous_pair(map, i));
    sha256_end(sha256, input->file.sha256);
}

static bool
read_table(struct build_input *input, struct table_map_side *side, struct join *join,
           struct error *err)
{
    CLEANUP(idmap_free) struct idmap *map = idmap_new(input->shown);
    if (!table_map_read(side->db, &input->table, map, err) || !take_pairs(input, map, join, err))
        return false;
    digest_pairs(input, map);
    return true;
}

bool
build_is_of_pairs(const struct build_input *input)
{
    return input->old_column != NULL || input->table.shown != NULL;
}

struct reading {
    struct build_input *input;
    struct join *join;
};

/* Takes a record, and remembers of whom it is. */
static bool
take(void *context, const struct provider_record *record, struct error *err)
{
    struct reading *reading = context;
    const struct provider_file *file = &reading->input->file;
    provider_sink *sink = reading->input->role == BUILD_HAND ? join_take_by_hand : join_take;
    if (!sink(reading->join, record, err))
        return false;
    struct join_taken who = join_last_taken(reading->join);
    for (size_t i = 0; i < file->tally_count && who.number != UINT32_MAX; i++) {
        struct build_came *came = &reading->input->came[i];
        if (file->tallies[i].of != record->of || strcmp(provider_kind_name(file->tallies[i].kind),
                                                        provider_kind_name(record->kind)) != 0)
            continue;
        *ARRAY_ADD(came->who, came->count, came->capacity) =
            (struct build_who){who.number, (uint8_t)who.entity, (uint8_t)who.side};
        break;
    }
    return true;
}

void
build_count_joined(struct build_inputs *inputs, const struct join *join)
{
    for (size_t i = 0; i < inputs->count; i++)
        for (size_t k = 0; k < inputs->items[i].file.tally_count; k++) {
            struct build_came *came = &inputs->items[i].came[k];
            for (size_t n = 0; n < came->count; n++) {
                const struct build_who *who = &came->who[n];
                const struct join_taken taken = {(enum join_entity)who->entity,
                                                 (enum provider_side)who->side, who->number};
                came->joined += join_is_joined(join, &taken);
            }
        }
}

static bool
read_input(struct build_input *input, const struct provider_kinds *kinds,
           struct table_map_side *side, struct join *join, struct error *err)
{
    struct reading reading = {input, join};
    input->is_read = true;
    if (input->table.shown != NULL)
        return read_table(input, side, join, err);
    if (input->old_column != NULL)
        return read_columns(input, join, err);
    enum provider_recognised result =
        provider_read(kinds, input->path, take, &reading, &input->file, err);
    if (result == PROVIDER_READ)
        return true;
    if (result == PROVIDER_BAD_FILE || !input->is_found)
        return error_context(err, "%s", input->path);
    input->is_read = false;
    input->why_not = memory_strdup(err->text);
    error_clear(err);
    return true;
}

/* Pages of one list may be in several files. */
static void
find_open_pages(struct build_inputs *inputs)
{
    uint64_t last[PROVIDER_ANY] = {0};
    for (size_t i = 0; i < inputs->count; i++)
        for (int of = 0; of < PROVIDER_ANY; of++)
            last[of] += inputs->items[i].file.last_pages[of];
    for (size_t i = 0; i < inputs->count; i++)
        for (int of = 0; of < PROVIDER_ANY; of++)
            if (last[of] == 0)
                inputs->items[i].open_pages += inputs->items[i].file.open_pages[of];
}

/* There may be several lists of a kind, as of each organization's members: the longest is shorter
 * than all of them together. What is said here is true; what is not said may be so. */
static void
find_short_lists(struct build_inputs *inputs)
{
    for (int of = 0; of < PROVIDER_ANY; of++) {
        struct build_input *longest = NULL;
        uint64_t total = 0, read = 0;
        for (size_t i = 0; i < inputs->count; i++) {
            const struct provider_file *file = &inputs->items[i].file;
            read += inputs->items[i].same_as == i ? file->in_pages[of] : 0;
            if (file->totals[of] > total) {
                total = file->totals[of];
                longest = &inputs->items[i];
            }
        }
        if (longest != NULL && read < total)
            longest->not_listed += total - read;
    }
}

bool
build_has_short_lists(const struct build_inputs *inputs)
{
    for (size_t i = 0; i < inputs->count; i++)
        if (inputs->items[i].not_listed > 0)
            return true;
    return false;
}

bool
build_has_open_pages(const struct build_inputs *inputs)
{
    for (size_t i = 0; i < inputs->count; i++)
        if (inputs->items[i].open_pages > 0)
            return true;
    return false;
}

bool
build_read_inputs(struct build_inputs *inputs, const struct provider_kinds *kinds,
                  const struct connection_options *connections, struct join *join,
                  struct error *err)
{
    CLEANUP(table_map_close) struct table_map_side side = TABLE_MAP_SIDE_INIT;
    for (size_t i = 0; i < inputs->count; i++)
        if (inputs->items[i].table.shown != NULL && !table_map_open(&side, connections, err))
            return false;
    for (size_t i = 0; i < inputs->count; i++) {
        struct build_input *input = &inputs->items[i];
        if (steps_are_interrupted(err) || !read_input(input, kinds, &side, join, err))
            return false;
        input->same_as = i;
        for (size_t j = 0; j < i && input->is_read && input->same_as == i; j++)
            if (inputs->items[j].is_read &&
                strcmp(inputs->items[j].file.sha256, input->file.sha256) == 0)
                input->same_as = j;
    }
    find_open_pages(inputs);
    find_short_lists(inputs);
    return true;
}
