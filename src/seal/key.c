/*
 * Ed25519 keys in PEM files (RFC 8032, RFC 8410), as `openssl genpkey -algorithm ed25519` makes
 * them. The private key stays outside the database: who can rewrite all seals there still cannot
 * sign them.
 */
#include "idmigrate/memory.h"
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct seal_key {
    EVP_PKEY *key;
    char name[MERKLE_HEX_SIZE];
};

enum { LONGEST_FILE = 64 * 1024, OTHERS = S_IRWXG | S_IRWXO };

static void
release_bytes(char **bytes)
{
    if (*bytes != NULL)
        OPENSSL_cleanse(*bytes, LONGEST_FILE);
    free(*bytes);
}

/* The same open file is looked at and read, so that it cannot be changed in between. */
static bool
read_file(const char *path, bool is_private, char *bytes, size_t *length, struct error *err)
{
    struct stat status;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0 || fstat(file, &status) != 0) {
        error_set(err, EXIT_INPUT, "key %s cannot be read: %s", path, strerror(errno));
    } else if (!S_ISREG(status.st_mode)) {
        error_set(err, EXIT_INPUT, "key %s is no file", path);
    } else if (is_private && (status.st_mode & OTHERS) != 0) {
        error_set(err, EXIT_REFUSED, "key %s can be read by others (mode %03o)", path,
                  (unsigned)status.st_mode & 0777u);
        error_hint(err, "chmod 600 %s", path);
    } else {
        ssize_t size = read(file, bytes, LONGEST_FILE - 1);
        *length = size > 0 ? (size_t)size : 0;
        if (size < 0)
            error_set(err, EXIT_INPUT, "key %s cannot be read: %s", path, strerror(errno));
    }
    if (file >= 0)
        close(file);
    return !err->is_set;
}

/* A key with a passphrase is refused: a timer has nobody to ask. */
static int
no_passphrase(char *buffer, int size, int writing, void *nothing)
{
    (void)buffer;
    (void)size;
    (void)writing;
    (void)nothing;
    return -1;
}

static void
name_key(struct seal_key *key)
{
    CLEANUP(merkle_hasher_free) struct merkle_hasher *hasher = merkle_hasher_new();
    unsigned char *der = NULL;
    int length = i2d_PUBKEY(key->key, &der);
    if (length <= 0)
        memory_exhausted();
    struct merkle_hash hash = merkle_plain(hasher, der, (size_t)length);
    merkle_to_hex(&hash, key->name);
    OPENSSL_free(der);
}

static bool
load(const char *path, bool is_private, struct seal_key **key, struct error *err)
{
    CLEANUP(release_bytes) char *bytes = memory_zalloc(LONGEST_FILE);
    size_t length = 0;
    if (!read_file(path, is_private, bytes, &length, err))
        return false;
    BIO *memory = BIO_new_mem_buf(bytes, (int)length);
    EVP_PKEY *read = is_private ? PEM_read_bio_PrivateKey(memory, NULL, no_passphrase, NULL)
                                : PEM_read_bio_PUBKEY(memory, NULL, no_passphrase, NULL);
    BIO_free(memory);
    ERR_clear_error();
    if (read == NULL || EVP_PKEY_get_id(read) != EVP_PKEY_ED25519) {
        EVP_PKEY_free(read);
        error_set(err, EXIT_INPUT, "%s holds no %s key for Ed25519 in PEM without a passphrase",
                  path, is_private ? "private" : "public");
        return error_hint(err, is_private ? "openssl genpkey -algorithm ed25519 -out key.pem"
                                          : "openssl pkey -in key.pem -pubout -out public.pem");
    }
    *key = memory_zalloc(sizeof **key);
    (*key)->key = read;
    name_key(*key);
    return true;
}

bool
seal_key_load(const char *path, struct seal_key **key, struct error *err)
{
    return load(path, true, key, err);
}

bool
seal_key_load_public(const char *path, struct seal_key **key, struct error *err)
{
    return load(path, false, key, err);
}

void
seal_key_free(struct seal_key **key)
{
    if (*key == NULL)
        return;
    EVP_PKEY_free((*key)->key);
    free(*key);
    *key = NULL;
}

const char *
seal_key_name(const struct seal_key *key)
{
    return key->name;
}

void
seal_key_sign(const struct seal_key *key, const struct strbuf *text, unsigned char signature[64])
{
    size_t length = 64;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (context == NULL || EVP_DigestSignInit(context, NULL, NULL, NULL, key->key) != 1 ||
        EVP_DigestSign(context, signature, &length, (const unsigned char *)text->data,
                       text->length) != 1)
        memory_exhausted();
    EVP_MD_CTX_free(context);
}

bool
seal_key_verify(const struct seal_key *key, const struct strbuf *text,
                const unsigned char signature[64])
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (context == NULL || EVP_DigestVerifyInit(context, NULL, NULL, NULL, key->key) != 1)
        memory_exhausted();
    bool good = EVP_DigestVerify(context, signature, 64, (const unsigned char *)text->data,
                                 text->length) == 1;
    EVP_MD_CTX_free(context);
    ERR_clear_error();
    return good;
}
