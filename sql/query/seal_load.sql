-- The chain of seals of one audit log.
-- $1 text: the log.
-- Result: seal_no bigint, month date, stream uuid, after_time timestamptz, after_id text, to_time timestamptz, to_id text,
-- events bigint, root bytea, leaves_digest bytea, layout text, reason text, sealed_at timestamptz, tool_version text,
-- previous bytea, hash bytea, signature bytea, signer text, certificate uuid (null: its month was not pruned); in the
-- order of seal_no.
SELECT s.seal_no, s.month, s.stream, s.after_time, s.after_id, s.to_time, s.to_id, s.events, s.root, s.leaves_digest,
       s.layout, s.reason, s.sealed_at, s.tool_version, s.previous, s.hash, s.signature, s.signer, p.certificate
FROM idmigrate.seal AS s
LEFT JOIN idmigrate.seal_pruned AS p ON p.log = s.log AND p.seal_no = s.seal_no
WHERE s.log = $1
ORDER BY s.seal_no
