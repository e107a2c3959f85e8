-- Whether a text is a valid value of a type, for servers without pg_input_is_valid() (before 16). Temporary, made inside a
-- transaction that is rolled back, and called only for columns where some value is known to fail.
CREATE FUNCTION pg_temp.idmigrate_is_valid(value text, type text) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE 'SELECT $1::' || type USING value;
    RETURN true;
EXCEPTION WHEN others THEN
    RETURN false;
END
$$
