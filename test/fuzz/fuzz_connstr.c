/* Parses the input, sets every pair as an option and rebuilds the string; the rebuilt string must
 * parse into the same pairs. */
#include "base/option.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct state {
    struct options options;
    struct buf rebuilt;
    struct buf pairs; /* "keyword\0value\0" each */
};

static void must(bool ok)
{
    if (!ok)
        __builtin_trap();
}

static bool note(void *arg, struct text keyword, struct text value)
{
    struct buf *pairs = arg;

    buf_text(pairs, keyword);
    buf_char(pairs, '\0');
    buf_text(pairs, value);
    return buf_char(pairs, '\0');
}

static bool take(void *arg, struct text keyword, struct text value)
{
    struct state *s = arg;
    struct fault f;
    struct buf name;

    fault_clear(&f);
    enum option_set rc = option_set(&s->options, keyword, value, &f);
    must(fault_is(&f) == (rc != OPTION_SET && rc != OPTION_KEPT));

    buf_init(&name);
    buf_text(&name, keyword);
    must(connstr_add(&s->rebuilt, buf_z(&name), value));
    buf_fini(&name);
    return note(&s->pairs, keyword, value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct state s;
    struct options copy;
    struct buf again;
    struct fault f;

    options_init(&s.options);
    buf_init(&s.rebuilt);
    buf_init(&s.pairs);
    buf_init(&again);
    fault_clear(&f);
    if (connstr_parse((struct text){(const char *)data, size}, take, &s, &f)) {
        must(connstr_parse(buf_view(&s.rebuilt), note, &again, &f));
        must(text_eq(buf_view(&s.pairs), buf_view(&again)));
        must(!fault_is(&f));
    } else {
        must(fault_is(&f));
    }
    must(options_copy(&copy, &s.options));
    for (int i = 0; i < OPT_COUNT; i++) {
        option_int(&copy, (enum option_id)i);
        option_bool(&copy, (enum option_id)i);
        option_enum(&copy, (enum option_id)i);
    }
    options_fini(&copy);
    options_fini(&s.options);
    buf_fini(&s.rebuilt);
    buf_fini(&s.pairs);
    buf_fini(&again);
    return 0;
}
