#!/usr/bin/env bash
# Checks a proof of `idmigrate audit prove` with nothing of the program: jq, xxd and openssl.
#
#   check_proof.bash PROOF.json [PUBLIC.pem]
#
# RFC 6962: a leaf is SHA-256(0x00 || event), a node SHA-256(0x01 || left || right); which side a step of the path is
# on follows from the leaf's index and the size of the tree (RFC 9162, section 2.1.3.2). Written from the RFCs and
# mappings/seals.md alone.
set -euo pipefail

proof=$1 key=${2-}
die() {
    printf 'check_proof: %s\n' "$*" >&2
    exit 1
}
value() { jq -er "$1" "$proof"; }
sha256_hex() { xxd -r -p | openssl dgst -sha256 -r | cut -d' ' -f1; }

hash=$(value .leaf) index=$(value .index) size=$(value .size)
if bytes=$(jq -er .event_bytes "$proof"); then
    made=$({ printf '00'; printf '%s' "$bytes" | openssl base64 -d -A | xxd -p | tr -d '\n'; } | sha256_hex)
    [ "$made" = "$hash" ] || die "the leaf is not the hash of the event"
fi

fn=$index sn=$((size - 1))
while IFS= read -r step; do
    [ "$sn" -ne 0 ] || die "the path is too long"
    if [ $((fn & 1)) -eq 1 ] || [ "$fn" -eq "$sn" ]; then
        hash=$(printf '01%s%s' "$step" "$hash" | sha256_hex)
        while [ $((fn & 1)) -eq 0 ] && [ "$fn" -ne 0 ]; do fn=$((fn >> 1)) sn=$((sn >> 1)); done
    else
        hash=$(printf '01%s%s' "$hash" "$step" | sha256_hex)
    fi
    fn=$((fn >> 1)) sn=$((sn >> 1))
done < <(jq -r '.path[]' "$proof")
[ "$sn" -eq 0 ] || die "the path is too short"

# Command substitution would take the last newline off.
jq -j .seal.statement "$proof" >"$proof.statement"
grep -qx "root: $hash" "$proof.statement" || die "the path does not lead to the seal's root"
[ "$(openssl dgst -sha256 -r "$proof.statement" | cut -d' ' -f1)" = "$(value .seal.hash)" ] || die "the seal's hash is wrong"
if [ -n "$key" ]; then
    value .seal.signature | xxd -r -p >"$proof.signature"
    openssl pkeyutl -verify -pubin -inkey "$key" -rawin -in "$proof.statement" -sigfile "$proof.signature" >/dev/null ||
        die "the signature is wrong"
fi
echo "ok $hash"
