# kill_at_random.bash CASE MOMENTS USERS SEED: see scripts/kill-test, which runs it; a short form is part of crash.bash.
. "$SOURCE_DIR/tests/e2e/eleva.bash"
. "$SOURCE_DIR/tests/e2e/clinic.bash"
case=$1 moments=$2 users=$3 RANDOM=$4
printf 'seed %s\n' "$4"
name=kill_$case

if [ "$case" = eleva ]; then
    eleva_load "$name" -n "$users"
    eleva_oracle "$name" -
    mapping=$WORK/$name/eleva.json
    reset() { eleva_reset "$name"; }
    judge() { assert_is_oracle "$name" without-log && assert_one_event_per_row "$name"; }
    target=${name}_target
else
    clinic_load "$name" -n "$users"
    mapping=$WORK/$name/mapping.json
    reset() { clinic_reset "$name"; }
    judge() { assert_clinic_is_oracle "$name" && assert_clinic_has_one_event_per_row "$name"; }
    target=$name
fi

# How long it takes undisturbed, in milliseconds.
reset
began=$(date +%s%3N)
idmigrate run --yes --progress none "$mapping"
assert_exit 0
judge
length=$(($(date +%s%3N) - began))

killed=0
for ((moment = 1; moment <= moments; moment++)); do
    reset
    here=0
    for _ in 1 2 3; do
        wait_for=$((RANDOM * 32768 % length + RANDOM % 50))
        run timeout -s KILL "$(printf '%d.%03d' $((wait_for / 1000)) $((wait_for % 1000)))" "$IDMIGRATE" run --yes --progress none "$mapping"
        [ "$STATUS" -ne 137 ] || here=$((here + 1))
        [ "$STATUS" -eq 137 ] || break
    done
    idmigrate run --yes --progress none "$mapping"
    assert_exit 0
    judge
    killed=$((killed + here))
    printf '%s of %s: %s kills, equal; attempts %s\n' "$moment" "$moments" "$here" "$(query "$target" 'select max(attempts) from idmigrate.run')"
done
[ "$killed" -gt 0 ] || fail 'no run was killed: the moments came too late'
printf '%s moments, %s kills: all equal\n' "$moments" "$killed"
