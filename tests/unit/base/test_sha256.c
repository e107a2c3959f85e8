#include "idmigrate/sha256.h"

#include <criterion/criterion.h>

/* FIPS 180-4 names the function; these are the values of NIST's example messages. */
static const char of_nothing[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
static const char of_abc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

Test(sha256, of_example_messages)
{
    char hex[SHA256_HEX_SIZE];
    sha256_of("", 0, hex);
    cr_expect_str_eq(hex, of_nothing);
    sha256_of("abc", 3, hex);
    cr_expect_str_eq(hex, of_abc);
}

Test(sha256, of_pieces_and_then_anew)
{
    char hex[SHA256_HEX_SIZE];
    struct sha256 *sha256 = sha256_new();
    sha256_add(sha256, "a", 1);
    sha256_add(sha256, "", 0);
    sha256_add(sha256, "bc", 2);
    sha256_end(sha256, hex);
    cr_expect_str_eq(hex, of_abc);
    sha256_end(sha256, hex);
    cr_expect_str_eq(hex, of_nothing);
    sha256_free(&sha256);
    cr_expect_null(sha256);
}
