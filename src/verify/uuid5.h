/* RFC 9562 version 5 UUIDs, made from SHA-1 here and not by the library that the writer uses. */
#ifndef VERIFY_UUID5_H
#define VERIFY_UUID5_H

#include "text.h"

struct uuid {
    unsigned char bytes[16];
};
enum { UUID_TEXT_SIZE = 37 };

/* The namespace that a mapping's text stands for: the version 5 UUID of the text under the
 * program's root. */
struct uuid uuid5_namespace(const char *text);
struct uuid uuid5_make(const struct uuid *space, struct span name);
void uuid5_format(const struct uuid *uuid, char text[UUID_TEXT_SIZE]);

#endif
