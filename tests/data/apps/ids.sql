-- IDs as functions of a number; the same on every machine. Included by the cases.
CREATE FUNCTION pg_temp.word(seed text, alphabet text, len integer) RETURNS text LANGUAGE sql IMMUTABLE AS
$$SELECT string_agg(substr(alphabet, 1 + get_byte(sha512(seed::bytea), k) % length(alphabet), 1), '' ORDER BY k) FROM generate_series(0, len - 1) k$$;
CREATE FUNCTION pg_temp.base62(seed text, len integer) RETURNS text LANGUAGE sql IMMUTABLE AS
$$SELECT pg_temp.word(seed, '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz', len)$$;
CREATE FUNCTION pg_temp.crockford(seed text, len integer) RETURNS text LANGUAGE sql IMMUTABLE AS
$$SELECT pg_temp.word(seed, '0123456789ABCDEFGHJKMNPQRSTVWXYZ', len)$$;
-- 0 .. m-1
CREATE FUNCTION pg_temp.pick(seed text, m integer) RETURNS integer LANGUAGE sql IMMUTABLE AS
$$SELECT (('x' || left(md5(seed), 7))::bit(28)::integer) % m$$;
