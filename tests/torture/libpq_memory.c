/*
 * The program, in which libpq gets no memory once. Part of the same program as faults.c, which
 * sees only calls of the program's own.
 *
 *     IDMIGRATE_LIBPQ_LOG=FILE        what was asked: a line "call PLACE" each; with a fault only
 *                                     what was refused: "fault PLACE"
 *     IDMIGRATE_LIBPQ_FAULT=N:PLACE   the N-th request at that place is refused; N+:PLACE it and
 *                                     all requests of libpq after it
 *
 * A place is the name of the function that was asked, the return addresses inside libpq from there
 * outwards, as offsets in the library, and a digest of who in the program called it:
 * malloc@1f0c4<1b2a0<1b510/3c0f2a11. Few functions of libpq ask for memory (a buffer that grows, a
 * result's next block), and what goes wrong depends on who wanted it, and what for.
 *
 * How: libpq's own table of the functions that it imports is made to lead here. So neither libc and
 * the sanitizers nor another library's requests are touched, and no LD_PRELOAD is needed, which
 * AddressSanitizer does not bear.
 */
#include "faults.h"

#include <elf.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Each of at most 30 frames has less than 17 characters. */
enum { PLACE_SIZE = 640 };

static int log_file = -1;
static const char *wanted_place; /* none: requests are only told */
static long wanted_number;
static bool for_good;
static atomic_long seen;
static atomic_bool has_begun;

static uintptr_t library_base, library_start, library_end;

static bool
is_in_library(uintptr_t address)
{
    return address >= library_start && address < library_end;
}

static void
find_place(const char *function, char place[PLACE_SIZE])
{
    enum { LIBRARY_DEPTH = 24, CALLERS = 3 };
    void *frames[LIBRARY_DEPTH + CALLERS];
    int depth = backtrace(frames, LIBRARY_DEPTH + CALLERS);
    int i = 0;
    while (i < depth && !is_in_library((uintptr_t)frames[i]))
        i++;
    size_t length = (size_t)snprintf(place, PLACE_SIZE, "%s", function);
    char before = '@';
    for (; i < depth && is_in_library((uintptr_t)frames[i]); i++) {
        length += (size_t)snprintf(place + length, PLACE_SIZE - length, "%c%jx", before,
                                   (uintmax_t)((uintptr_t)frames[i] - library_base));
        before = '<';
    }
    int callers = depth - i < CALLERS ? depth - i : CALLERS;
    snprintf(place + length, PLACE_SIZE - length, "/%08x", digest_of_frames(frames + i, callers));
}

static void
note(const char *word, const char *place)
{
    char line[PLACE_SIZE + 16];
    int length = snprintf(line, sizeof line, "%s %s\n", word, place);
    if (log_file >= 0 && write(log_file, line, (size_t)length) < 0)
        abort();
}

static bool
is_due(const char *place)
{
    if (for_good && atomic_load(&has_begun))
        return true;
    if (strcmp(place, wanted_place) != 0 || atomic_fetch_add(&seen, 1) + 1 != wanted_number)
        return false;
    atomic_store(&has_begun, true);
    return true;
}

/* Whether this request is refused. */
static bool
is_refused(const char *function)
{
    char place[PLACE_SIZE];
    find_place(function, place);
    if (wanted_place == NULL) {
        note("call", place);
        return false;
    }
    if (!is_due(place))
        return false;
    note("fault", place);
    return true;
}

/* ---- what libpq calls instead ---- */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);

static void *
libpq_malloc(size_t size)
{
    return is_refused("malloc") ? NULL : __real_malloc(size);
}

static void *
libpq_calloc(size_t count, size_t size)
{
    return is_refused("calloc") ? NULL : __real_calloc(count, size);
}

static void *
libpq_realloc(void *memory, size_t size)
{
    return is_refused("realloc") ? NULL : __real_realloc(memory, size);
}

static char *
libpq_strdup(const char *text)
{
    return is_refused("strdup") ? NULL : strdup(text);
}

/* ---- how it comes to call them ---- */

static uintptr_t
substitute(const char *name)
{
    if (strcmp(name, "malloc") == 0)
        return (uintptr_t)libpq_malloc;
    if (strcmp(name, "calloc") == 0)
        return (uintptr_t)libpq_calloc;
    if (strcmp(name, "realloc") == 0)
        return (uintptr_t)libpq_realloc;
    return strcmp(name, "strdup") == 0 ? (uintptr_t)libpq_strdup : 0;
}

/* The table is read only once it is filled in. */
static void
redirect(uintptr_t slot, uintptr_t function)
{
    uintptr_t page_size = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t page = slot & ~(page_size - 1);
    if (mprotect((void *)page, page_size, PROT_READ | PROT_WRITE) != 0)
        abort();
    memcpy((void *)slot, &function, sizeof function);
}

/* Where a table of the library is. The loader has made most of these addresses absolute. */
static uintptr_t
table_at(uintptr_t address)
{
    return address < library_base ? library_base + address : address;
}

static int
redirect_all(uintptr_t relocations, size_t size, uintptr_t symbols, uintptr_t names)
{
    int count = 0;
    for (size_t i = 0; i < size / sizeof(ElfW(Rela)); i++) {
        const ElfW(Rela) *relocation = (const ElfW(Rela) *)relocations + i;
        const ElfW(Sym) *symbol = (const ElfW(Sym) *)symbols + ELF64_R_SYM(relocation->r_info);
        uintptr_t function = substitute((const char *)names + symbol->st_name);
        if (function == 0)
            continue;
        redirect(library_base + relocation->r_offset, function);
        count++;
    }
    return count;
}

/* System V ABI, "Dynamic Section". */
static int
redirect_library(const ElfW(Dyn) * dynamic)
{
    uintptr_t symbols = 0, names = 0, calls = 0, others = 0;
    size_t calls_size = 0, others_size = 0;
    for (; dynamic->d_tag != DT_NULL; dynamic++) {
        switch (dynamic->d_tag) {
        case DT_SYMTAB:
            symbols = table_at(dynamic->d_un.d_ptr);
            break;
        case DT_STRTAB:
            names = table_at(dynamic->d_un.d_ptr);
            break;
        case DT_JMPREL:
            calls = table_at(dynamic->d_un.d_ptr);
            break;
        case DT_PLTRELSZ:
            calls_size = dynamic->d_un.d_val;
            break;
        case DT_RELA:
            others = table_at(dynamic->d_un.d_ptr);
            break;
        case DT_RELASZ:
            others_size = dynamic->d_un.d_val;
            break;
        default:
            break;
        }
    }
    return redirect_all(calls, calls_size, symbols, names) +
           redirect_all(others, others_size, symbols, names);
}

/* For dl_iterate_phdr(): true ends the search. */
static int
take_library(struct dl_phdr_info *object, size_t size, void *nothing)
{
    (void)size;
    (void)nothing;
    const ElfW(Dyn) *dynamic = NULL;
    if (strstr(object->dlpi_name, "/libpq.so") == NULL)
        return false;
    library_base = library_start = object->dlpi_addr;
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &object->dlpi_phdr[i];
        uintptr_t end = library_base + part->p_vaddr + part->p_memsz;
        if (part->p_type == PT_DYNAMIC)
            dynamic = (const ElfW(Dyn) *)(library_base + part->p_vaddr);
        if (part->p_type == PT_LOAD && end > library_end)
            library_end = end;
    }
    return dynamic != NULL && redirect_library(dynamic) > 0;
}

__attribute__((constructor)) static void
read_wish(void)
{
    const char *path = getenv("IDMIGRATE_LIBPQ_LOG");
    const char *wish = getenv("IDMIGRATE_LIBPQ_FAULT");
    if (path == NULL)
        return;
    log_file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    if (wish != NULL) {
        char *end;
        wanted_number = strtol(wish, &end, 10);
        for_good = *end == '+';
        wanted_place = strchr(wish, ':');
        wanted_place = wanted_place != NULL ? wanted_place + 1 : "";
    }
    if (log_file < 0 || !dl_iterate_phdr(take_library, NULL)) {
        fputs("torture: libpq is not found, or asks nobody for memory\n", stderr);
        abort();
    }
}
