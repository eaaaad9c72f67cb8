/* Runs a LLVMFuzzerTestOneInput without a fuzzing engine, so that it costs nothing to have:
 *   fuzz_x FILE...              those inputs, once each
 *   fuzz_x SEEDS FIRST SECONDS  inputs number FIRST, FIRST + 1, ... for so long (0: just the one),
 * made from the lines of the file SEEDS. A crash names the number. clang -fsanitize=fuzzer takes
 * the fuzz_*.c files as they are, without this one. */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { INPUT_MAX = 4096, LINES_MAX = 512 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

static char *lines[LINES_MAX];
static size_t nlines;
static uint64_t number, state;

static uint64_t roll(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static size_t below(size_t n)
{
    return n ? (size_t)(roll() % n) : 0;
}

static void say_number(void)
{
    fprintf(stderr, "input number %llu\n", (unsigned long long)number);
}

static void on_signal(int sig)
{
    say_number();
    signal(sig, SIG_DFL);
    raise(sig);
}

static void read_seeds(const char *path)
{
    char line[INPUT_MAX];
    FILE *f = fopen(path, "r");

    while (f && nlines < LINES_MAX && fgets(line, sizeof(line), f)) {
        line[strcspn(line, "\n")] = '\0';
        if (*line)
            lines[nlines++] = strdup(line);
    }
    if (f)
        fclose(f);
}

/* Pieces of seed lines one after the other, then a few bytes changed, put in, taken out. */
static size_t make_input(uint8_t *out)
{
    static const char odd[] = ";{}=|'\"\\,: \t\n$?-/*()\x01\x7f\x80\xc3\xed\xf0\xff";
    size_t n = 0;

    for (size_t pieces = nlines ? below(4) : 0; pieces > 0; pieces--) {
        const char *s = lines[below(nlines)];
        size_t from = below(strlen(s) / 2 + 1), count = below(strlen(s) - from + 1);

        if (n + count > INPUT_MAX)
            break;
        memcpy(out + n, s + from, count);
        n += count;
    }
    for (size_t changes = below(12); changes > 0; changes--) {
        size_t at = below(n + 1);
        uint8_t c = (uint8_t)(roll() % 3 ? odd[below(sizeof(odd))] : (char)roll());

        if (at < n && roll() % 2) {
            out[at] = c;
        } else if (n < INPUT_MAX) {
            memmove(out + at + 1, out + at, n - at);
            out[at] = c;
            n++;
        }
        if (n > 0 && roll() % 4 == 0) {
            at = below(n);
            memmove(out + at, out + at + 1, n - at - 1);
            n--;
        }
    }
    return n;
}

/* The input in a block of just its size, so that a byte read too many is seen. */
static void feed(const uint8_t *data, size_t n)
{
    uint8_t *copy = malloc(n ? n : 1);

    if (!copy)
        return;
    memcpy(copy, data, n);
    LLVMFuzzerTestOneInput(copy, n);
    free(copy);
}

static int feed_files(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        uint8_t input[INPUT_MAX];
        FILE *f = fopen(argv[i], "rb");

        if (!f) {
            perror(argv[i]);
            return 2;
        }
        feed(input, fread(input, 1, sizeof(input), f));
        fclose(f);
    }
    return 0;
}

int main(int argc, char **argv)
{
    uint8_t input[INPUT_MAX];

    if (argc != 4 || strspn(argv[2], "0123456789") != strlen(argv[2]))
        return feed_files(argc, argv);
    read_seeds(argv[1]);
    signal(SIGILL, on_signal);
    signal(SIGABRT, on_signal);
    if (__sanitizer_set_death_callback)
        __sanitizer_set_death_callback(say_number);

    uint64_t first = strtoull(argv[2], NULL, 10);
    time_t end = time(NULL) + atoi(argv[3]);

    number = first;
    do {
        state = (number + 1) * UINT64_C(0x9e3779b97f4a7c15);
        feed(input, make_input(input));
        number++;
    } while (time(NULL) < end);
    printf("%llu inputs\n", (unsigned long long)(number - first));
    return 0;
}
