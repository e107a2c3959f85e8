/*
 * A provider's API for tests: pages of made-up items on a port of this machine, and what goes wrong
 * with APIs, at the requests that are named.
 *
 *   provider_stub --port-file FILE --log FILE [--style cursor|offset] [--items N] [--most N] [--key
 * KEY]
 *                 [--at REQUEST:FAULT[:ARGUMENT]]...
 *
 * Faults: 429[:SECONDS], 500, 503, 403, 404, redirect; unsaid (a page that does not say what
 * follows); drop (no answer), cut (half of an answer whose
 * length was said), torn (half of one whose length was not said), slow:SECONDS; and before a good
 * answer: delete:N (the N oldest items go), forget (the item that the cursor stands for goes, and
 * the cursor is refused), add:N (N items come).
 *
 * The log has one line a request: the path, and whether the key came with it. Ends with its owner.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MOST_ITEMS = 100000, MOST_FAULTS = 64, REQUEST_SIZE = 16384, LIST_SIZE = 64 * 1024 * 1024 };

static struct {
    bool by_offset;
    int alive[MOST_ITEMS], count, next, most;
    const char *key;
    FILE *log;
    struct {
        long request;
        char kind[16];
        int argument;
    } faults[MOST_FAULTS];
    size_t fault_count;
    long requests;
} stub = {.most = 100, .key = "sk_test"};

static void
die(const char *what)
{
    perror(what);
    exit(2);
}

/* ---- items ---- */

static void
add_items(int count)
{
    for (int i = 0; i < count && stub.count < MOST_ITEMS; i++)
        stub.alive[stub.count++] = ++stub.next;
}

static void
delete_items(int from, int count)
{
    if (from < 0 || from >= stub.count)
        return;
    if (count > stub.count - from)
        count = stub.count - from;
    memmove(stub.alive + from, stub.alive + from + count,
            (size_t)(stub.count - from - count) * sizeof stub.alive[0]);
    stub.count -= count;
}

static int
position_of(int number)
{
    for (int i = 0; i < stub.count; i++)
        if (stub.alive[i] == number)
            return i;
    return -1;
}

/* ---- what was asked ---- */

static long
parameter(const char *path, const char *name, long otherwise)
{
    const char *query = strchr(path, '?');
    size_t length = strlen(name);
    for (const char *at = query; at != NULL; at = strchr(at + 1, '&'))
        if (strncmp(at + 1, name, length) == 0 && at[length + 1] == '=') {
            const char *value = at + length + 2;
            while (*value != '\0' && *value != '&' && (*value < '0' || *value > '9'))
                value++;
            return strtol(value, NULL, 10);
        }
    return otherwise;
}

/* ---- answers ---- */

static size_t
add_item(char *text, size_t size, const char *path, int number)
{
    const char *what = strstr(path, "memberships") != NULL     ? "om"
                       : strstr(path, "organizations") != NULL ? "org"
                                                               : "user";
    long parent = parameter(path, "organization_id", 0);
    return (size_t)snprintf(
        text, size,
        "{\"object\":\"%s\",\"id\":\"%s_%ld%05d\",\"email\":\"p%d@example.com\","
        "\"password_digest\":\"secret\",\"external_id\":null,"
        "\"metadata\":{\"clerk_user_id\":\"c%d\",\"totp_secret\":\"secret\"},"
        "\"email_addresses\":[{\"id\":\"a\",\"email_address\":\"p%d@example.com\","
        "\"verification\":{\"status\":\"verified\",\"nonce\":\"secret\"}},"
        "{\"id\":\"b\",\"email_address\":\"q@example.com\"}]}",
        what, what, parent, number, number, number, number);
}

static char *
make_list(const char *path, int from, bool says_next)
{
    char *text = malloc(LIST_SIZE);
    size_t used = 0;
    long limit = parameter(path, "limit", 10);
    bool is_bare = stub.by_offset && strstr(path, "/users") != NULL;
    if (text == NULL)
        die("memory");
    if (limit > stub.most)
        limit = stub.most;
    used += (size_t)sprintf(text, "%s[", is_bare ? "" : "{\"object\":\"list\",\"data\":");
    int at = from;
    for (; at < stub.count && at < from + limit; at++) {
        used += (size_t)sprintf(text + used, "%s", at > from ? "," : "");
        used += add_item(text + used, LIST_SIZE - used, path, stub.alive[at]);
    }
    used += (size_t)sprintf(text + used, "]");
    if (!says_next)
        sprintf(text + used, "}");
    else if (stub.by_offset)
        sprintf(text + used, "%s", is_bare ? "" : ",\"total_count\":1}");
    else if (at < stub.count)
        sprintf(text + used, ",\"list_metadata\":{\"before\":null,\"after\":\"user_0%05d\"}}",
                stub.alive[at - 1]);
    else
        sprintf(text + used, ",\"list_metadata\":{\"before\":null,\"after\":null}}");
    return text;
}

static void
say(int connection, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t count = send(connection, text, length, MSG_NOSIGNAL);
        if (count <= 0)
            return;
        text += count;
        length -= (size_t)count;
    }
}

static void
answer(int connection, const char *status, const char *headers, const char *body, size_t said,
       size_t sent)
{
    char head[512];
    int length = said == (size_t)-1
                     ? snprintf(head, sizeof head, "HTTP/1.1 %s\r\n%sConnection: close\r\n\r\n",
                                status, headers)
                     : snprintf(head, sizeof head,
                                "HTTP/1.1 %s\r\n%sContent-Type: application/json\r\n"
                                "Content-Length: %zu\r\nConnection: close\r\n\r\n",
                                status, headers, said);
    say(connection, head, (size_t)length);
    say(connection, body, sent);
}

static void
refuse(int connection, const char *status, const char *headers)
{
    /* What an API quotes is nobody's business. */
    static const char body[] = "{\"message\":\"secret sk_test\"}";
    answer(connection, status, headers, body, sizeof body - 1, sizeof body - 1);
}

/* An organization by its ID. */
static void
answer_one(int connection, const char *path)
{
    char text[1024];
    size_t length = add_item(text, sizeof text, path, 1);
    if (position_of((int)(strtol(strstr(path, "/org_") + 5, NULL, 10) % 100000)) < 0)
        refuse(connection, "404 Not Found", "");
    else
        answer(connection, "200 OK", "", text, length, length);
}

static void
answer_list(int connection, const char *path, const char *fault)
{
    long cursor = parameter(path, "after", 0) % 100000;
    int from = stub.by_offset ? (int)parameter(path, "offset", 0)
               : cursor > 0   ? position_of((int)cursor) + 1
                              : 0;
    if (!stub.by_offset && cursor > 0 && from == 0) {
        refuse(connection, "422 Unprocessable Entity", "");
        return;
    }
    if (parameter(path, "organization_id", 0) > 0 &&
        position_of((int)(parameter(path, "organization_id", 0) % 100000)) < 0) {
        refuse(connection, "404 Not Found", "");
        return;
    }
    char *text = make_list(path, from, strcmp(fault, "unsaid") != 0);
    size_t length = strlen(text);
    if (strcmp(fault, "cut") == 0)
        answer(connection, "200 OK", "", text, length, length / 2);
    else if (strcmp(fault, "torn") == 0)
        answer(connection, "200 OK", "", text, (size_t)-1, length / 2);
    else
        answer(connection, "200 OK", "", text, length, length);
    free(text);
}

/* ---- faults ---- */

static const char *
fault_of(long request, int *argument)
{
    for (size_t i = 0; i < stub.fault_count; i++)
        if (stub.faults[i].request == request) {
            *argument = stub.faults[i].argument;
            return stub.faults[i].kind;
        }
    return "";
}

static bool
answer_fault(int connection, const char *fault, int argument)
{
    char headers[128];
    snprintf(headers, sizeof headers, "Retry-After: %d\r\n", argument);
    if (strcmp(fault, "drop") == 0)
        return true;
    if (strcmp(fault, "429") == 0)
        refuse(connection, "429 Too Many Requests", headers);
    else if (strcmp(fault, "500") == 0)
        refuse(connection, "500 Internal Server Error", "");
    else if (strcmp(fault, "503") == 0)
        refuse(connection, "503 Service Unavailable", "");
    else if (strcmp(fault, "403") == 0)
        refuse(connection, "403 Forbidden", "");
    else if (strcmp(fault, "404") == 0)
        refuse(connection, "404 Not Found", "");
    else if (strcmp(fault, "redirect") == 0)
        refuse(connection, "302 Found", "Location: http://127.0.0.1:1/\r\n");
    else
        return false;
    return true;
}

static void
serve(int connection, const char *path, bool has_key)
{
    int argument = 0;
    const char *fault = fault_of(++stub.requests, &argument);
    fprintf(stub.log, "%s %s\n", path, has_key ? "key" : "none");
    fflush(stub.log);
    if (strcmp(fault, "slow") == 0)
        sleep((unsigned)argument);
    if (strcmp(fault, "delete") == 0)
        delete_items(0, argument);
    if (strcmp(fault, "add") == 0)
        add_items(argument);
    if (strcmp(fault, "forget") == 0)
        delete_items(position_of((int)(parameter(path, "after", 0) % 100000)), 1);
    if (!has_key)
        refuse(connection, "401 Unauthorized", "");
    else if (answer_fault(connection, fault, argument))
        return;
    else if (strstr(path, "/org_") != NULL)
        answer_one(connection, path);
    else
        answer_list(connection, path, fault);
}

/* ---- connections ---- */

static void
take(int connection)
{
    static char request[REQUEST_SIZE];
    char wanted[256], path[REQUEST_SIZE];
    size_t used = 0;
    request[0] = '\0';
    while (used + 1 < sizeof request && strstr(request, "\r\n\r\n") == NULL) {
        ssize_t count = recv(connection, request + used, sizeof request - 1 - used, 0);
        if (count <= 0)
            return;
        used += (size_t)count;
        request[used] = '\0';
    }
    snprintf(wanted, sizeof wanted, "authorization: bearer %s\r\n", stub.key);
    if (sscanf(request, "GET %16000s", path) == 1)
        serve(connection, path, strcasestr(request, wanted) != NULL);
}

static int
listen_somewhere(const char *port_file)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, length) != 0 ||
        listen(listener, 16) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) != 0)
        die("port");
    char fresh[4096];
    snprintf(fresh, sizeof fresh, "%s.new", port_file);
    FILE *file = fopen(fresh, "w");
    if (file == NULL)
        die(port_file);
    fprintf(file, "%d\n", ntohs(address.sin_port));
    fclose(file);
    if (rename(fresh, port_file) != 0)
        die(port_file);
    return listener;
}

static void
add_fault(const char *text)
{
    if (stub.fault_count == MOST_FAULTS ||
        sscanf(text, "%ld:%15[^:]:%d", &stub.faults[stub.fault_count].request,
               stub.faults[stub.fault_count].kind, &stub.faults[stub.fault_count].argument) < 2)
        die(text);
    stub.fault_count++;
}

int
main(int count, char **arguments)
{
    const char *port_file = NULL;
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    for (int i = 1; i + 1 < count; i += 2) {
        const char *name = arguments[i], *value = arguments[i + 1];
        if (strcmp(name, "--port-file") == 0)
            port_file = value;
        else if (strcmp(name, "--log") == 0)
            stub.log = fopen(value, "w");
        else if (strcmp(name, "--style") == 0)
            stub.by_offset = strcmp(value, "offset") == 0;
        else if (strcmp(name, "--items") == 0)
            add_items((int)strtol(value, NULL, 10));
        else if (strcmp(name, "--most") == 0)
            stub.most = (int)strtol(value, NULL, 10);
        else if (strcmp(name, "--key") == 0)
            stub.key = value;
        else if (strcmp(name, "--at") == 0)
            add_fault(value);
        else
            die(name);
    }
    if (port_file == NULL || stub.log == NULL)
        die("--port-file and --log");
    int listener = listen_somewhere(port_file);
    for (;;) {
        int connection = accept(listener, NULL, NULL);
        if (connection < 0)
            continue;
        take(connection);
        close(connection);
    }
}
