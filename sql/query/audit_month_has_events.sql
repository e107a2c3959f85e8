-- Whether the audit log holds events of a month that has no partition. They are in the default partition then, and the
-- server would refuse to make one beside them. :"schema".:"table" is the audit log.
-- $1 timestamptz, $2 timestamptz: the month, half open.
-- Result: has_rows boolean.
SELECT EXISTS (
    SELECT FROM :"schema".:"table" AS e
    WHERE e.recorded_at >= $1::timestamptz AND e.recorded_at < $2::timestamptz) AS has_rows
