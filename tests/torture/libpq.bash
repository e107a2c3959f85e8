# shellcheck disable=SC2034,SC2153,SC2015,SC2119,SC2120 # files of scripts/torture share variables
# Inside libpq a request for memory is refused: once at each place that asks, in a process of its own. A place is who asked,
# the way there through libpq, and who in the program wanted it (libpq_memory.c); an undisturbed run tells which there are.
# libpq_hangs lists by name where libpq itself never comes back.

# How long a try may take before it hangs, in seconds: many times what it takes. One that is known to hang gets less.
LIBPQ_LIMIT=60
LIBPQ_KNOWN_LIMIT=5

# libpq_names: where the library's functions begin and end, for name_place. Of the static ones an ordinary library has no
# names, but its tables for unwinding the stack tell where they are: the third behind PQfinish is PQfinish..3.
libpq_names() {
    local library address size kind name range last=libpq count=0
    declare -A exported=()
    library=$(ldd "$FAULTS" | awk '/libpq\.so/ {print $3}')
    library=$(readlink -f "$library")
    LIBPQ_VERSION=${library##*.so.5.}
    while read -r address size kind name; do exported[$((16#$address))]=$name; done < <(nm -D -S --defined-only "$library" | grep ' T ')
    libpq_starts=() libpq_ends=() libpq_functions=()
    while read -r range; do
        address=$((16#${range%..*})) count=$((count + 1))
        [ -z "${exported[$address]-}" ] || last=${exported[$address]} count=0
        libpq_starts+=("$address") libpq_ends+=($((16#${range#*..})))
        if [ "$count" -eq 0 ]; then libpq_functions+=("$last"); else libpq_functions+=("$last..$count"); fi
    done < <(readelf -W --debug-dump=frames "$library" 2>/dev/null | sed -n 's/.* FDE .*pc=//p' | sort)
    [ ${#libpq_functions[@]} -gt 100 ] || fail "the functions of $library are not known"
}
# name_place PLACE: its functions from the inside out, in NAMED.
name_place() {
    local offset low high middle place=${1#*@}
    NAMED=${1%%@*} place=${place%/*}
    for offset in ${place//</ }; do
        # A return address may already be in the next function.
        offset=$((16#$offset - 1)) low=0 high=${#libpq_starts[@]}
        while [ $((high - low)) -gt 1 ]; do
            middle=$(((low + high) / 2))
            if [ "${libpq_starts[middle]}" -le "$offset" ]; then low=$middle; else high=$middle; fi
        done
        if [ "$offset" -lt "${libpq_ends[low]}" ]; then NAMED+=" < ${libpq_functions[low]}"; else NAMED+=' < ?'; fi
    done
}
# list_places: those in the log, as lines "PLACE<tab>NAMED".
list_places() {
    local place
    while read -r place; do
        name_place "$place"
        printf '%s\t%s\n' "$place" "$NAMED"
    done < <(awk '$1 == "call" { print $2 }' "$HERE/calls" | sort -u)
}
# Of this version of libpq, the names alone.
known_hangs() { sed -nE "s/^$LIBPQ_VERSION +([^#]*[^# ]) *(#.*)?\$/\1/p" "$ROOT/tests/torture/libpq_hangs"; }

# choose_faults: which to try, of the list of places. First one at each of libpq's own, in an order by chance; in the short form
# so many of them, and one that is known to hang. In the long form then everything from such a request on, and last those of
# each other caller in the program, but not where it connects, since that fails in one way only.
choose_faults() {
    shuf --random-source=<(yes "$SEED") "$HERE/places" |
        KNOWN=$KNOWN awk -F '\t' -v long="$LONG" -v most=$((10 * MOMENTS)) '
            BEGIN { split(ENVIRON["KNOWN"], names, "\n"); for (i in names) hangs[names[i]] = 1 }
            { own = $1; sub("/.*", "", own); first = !seen[own]++ }
            long == "yes" && first { print "1:" $1; for_good = for_good "1+:" $1 "\n" }
            long == "yes" && !first && $2 !~ /PQconn[A-Za-z]*$/ { others = others "1:" $1 "\n" }
            long == "yes" { next }
            $2 in hangs { if (!hung++) print "1:" $1; next }
            first && n++ < most { print "1:" $1 }
            END { printf "%s%s", for_good, others }'
}

# find_hang: where the last try hangs, in NAMED: at a known place if memory was refused at one, or at the last.
find_hang() {
    local place
    while read -r place; do
        name_place "$place"
        ! is_known_hang || return 0
    done < <(awk '$1 == "fault" { print $2 }' "$HERE/calls")
}
is_known_hang() { grep -qxF -e "$NAMED" <<<"$KNOWN"; }

# libpq_try [N:PLACE]: a try of the program with that fault, or one that tells all places. False when it hangs.
libpq_try() {
    local status=0 limit=$LIBPQ_LIMIT
    [ $# -eq 0 ] || ! is_known_hang || limit=$LIBPQ_KNOWN_LIMIT
    WITH=(env IDMIGRATE_LIBPQ_LOG="$HERE/calls" ${1:+"IDMIGRATE_LIBPQ_FAULT=$1"})
    PROGRAM=$FAULTS
    begin_try
    await_try "$limit" || status=$?
    PROGRAM=$BUILD/src/idmigrate
    WITH=(env)
    return "$status"
}

# Ends the scenario unless the last try, of fault $1, ended as it must. Sets OUTCOME.
judge_fault() {
    ! grep -qE 'Sanitizer|runtime error:' "$HERE/err" || fail "$1: a finding of a sanitizer"
    case $STATUS in
    "$EXPECTED") OUTCOME=harmless ;;
    4 | 70) OUTCOME=error ;;
    134) OUTCOME=abort ;;
    # A refusal would blame what is not wrong.
    *) fail "$1: exit status $STATUS" ;;
    esac
    [ "$OUTCOME" = harmless ] || grep -q '^idmigrate: .' "$HERE/err" || fail "$1: not a word"
}

# is_untouched: the target is as it was before any run, so that the next try is an undisturbed one.
is_untouched() {
    [ "$(ask target "$DATABASE" "select count(*) from pg_namespace where nspname = 'idmigrate'")" = 0 ] || return 1
    describe content | cmp -s - "$HERE/untouched" || fail 'there is no run, and tables are not as they were'
}

# login_as_guest: the program reads the source with a service file, a file of passwords and a login that wants one, so that it
# comes to more places in libpq.
login_as_guest() {
    ask source postgres 'drop role if exists guest' "create role guest superuser login password 'a:word'"
    printf '*:*:*:guest:a\\:word\n' >"$HERE/passwords"
    printf '[torture]\nhost=%s\nuser=guest\n' "$(server_socket source)" >"$HERE/services"
    chmod 0600 "$HERE/passwords"
    sed -i '1i local all guest scram-sha-256' "$HALL/source/data/pg_hba.conf"
    server_crash source
    server_up source
    export PGPASSFILE=$HERE/passwords PGSERVICEFILE=$HERE/services TORTURE_SOURCE="postgresql:///${CASE}_source?service=torture"
}

scenario libpq-memory 'inside libpq a request for memory is refused, at each place once'
torture_libpq_memory() {
    local faults fault name own resumed=0
    declare -A outcomes=([harmless]=0 [error]=0 [abort]=0 [hang]=0 [unreached]=0) tried=() hung=()
    use small 12
    JOBS=2 BLOCKS=''
    login_as_guest
    libpq_names
    KNOWN=$(known_hangs)
    reset
    describe content >"$HERE/untouched"
    libpq_try || fail 'it hangs although nothing fails'
    [ "$STATUS" -eq "$EXPECTED" ] || fail "exit status $STATUS where nothing fails"
    judge
    list_places >"$HERE/places"
    own=$(cut -d / -f 1 "$HERE/places" | sort -u | wc -l)
    [ "$own" -gt 60 ] || fail "only $own places were seen"
    faults=$(choose_faults)
    reset
    for fault in $faults; do
        name_place "${fault#*:}"
        tried[$NAMED]=yes
        if ! libpq_try "$fault"; then
            OUTCOME=hang
            find_hang
            is_known_hang || fail "$fault: it hangs, and libpq_hangs does not list this for libpq $LIBPQ_VERSION: $NAMED"
            hung[$NAMED]=yes
        elif ! grep -q '^fault' "$HERE/calls"; then
            # What two workers do differs a little from run to run.
            OUTCOME=unreached
        else
            judge_fault "$fault ($NAMED)"
        fi
        outcomes[$OUTCOME]=$((outcomes[$OUTCOME] + 1))
        printf '%s: exit status %s, %s: %s: %s\n' "$fault" "$STATUS" "$OUTCOME" "$NAMED" "$(tail -n 2 "$HERE/err" | tr '\n' ' ')"
        : >"$HERE/tries"
        wait_ready
        # Most of the places are met before anything is written.
        ! is_untouched || continue
        finish
        judge
        reset
        resumed=$((resumed + 1))
    done
    while IFS= read -r name; do
        [ "$LONG" = no ] || [ -n "${tried[$name]-}" ] || fail "libpq_hangs lists what is nowhere: $name"
        [ -z "${tried[$name]-}" ] || [ -n "${hung[$name]-}" ] || fail "libpq_hangs lists what does not hang: $name"
    done < <(known_hangs)
    [ $((10 * outcomes[unreached])) -le "$(wc -w <<<"$faults")" ] || fail "${outcomes[unreached]} faults were not met"
    summary "$own places in libpq, $(wc -l <"$HERE/places") with callers, $(wc -w <<<"$faults") faults, $resumed after the first write:" \
        "$(for name in error harmless abort hang unreached; do printf '%s %s ' "${outcomes[$name]}" "$name"; done)"
}
