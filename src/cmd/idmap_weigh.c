/* What IDs without a partner own in the sources: by the columns that the mapping resolves, or by
 * those in which a scan finds IDs. */
#include "idmap_parts.h"
#include "steps.h"

#include "idmigrate/clock.h"
#include "idmigrate/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what is looked for inside texts ---- */

struct inside {
    struct scan_finder *finder;
    int *map_of_kind;
    const struct idmap_format **plain; /* by map: what IDs without a form of their own look like */
    /* What is looked for. */
    const struct idmap **maps;
    int *numbers; /* of these maps */
    size_t map_count;
    const struct idmap_format **formats;
    int *owners; /* the map whose old IDs have this format */
    size_t format_count;
};

static void
release_inside(struct inside *inside)
{
    scan_finder_free(&inside->finder);
    free(inside->map_of_kind);
    free(inside->plain);
    free(inside->maps);
    free(inside->numbers);
    free(inside->formats);
    free(inside->owners);
}

static const struct given_map *
given_of(const struct idmap_check *check, const struct idmap *map)
{
    for (size_t i = 0; i < check->given.count; i++)
        if (check->given.maps[i].map == map)
            return &check->given.maps[i];
    return NULL;
}

static bool
holds_legacy_ids(const struct idmap_check *check, size_t map)
{
    const struct mapping *mapping = check->given.workspace.mapping;
    return mapping == NULL ||
           (mapping->ids[map].kind != MAPPING_IDS_UNION && !mapping->ids[map].derived);
}

static void
want_format(struct inside *inside, const struct idmap_format *format, size_t map)
{
    if (format == NULL || !scan_is_distinctive(format))
        return;
    for (size_t i = 0; i < inside->format_count; i++)
        if (inside->formats[i] == format)
            return;
    inside->owners[inside->format_count] = (int)map;
    inside->formats[inside->format_count++] = format;
}

/* The provider that most of the counted IDs are of. */
static const char *
main_provider(const struct idmap_check *check, const size_t *counts)
{
    const struct idmap_formats *formats = check->given.workspace.formats;
    const char *best = NULL;
    size_t most = 0;
    for (size_t i = 0; i < idmap_format_count(formats); i++) {
        const struct idmap_format *format = idmap_format_at(formats, i);
        if (!scan_is_distinctive(format) || counts[i] <= most)
            continue;
        best = idmap_traits_provider_of(check->traits, idmap_format_name(format));
        most = counts[i];
    }
    return best;
}

/* Where nobody says which format, all that IDs of the map have, as far as they are one provider's.
 */
static void
want_formats_found(const struct idmap_check *check, struct inside *inside, size_t map)
{
    const struct idmap_formats *formats = check->given.workspace.formats;
    size_t *counts = idmap_count_formats(check->weigh.maps[map], IDMAP_SIDE_OLD, formats);
    const char *provider = main_provider(check, counts);
    for (size_t i = 0; i < idmap_format_count(formats) && provider != NULL; i++) {
        const struct idmap_format *format = idmap_format_at(formats, i);
        const char *other = idmap_traits_provider_of(check->traits, idmap_format_name(format));
        if (counts[i] > 0 && other != NULL && strcmp(other, provider) == 0)
            want_format(inside, format, map);
    }
    free(counts);
}

static void
want_map(const struct idmap_check *check, struct inside *inside, size_t map)
{
    const struct given_map *given = given_of(check, check->weigh.maps[map]);
    if (!holds_legacy_ids(check, map))
        return;
    inside->numbers[inside->map_count] = (int)map;
    inside->maps[inside->map_count++] = check->weigh.maps[map];
    if (given == NULL)
        return;
    inside->plain[map] = given->old_format;
    if (given->old_is_guessed)
        want_formats_found(check, inside, map);
    else
        want_format(inside, given->old_format, map);
}

static int
map_of_kind(const struct inside *inside, const struct scan_kind *kind)
{
    if (kind->is_new)
        return -1;
    for (size_t i = 0; kind->format != NULL && i < inside->format_count; i++)
        if (inside->formats[i] == kind->format)
            return inside->owners[i];
    return kind->map >= 0 ? inside->numbers[kind->map] : -1;
}

static void
make_inside(const struct idmap_check *check, struct inside *inside)
{
    size_t maps = check->weigh.map_count + 1;
    size_t formats = idmap_format_count(check->given.workspace.formats) + 1;
    inside->plain = memory_zalloc(maps * sizeof *inside->plain);
    inside->maps = memory_zalloc(maps * sizeof *inside->maps);
    inside->numbers = memory_zalloc(maps * sizeof *inside->numbers);
    inside->formats = memory_zalloc(formats * sizeof *inside->formats);
    inside->owners = memory_zalloc(formats * sizeof *inside->owners);
    for (size_t i = 0; i < check->weigh.map_count; i++)
        want_map(check, inside, i);
    const struct scan_wanted wanted = {.formats = inside->formats,
                                       .format_count = inside->format_count,
                                       .maps = inside->maps,
                                       .map_count = inside->map_count};
    inside->finder = scan_finder_new(&wanted);
    size_t kinds = scan_finder_kind_count(inside->finder);
    inside->map_of_kind = memory_zalloc((kinds + 1) * sizeof *inside->map_of_kind);
    for (size_t i = 0; i < kinds; i++)
        inside->map_of_kind[i] = map_of_kind(inside, scan_finder_kind(inside->finder, i));
}

/* ---- by a mapping ---- */

/* Whether a connection is known; which one is missing is no error here. */
static const char *
known_uri(const struct idmap_check *check, int source)
{
    struct error unknown = ERROR_INIT;
    return connection_uri(&check->settings->connections, check->given.workspace.mapping, source,
                          &unknown);
}

/* What a run would know of the tables of a source. */
static bool
load_catalog(const struct mapping *mapping, int source, struct db *db, struct catalog *catalog,
             struct error *err)
{
    const char **schemas = memory_zalloc((mapping->table_count + 1) * sizeof *schemas);
    size_t count = 0;
    for (size_t i = 0; i < mapping->table_count; i++)
        if (mapping->tables[i].source == source)
            schemas[count++] = mapping->tables[i].from_schema;
    bool good = catalog_load(db, schemas, count, catalog, err);
    free(schemas);
    return good;
}

static bool
weigh_source(struct idmap_check *check, const struct inside *inside, int source,
             struct progress *progress, struct error *err)
{
    const struct mapping *mapping = check->given.workspace.mapping;
    const char *name = mapping->sources[source].name, *uri = known_uri(check, source);
    CLEANUP(memory_free_string) char *what = memory_printf("source %s", name);
    CLEANUP(db_close) struct db *db = NULL;
    CLEANUP(db_transaction_release) struct db_transaction snapshot = {0};
    CLEANUP(catalog_release) struct catalog catalog = {0};
    if (!db_open(&db, uri, what, DB_SOURCE, "idmap", err))
        return false;
    connection_announce(db, what, false);
    const struct weigh_request request = {.db = db,
                                          .source = name,
                                          .finder = inside->finder,
                                          .map_of_kind = inside->map_of_kind,
                                          .progress = progress_of_scan,
                                          .context = progress};
    if (!db_begin(&snapshot, db, DB_READ_ONLY_SNAPSHOT, err) ||
        !load_catalog(mapping, source, db, &catalog, err))
        return false;
    weigh_add_mapping(&check->weigh, mapping, source, &catalog);
    check->weighed++;
    bool good = weigh_read(&check->weigh, &request, err);
    progress_end(progress);
    return good;
}

static bool
weigh_mapping(struct idmap_check *check, struct progress *progress, struct error *err)
{
    const struct mapping *mapping = check->given.workspace.mapping;
    CLEANUP(release_inside) struct inside inside = {.finder = NULL};
    check->weigh.maps = (const struct idmap *const *)check->given.workspace.ids;
    check->weigh.map_count = mapping->id_count;
    if (!connection_check_names(&check->settings->connections, mapping, err))
        return false;
    make_inside(check, &inside);
    for (size_t i = 0; i < mapping->source_count; i++)
        if (known_uri(check, (int)i) != NULL &&
            !weigh_source(check, &inside, (int)i, progress, err))
            return false;
    for (size_t i = 0; i < mapping->source_count && check->weighed > 0; i++)
        if (known_uri(check, (int)i) == NULL)
            finding_set_hint(findings_add(&check->findings, "N-IDMAP-SOURCE", NULL, NULL,
                                          "source %s was not weighed: no connection is known",
                                          mapping->sources[i].name),
                             "say --source %s=URI", mapping->sources[i].name);
    return true;
}

/* ---- by content ---- */

static void
note_scan_gaps(struct idmap_check *check, const struct scan_result *scan)
{
    for (size_t i = 0; i < scan->gap_count; i++) {
        const struct scan_gap *gap = &scan->gaps[i];
        if (gap->is_chosen)
            continue;
        struct finding *finding =
            findings_add(&check->findings, "N-IDMAP-TABLE", NULL, NULL,
                         "%s was not looked into: %s", gap->name, gap->reason);
        if (gap->hint != NULL)
            finding_set_hint(finding, "%s", gap->hint);
    }
}

static bool
has_new_ids(const struct scan_result *scan)
{
    for (size_t i = 0; i < scan->found_count; i++)
        if (scan->found[i].distinct[SCAN_NEW] > 0)
            return true;
    return false;
}

/* The table that the map stands in owns none of its IDs: as a glob, or NULL. */
static char *
own_table(const struct idmap_check *check)
{
    const struct table_map *table = &check->given.maps[0].place.table;
    CLEANUP(strbuf_release) struct strbuf glob = STRBUF_INIT;
    if (table->shown == NULL)
        return NULL;
    CLEANUP(memory_free_string) char *name = memory_printf("%s.%s", table->schema, table->table);
    for (const char *c = name; *c != '\0'; c++) {
        strbuf_add_string(&glob, strchr("*?[]\\", *c) != NULL ? "\\" : "");
        strbuf_add_char(&glob, *c);
    }
    return memory_strdup(glob.data);
}

static bool
weigh_by_content(struct idmap_check *check, struct db *db, struct progress *progress,
                 struct error *err)
{
    CLEANUP(scan_result_release) struct scan_result scan = SCAN_RESULT_INIT;
    CLEANUP(release_inside) struct inside inside = {.finder = NULL};
    CLEANUP(memory_free_string) char *excluded = own_table(check);
    const char *const excludes[] = {excluded};
    make_inside(check, &inside);
    const struct scan_request look = {.db = db,
                                      .finder = inside.finder,
                                      .excludes = excludes,
                                      .exclude_count = excluded != NULL,
                                      .progress = progress_of_scan,
                                      .context = progress};
    const struct weigh_request request = {.db = db,
                                          .source = "source",
                                          .finder = inside.finder,
                                          .map_of_kind = inside.map_of_kind,
                                          .progress = progress_of_scan,
                                          .context = progress};
    if (!scan_database(&look, &scan, err))
        return false;
    note_scan_gaps(check, &scan);
    weigh_add_scan(&check->weigh, "source", &scan, inside.finder, inside.map_of_kind, inside.plain);
    if (check->weigh.table_count == 0 && has_new_ids(&scan))
        check->weigh.already = 1;
    check->weighed++;
    return weigh_read(&check->weigh, &request, err);
}

static bool
weigh_file(struct idmap_check *check, struct progress *progress, struct error *err)
{
    const char *uri = connection_only_source(&check->settings->connections, err);
    CLEANUP(db_close) struct db *db = NULL;
    CLEANUP(db_transaction_release) struct db_transaction snapshot = {0};
    if (uri == NULL)
        return !err->is_set;
    check->weigh.maps = (const struct idmap *const *)&check->given.own;
    check->weigh.map_count = 1;
    if (!db_open(&db, uri, "source", DB_SOURCE, "idmap", err))
        return false;
    connection_announce(db, "source", false);
    if (!db_begin(&snapshot, db, DB_READ_ONLY_SNAPSHOT, err))
        return false;
    bool good = weigh_by_content(check, db, progress, err);
    progress_end(progress);
    return good;
}

/* ---- what that comes to ---- */

static void
add_owners(const struct idmap_check *check, int map, struct finding *finding, bool costs)
{
    const struct weigh_owner *owners[WEIGH_OWNERS + 1];
    char count[32];
    weigh_largest(&check->weigh, map, owners);
    for (size_t i = 0; owners[i] != NULL && finding->sample_count < 5; i++) {
        if (owners[i]->costs != costs)
            continue;
        CLEANUP(memory_free_string)
        char *text = memory_printf("%s (%s %s)", owners[i]->shown,
                                   clock_format_count(owners[i]->rows, count, sizeof count),
                                   owners[i]->rows == 1 ? "row" : "rows");
        finding_add_sample(finding, text);
    }
}

static void
judge_lost(struct idmap_check *check, int map, const struct weigh_sum *sum)
{
    char ids[32], rows[32];
    struct finding *finding = findings_add(
        &check->findings, "E-IDMAP-GAP", idmap_name(check->weigh.maps[map]), NULL,
        "%s %s without a partner %s %s %s in %zu %s", clock_format_count(sum->ids, ids, sizeof ids),
        sum->ids == 1 ? "ID" : "IDs", sum->ids == 1 ? "owns" : "own",
        clock_format_count(sum->rows, rows, sizeof rows), sum->rows == 1 ? "row" : "rows",
        sum->tables, sum->tables == 1 ? "table" : "tables");
    finding->rows = sum->rows;
    add_owners(check, map, finding, true);
    finding_set_hint(finding, "complete the map, or say in the mapping what becomes of them "
                              "(\"unresolved\", \"literals\")");
}

static void
judge_let(struct idmap_check *check, int map, const struct weigh_sum *sum)
{
    char ids[32], rows[32];
    struct finding *finding = findings_add(
        &check->findings, "W-IDMAP-GAP-PASSES", idmap_name(check->weigh.maps[map]), NULL,
        "%s %s without a partner, in %s %s, %s because the mapping says null or keep",
        clock_format_count(sum->lets_ids, ids, sizeof ids), sum->lets_ids == 1 ? "ID" : "IDs",
        clock_format_count(sum->lets_rows, rows, sizeof rows), sum->lets_rows == 1 ? "row" : "rows",
        sum->lets_ids == 1 ? "passes" : "pass");
    finding->rows = sum->lets_rows;
    add_owners(check, map, finding, false);
    finding_set_hint(finding, "compare the number with what you expect");
}

static void
judge_gaps(struct idmap_check *check)
{
    for (size_t i = 0; i < check->weigh.map_count; i++) {
        const struct weigh_sum sum = weigh_sum(&check->weigh, (int)i);
        if (sum.ids > 0)
            judge_lost(check, (int)i, &sum);
        if (sum.lets_rows > 0)
            judge_let(check, (int)i, &sum);
    }
}

static void
judge_foreign(struct idmap_check *check)
{
    const struct weigh *weigh = &check->weigh;
    if (weigh->resolved == 0 && weigh->already > 0)
        finding_set_hint(findings_add(&check->findings, "E-ID-SWAPPED", NULL, NULL,
                                      "the source holds new IDs of the map, and none of its old "
                                      "ones: old and new are swapped, or it was migrated before"),
                         "exchange the columns of old and new IDs, if they are swapped");
    else if (weigh->resolved == 0 && weigh->owner_count > 0)
        finding_set_hint(findings_add(&check->findings, "E-IDMAP-FOREIGN", NULL, NULL,
                                      "not one ID of the source is in the map"),
                         "is the map of another environment (development, staging, production), "
                         "or the database of another application?");
    else if (weigh->resolved == 0 && weigh->owner_count == 0 && check->weighed > 0)
        finding_set_hint(findings_add(&check->findings, "N-IDMAP-NOTHING", NULL, NULL,
                                      "no ID was found in the source: nothing was weighed"),
                         "is it the right database, and does the map hold its IDs?");
}

static void
judge_tables(struct idmap_check *check)
{
    for (size_t i = 0; i < check->weigh.table_count; i++) {
        const struct weigh_table *table = &check->weigh.tables[i];
        if (table->failure == NULL)
            continue;
        struct finding *finding =
            findings_add(&check->findings, "N-IDMAP-TABLE", NULL, NULL, "%s.%s was not weighed: %s",
                         table->schema, table->name, table->failure);
        if (table->advice != NULL)
            finding_set_hint(finding, "%s", table->advice);
    }
}

bool
idmap_weigh(struct idmap_check *check, struct error *err)
{
    struct progress progress;
    if (!progress_begin(&progress, check->settings->progress, err))
        return false;
    bool good = check->given.workspace.mapping != NULL ? weigh_mapping(check, &progress, err)
                                                       : weigh_file(check, &progress, err);
    if (!good)
        return false;
    judge_gaps(check);
    judge_foreign(check);
    judge_tables(check);
    return true;
}
