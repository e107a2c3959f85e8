/*
 * Finding what nobody remembered: IDs of known formats and of ID maps, and words of a provider, in
 * the rows and definitions of a database, or in files; and a mapping drafted from what was found.
 *
 * Everything here reads. IDs are found as elsewhere: not directly between letters, digits or '_' of
 * any script, the longest one where several start at one place. IDs shorter than six characters,
 * and numbers shorter than ten digits, stand in many texts without being anybody's ID: they count
 * only as a whole value (a field, an element of an array, a JSON string, number or key).
 */
#ifndef IDMIGRATE_SCAN_H
#define IDMIGRATE_SCAN_H

#include "idmigrate/catalog.h"
#include "idmigrate/db.h"
#include "idmigrate/error.h"
#include "idmigrate/idmap.h"
#include "idmigrate/strbuf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- what is looked for ---- */

/* A kind of ID that is told apart: a format, or a side of an ID map where no format fits. */
struct scan_kind {
    char *name;                        /* "clerk-user"; "ID map user, old IDs" */
    const struct idmap_format *format; /* or NULL: a side of a map */
    int map;                           /* without a format: of the finder's maps; otherwise -1 */
    bool is_new; /* new IDs of a map, or a format of such: expected to be found */
};

struct scan_wanted {
    const struct idmap_format *const *formats;
    size_t format_count;
    const struct idmap *const *maps; /* frozen */
    size_t map_count;
};

/* Immutable; may be used by any number of threads. Borrows formats and maps. */
struct scan_finder;
struct scan_finder *scan_finder_new(const struct scan_wanted *wanted);
void scan_finder_free(struct scan_finder **finder); /* for CLEANUP too */
size_t scan_finder_kind_count(const struct scan_finder *finder);
const struct scan_kind *scan_finder_kind(const struct scan_finder *finder, size_t index);
size_t scan_finder_map_count(const struct scan_finder *finder);
const struct idmap *scan_finder_map(const struct scan_finder *finder, int map);
/* Says of a format that its IDs are the new ones; false when it is not looked for. */
bool scan_finder_expect(struct scan_finder *finder, const char *format);
/* Whether UUIDs as such, or numbers, are among the IDs: then columns of those types are read too.
 */
/* Some IDs are too short to be told from other words inside texts: they are found as whole values.
 */
bool scan_finder_has_short(const struct scan_finder *finder);
bool scan_finder_wants_uuids(const struct scan_finder *finder);
bool scan_finder_wants_numbers(const struct scan_finder *finder);

/* Whether a format can be told from other words by what it begins with: at least two characters. */
bool scan_is_distinctive(const struct idmap_format *format);

enum scan_state {
    SCAN_UNKNOWN,  /* of a format, in no map */
    SCAN_RESOLVED, /* an old ID with a new one */
    SCAN_NEW,      /* a new ID of a map */
    SCAN_AMBIGUOUS /* an old ID with several new ones */
};
enum { SCAN_STATE_COUNT = SCAN_AMBIGUOUS + 1 };

struct scan_hit {
    size_t start, length;
    int kind; /* index of a scan_kind */
    enum scan_state state;
    int map; /* that knows the ID, or -1 */
};

/* The first ID in `text` at or after `from`. A short ID is found only where it is all of the text.
 */
bool scan_find(const struct scan_finder *finder, const char *text, size_t length, size_t from,
               struct scan_hit *hit);
/*
 * The fast first look at raw bytes, such as a whole line of COPY text: false only when no ID can be
 * in there, whatever is escaped. Several times as fast as memory is copied, where texts are words.
 */
bool scan_may_hold(const struct scan_finder *finder, const char *bytes, size_t length);

/* ---- inside a value ---- */

/* The text of a value, of one JSON string in it, or of one of its keys. */
struct scan_place {
    /* "" for the value itself; "$.user.id", "$.members[*]", "[*]" of an array. Keys that are IDs
     * are "{clerk-user}"; keys that are no plain word "*". */
    const char *path;
    size_t path_length;
    bool is_key; /* a key of the object at `path` */
};
struct scan_sink {
    void (*found)(void *context, const struct scan_place *place, const char *text, size_t length,
                  const struct scan_hit *hit);
    void *context;
};
/* Buffers that are used again from value to value. */
struct scan_scratch {
    struct strbuf path, decoded, value;
};
#define SCAN_SCRATCH_INIT                                                                          \
    {                                                                                              \
        .path = STRBUF_INIT, .decoded = STRBUF_INIT, .value = STRBUF_INIT                          \
    }
void scan_scratch_release(struct scan_scratch *scratch);

/* All IDs of a plain text. */
void scan_text(const struct scan_finder *finder, const char *text, size_t length,
               const struct scan_sink *sink);
/* All IDs of a JSON document: of its strings, numbers and keys. `root` begins every path ("$").
 * What is no JSON is a plain text. */
void scan_json(const struct scan_finder *finder, struct scan_scratch *scratch, const char *root,
               const char *text, size_t length, const struct scan_sink *sink);

/* ---- words ---- */

/*
 * Words of a provider, found in any case where they are a word or a part of one: "clerk" in
 * clerkUserId, useClerk, clerk_user_id, CLERK_KEY, @clerk/x, and not in clerkship or MYCLERK.
 */
struct scan_words;
struct scan_words *scan_words_new(const char *const *words, size_t count);
void scan_words_free(struct scan_words **words); /* for CLEANUP too */
/* The first word in `text` at or after `from`; the longest where several start at one place. */
bool scan_words_find(const struct scan_words *words, const char *text, size_t length, size_t from,
                     size_t *start, size_t *found_length, const char **word);

/* What is known about a provider: data from mappings/providers.json, never code. */
struct scan_provider {
    char **words, **formats;
    size_t word_count, format_count;
};
/* Finds `name` in a JSON text of providers; EXIT_USAGE with the known names when it is not there.
 */
bool scan_provider_read(const char *json, const char *name, struct scan_provider *provider,
                        struct error *err);
void scan_provider_release(struct scan_provider *provider);

/* ---- what may stay ---- */

/* [{"path": glob, "pattern": extended regular expression, "reason": text}, ...] */
struct scan_allow {
    struct scan_allowed *items;
    size_t count;
};
#define SCAN_ALLOW_INIT                                                                            \
    {                                                                                              \
        .items = NULL, .count = 0                                                                  \
    }
bool scan_allow_read(const char *path, struct scan_allow *allow, struct error *err);
/* One more place, whatever the text. */
void scan_allow_add(struct scan_allow *allow, const char *glob);
/* `line` is what the pattern is searched in. Counts the use. */
bool scan_allow_covers(struct scan_allow *allow, const char *path, const char *line, size_t length);
/* The entry's glob, or NULL where it was used. */
const char *scan_allow_unused(const struct scan_allow *allow, size_t index);
void scan_allow_release(struct scan_allow *allow);

/* ---- a database ---- */

struct scan_request {
    struct db *db; /* inside a read-only snapshot */
    const struct scan_finder *finder;
    const struct scan_words *words; /* looked for in names and definitions; or NULL */
    struct scan_allow *allow;       /* or NULL; paths are schema.table.column */
    int64_t sample_rows;            /* of each table; 0: all */
    double sample_percent;          /* of each table; 0: all */
    bool bytes, foreign_tables;     /* bytea as text; foreign tables too */
    const char *const *excludes;    /* globs over schema.table */
    size_t exclude_count;
    void (*progress)(void *context, const char *label, int64_t rows, int64_t rows_total);
    void *context;
};

enum { SCAN_SAMPLES = 3 };

/* IDs of one kind at one place of one column. */
struct scan_found {
    size_t table, column; /* of scan_result.tables, and of its columns */
    char *path;           /* as in scan_place */
    bool is_key;
    bool is_whole; /* the ID is all of the text there; otherwise a part */
    int kind;
    int64_t rows, ids; /* rows with such an ID; how often it stands there */
    int64_t distinct[SCAN_STATE_COUNT];
    bool is_estimate; /* of `distinct`: above 4,096 they are estimated, within some 2 percent */
    int map;          /* a map that resolves some of them, or -1 */
    bool has_several_maps;
    bool is_allowed;
    char *samples[SCAN_SAMPLES]; /* IDs of a map as they are, others masked */
    size_t sample_count;
};

struct scan_column {
    char *name, *type;
    bool is_json, is_array, is_composite, is_bytes;
    char *foreign_key;  /* "-> schema.table (column)", or NULL */
    char *indexes;      /* names, parted by ", ", or NULL */
    char *unique_index; /* one whose key it is part of, or NULL */
};

struct scan_table {
    char *schema, *name;
    char kind;                   /* relkind */
    struct scan_column *columns; /* that were read */
    size_t column_count;
    char **others; /* names of the columns that were not read: no text */
    size_t other_count;
    char **leaves; /* that were read one by one, with ONLY: quoted names of relations; none where
                      the table was read by its own name */
    size_t leaf_count;
    int64_t rows;     /* read */
    int64_t estimate; /* rows there are, -1 unknown */
    bool is_sampled;  /* not all rows were read */
    bool was_read;
};

/* An ID or a word in a name or a definition. */
struct scan_object {
    char *kind; /* "default", "view", "function", "policy", "check", "comment", "trigger", ... */
    char *schema, *name;
    char *found; /* name of the kind of ID, or the word */
    bool is_word;
    bool is_new; /* an ID that is expected */
    bool is_allowed;
    int64_t times;
    char *excerpt;
};

/* What was not looked at, and why. */
struct scan_gap {
    char *name, *reason, *hint;
    bool
        is_chosen; /* asked for, or no place of the application's rows: no doubt about the result */
};

struct scan_result {
    struct scan_table *tables;
    size_t table_count;
    struct scan_found *found;
    size_t found_count;
    struct scan_object *objects;
    size_t object_count;
    struct scan_gap *gaps;
    size_t gap_count;
    int64_t rows, left, allowed, expected; /* entries of found and objects */
    bool is_sampled;
};
#define SCAN_RESULT_INIT                                                                           \
    {                                                                                              \
        .tables = NULL                                                                             \
    }

/*
 * Reads every column that can hold text of every table outside the system's schemas once, and all
 * definitions. A table that cannot be read is a gap, not an error; errors are lost connections,
 * signals and the like. Memory: 64 MB at most, and the largest row.
 */
bool scan_database(const struct scan_request *request, struct scan_result *result,
                   struct error *err);
void scan_result_release(struct scan_result *result);
/* Something is left, something was not looked at, or neither: 5, 6 or 0; a sample proves nothing.
 * Where finding is what is wanted (`only_lists`), only what could not be looked at counts. */
enum exit_status scan_judge(const struct scan_result *result, bool only_lists);

/* ---- files ---- */

struct scan_files_request {
    const char *const *paths;
    size_t path_count;
    const struct scan_finder *finder;
    const struct scan_words *words; /* or NULL */
    struct scan_allow *allow;       /* or NULL */
    const char *const *excludes;    /* globs over paths */
    size_t exclude_count;
};

struct scan_line {
    char *path;
    int64_t line;   /* from 1; 0: the name of the file itself */
    int64_t column; /* in characters, from 1 */
    char *found;
    bool is_word;
    char *excerpt; /* IDs that no map knows, addresses and long tokens masked */
};

struct scan_files {
    struct scan_line *lines; /* what is left */
    size_t line_count;
    int64_t left, allowed;
    int64_t files, binary_files, skipped_folders;
    struct scan_gap *gaps;
    size_t gap_count;
};
#define SCAN_FILES_INIT                                                                            \
    {                                                                                              \
        .lines = NULL                                                                              \
    }

/* Folders .git and node_modules and symbolic links are passed over; a file above the limit is a
 * gap. At most SCAN_LINES places are listed, all are counted. */
enum { SCAN_FILE_LIMIT = 64 * 1024 * 1024, SCAN_LINES = 10000 };
bool scan_files(const struct scan_files_request *request, struct scan_files *files,
                struct error *err);
void scan_files_release(struct scan_files *files);
enum exit_status scan_files_judge(const struct scan_files *files);

/* ---- a draft ---- */

struct scan_draft_request {
    const struct scan_result *result;
    const struct scan_finder *finder;
    const struct catalog *target;       /* or NULL: every table keeps its name */
    const char *target_schema;          /* where tables of the target are looked up */
    const char *name;                   /* of the mapping */
    const char *source;                 /* name of the source that was scanned */
    const char *mapping_text;           /* whose ids, formats, sources and target are taken over */
    const char *ids_path;               /* of --ids, absolute; or NULL */
    const char *ids_schema, *ids_table; /* of --ids, in the database that was scanned; or NULL */
    const char *old_column, *new_column;
};
/* The text of a mapping. "?" stands where a person must choose. */
void scan_draft(const struct scan_draft_request *request, struct strbuf *text);

/* ---- rendering ---- */

struct scan_heading {
    const struct db_identity *identity;
    const struct scan_finder *finder;
    const char *const *words;
    size_t word_count;
};
void scan_print_result(struct strbuf *out, const struct scan_heading *heading,
                       const struct scan_result *result, bool use_color);
void scan_write_result(struct strbuf *out, const struct scan_heading *heading,
                       const struct scan_result *result, enum exit_status status);
void scan_print_files(struct strbuf *out, const struct scan_files *files);
void scan_write_files(struct strbuf *out, const struct scan_files *files, enum exit_status status);

#endif
