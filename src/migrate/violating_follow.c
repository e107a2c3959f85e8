/*
 * Rows that refer to a key of which one row is rejected while another keeps it. As long as all is
 * moved in order, such rows are rejected with their parent, since it cannot be told to whom they
 * refer; so their table gets another pass, too, that knows the parent as rejected. Where no other
 * row has the key, its foreign key finds what refers to it.
 */
#include "violating.h"

#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

static struct digest
digest_of_key(const struct violation *v, const struct met_row *row)
{
    const char *key = v->texts.data + row->key;
    return digest_bytes(key, strlen(key));
}

/* Keys of lost rows of one table that others keep: an SQL array, empty without any. */
static void
list_kept_keys(const struct violation *v, const struct plan_table *table, struct strbuf *array)
{
    struct digest_map kept = DIGEST_MAP_INIT;
    const char **keys = memory_alloc((v->row_count + 1) * sizeof *keys);
    size_t count = 0;
    uint64_t ignored;
    for (size_t i = 0; i < v->row_count; i++)
        if (!v->rows[i].is_lost)
            digest_map_put(&kept, digest_of_key(v, &v->rows[i]), 1);
    for (size_t i = 0; i < v->row_count; i++)
        if (v->rows[i].is_lost && v->rows[i].owner == table &&
            digest_map_get(&kept, digest_of_key(v, &v->rows[i]), &ignored))
            keys[count++] = v->texts.data + v->rows[i].key;
    if (count > 0)
        db_format_array(array, keys, count);
    free(keys);
    digest_map_release(&kept);
}

/* The columns of the child in the order of the parent's key; false when it refers by others. */
static bool
find_columns(const struct plan_table *child, const struct plan_reference *reference,
             const struct plan_table *parent, const struct catalog_column **columns)
{
    for (size_t i = 0; i < parent->target_key_count; i++) {
        columns[i] = NULL;
        for (size_t j = 0; j < reference->count; j++)
            if (reference->parent_columns[j] == parent->target_key[i])
                columns[i] = child->columns[reference->columns[j]].target;
        if (columns[i] == NULL)
            return false;
    }
    return reference->count == parent->target_key_count;
}

static bool
refers(struct migrate *m, const struct plan_table *child, const struct plan_reference *reference,
       const char *keys, bool *found, struct error *err)
{
    const struct plan_table *parent = &m->plan->tables[reference->parent];
    const struct catalog_column **columns =
        memory_alloc((parent->target_key_count + 1) * sizeof *columns);
    CLEANUP(db_result_free) struct db_result *result = NULL;
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    bool good = true;
    if (find_columns(child, reference, parent, columns)) {
        strbuf_add_string(&sql, "SELECT EXISTS (SELECT FROM ");
        plan_sql_target_name(&sql, child);
        strbuf_add_string(&sql, " AS c WHERE ");
        plan_sql_key_text(&sql, columns, parent->target_key_count, "c");
        strbuf_add_string(&sql, " = ANY ($1::pg_catalog.text[]))");
        good = db_query(m->target, sql.data, 1, &keys, &result, err);
        *found = *found || (good && db_result_bool(result, 0, 0));
    }
    free(columns);
    return good;
}

/* A table without a key gets no other pass: its rows keep a parent that is there. */
static bool
find_children(struct violation *v, int parent, const char *keys, struct error *err)
{
    struct migrate *m = v->m;
    for (size_t i = 0; i < m->plan->table_count; i++) {
        const struct plan_table *child = &m->plan->tables[i];
        bool found = false;
        for (size_t k = 0; k < child->reference_count; k++)
            if (child->references[k].parent == parent &&
                !refers(m, child, &child->references[k], keys, &found, err))
                return false;
        if (found && reconcile_is_possible(child) && !child->spec->audit_self)
            v->begins[i] = true;
    }
    return true;
}

bool
violating_find_followers(struct violation *v, struct error *err)
{
    for (size_t i = 0; i < v->m->plan->table_count; i++) {
        CLEANUP(strbuf_release) struct strbuf keys = STRBUF_INIT;
        list_kept_keys(v, &v->m->plan->tables[i], &keys);
        if (keys.length > 0 && !find_children(v, (int)i, keys.data, err))
            return false;
    }
    return true;
}
