# A room is a static library, and its link line is the rule of what it may use: USES names rooms below
# it (see the tour in README.md), LIBS names external libraries (see Dependencies.cmake). A room that is not
# there yet, or stands above, is an error here and not a surprise at link time.
#
#   idmigrate_room(idmap SOURCES lookup.c csv.c USES base LIBS csv jansson)

function(idmigrate_require_targets what prefix)
    foreach(name IN LISTS ARGN)
        if(NOT TARGET ${prefix}${name})
            message(FATAL_ERROR "${what}: there is no ${prefix}${name} "
                "(a room may only use rooms that come before it in src/CMakeLists.txt)")
        endif()
    endforeach()
endfunction()

function(idmigrate_room room)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;USES;LIBS")
    if(arg_UNPARSED_ARGUMENTS OR NOT arg_SOURCES)
        message(FATAL_ERROR "idmigrate_room(${room}): wants SOURCES, and no ${arg_UNPARSED_ARGUMENTS}")
    endif()
    idmigrate_require_targets("room ${room}" idmigrate_ ${arg_USES})
    idmigrate_require_targets("room ${room}" external:: ${arg_LIBS})
    list(TRANSFORM arg_USES PREPEND idmigrate_)
    list(TRANSFORM arg_LIBS PREPEND external::)

    add_library(idmigrate_${room} STATIC ${arg_SOURCES})
    target_include_directories(idmigrate_${room} PUBLIC "${PROJECT_SOURCE_DIR}/include")
    target_link_libraries(idmigrate_${room}
        PUBLIC idmigrate_platform ${arg_USES}
        PRIVATE idmigrate_warnings idmigrate_banned ${arg_LIBS})
endfunction()
