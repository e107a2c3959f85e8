/* Opening a connection: identity, settings that the role tries to poison, a pooler in between. */
#include "idmigrate_test.h"

#include "idmigrate/db.h"

#include <criterion/criterion.h>

Test(session, opens)
{
    CLEANUP(test_database_release) struct test_database database = test_database_create("db_session_opens");
    struct error err = ERROR_INIT;
    CLEANUP(db_close) struct db *db = NULL;
    cr_assert(db_open(&db, database.conninfo, "target", DB_TARGET, "test", &err), "%s / %s", err.text, err.hint);
    cr_expect_str_eq(db_identity(db)->role, "postgres");
    printf("%s %s %d %s %s\n", db_identity(db)->host, db_identity(db)->port, db_identity(db)->version, db_identity(db)->system_identifier, db_identity(db)->encoding);
    CLEANUP(db_transaction_release) struct db_transaction tx = {0};
    cr_assert(db_begin(&tx, db, DB_READ_WRITE, &err));
    cr_assert(db_execute(db, "CREATE TABLE public.t (a int PRIMARY KEY, b text)", &err));
    cr_assert(db_copy_in_begin(db, "COPY public.t FROM STDIN", &err), "%s", err.text);
    cr_assert(db_copy_in_put(db, "1\tx\n1\tanna@example.org\n", 23, &err), "%s", err.text);
    int64_t rows;
    cr_assert(!db_copy_in_end(db, &rows, &err), "%s", err.text);
    printf("%s\n", err.text);
}
