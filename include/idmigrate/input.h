/*
 * The bytes of a text file that may be larger than memory, block by block.
 *
 * A block holds whole characters: what is no UTF-8, and NUL bytes, end the reading with the line
 * they stand on. A byte-order mark is passed over. The digest is that of all bytes of the file.
 */
#ifndef IDMIGRATE_INPUT_H
#define IDMIGRATE_INPUT_H

#include "idmigrate/digest.h"
#include "idmigrate/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A line, or one element of a JSON document: more than any ID needs, little enough to be held. */
enum { INPUT_LONGEST_RECORD = 16 * 1024 * 1024 };

struct input {
    int descriptor;
    struct XXH3_state_s *hash;
    char *buffer;
    const char *data;   /* the block: after input_next() */
    size_t length;      /* 0: the end of the file */
    const char *held;   /* the start of a character whose rest is in the next block */
    size_t held_length; /* at most 3 */
    uint64_t line;      /* of the block's first byte, from 1 */
    bool has_read;
    bool may_hold_zeros; /* NUL bytes are for the reader to judge */
    /* Sees all bytes of the file as they are, for whoever wants another digest; or NULL. */
    void (*tap)(void *context, const void *data, size_t length);
    void *tap_context;
};

#define INPUT_INIT                                                                                 \
    {                                                                                              \
        .descriptor = -1                                                                           \
    }

bool input_open(struct input *input, const char *path, struct error *err);
bool input_next(struct input *input, struct error *err);
/* Whether the block is without NUL bytes, or may hold them; input_next() asks too. */
bool input_check_zeros(const struct input *input, struct error *err);
struct digest input_digest(const struct input *input);
/* For CLEANUP too. The bytes are wiped from memory: files may hold secrets that nobody asked for.
 */
void input_close(struct input *input);

bool input_fail_too_long(const char *what, uint64_t number, struct error *err);

#endif
