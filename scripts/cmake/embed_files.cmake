# Run by the build (see Embed.cmake): writes sql.c and include/idmigrate/sql.h into OUTPUT.
# Every text is an array of character constants, because C11 promises string literals of 4,095 bytes only.

cmake_minimum_required(VERSION 3.24)

file(STRINGS "${FILES}" files ENCODING UTF-8)

set(declarations "")
set(definitions "")
set(queries "")
set(installs "")
foreach(path IN LISTS files)
    get_filename_component(stem "${path}" NAME_WE)
    get_filename_component(folder "${path}" DIRECTORY)
    get_filename_component(folder "${folder}" NAME)
    if(path MATCHES "\\.(json|css)$")
        set(name "embedded_${stem}_${CMAKE_MATCH_1}")
    else()
        set(name "sql_${folder}_${stem}")
        if(folder STREQUAL "query")
            string(APPEND queries "    {\"${stem}\", ${name}},\n")
        else()
            string(APPEND installs "    {\"${stem}\", ${name}},\n")
        endif()
    endif()
    if(NOT name MATCHES "^[a-z][a-z0-9_]*$")
        message(FATAL_ERROR "${path}: the file's name must be lower-case letters, digits and _")
    endif()

    file(READ "${path}" bytes HEX)
    string(REGEX REPLACE "(................................)" "\\1\n" bytes "${bytes}")
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${bytes}")
    if(bytes MATCHES "x00'")
        message(FATAL_ERROR "${path}: holds a NUL byte")
    endif()
    string(APPEND declarations "extern const char ${name}[];\n")
    string(APPEND definitions "const char ${name}[] = {\n${bytes}\n'\\0'};\n\n")
endforeach()

file(WRITE "${OUTPUT}/include/idmigrate/sql.h"
"/* Generated from sql/, mappings/ and src/report/; each text ends with a NUL byte. */
#ifndef IDMIGRATE_SQL_H
#define IDMIGRATE_SQL_H

struct sql_text {
    const char *name; /* the file's name without its ending */
    const char *text;
};

/* All of sql/query and of sql/install, in the order of their names; each list ends with a NULL name. */
extern const struct sql_text sql_queries[];
extern const struct sql_text sql_installs[];

${declarations}
#endif
")
file(WRITE "${OUTPUT}/sql.c"
"/* Generated from sql/, mappings/ and src/report/. */
#include \"idmigrate/sql.h\"

#include <stddef.h>

${definitions}const struct sql_text sql_queries[] = {
${queries}    {NULL, NULL},
};

const struct sql_text sql_installs[] = {
${installs}    {NULL, NULL},
};
")
