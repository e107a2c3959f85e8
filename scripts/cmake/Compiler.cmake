# How every file of the project is compiled: the language, the warnings, the sanitizers.
# Two INTERFACE targets carry it, so that nothing is set for the whole directory tree.

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

set(IDMIGRATE_SANITIZE "" CACHE STRING
    "Sanitizers to build with, as -fsanitize= takes them (address,undefined or thread)")

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT DEFINED CMAKE_C_COMPILER_LAUNCHER)
    set(CMAKE_C_COMPILER_LAUNCHER "${CCACHE_PROGRAM}")
endif()

add_library(idmigrate_warnings INTERFACE)
target_compile_options(idmigrate_warnings INTERFACE
    -Wall -Wextra          # the compilers' own idea of what is suspicious
    -Wpedantic             # C11, not what one compiler makes of it
    -Wconversion           # a row count that becomes an int loses rows
    -Wshadow               # an inner `err` hides the one that is returned
    -Wstrict-prototypes    # f() takes anything; f(void) takes nothing
    -Wmissing-prototypes   # a function is static or has its contract in a header
    -Wcast-qual            # borrowed pointers stay const
    -Wwrite-strings        # so do literals
    -Wformat=2             # a format that is not a literal may hold somebody's data
    -Wvla                  # the size of an input never decides the size of the stack
    -Wundef                # a misspelt macro in #if is not silently 0
    -Werror=implicit-function-declaration) # C11 has no such call; it would link and then crash

# What POSIX and glibc give beside C11 (getline, vasprintf, pthread_setname_np, ...), without the compiler's
# own extensions. Defined empty, as a source file that says it for itself would.
add_library(idmigrate_platform INTERFACE)
target_compile_definitions(idmigrate_platform INTERFACE
    _GNU_SOURCE=
    IDMIGRATE_VERSION="${PROJECT_VERSION}"
    _FILE_OFFSET_BITS=64)
target_compile_options(idmigrate_platform INTERFACE -fstack-protector-strong)
target_link_options(idmigrate_platform INTERFACE -Wl,-z,relro,-z,now)
if(IDMIGRATE_SANITIZE)
    # Without recovery: a finding ends the program, so that no test can pass over one.
    target_compile_options(idmigrate_platform INTERFACE
        -fsanitize=${IDMIGRATE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(idmigrate_platform INTERFACE -fsanitize=${IDMIGRATE_SANITIZE})
else()
    # Needs an optimised build, and hides overruns from the sanitizers.
    target_compile_definitions(idmigrate_platform INTERFACE
        $<$<CONFIG:Release,RelWithDebInfo>:_FORTIFY_SOURCE=2>)
endif()

# Functions that the program does not use; not for tests, whose framework may.
add_library(idmigrate_banned INTERFACE)
target_compile_options(idmigrate_banned INTERFACE
    "SHELL:-include ${PROJECT_SOURCE_DIR}/include/idmigrate/banned.h")
