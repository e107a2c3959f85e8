# Breaks the program on purpose, one place at a time (mutations/*.patch): each time its own verification must find a difference.
# The second line of a patch names the mapping that shows it.
. "$SOURCE_DIR/tests/e2e/eleva.bash"

mkdir "$WORK/tree"
tar -C "$SOURCE_DIR" -cf - CMakeLists.txt README.md src include sql mappings scripts | tar -C "$WORK/tree" -xf -
built=$WORK/built
build_mutant() {
    run cmake -S "$WORK/tree" -B "$built" -G Ninja -DBUILD_TESTING=OFF -DCMAKE_BUILD_TYPE=Debug
    assert_exit 0
    run cmake --build "$built" --target idmigrate
    assert_exit 0
}
build_mutant
eleva_load mutation

# run_mapping NAME: in a fresh target, by the program as it is now; one worker, so that a patch may remember the row before.
run_mapping() {
    eleva_reset mutation
    run "$built/src/idmigrate" run --yes --jobs 1 --progress none "$WORK/mutation/$1.json"
}

# Unbroken, the same program proves both.
for name in eleva eleva-audit; do
    run_mapping "$name"
    assert_exit 0
done

[ $# -gt 0 ] || set -- "$SOURCE_DIR"/tests/e2e/mutations/*.patch
for patch in "$@"; do
    patch -s -d "$WORK/tree" -p1 <"$patch" || fail "$patch does not apply: mend it"
    build_mutant
    run_mapping "$(sed -n '2s/^mapping: //p' "$patch")"
    [ "$STATUS" -eq 5 ] || fail "exit status $STATUS instead of 5 with ${patch##*/}"
    printf '%s: %s\n' "${patch##*/}" "$(grep -c 'different' "$WORK/out") lines say so"
    patch -s -R -d "$WORK/tree" -p1 <"$patch"
done
