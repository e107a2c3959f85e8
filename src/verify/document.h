/* The old and new IDs of an audit event: a flat JSON object of strings and nulls. */
#ifndef VERIFY_DOCUMENT_H
#define VERIFY_DOCUMENT_H

#include "text.h"

/* The digest of an object is the sum of those of its members. */
struct digest document_member_digest(struct digest name, struct span value);
struct digest document_digest(struct span text);

#endif
