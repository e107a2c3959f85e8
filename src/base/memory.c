/* Memory that cannot fail. */
#include "idmigrate/memory.h"

#include "idmigrate/error.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void
memory_exhausted(void)
{
    static const char text[] = "idmigrate: out of memory\n";
    /* Nothing more can be done if even this cannot be written. */
    if (write(STDERR_FILENO, text, sizeof text - 1) < 0)
        _exit(EXIT_BUG);
    _exit(EXIT_BUG);
}

enum { LARGE_BLOCK = 1024 * 1024 };

/*
 * glibc moves the size from which a block has pages of its own up to 32 MB as such blocks are
 * freed; smaller ones then come from pools that keep what they once had, one for each thread. A
 * fixed size keeps the promised bound on memory, and lets large arrays grow without copying.
 */
void
memory_give_back_large_blocks(void)
{
#ifdef __GLIBC__
    mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK);
#endif
}

void *
memory_alloc(size_t size)
{
    return memory_realloc(NULL, size);
}

enum { HUGE_PAGE = 2 * 1024 * 1024 };

/* With small pages each read of such a block waits for the page tables too, which in a virtual
 * machine takes longer than the read itself. */
void *
memory_alloc_scattered(size_t size)
{
    void *memory = NULL;
    if (size < HUGE_PAGE)
        return memory_alloc(size);
    size_t rounded = (size + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    if (rounded < size || posix_memalign(&memory, HUGE_PAGE, rounded) != 0)
        memory_exhausted();
#ifdef MADV_HUGEPAGE
    /* Where it is refused the pages are small ones. */
    (void)madvise(memory, rounded, MADV_HUGEPAGE);
#endif
    return memory;
}

void *
memory_zalloc(size_t size)
{
    void *memory = calloc(1, size ? size : 1);
    if (memory == NULL)
        memory_exhausted();
    return memory;
}

void *
memory_realloc(void *memory, size_t size)
{
    void *grown = realloc(memory, size ? size : 1);
    if (grown == NULL)
        memory_exhausted();
    return grown;
}

void *
memory_realloc_array(void *memory, size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total))
        memory_exhausted();
    return memory_realloc(memory, total);
}

char *
memory_strdup(const char *text)
{
    return text == NULL ? NULL : memory_strndup(text, strlen(text));
}

char *
memory_strndup(const char *text, size_t length)
{
    char *copy = memory_alloc(length + 1);
    memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

char *
memory_printf(const char *format, ...)
{
    va_list arguments;
    char *text;
    va_start(arguments, format);
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (length < 0)
        memory_exhausted();
    return text;
}

void
memory_free_string(char **text)
{
    free(*text);
    *text = NULL;
}
