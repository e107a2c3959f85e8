/*
 * One GET by libcurl. Redirects are not followed, and a proxy is not asked for what goes to this
 * machine: the key goes nowhere but to the base URL, and there over TLS.
 */
#include "internal.h"

#include "idmigrate/interrupt.h"
#include "idmigrate/memory.h"

#include <ctype.h>
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct http {
    CURL *curl;
    struct curl_slist *headers;
    struct http_answer *answer;
};

enum { CONNECT_SECONDS = 15, SLOWEST_SECONDS = 30, LONGEST_SECONDS = 300 };

/* ---- where to ---- */

static bool
is_this_machine(const char *host, size_t length)
{
    static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strlen(names[i]) == length && strncasecmp(names[i], host, length) == 0)
            return true;
    return false;
}

static bool
is_plain(const char *url)
{
    return strncasecmp(url, "http://", 7) == 0;
}

/* "[::1]:4300" ends at its bracket, others at the port or the path. */
static size_t
host_length(const char *host)
{
    const char *bracket = host[0] == '[' ? strchr(host, ']') : NULL;
    return bracket != NULL ? (size_t)(bracket - host) + 1 : strcspn(host, ":/");
}

bool
fetch_check_base_url(const char *url, struct error *err)
{
    bool is_secure = strncasecmp(url, "https://", 8) == 0;
    const char *host = is_secure ? url + 8 : is_plain(url) ? url + 7 : NULL;
    bool is_clean = strpbrk(url, "@?# \t\r\n") == NULL;
    if (host == NULL || host[0] == '\0' || host[0] == '/' || !is_clean) {
        /* What stands in front of an '@' would be a password. */
        error_set(err, EXIT_USAGE, "--base-url is no URL of an API");
        return error_hint(err, "https://HOST[:PORT][/PATH]; keys stand in the environment");
    }
    if (is_secure || is_this_machine(host, host_length(host)))
        return true;
    error_set(err, EXIT_USAGE, "--base-url %.200s: the key would go over the network in clear",
              url);
    return error_hint(err, "https, or http to this machine (localhost, 127.0.0.1)");
}

void
http_add_escaped(struct strbuf *url, const char *text)
{
    static const char plain[] = "-._~";
    for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++)
        if (isalnum(*c) || strchr(plain, *c) != NULL)
            strbuf_add_char(url, (char)*c);
        else
            strbuf_printf(url, "%%%02X", *c);
}

/* ---- what libcurl calls ---- */

static size_t
take_body(char *data, size_t size, size_t count, void *context)
{
    struct http *http = context;
    if (http->answer->body.length + size * count > FETCH_LARGEST_ANSWER) {
        http->answer->is_hopeless = true;
        return 0;
    }
    strbuf_add(&http->answer->body, data, size * count);
    return size * count;
}

/* RFC 9110, 10.2.3: seconds, or a date. */
static double
read_retry_after(const char *value)
{
    char *end;
    double seconds = strtod(value, &end);
    if (end != value)
        return seconds >= 0 ? seconds : 0;
    time_t at = curl_getdate(value, NULL);
    if (at < 0)
        return -1;
    double wait = difftime(at, time(NULL));
    return wait > 0 ? wait : 0;
}

static size_t
take_header(char *data, size_t size, size_t count, void *context)
{
    static const char name[] = "retry-after:";
    struct http *http = context;
    size_t length = size * count;
    if (length >= sizeof name && strncasecmp(data, name, sizeof name - 1) == 0) {
        CLEANUP(memory_free_string)
        char *value = memory_strndup(data + sizeof name - 1, length - (sizeof name - 1));
        value[strcspn(value, "\r\n")] = '\0';
        http->answer->retry_after = read_retry_after(value + strspn(value, " \t"));
    }
    return length;
}

static int
look_for_signal(void *context, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    (void)context, (void)a, (void)b, (void)c, (void)d;
    return interrupt_signal() != 0;
}

/* ---- a handle ---- */

static bool
check_key(const char *key, struct error *err)
{
    for (const unsigned char *c = (const unsigned char *)key; *c != '\0'; c++)
        if (*c <= ' ' || *c >= 0x7F)
            return error_set(err, EXIT_USAGE, "the key has a character that no key has");
    return true;
}

static void
set_options(struct http *http, const char *base_url, const char *ca_file)
{
    CURL *curl = http->curl;
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, http->headers);
    curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "idmigrate/" IDMIGRATE_VERSION);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, is_plain(base_url) ? "http" : "https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (ca_file != NULL)
        curl_easy_setopt(curl, CURLOPT_CAINFO, ca_file);
    if (is_plain(base_url))
        curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)SLOWEST_SECONDS);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)LONGEST_SECONDS);
    curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "");
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, http);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, http);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, look_for_signal);
}

bool
http_open(struct http **http, const char *base_url, const char *key, const char *ca_file,
          struct error *err)
{
    if (!check_key(key, err))
        return false;
    CLEANUP(http_close) struct http *opened = memory_zalloc(sizeof *opened);
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0 || (opened->curl = curl_easy_init()) == NULL)
        return error_set(err, EXIT_BUG, "libcurl cannot begin");
    CLEANUP(memory_free_string) char *header = memory_printf("Authorization: Bearer %s", key);
    opened->headers = curl_slist_append(NULL, header);
    explicit_bzero(header, strlen(header));
    opened->headers = curl_slist_append(opened->headers, "Accept: application/json");
    set_options(opened, base_url, ca_file);
    *http = opened;
    opened = NULL;
    return true;
}

void
http_close(struct http **http)
{
    struct http *old = *http;
    if (old == NULL)
        return;
    *http = NULL;
    if (old->headers != NULL)
        explicit_bzero(old->headers->data, strlen(old->headers->data));
    curl_slist_free_all(old->headers);
    curl_easy_cleanup(old->curl);
    curl_global_cleanup();
    free(old);
}

/* ---- a request ---- */

static bool
is_about_trust(CURLcode code)
{
    return code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE ||
           code == CURLE_SSL_ISSUER_ERROR || code == CURLE_SSL_CERTPROBLEM;
}

void
http_get(struct http *http, const char *url, struct http_answer *answer)
{
    strbuf_reset(&answer->body);
    *answer = (struct http_answer){.retry_after = -1, .body = answer->body};
    http->answer = answer;
    curl_easy_setopt(http->curl, CURLOPT_URL, url);
    CURLcode code = curl_easy_perform(http->curl);
    curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, &answer->status);
    if (code == CURLE_OK)
        return;
    answer->is_lost = true;
    answer->is_interrupted = interrupt_signal() != 0;
    snprintf(answer->problem, sizeof answer->problem, "%s",
             answer->is_hopeless ? "the answer is too large" : curl_easy_strerror(code));
    answer->is_hopeless = answer->is_hopeless || is_about_trust(code);
}
