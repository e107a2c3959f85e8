# How tests are built and registered. Three kinds, each a CTest label:
#
#   idmigrate_unit_test(<room>_<what> SOURCES ... USES <rooms>)          no server
#   idmigrate_integration_test(<room>_<what> SOURCES ... USES <rooms>)   a real server
#   idmigrate_e2e_test(<name> <script>)                                  the binary, driven by bash
#
# SOURCES are relative to the folder that calls; DATA_DIR is defined as tests/data, and a test may name
# TIMEOUT in seconds and, where it lasts long, COST (about seconds, too): without records of an earlier run
# ctest begins with those, for whatever begins last should be short. The server is a CTest fixture: started once
# before the first test that needs it, stopped after the last, with nothing in common with a server that runs on
# the machine.

pkg_check_modules(criterion REQUIRED IMPORTED_TARGET criterion>=2.4)

# A unix socket's path must be short (108 bytes), wherever the build is: it gets a folder of its own.
string(MD5 idmigrate_build_hash "${PROJECT_BINARY_DIR}:$ENV{USER}")
string(SUBSTRING "${idmigrate_build_hash}" 0 10 idmigrate_build_hash)
set(IDMIGRATE_TEST_SERVER "/tmp/idmigrate-test-${idmigrate_build_hash}" CACHE INTERNAL "")
set(IDMIGRATE_TEST_HOST "${IDMIGRATE_TEST_SERVER}/socket" CACHE INTERNAL "")

# What a test must see of its surroundings is set here, not taken from who runs it.
set(IDMIGRATE_TEST_ENVIRONMENT
    LC_ALL=C.UTF-8
    # Without abort_on_error a leak that LeakSanitizer finds in a child leaves Criterion's test green.
    ASAN_OPTIONS=abort_on_error=1:detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1
    UBSAN_OPTIONS=abort_on_error=1:halt_on_error=1:print_stacktrace=1
    TSAN_OPTIONS=halt_on_error=1:abort_on_error=1
    "LSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/support/lsan.supp:print_suppressions=0"
    CACHE INTERNAL "")
set(IDMIGRATE_TEST_FORGET)
foreach(name IN ITEMS PGHOST PGPORT PGDATABASE PGPASSWORD PGSERVICE PGOPTIONS PGSSLMODE PGAPPNAME
        IDMIGRATE_SOURCE IDMIGRATE_TARGET)
    list(APPEND IDMIGRATE_TEST_FORGET "${name}=unset:")
endforeach()
set(IDMIGRATE_TEST_FORGET "${IDMIGRATE_TEST_FORGET}" CACHE INTERNAL "")
set(IDMIGRATE_SERVER_ENVIRONMENT
    "IDMIGRATE_TEST_HOST=${IDMIGRATE_TEST_HOST}" PGUSER=postgres "SOURCE_DIR=${PROJECT_SOURCE_DIR}"
    CACHE INTERNAL "")

function(idmigrate_add_criterion_test kind name)
    cmake_parse_arguments(PARSE_ARGV 2 arg "" "TIMEOUT;COST" "SOURCES;USES;LIBS;ENVIRONMENT;LINK_OPTIONS")
    if(arg_UNPARSED_ARGUMENTS OR NOT arg_SOURCES)
        message(FATAL_ERROR "${kind} test ${name}: wants SOURCES, and no ${arg_UNPARSED_ARGUMENTS}")
    endif()
    idmigrate_require_targets("${kind} test ${name}" idmigrate_ ${arg_USES})
    idmigrate_require_targets("${kind} test ${name}" external:: ${arg_LIBS})
    list(TRANSFORM arg_USES PREPEND idmigrate_)
    list(TRANSFORM arg_LIBS PREPEND external::)
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT 120)
    endif()
    if(NOT arg_COST)
        set(arg_COST 0)
    endif()

    set(target ${kind}_${name})
    add_executable(${target} ${arg_SOURCES})
    target_link_libraries(${target} PRIVATE
        ${arg_USES} ${arg_LIBS} idmigrate_platform idmigrate_warnings PkgConfig::criterion)
    target_include_directories(${target} PRIVATE
        "${PROJECT_SOURCE_DIR}/include" "${PROJECT_SOURCE_DIR}/tests/support")
    target_compile_definitions(${target} PRIVATE DATA_DIR="${PROJECT_SOURCE_DIR}/tests/data")
    target_link_options(${target} PRIVATE ${arg_LINK_OPTIONS})

    add_test(NAME ${kind}.${name} COMMAND ${target} --color=never)
    set_tests_properties(${kind}.${name} PROPERTIES
        LABELS ${kind}
        # Of the whole executable. Criterion's --timeout only lowers limits that a test has for itself.
        TIMEOUT ${arg_TIMEOUT}
        COST ${arg_COST}
        # An executable in which no test was found ends with status 0.
        FAIL_REGULAR_EXPRESSION "Tested: 0 "
        ENVIRONMENT "${IDMIGRATE_TEST_ENVIRONMENT};${arg_ENVIRONMENT}"
        ENVIRONMENT_MODIFICATION "${IDMIGRATE_TEST_FORGET}")
endfunction()

function(idmigrate_needs_server test)
    get_test_property(${test} ENVIRONMENT environment)
    set_tests_properties(${test} PROPERTIES
        FIXTURES_REQUIRED postgres
        ENVIRONMENT "${environment};${IDMIGRATE_SERVER_ENVIRONMENT}")
endfunction()

# Criterion keeps its tests in a part of memory that ThreadSanitizer has for itself ("could not initialize
# inheritable arena"): a build with that runs the end-to-end tests, which drive the program from outside.
if(IDMIGRATE_SANITIZE MATCHES thread)
    set(IDMIGRATE_WITHOUT_CRITERION ON CACHE INTERNAL "")
else()
    set(IDMIGRATE_WITHOUT_CRITERION OFF CACHE INTERNAL "")
endif()

function(idmigrate_unit_test name)
    if(IDMIGRATE_WITHOUT_CRITERION)
        return()
    endif()
    idmigrate_add_criterion_test(unit ${name} ${ARGN})
endfunction()

function(idmigrate_integration_test name)
    if(IDMIGRATE_WITHOUT_CRITERION)
        return()
    endif()
    idmigrate_add_criterion_test(integration ${name} ${ARGN})
    target_link_libraries(integration_${name} PRIVATE idmigrate_test_support)
    if(TARGET idmigrate)
        add_dependencies(integration_${name} idmigrate)
        set_property(TEST integration.${name} APPEND PROPERTY ENVIRONMENT "IDMIGRATE=$<TARGET_FILE:idmigrate>")
    endif()
    idmigrate_needs_server(integration.${name})
endfunction()

function(idmigrate_e2e_test name script)
    cmake_parse_arguments(PARSE_ARGV 2 arg "" "TIMEOUT;COST" "ENVIRONMENT")
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT 300)
    endif()
    if(NOT arg_COST)
        set(arg_COST 0)
    endif()
    cmake_path(ABSOLUTE_PATH script)
    if(NOT EXISTS "${script}")
        message(FATAL_ERROR "e2e test ${name}: there is no ${script}")
    endif()
    add_test(NAME e2e.${name} COMMAND bash "${script}")
    set_tests_properties(e2e.${name} PROPERTIES
        LABELS e2e
        TIMEOUT ${arg_TIMEOUT}
        COST ${arg_COST}
        ENVIRONMENT "${IDMIGRATE_TEST_ENVIRONMENT};IDMIGRATE=$<TARGET_FILE:idmigrate>;${arg_ENVIRONMENT}"
        ENVIRONMENT_MODIFICATION "${IDMIGRATE_TEST_FORGET}")
    idmigrate_needs_server(e2e.${name})
endfunction()
