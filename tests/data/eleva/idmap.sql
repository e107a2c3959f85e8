-- The ID map as rows of the temporary table pair. Included with \ir after common.sql.

CREATE TEMPORARY TABLE pair AS
SELECT i AS n, clerk_id AS clerk_user_id, workos_id AS workos_user_id,
       workos_org_id AS organization_id, email
  FROM account WHERE NOT deleted;

\if :plant_duplicate_old
    -- One old ID with two new ones.
    INSERT INTO pair SELECT n + :users, clerk_user_id, pg_temp.workos_id(0), NULL, email FROM pair WHERE n = 3;
\endif
\if :plant_empty_new
    UPDATE pair SET workos_user_id = '' WHERE n = 4;
\endif
\if :plant_new_format
    -- The columns of one line swapped: the new ID has the old format.
    UPDATE pair SET clerk_user_id = workos_user_id, workos_user_id = clerk_user_id WHERE n = 6;
\endif
