# What `cmake --install` puts where, and the packages CPack makes of it.

if(TARGET idmigrate)
    install(TARGETS idmigrate RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endif()
install(DIRECTORY "${PROJECT_SOURCE_DIR}/mappings"
    DESTINATION "${CMAKE_INSTALL_DATADIR}/idmigrate"
    FILES_MATCHING PATTERN "*.json" PATTERN "*.md")
# What the JSON that the program writes looks like, for who reads it.
file(GLOB schemas CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/data/report/*.schema.json")
install(FILES ${schemas} DESTINATION "${CMAKE_INSTALL_DATADIR}/idmigrate/schemas")
install(FILES "${PROJECT_SOURCE_DIR}/README.md" DESTINATION "${CMAKE_INSTALL_DOCDIR}")

set(CPACK_PACKAGE_VENDOR "The idmigrate maintainers")
set(CPACK_PACKAGE_CONTACT "The idmigrate maintainers <maintainers@idmigrate.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Moves a PostgreSQL application from one identity provider's IDs to another's")
set(CPACK_GENERATOR DEB TGZ)
set(CPACK_STRIP_FILES ON)
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION database)
# The libraries, with the versions this binary was linked to: nothing to keep by hand.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "postgresql-client, ca-certificates")
# The packages are of the program alone, so that they can be made from any build.
include(CPack)
