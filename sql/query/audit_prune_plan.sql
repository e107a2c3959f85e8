-- What a retention policy makes of the audit log's months that are over.
-- $1 jsonb: the policy.
-- Result: partition text; range_from, range_to date; may_go boolean; reason text; events, young, held, sealed bigint
-- (null: too young to be counted).
SELECT p.partition, p.range_from::date, p.range_to::date, p.may_go, p.reason, p.events, p.young, p.held, p.sealed
FROM idmigrate_audit.prune_plan($1::jsonb) AS p
ORDER BY p.range_from
