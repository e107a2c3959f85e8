/* The advisory lock that says who runs. */
#include "store.h"

#include <string.h>

static bool
lock(struct db *db, bool exclusive)
{
    struct error err = ERROR_INIT;
    return store_lock(db, exclusive, &err);
}

Test(lock, is_shared_by_workers)
{
    CLEANUP(store_release) struct store s = store_open("store_lock_shared");
    CLEANUP(db_close) struct db *other = store_connect(&s, "worker");
    cr_expect(lock(s.db, false));
    cr_expect(lock(other, false));
}

Test(lock, that_another_holds_is_refused_with_its_name, .timeout = 60)
{
    struct error err = ERROR_INIT;
    CLEANUP(store_release) struct store s = store_open("store_lock_refused");
    CLEANUP(db_close) struct db *other = store_connect(&s, "worker");
    cr_assert(lock(other, false));
    assert_fails(store_lock(s.db, true, &err), EXIT_REFUSED);
    expect_text(err.text, "idmigrate worker (server process ");
    expect_text(err.text, "role postgres");
    expect_text(err.text, "connected since 20");
    expect_text(err.hint, "pg_terminate_backend(");
}

Test(lock, is_there_again_when_the_holder_is_gone)
{
    CLEANUP(store_release) struct store s = store_open("store_lock_gone");
    struct db *other = store_connect(&s, "worker");
    cr_assert(lock(other, true));
    db_close(&other);
    cr_expect(lock(s.db, true));
}

Test(lock, is_given_back_one_hold_at_a_time)
{
    struct error err = ERROR_INIT;
    CLEANUP(store_release) struct store s = store_open("store_lock_back");
    CLEANUP(db_close) struct db *other = store_connect(&s, "worker");
    cr_assert(lock(s.db, true));
    cr_assert(lock(s.db, false));
    assert_done(store_unlock(s.db, true, &err));
    cr_expect(lock(other, false), "the shared hold that is left lets others in");
    assert_fails(store_unlock(s.db, true, &err), EXIT_BUG);
}

Test(lock, of_another_database_is_another_lock)
{
    CLEANUP(store_release) struct store s = store_open("store_lock_one");
    CLEANUP(store_release) struct store t = store_open("store_lock_two");
    cr_expect(lock(s.db, true));
    cr_expect(lock(t.db, true));
}

Test(lock, holders_are_listed_without_oneself)
{
    struct error err = ERROR_INIT;
    struct store_lock_holder *holders;
    size_t count;
    CLEANUP(store_release) struct store s = store_open("store_lock_list");
    CLEANUP(db_close) struct db *other = store_connect(&s, "worker");
    cr_assert(lock(s.db, false));
    assert_done(store_load_lock_holders(s.db, &holders, &count, &err));
    cr_expect_eq(count, 0);
    store_lock_holders_free(holders, count);
    assert_done(store_load_lock_holders(other, &holders, &count, &err));
    cr_assert_eq(count, 1);
    cr_expect_str_eq(holders[0].application_name, "idmigrate run");
    cr_expect_str_eq(holders[0].role, "postgres");
    cr_expect(!holders[0].is_exclusive);
    store_lock_holders_free(holders, count);
}
