/* All kinds that are known, and what they tell of IDs. */
#include "kind.h"

#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

static bool
read_text(struct provider_kinds *kinds, const char *text, const char *place, struct error *err)
{
    json_error_t where;
    CLEANUP(json_decrefp) json_t *document = json_loads(text, JSON_REJECT_DUPLICATES, &where);
    if (document == NULL) {
        error_set(err, EXIT_INPUT, "%s: line %d, column %d: not valid JSON", place, where.line,
                  where.column);
        return error_hint(err,
                          "{\"providers\": {...}, \"kinds\": [...]}, as mappings/exports.json");
    }
    if (!kind_read_document(kinds, document, err)) {
        error_context(err, "%s", place);
        return error_hint(err, "mappings/README.md says how kinds of files are described");
    }
    return true;
}

bool
provider_kinds_new(const char *builtin_json, const char *extra_json, const char *extra_place,
                   const struct idmap_formats *formats, struct provider_kinds **kinds,
                   struct error *err)
{
    CLEANUP(provider_kinds_free) struct provider_kinds *made = memory_zalloc(sizeof *made);
    made->formats = formats;
    if ((extra_json != NULL && !read_text(made, extra_json, extra_place, err)) ||
        !read_text(made, builtin_json, "the built-in kinds of files", err))
        return false;
    *kinds = made;
    made = NULL;
    return true;
}

static void
release_path(struct path *path)
{
    for (size_t i = 0; i < path->count; i++)
        free(path->parts[i]);
    free(path->parts);
}

static void
release_paths(struct paths *paths)
{
    for (size_t i = 0; i < paths->count; i++)
        release_path(&paths->items[i]);
    free(paths->items);
}

void
kind_release(struct provider_kind *kind)
{
    for (size_t i = 0; i < KIND_FIELD_COUNT; i++)
        release_paths(&kind->fields[i]);
    for (size_t i = 0; i < kind->when_count; i++) {
        release_path(&kind->when[i].path);
        free(kind->when[i].value);
    }
    for (size_t i = 0; i < kind->line_count; i++)
        free(kind->line[i]);
    for (size_t i = 0; kind->also != NULL && kind->also[i].name != NULL; i++)
        kind_release(&kind->also[i]);
    release_paths(&kind->has);
    release_paths(&kind->any);
    release_paths(&kind->lacks);
    release_path(&kind->each);
    release_path(&kind->emails.list);
    release_path(&kind->emails.address);
    release_path(&kind->emails.key);
    release_path(&kind->emails.primary);
    release_path(&kind->emails.verified);
    free(kind->emails.is);
    free(kind->when);
    free(kind->line);
    free(kind->also);
    free(kind->name);
    free(kind->provider);
    free(kind->only);
}

void
provider_kinds_free(struct provider_kinds **kinds)
{
    struct provider_kinds *all = *kinds;
    if (all == NULL)
        return;
    for (size_t i = 0; i < all->count; i++)
        kind_release(&all->kinds[i]);
    for (size_t i = 0; i < all->provider_count; i++) {
        for (size_t j = 0; j < all->providers[i].dry_run_count; j++)
            free(all->providers[i].dry_run[j]);
        free(all->providers[i].dry_run);
        free(all->providers[i].role_alphabet);
        free(all->providers[i].name);
    }
    for (size_t i = 0; i < all->list_count; i++)
        free(all->lists[i]);
    for (size_t i = 0; i < all->ignored_count; i++)
        free(all->ignored[i]);
    free(all->ignored);
    free(all->lists);
    free(all->providers);
    free(all->kinds);
    free(all);
    *kinds = NULL;
}

const char *
provider_kind_name(const struct provider_kind *kind)
{
    return kind->name;
}

const char *
provider_kind_provider(const struct provider_kind *kind)
{
    return kind->provider;
}

bool
provider_has_format(const struct provider_kinds *kinds, enum provider_side side,
                    enum provider_entity of, const char *id, size_t length)
{
    for (size_t i = 0; i < kinds->provider_count; i++) {
        const struct kind_provider *provider = &kinds->providers[i];
        if (provider->side == side && of <= PROVIDER_MEMBERSHIP && provider->formats[of] != NULL &&
            idmap_format_matches(provider->formats[of], id, length))
            return true;
    }
    return false;
}

bool
provider_has_prefix(const struct provider_kinds *kinds, enum provider_side side,
                    enum provider_entity of, const char *id, size_t length)
{
    for (size_t i = 0; i < kinds->provider_count; i++) {
        const struct kind_provider *provider = &kinds->providers[i];
        if (provider->side != side || of > PROVIDER_MEMBERSHIP || provider->formats[of] == NULL)
            continue;
        const char *prefix = idmap_format_prefix(provider->formats[of]);
        size_t prefix_length = strlen(prefix);
        if (prefix_length > 0 && prefix_length < length && memcmp(prefix, id, prefix_length) == 0)
            return true;
    }
    return false;
}

bool
provider_is_dry_run_id(const struct provider_kinds *kinds, const char *id, size_t length)
{
    for (size_t i = 0; i < kinds->provider_count; i++)
        for (size_t j = 0; j < kinds->providers[i].dry_run_count; j++) {
            const char *prefix = kinds->providers[i].dry_run[j];
            if (strlen(prefix) <= length && memcmp(prefix, id, strlen(prefix)) == 0)
                return true;
        }
    return false;
}

bool
provider_is_role(const struct provider_kinds *kinds, enum provider_side side, const char *role)
{
    for (size_t i = 0; i < kinds->provider_count; i++) {
        const char *alphabet = kinds->providers[i].role_alphabet;
        if (kinds->providers[i].side == side && alphabet != NULL &&
            (*role == '\0' || role[strspn(role, alphabet)] != '\0'))
            return false;
    }
    return *role != '\0';
}

bool
kind_find_pair(const struct provider_kinds *kinds, const struct provider_text *words, size_t count,
               size_t *old_word, size_t *new_word, enum provider_entity *of)
{
    static const enum provider_entity all[] = {PROVIDER_USER, PROVIDER_ORGANIZATION,
                                               PROVIDER_MEMBERSHIP};
    for (size_t e = 0; e < 3; e++) {
        size_t old_count = 0, new_count = 0;
        for (size_t i = 0; i < count; i++) {
            if (words[i].text == NULL)
                continue;
            if (provider_has_format(kinds, PROVIDER_OLD, all[e], words[i].text, words[i].length)) {
                *old_word = i;
                old_count++;
            } else if (provider_has_format(kinds, PROVIDER_NEW, all[e], words[i].text,
                                           words[i].length)) {
                *new_word = i;
                new_count++;
            }
        }
        *of = all[e];
        if (old_count == 1 && new_count == 1)
            return true;
    }
    return false;
}
