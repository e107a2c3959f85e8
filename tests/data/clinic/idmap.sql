-- Writes the ID map of the people to standard output. psql variable: n (people, default 60).
\set ON_ERROR_STOP on
\set QUIET on
\if :{?n} \else \set n 60 \endif
\ir ids.sql
COPY (SELECT pg_temp.alt(i) AS "alte ID", pg_temp.neu(i) AS "neue ID" FROM generate_series(1, :n) i ORDER BY md5(i::text))
    TO STDOUT (FORMAT csv, HEADER, DELIMITER ';', FORCE_QUOTE ("neue ID"));
