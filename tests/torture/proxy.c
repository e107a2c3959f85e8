/*
 * Stands between a client and a PostgreSQL server on unix sockets and cuts one connection at a
 * chosen moment. It reads only what it needs of the protocol (PostgreSQL manual, "Message
 * Formats"): where a message of the client begins, of which type it is, and whether it is a COMMIT.
 *
 *     proxy FOLDER SERVER_FOLDER MOMENT[:N] [SECONDS]
 *
 * It listens in FOLDER/.s.PGSQL.5432 and connects to SERVER_FOLDER/.s.PGSQL.5432. The moment is the
 * N-th of all connections together (1):
 *
 *     commit-unsent       before a COMMIT is passed on
 *     commit-unanswered   after it was passed on, and SECONDS later (0); no answer gets through
 *     commit-answered     when the server has answered it; the answer does not get through
 *     message             before a message of any type is passed on
 *     half                after the first half of a message of any type
 *     round-trip          before a message that the client waits for an answer to (number 0: none
 *                         is cut, they are counted)
 *     never
 *
 * SIGUSR1 cuts all connections that are open.
 *
 * FOLDER/cut says what was cut, once it was; FOLDER/seen how many such moments have come.
 *
 * One thread a direction: a writer that waits for one server process must not hold up another.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum moment { COMMIT_UNSENT, COMMIT_UNANSWERED, COMMIT_ANSWERED, MESSAGE, HALF, ROUND_TRIP, NEVER };
static const char *const moment_names[] = {
    "commit-unsent", "commit-unanswered", "commit-answered", "message", "half", "round-trip",
    "never"};

static struct {
    const char *folder, *server;
    enum moment moment;
    long number;
    unsigned seconds;
    atomic_long seen;
} proxy;

struct connection {
    struct connection *next;
    int client, server;
    atomic_bool is_mute; /* nothing of the server gets through any more */
    atomic_int ends;     /* directions that have ended */
};

static struct {
    pthread_mutex_t lock;
    struct connection *first;
} open_ones = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void
die(const char *what)
{
    perror(what);
    exit(1);
}

static void
note(const char *name, long number, char type)
{
    char path[sizeof(struct sockaddr_un) + 16];
    snprintf(path, sizeof path, "%s/%s", proxy.folder, name);
    FILE *file = fopen(path, "w");
    if (file == NULL)
        die(path);
    fprintf(file, "%s %ld (%c)\n", moment_names[proxy.moment], number, type);
    fclose(file);
}

static bool
write_all(int to, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t written = write(to, bytes, length);
        if (written <= 0)
            return false;
        bytes += written;
        length -= (size_t)written;
    }
    return true;
}

static bool
read_all(int from, char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t got = read(from, bytes, length);
        if (got <= 0)
            return false;
        bytes += got;
        length -= (size_t)got;
    }
    return true;
}

static void
cut(struct connection *connection)
{
    shutdown(connection->client, SHUT_RDWR);
    shutdown(connection->server, SHUT_RDWR);
}

/* The second direction that ends closes the sockets. */
static void
leave(struct connection *connection)
{
    cut(connection);
    if (atomic_fetch_add(&connection->ends, 1) == 0)
        return;
    pthread_mutex_lock(&open_ones.lock);
    struct connection **place = &open_ones.first;
    while (*place != connection)
        place = &(*place)->next;
    *place = connection->next;
    pthread_mutex_unlock(&open_ones.lock);
    close(connection->client);
    close(connection->server);
    free(connection);
}

static bool
is_ours(bool counts, char type)
{
    if (!counts)
        return false;
    long number = atomic_fetch_add(&proxy.seen, 1) + 1;
    note("seen", number, type);
    return number == proxy.number;
}

/* ---- from the client ---- */

/* `text` begins with the statements of a Query, or with name and statement of a Parse. What goes
 * with a COMMIT in one message stands before it. */
static bool
is_commit(char type, const char *text, size_t length)
{
    static const char word[] = "COMMIT", last[] = "; COMMIT";
    if (type == 'P') {
        const char *end = memchr(text, '\0', length);
        length -= end != NULL ? (size_t)(end + 1 - text) : length;
        text = end != NULL ? end + 1 : text;
    } else if (type != 'Q') {
        return false;
    }
    return (length >= sizeof word && strncasecmp(text, word, sizeof word) == 0) ||
           (length >= sizeof last &&
            strncasecmp(text + length - sizeof last, last, sizeof last) == 0);
}

static bool
copy(struct connection *connection, size_t length)
{
    char piece[65536];
    while (length > 0) {
        size_t now = length < sizeof piece ? length : sizeof piece;
        if (!read_all(connection->client, piece, now) || !write_all(connection->server, piece, now))
            return false;
        length -= now;
    }
    return true;
}

/* False when the connection is to end. `length` is that of the body, `first` what is read of it. */
static bool
pass_on(struct connection *connection, const char header[5], char *body, size_t first,
        size_t length)
{
    char type = header[0];
    bool counts = proxy.moment == MESSAGE || proxy.moment == HALF ||
                  (proxy.moment == ROUND_TRIP && (type == 'Q' || type == 'S')) ||
                  (proxy.moment < MESSAGE && is_commit(type, body, first));
    bool ours = is_ours(counts, type);
    if (ours)
        note("cut", proxy.number, type);
    if (ours &&
        (proxy.moment == COMMIT_UNSENT || proxy.moment == MESSAGE || proxy.moment == ROUND_TRIP))
        return false;
    if (ours && proxy.moment == HALF) {
        write_all(connection->server, header, 5);
        write_all(connection->server, body, first / 2);
        return false;
    }
    atomic_store(&connection->is_mute, ours);
    if (!write_all(connection->server, header, 5) || !write_all(connection->server, body, first) ||
        !copy(connection, length - first))
        return false;
    if (ours && proxy.moment == COMMIT_UNANSWERED) {
        sleep(proxy.seconds);
        return false;
    }
    return true;
}

static size_t
read_length(const char bytes[4])
{
    const unsigned char *b = (const unsigned char *)bytes;
    return (size_t)b[0] << 24 | (size_t)b[1] << 16 | (size_t)b[2] << 8 | b[3];
}

/* The first message has no type. Over a unix socket libpq asks for no encryption before it. */
static bool
pass_on_startup(struct connection *connection)
{
    char length[4];
    return read_all(connection->client, length, 4) && write_all(connection->server, length, 4) &&
           copy(connection, read_length(length) - 4);
}

static void *
from_client(void *argument)
{
    struct connection *connection = argument;
    char header[5], body[256];
    bool goes_on = pass_on_startup(connection);
    while (goes_on && read_all(connection->client, header, sizeof header)) {
        size_t length = read_length(header + 1) - 4;
        size_t first = length < sizeof body ? length : sizeof body;
        goes_on = read_all(connection->client, body, first) &&
                  pass_on(connection, header, body, first, length);
    }
    leave(connection);
    return NULL;
}

/* ---- from the server ---- */

static void *
from_server(void *argument)
{
    struct connection *connection = argument;
    char piece[65536];
    ssize_t got;
    while ((got = read(connection->server, piece, sizeof piece)) > 0) {
        if (!atomic_load(&connection->is_mute)) {
            if (!write_all(connection->client, piece, (size_t)got))
                break;
        } else if (proxy.moment == COMMIT_ANSWERED) {
            break;
        }
    }
    leave(connection);
    return NULL;
}

/* ---- connections ---- */

static struct sockaddr_un
address_in(const char *folder)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int length = snprintf(address.sun_path, sizeof address.sun_path, "%s/.s.PGSQL.5432", folder);
    if (length < 0 || (size_t)length >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        die(folder);
    }
    return address;
}

static void
serve(int client)
{
    struct sockaddr_un address = address_in(proxy.server);
    int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (server < 0)
        die("socket");
    if (connect(server, (struct sockaddr *)&address, sizeof address) != 0) {
        close(server);
        close(client);
        return;
    }
    struct connection *connection = calloc(1, sizeof *connection);
    pthread_t thread;
    if (connection == NULL)
        die("memory");
    connection->client = client;
    connection->server = server;
    pthread_mutex_lock(&open_ones.lock);
    connection->next = open_ones.first;
    open_ones.first = connection;
    pthread_mutex_unlock(&open_ones.lock);
    if (pthread_create(&thread, NULL, from_client, connection) != 0)
        die("thread");
    pthread_detach(thread);
    if (pthread_create(&thread, NULL, from_server, connection) != 0)
        die("thread");
    pthread_detach(thread);
}

/* In a thread of its own: a handler may not take locks. */
static void *
wait_for_signal(void *signals)
{
    int got;
    while (sigwait(signals, &got) == 0) {
        pthread_mutex_lock(&open_ones.lock);
        for (struct connection *one = open_ones.first; one != NULL; one = one->next)
            cut(one);
        pthread_mutex_unlock(&open_ones.lock);
    }
    return NULL;
}

static void
read_moment(const char *text)
{
    const char *colon = strchr(text, ':');
    size_t length = colon != NULL ? (size_t)(colon - text) : strlen(text);
    proxy.number = colon != NULL ? strtol(colon + 1, NULL, 10) : 1;
    for (int i = 0; i <= NEVER; i++)
        if (strlen(moment_names[i]) == length && strncmp(text, moment_names[i], length) == 0) {
            proxy.moment = (enum moment)i;
            return;
        }
    fprintf(stderr, "proxy: no moment %s\n", text);
    exit(2);
}

int
main(int count, char **arguments)
{
    if (count < 4) {
        fprintf(stderr, "usage: proxy FOLDER SERVER_FOLDER MOMENT[:N] [SECONDS]\n");
        return 2;
    }
    proxy.folder = arguments[1];
    proxy.server = arguments[2];
    read_moment(arguments[3]);
    proxy.seconds = count > 4 ? (unsigned)strtoul(arguments[4], NULL, 10) : 0;

    struct sockaddr_un address = address_in(proxy.folder);
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    static sigset_t signals;
    pthread_t waiter;
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&signals);
    sigaddset(&signals, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    if (pthread_create(&waiter, NULL, wait_for_signal, &signals) != 0)
        die("thread");
    unlink(address.sun_path);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(listener, 64) != 0)
        die(address.sun_path);
    for (;;) {
        int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (client >= 0)
            serve(client);
        else if (errno != EINTR && errno != ECONNABORTED)
            die("accept");
    }
}
