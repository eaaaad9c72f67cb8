#include "base/option.h"

#include <string.h>

struct scan {
    struct text s;
    size_t at;
};

static bool white(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static void skip_white(struct scan *sc)
{
    while (sc->at < sc->s.n && white(sc->s.s[sc->at]))
        sc->at++;
}

/* Never shows what it found: the text around an error may be a password. */
static bool malformed(struct fault *f, size_t offset, const char *what)
{
    return fault_set(f, "HY000", "malformed connection string at offset %zu: %s", offset, what);
}

static bool take_keyword(struct scan *sc, struct text *keyword, struct fault *f)
{
    size_t start = sc->at;

    while (sc->at < sc->s.n && sc->s.s[sc->at] != '=' && sc->s.s[sc->at] != ';')
        sc->at++;
    if (sc->at == sc->s.n || sc->s.s[sc->at] == ';')
        return malformed(f, start, "keyword without '='");
    *keyword = text_trim(text_sub(sc->s, start, sc->at - start));
    if (keyword->n == 0)
        return malformed(f, start, "'=' without a keyword");
    sc->at++;
    return true;
}

/* At the opening brace. The value is a view of the input, or of `room` when it has "}}" in it. */
static bool take_braced(struct scan *sc, struct text *value, struct buf *room, struct fault *f)
{
    size_t open = sc->at, from = open + 1;

    buf_reset(room);
    for (;;) {
        size_t close = text_find(sc->s, '}', from);
        if (close == SIZE_MAX)
            return malformed(f, open, "'{' without its '}'");
        if (close + 1 == sc->s.n || sc->s.s[close + 1] != '}') {
            sc->at = close + 1;
            *value = text_sub(sc->s, from, close - from);
            if (from > open + 1) {
                buf_text(room, *value);
                *value = buf_view(room);
            }
            break;
        }
        /* All at once: a growing buf would leave copies of a password in freed memory. */
        if (from == open + 1)
            buf_reserve(room, sc->s.n);
        buf_text(room, text_sub(sc->s, from, close + 1 - from));
        from = close + 2;
    }
    if (!buf_ok(room))
        return fault_oom(f);
    skip_white(sc);
    if (sc->at < sc->s.n && sc->s.s[sc->at] != ';')
        return malformed(f, sc->at, "text after '}'");
    return true;
}

static bool take_value(struct scan *sc, struct text *value, struct buf *room, struct fault *f)
{
    skip_white(sc);
    if (sc->at < sc->s.n && sc->s.s[sc->at] == '{')
        return take_braced(sc, value, room, f);
    size_t end = text_find(sc->s, ';', sc->at);
    if (end == SIZE_MAX)
        end = sc->s.n;
    *value = text_trim(text_sub(sc->s, sc->at, end - sc->at));
    sc->at = end;
    return true;
}

bool connstr_parse(struct text s, connstr_pair *pair, void *arg, struct fault *f)
{
    struct scan sc = {.s = s};
    struct buf room;
    bool ok = true;

    size_t nul = text_find(s, '\0', 0);
    if (nul != SIZE_MAX)
        return malformed(f, nul, "NUL character");

    buf_init(&room);
    while (ok) {
        struct text keyword, value;
        while (sc.at < s.n && (s.s[sc.at] == ';' || white(s.s[sc.at])))
            sc.at++;
        if (sc.at == s.n)
            break;
        ok = take_keyword(&sc, &keyword, f) && take_value(&sc, &value, &room, f) &&
             pair(arg, keyword, value);
    }
    buf_wipe(&room);
    return ok;
}

static bool needs_braces(struct text value)
{
    if (value.n == 0)
        return false;
    if (white(value.s[0]) || white(value.s[value.n - 1]))
        return true;
    for (size_t i = 0; i < value.n; i++) {
        if (value.s[i] != '\0' && strchr("[]{}(),;?*=!@", value.s[i]))
            return true;
    }
    return false;
}

bool connstr_add(struct buf *b, const char *keyword, struct text value)
{
    if (needs_braces(value))
        return connstr_add_braced(b, keyword, value);
    buf_str(b, keyword);
    buf_char(b, '=');
    buf_text(b, value);
    return buf_char(b, ';');
}

bool connstr_add_braced(struct buf *b, const char *keyword, struct text value)
{
    buf_str(b, keyword);
    buf_str(b, "={");
    for (size_t from = 0; from < value.n;) {
        size_t close = text_find(value, '}', from);
        size_t end = close == SIZE_MAX ? value.n : close + 1;
        buf_text(b, text_sub(value, from, end - from));
        if (close != SIZE_MAX)
            buf_char(b, '}');
        from = end;
    }
    return buf_str(b, "};");
}
