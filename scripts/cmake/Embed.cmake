# Puts sql/query/*.sql, sql/install/*.sql, the data files of mappings/ that code needs, and the report's style sheet into
# the program, as the library idmigrate_sql with the header idmigrate/sql.h. What is generated is never committed.
#
#   sql/query/claim_chunk.sql   sql_query_claim_chunk
#   sql/install/state.sql       sql_install_state
#   mappings/formats.json       embedded_formats_json
#   src/report/report.css       embedded_report_css
#
# CONFIGURE_DEPENDS: adding a statement is adding a file.

function(idmigrate_embed)
    file(GLOB files CONFIGURE_DEPENDS
        "${PROJECT_SOURCE_DIR}/sql/query/*.sql"
        "${PROJECT_SOURCE_DIR}/sql/install/*.sql")
    list(APPEND files
        "${PROJECT_SOURCE_DIR}/mappings/audit_profiles.json"
        "${PROJECT_SOURCE_DIR}/mappings/audit_registry.json"
        "${PROJECT_SOURCE_DIR}/mappings/formats.json"
        "${PROJECT_SOURCE_DIR}/mappings/exports.json"
        "${PROJECT_SOURCE_DIR}/mappings/frameworks.json"
        "${PROJECT_SOURCE_DIR}/mappings/providers.json"
        "${PROJECT_SOURCE_DIR}/mappings/fetch.json"
        "${PROJECT_SOURCE_DIR}/src/report/report.css")

    set(generated "${PROJECT_BINARY_DIR}/generated")
    set(script "${PROJECT_SOURCE_DIR}/scripts/cmake/embed_files.cmake")
    # The list goes through a file: a statement that was removed changes it, and so makes it anew.
    string(REPLACE ";" "\n" lines "${files}")
    file(CONFIGURE OUTPUT "${generated}/files.txt" CONTENT "${lines}\n" @ONLY)

    add_custom_command(
        OUTPUT "${generated}/sql.c" "${generated}/include/idmigrate/sql.h"
        COMMAND "${CMAKE_COMMAND}" -D "FILES=${generated}/files.txt" -D "OUTPUT=${generated}" -P "${script}"
        DEPENDS ${files} "${generated}/files.txt" "${script}"
        COMMENT "Embedding SQL and data"
        VERBATIM)

    add_library(idmigrate_sql STATIC "${generated}/sql.c" "${generated}/include/idmigrate/sql.h")
    target_include_directories(idmigrate_sql PUBLIC "${generated}/include")
    target_link_libraries(idmigrate_sql PUBLIC idmigrate_platform PRIVATE idmigrate_warnings)
endfunction()

idmigrate_embed()
