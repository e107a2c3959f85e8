/*
 * Reading a connection string and opening a plain connection.
 *
 * A connection string may hold a password, and a mistake in it moves the password into another
 * field ("user:p@ss@host" has the host "ss@host"). So no error quotes any part of a string that
 * libpq cannot read, and strings that look mistaken are refused before libpq puts their parts into
 * a message.
 */
#include "connection.h"
#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

#define FORMS "write postgresql://user@host:port/database or host=... dbname=... user=..."

static void
options_release(PQconninfoOption **options)
{
    PQconninfoFree(*options);
    *options = NULL;
}

static void
pqmem_release(char **memory)
{
    PQfreemem(*memory);
    *memory = NULL;
}

/*
 * The settings of a string; NULL and libpq's reason when it cannot be read. A string of which
 * nothing is known for want of memory would look like one that is wrong, or has no password.
 */
static PQconninfoOption *
parse(const char *uri, char **message)
{
    PQconninfoOption *options = PQconninfoParse(uri, message);
    if (options == NULL && (*message == NULL || strncmp(*message, "out of memory", 13) == 0))
        memory_exhausted();
    return options;
}

bool
db_uri_has_password(const char *uri)
{
    CLEANUP(pqmem_release) char *message = NULL;
    CLEANUP(options_release) PQconninfoOption *options = parse(uri, &message);
    for (PQconninfoOption *option = options; option != NULL && option->keyword != NULL; option++)
        if ((strcmp(option->keyword, "password") == 0 ||
             strcmp(option->keyword, "sslpassword") == 0) &&
            option->val != NULL && option->val[0] != '\0')
            return true;
    return false;
}

/* Appends a message of libpq's parser with everything from its first to its last quote left out. */
static void
add_redacted(struct strbuf *text, const char *message)
{
    const char *first = strchr(message, '"');
    const char *last = strrchr(message, '"');
    size_t length = strcspn(message, "\n");
    if (first == NULL)
        strbuf_add(text, message, length);
    else
        strbuf_printf(text, "%.*s\"...\"%.*s", (int)(first - message), message,
                      (int)strcspn(last + 1, "\n"), last + 1);
}

/*
 * libpq takes what stands before the first '@' for user and password, unless a '/' comes earlier.
 * Another '@' between there and the parameters is an unescaped part of the password, which libpq
 * reads as host or database.
 */
static bool
has_stray_delimiter(const char *uri)
{
    const char *start = strstr(uri, "://");
    if (start == NULL)
        return false;
    start += 3;
    const char *first = start + strcspn(start, "@/");
    if (*first == '\0')
        return false;
    const char *rest = first + 1;
    return memchr(rest, '@', strcspn(rest, "?")) != NULL;
}

/* "user:secret" without "@host" makes the password a port. Several hosts have several ports. */
static bool
has_wrong_port(const PQconninfoOption *options)
{
    for (const PQconninfoOption *option = options; option->keyword != NULL; option++)
        if (strcmp(option->keyword, "port") == 0 && option->val != NULL)
            return option->val[strspn(option->val, "0123456789, ")] != '\0';
    return false;
}

static bool
check_string(const char *uri, const char *what, struct error *err)
{
    CLEANUP(pqmem_release) char *message = NULL;
    CLEANUP(options_release) PQconninfoOption *options = parse(uri, &message);
    if (options == NULL) {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
        add_redacted(&text, message);
        error_set(err, EXIT_USAGE, "%s: the connection string cannot be read: %s", what, text.data);
        return error_hint(err, FORMS);
    }
    if (has_stray_delimiter(uri)) {
        error_set(err, EXIT_USAGE,
                  "%s: the connection string has an '@' inside user, password or database", what);
        return error_hint(err, "write @ / inside them as %%40 %%2F");
    }
    if (has_wrong_port(options)) {
        error_set(err, EXIT_USAGE, "%s: the port of the connection string is no number", what);
        return error_hint(err, FORMS);
    }
    return true;
}

/* The first line that says what is wrong: libpq writes one line for each address it tried. */
static bool
fail_to_connect(const char *what, PGconn *connection, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
    /* libpq's own words for this are "connection pointer is NULL". */
    const char *reason = connection != NULL ? PQerrorMessage(connection) : "out of memory";
    for (const char *c = reason; *c != '\0'; c++) {
        if (*c != '\n')
            strbuf_add_char(&text, *c == '\t' ? ' ' : *c);
        else if (c[1] != '\0')
            strbuf_add_string(&text, "; ");
    }
    db_set_sqlstate(err, "08001");
    error_set(err, EXIT_STOPPED, "%s: cannot connect: %s", what, text.data);
    if (PQconnectionNeedsPassword(connection))
        return error_hint(err,
                          "give the password in ~/.pgpass, PGPASSWORD or the environment variable "
                          "that holds the connection string");
    return error_hint(
        err,
        "check host, port, database and role of the connection string, and that the server runs");
}

/* Whatever is withheld from a WARNING may quote a row; nobody reads notices, so all of them end
 * here. */
static void
ignore_notice(void *nothing, const PGresult *notice)
{
    (void)nothing;
    (void)notice;
}

bool
db_connect_plain(const char *uri, const char *what, const char *purpose, PGconn **connection,
                 struct error *err)
{
    if (!check_string(uri, what, err))
        return false;
    CLEANUP(memory_free_string) char *name = memory_printf("idmigrate %s", purpose);
    /*
     * What stands before dbname yields to the string's own settings, what stands behind it wins
     * over them. NULL leaves a setting alone, here to the environment.
     */
    const char *const keywords[] = {
        "keepalives_idle", "keepalives_interval", "keepalives_count", "connect_timeout",
        "dbname",          "application_name",    "client_encoding",  NULL};
    const char *const values[] = {
        "30", "10", "3",    getenv("PGCONNECT_TIMEOUT") == NULL ? "10" : NULL,
        uri,  name, "UTF8", NULL};
    PGconn *opened = PQconnectdbParams(keywords, values, 1);
    if (PQstatus(opened) != CONNECTION_OK) {
        fail_to_connect(what, opened, err);
        PQfinish(opened);
        return false;
    }
    PQsetNoticeReceiver(opened, ignore_notice, NULL);
    *connection = opened;
    return true;
}
