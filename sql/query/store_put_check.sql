-- One result of a verification.
-- $1 uuid: run ID; $2 integer: number of the verification; $3 integer: number of the result; $4 text: check;
-- $5 integer: table number or null; $6 text: label or null; $7 text: verdict; $8 bigint: looked at;
-- $9 bigint: differences found; $10 text: detail; $11 jsonb: differences; $12 boolean: there are more differences;
-- $13 text: version of the program.
INSERT INTO idmigrate.verification (run_id, verification_no, item_no, check_name, table_no, label, verdict, looked_at,
                                    found, detail, differences, is_partial, verified_at, tool_version)
VALUES ($1::uuid, $2::integer, $3::integer, $4, $5::integer, $6, $7, $8::bigint, $9::bigint, $10, $11::jsonb,
        $12::boolean, pg_catalog.now(), $13)
