/*
 * Runs a fuzz target without libFuzzer: on every file of the folders that are named, and on simple
 * mutations of each. The same files give the same mutations.
 *
 *   fuzz_json SECONDS FOLDER...
 */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { LARGEST = 64 * 1024, MOST_FILES = 2000 };

static struct {
    uint8_t *data;
    size_t size;
} files[MOST_FILES];
static size_t file_count;
static uint64_t state = 88172645463325252;

/* xorshift64 */
static uint64_t
next_number(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static void
read_file(const char *path)
{
    FILE *stream = fopen(path, "rb");
    uint8_t *data = malloc(LARGEST);
    if (stream == NULL || data == NULL || file_count == MOST_FILES)
        exit(2);
    files[file_count].size = fread(data, 1, LARGEST, stream);
    files[file_count++].data = data;
    fclose(stream);
}

static int
compare_names(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void
read_folder(const char *folder)
{
    struct dirent **entries;
    struct stat status;
    int count = scandir(folder, &entries, NULL, compare_names);
    for (int i = 0; i < count; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.' && stat(path, &status) == 0) {
            if (S_ISDIR(status.st_mode))
                read_folder(path);
            else
                read_file(path);
        }
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
}

/* Takes a part of another file in, takes a part out, or changes a byte. */
static size_t
mutate(uint8_t *data, size_t size)
{
    for (uint64_t steps = 1 + next_number() % 4; steps > 0; steps--) {
        size_t at = size > 0 ? next_number() % size : 0;
        size_t length = 1 + next_number() % 16;
        size_t other = next_number() % file_count;
        switch (next_number() % 4) {
        case 0:
            if (size > 0)
                data[at] = (uint8_t)next_number();
            break;
        case 1:
            if (size > 0)
                data[at] = (uint8_t) "\"\\{}[],:\n\r\t\xEF\xBB\xBF|;"[next_number() % 17];
            break;
        case 2:
            length = length < size - at ? length : size - at;
            memmove(data + at, data + at + length, size - at - length);
            size -= length;
            break;
        default:
            length = length * 4 < files[other].size ? length * 4 : files[other].size;
            if (length == 0 || size + length > LARGEST)
                break;
            memmove(data + at + length, data + at, size - at);
            memcpy(data + at, files[other].data + next_number() % (files[other].size - length + 1),
                   length);
            size += length;
        }
    }
    return size;
}

int
main(int count, char **arguments)
{
    uint8_t *data = malloc(LARGEST);
    if (count < 3 || data == NULL)
        return 2;
    for (int i = 2; i < count; i++)
        read_folder(arguments[i]);
    if (file_count == 0)
        return 2;
    for (size_t i = 0; i < file_count; i++)
        LLVMFuzzerTestOneInput(files[i].data, files[i].size);
    double seconds = strtod(arguments[1], NULL);
    uint64_t runs = 0;
    for (clock_t began = clock(); (double)(clock() - began) / CLOCKS_PER_SEC < seconds; runs++) {
        size_t file = runs % file_count;
        memcpy(data, files[file].data, files[file].size);
        LLVMFuzzerTestOneInput(data, mutate(data, files[file].size));
    }
    printf("%zu files, %llu mutations\n", file_count, (unsigned long long)runs);
    for (size_t i = 0; i < file_count; i++)
        free(files[i].data);
    free(data);
    return 0;
}
