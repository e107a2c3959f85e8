/*
 * Generated keys: RFC 9562 version 5 UUIDs from an old key, so that references agree and a second
 * run gives the same.
 *
 * The namespace of a mapping is text; its UUID is the version 5 UUID of that text under
 * ROW_UUID_ROOT. In SQL, with uuid-ossp: uuid_generate_v5(uuid_generate_v5('66ceddd6-...',
 * 'meetings'), '42').
 */
#include "transform.h"

#include <string.h>

void
row_uuid_namespace(uuid_t out, const char *text)
{
    uuid_t root;
    if (uuid_parse(ROW_UUID_ROOT, root) != 0)
        uuid_clear(root); /* cannot be: the constant is one, and a test says so */
    uuid_generate_sha1(out, root, text, strlen(text));
}

struct row_value
row_uuid_generate(struct arena *arena, const uuid_t space, struct row_value name)
{
    uuid_t made;
    if (name.data == NULL)
        return name;
    uuid_generate_sha1(made, space, name.data, name.length);
    char *text = row_arena_alloc(arena, UUID_STR_LEN);
    uuid_unparse_lower(made, text);
    return (struct row_value){.data = text, .length = UUID_STR_LEN - 1};
}
