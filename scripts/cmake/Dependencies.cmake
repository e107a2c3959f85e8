# The libraries the project stands on. A room names them by the short name after `external::`.

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

pkg_check_modules(libpq REQUIRED IMPORTED_TARGET libpq>=14)
pkg_check_modules(jansson REQUIRED IMPORTED_TARGET jansson>=2.13)
pkg_check_modules(uuid REQUIRED IMPORTED_TARGET uuid)
pkg_check_modules(xxhash REQUIRED IMPORTED_TARGET libxxhash>=0.8)
pkg_check_modules(curl REQUIRED IMPORTED_TARGET libcurl>=7.85)
pkg_check_modules(crypto REQUIRED IMPORTED_TARGET libcrypto>=3)

# libcsv ships no .pc file.
find_library(CSV_LIBRARY csv REQUIRED)
find_path(CSV_INCLUDE_DIR csv.h REQUIRED)

foreach(name IN ITEMS libpq jansson uuid xxhash crypto curl)
    add_library(external::${name} ALIAS PkgConfig::${name})
endforeach()
add_library(external::threads ALIAS Threads::Threads)
add_library(external_math INTERFACE)
target_link_libraries(external_math INTERFACE m)
add_library(external::math ALIAS external_math)
add_library(external::csv UNKNOWN IMPORTED)
set_target_properties(external::csv PROPERTIES
    IMPORTED_LOCATION "${CSV_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${CSV_INCLUDE_DIR}")
