-- Whether a text is an age: an interval that is not negative.
-- $1 text. Result: is_age boolean; an error of class 22 when it is no interval.
SELECT $1::interval >= interval '0' AS is_age
