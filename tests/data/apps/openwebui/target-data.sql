-- The new application is empty.
SELECT 1 \g /dev/null
