/* An entry by its name. */
#include "idmigrate/named.h"

#include "idmigrate/memory.h"
#include "idmigrate/strbuf.h"

const json_t *
named_find(json_t *all, const char *name, const char *what, const char *hint, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf known = STRBUF_INIT;
    const json_t *found = json_object_get(all, name);
    if (found != NULL)
        return found;
    const char *key;
    json_t *ignored;
    json_object_foreach(all, key, ignored)
    {
        strbuf_printf(&known, "%s%s", known.length > 0 ? ", " : "", key);
    }
    error_set(err, EXIT_USAGE, "there is no %s \"%s\"", what, name);
    error_hint(err, "known are %s%s", known.data, hint);
    return NULL;
}
