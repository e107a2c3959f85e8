# Every public header compiles alone, so that a file may include what it uses in any order.

function(idmigrate_check_headers)
    file(GLOB headers CONFIGURE_DEPENDS RELATIVE "${PROJECT_SOURCE_DIR}/include"
        "${PROJECT_SOURCE_DIR}/include/idmigrate/*.h")
    set(sources)
    foreach(header IN LISTS headers)
        get_filename_component(stem "${header}" NAME_WE)
        set(source "${PROJECT_BINARY_DIR}/headers/${stem}.c")
        # Twice: the guard must work too. The declaration keeps the file from being empty.
        file(CONFIGURE OUTPUT "${source}" @ONLY CONTENT
            "#include \"@header@\"\n#include \"@header@\"\n\nextern int header_@stem@_is_complete;\n")
        list(APPEND sources "${source}")
    endforeach()
    if(NOT sources)
        return()
    endif()
    add_library(idmigrate_headers OBJECT ${sources})
    target_include_directories(idmigrate_headers PRIVATE "${PROJECT_SOURCE_DIR}/include")
    target_link_libraries(idmigrate_headers PRIVATE idmigrate_sql idmigrate_platform idmigrate_warnings)
endfunction()

idmigrate_check_headers()
