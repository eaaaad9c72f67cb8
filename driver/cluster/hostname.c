#include "cluster/cluster.h"

#include <arpa/inet.h>
#include <string.h>

/* What may stand behind the instance or cluster name, label by label from the right:
 * %x dns group and account, %r region, %s rds or rds-fips, %g global account; else literal. */
static const char *const templates[] = {
    "%g.global.rds.amazonaws.com", "%x.%r.%s.amazonaws.com",  "%x.%r.%s.amazonaws.au",
    "%x.%r.%s.amazonaws.eu",       "%x.%r.%s.amazonaws.uk",   "%x.%s.%r.amazonaws.com.cn",
    "%x.%r.rds.amazonaws.com.cn",  "%x.rds.%r.amazonaws.com", "%x.rds.%r.c2s.ic.gov",
    "%x.rds.%r.sc2s.sgov.gov",
};

static const struct {
    const char *prefix;
    enum endpoint kind;
} groups[] = {
    {"cluster-ro-", ENDPOINT_READER},  {"cluster-custom-", ENDPOINT_CUSTOM},
    {"cluster-", ENDPOINT_WRITER},     {"proxy-", ENDPOINT_PROXY},
    {"shardgrp-", ENDPOINT_LIMITLESS}, {"", ENDPOINT_INSTANCE},
};

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

/* [A-Za-z0-9]+, with '-' too when dash is true. */
static bool is_word(struct text t, bool dash)
{
    for (size_t i = 0; i < t.n; i++)
        if (!is_alnum(t.s[i]) && !(dash && t.s[i] == '-'))
            return false;
    return t.n > 0;
}

/* Cuts the last label off t. */
static struct text last_label(struct text *t)
{
    size_t from = t->n;
    while (from > 0 && t->s[from - 1] != '.')
        from--;
    struct text label = {t->s + from, t->n - from};
    t->n = from > 0 ? from - 1 : 0;
    return label;
}

/* Splits "cluster-ro-cxyz" into its dns group's kind and the account's part. */
static bool group_of(struct text label, enum endpoint *kind, struct text *account)
{
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        struct text prefix = text_of(groups[i].prefix);
        struct text rest = text_sub(label, prefix.n, label.n);
        if (text_starts_ci(label, prefix) && is_word(rest, false)) {
            *kind = groups[i].kind;
            *account = rest;
            return true;
        }
    }
    return false;
}

static bool match_label(struct text want, struct text label, struct endpoint_info *out)
{
    if (want.n != 2 || want.s[0] != '%')
        return text_eq_ci(want, label);
    switch (want.s[1]) {
    case 'r':
        out->region = label;
        return is_word(label, true);
    case 's':
        return text_eq_ci(label, TEXT("rds")) || text_eq_ci(label, TEXT("rds-fips"));
    case 'g':
        out->kind = ENDPOINT_GLOBAL_WRITER;
        if (text_starts_ci(label, TEXT("global-")))
            label = text_sub(label, 7, label.n);
        out->domain.s = label.s;
        return is_word(label, false);
    default:
        return group_of(label, &out->kind, &out->domain);
    }
}

/* The whole host against one template; fills out only when true. */
static bool match_template(struct text host, const char *template, struct endpoint_info *out)
{
    struct text want = text_of(template);
    struct text rest = host;
    struct endpoint_info found = {.kind = ENDPOINT_OTHER};

    while (want.n > 0) {
        if (rest.n == 0 || !match_label(last_label(&want), last_label(&rest), &found))
            return false;
    }
    if (rest.n == 0 || rest.s[0] == '.' || rest.s[rest.n - 1] == '.')
        return false;
    found.instance = rest;
    found.domain.n = (size_t)(host.s + host.n - found.domain.s);
    *out = found;
    return true;
}

static bool is_address(struct text host)
{
    char z[INET6_ADDRSTRLEN + 1];
    unsigned char out[sizeof(struct in6_addr)];
    size_t zone = text_find(host, '%', 0);

    if (zone != SIZE_MAX)
        host.n = zone;
    if (host.n == 0 || host.n >= sizeof z)
        return false;
    memcpy(z, host.s, host.n);
    z[host.n] = '\0';
    if (inet_pton(AF_INET6, z, out) == 1)
        return true;
    return zone == SIZE_MAX && inet_pton(AF_INET, z, out) == 1;
}

struct endpoint_info endpoint_of(const char *host)
{
    struct endpoint_info info = {.kind = ENDPOINT_OTHER};
    struct text t = text_of(host);

    info.instance = t;
    if (t.n == 0)
        return info;
    if (t.s[0] == '/' || t.s[0] == '@') {
        info.kind = ENDPOINT_SOCKET;
        return info;
    }
    if (is_address(t)) {
        info.kind = ENDPOINT_IP;
        return info;
    }
    if (t.s[t.n - 1] == '.')
        t.n--;
    for (size_t i = 0; i < sizeof templates / sizeof templates[0]; i++)
        if (match_template(t, templates[i], &info))
            return info;
    return info;
}

/* Cuts ":port" off the pattern. False: there is one, and it is no port. */
static bool pattern_port(struct text *pattern, int *port)
{
    size_t colon = text_find(*pattern, ':', 0);
    int64_t value;

    *port = 0;
    if (colon == SIZE_MAX)
        return true;
    if (!text_to_i64(text_sub(*pattern, colon + 1, pattern->n), &value) || value < 1 ||
        value > 65535)
        return false;
    *port = (int)value;
    pattern->n = colon;
    return true;
}

bool host_from_pattern(const char *pattern, struct text instance, struct buf *name, int *port,
                       struct fault *f)
{
    struct text t = text_trim(text_of(pattern));
    size_t mark = text_find(t, '?', 0);

    if (mark == SIZE_MAX || text_find(t, '?', mark + 1) != SIZE_MAX)
        return fault_set(f, "HY024", "HOST_PATTERN=%s: it must have one ? for the instance's name",
                         pattern ? pattern : "");
    if (!pattern_port(&t, port))
        return fault_set(f, "HY024", "HOST_PATTERN=%s: the port must be 1 to 65535", pattern);
    if (mark >= t.n)
        return fault_set(f, "HY024", "HOST_PATTERN=%s: the ? must stand in the host name", pattern);
    buf_reset(name);
    buf_text(name, text_sub(t, 0, mark));
    buf_text(name, instance);
    buf_text(name, text_sub(t, mark + 1, t.n));
    if (!buf_ok(name))
        return fault_oom(f);
    enum endpoint kind = endpoint_of(buf_z(name)).kind;
    if (kind == ENDPOINT_PROXY || kind == ENDPOINT_CUSTOM)
        return fault_set(f, "HY024",
                         "HOST_PATTERN=%s: a proxy or custom endpoint hides which instance answers",
                         pattern);
    return true;
}
