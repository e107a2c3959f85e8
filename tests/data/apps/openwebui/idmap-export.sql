\ir ids.sql
-- the new ID first, columns nobody asked for, tabs; somebody wrote this with a spreadsheet
COPY (SELECT pg_temp.okta(i) AS id, 'ACTIVE' AS status, pg_temp.firebase(i) AS "profile.firebaseUid", 'Last, "First" ' || i AS "profile.displayName"
      FROM generate_series(1, 50) i ORDER BY md5(i::text)) TO STDOUT (FORMAT csv, HEADER, DELIMITER E'\t');
