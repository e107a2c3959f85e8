/*
 * Memory that cannot fail, and clean-up at the end of a scope.
 *
 * Out of memory ends the process with status 70: whatever was being written is a transaction that
 * the server rolls back.
 */
#ifndef IDMIGRATE_MEMORY_H
#define IDMIGRATE_MEMORY_H

#include <stddef.h>

void *memory_alloc(size_t size);                 /* uninitialised; size 0 gives a valid pointer */
void *memory_zalloc(size_t size);                /* zeroed */
void *memory_realloc(void *memory, size_t size); /* like realloc */
void *memory_realloc_array(void *memory, size_t count, size_t size); /* checked for overflow */
char *memory_strdup(const char *text);                               /* NULL gives NULL */
char *memory_strndup(const char *text, size_t length);               /* adds the final zero */
char *memory_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * For what is large, lives long and is read in no order: in pages of 2 MB where the system has them
 * and `size` fills some. Not zeroed; released with free().
 */
void *memory_alloc_scattered(size_t size);

/* Large blocks go back to the system when they are freed. Once, before there are threads. */
void memory_give_back_large_blocks(void);

/* Ends the process as above, where another library says that it has none. */
_Noreturn void memory_exhausted(void);

/* Owners carry CLEANUP(x_release): called with the variable's address when it leaves its scope. */
#define CLEANUP(function) __attribute__((cleanup(function)))
void memory_free_string(char **text); /* for CLEANUP(memory_free_string) char *text = ... */

/*
 * Grows `array` (pointer, with `count` used and `capacity` allocated elements) so that one more
 * fits, and gives the address of that new element, not initialised: *ARRAY_ADD(list->items,
 * list->count, list->capacity) = item;
 */
#define ARRAY_ADD(array, count, capacity)                                                          \
    (((count) == (capacity)                                                                        \
          ? ((capacity) = (capacity) ? (capacity)*2 : 8,                                           \
             (array) = memory_realloc_array((array), (capacity), sizeof *(array)), 0)              \
          : 0),                                                                                    \
     &(array)[(count)++])

#endif
