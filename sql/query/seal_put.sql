-- One seal more. It is refused when another took its number, whoever was first.
-- $1 text: log; $2 bigint: seal_no; $3 date: month; $4 uuid: stream; $5 timestamptz, $6 text: after; $7 timestamptz,
-- $8 text: to; $9 bigint: events; $10 bytea: root; $11 bytea: leaves_digest; $12 text: layout; $13 text: reason;
-- $14 timestamptz: sealed_at; $15 text: tool_version; $16 bytea: previous; $17 bytea: hash; $18 bytea: signature;
-- $19 text: signer.
INSERT INTO idmigrate.seal (log, seal_no, month, stream, after_time, after_id, to_time, to_id, events, root, leaves_digest,
                            layout, reason, sealed_at, tool_version, previous, hash, signature, signer)
VALUES ($1::text, $2::bigint, $3::date, $4::uuid, $5::timestamptz, $6::text, $7::timestamptz, $8::text, $9::bigint,
        $10::bytea, $11::bytea, $12::text, $13::text, $14::timestamptz, $15::text, $16::bytea, $17::bytea, $18::bytea,
        $19::text)
