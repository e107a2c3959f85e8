#!/usr/bin/env bash
# The packages: what is in them, that the .deb names the libraries it needs, and that the program runs from where
# it was put. Builds without tests and sanitizers in WORK_DIR, as a packager would; where IDMIGRATE_RELEASE_BUILD names a
# build of that kind which is there already, packs what that one installs.
#
#   package_test.bash SOURCE_DIR WORK_DIR
set -euo pipefail

source=$1 work=$2
fail() {
    echo "FAILED at line ${BASH_LINENO[0]}: $*"
    exit 1
}

built=$work
if [ -n "${IDMIGRATE_RELEASE_BUILD:-}" ] && grep -qx 'CMAKE_BUILD_TYPE:STRING=Release' "$IDMIGRATE_RELEASE_BUILD/CMakeCache.txt" &&
    grep -qx 'IDMIGRATE_SANITIZE:STRING=' "$IDMIGRATE_RELEASE_BUILD/CMakeCache.txt"; then
    built=$IDMIGRATE_RELEASE_BUILD
else
    cmake -S "$source" -B "$built" -G Ninja -DCMAKE_BUILD_TYPE=Release -DBUILD_TESTING=OFF >/dev/null
fi
cmake --build "$built" >/dev/null
mkdir -p "$work"
rm -f "$work"/*.deb "$work"/*.tar.gz
(cd "$work" && cpack --config "$built/CPackConfig.cmake" >cpack.log 2>&1) || fail "cpack: $(cat "$work/cpack.log")"

deb=$(echo "$work"/idmigrate_*.deb)
depends=$(dpkg-deb -f "$deb" Depends)
for library in libc6 libpq5 libjansson4 libcsv3 libxxhash0 libssl3 libcurl4; do
    [[ $depends == *$library* ]] || fail "the .deb does not depend on $library: $depends"
done

unpacked=$work/unpacked
rm -rf "$unpacked"
mkdir -p "$unpacked/deb" "$unpacked/tgz"
dpkg-deb -x "$deb" "$unpacked/deb"
tar -x -z -f "$(echo "$work"/idmigrate-*.tar.gz)" -C "$unpacked/tgz" --strip-components=1
for root in "$unpacked/deb/usr" "$unpacked/tgz"; do
    "$root/bin/idmigrate" --version | grep -q '^idmigrate [0-9]' || fail "$root/bin/idmigrate does not tell its version"
    for file in README.md formats.json; do
        [ -s "$root/share/idmigrate/mappings/$file" ] || fail "$root lacks mappings/$file"
    done
done
if readelf -d "$unpacked/deb/usr/bin/idmigrate" | grep -qE 'R(UN)?PATH'; then fail "the program looks for libraries in the build"; fi
