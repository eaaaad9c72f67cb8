#include "base/arena.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_FIRST ((size_t)4096)
#define ARENA_LARGE ((size_t)65536)

struct arena_block {
    struct arena_block *next; /* owned, older */
    size_t used;
    size_t cap;
    max_align_t data[];
};

void arena_init(struct arena *a)
{
    a->head = NULL;
}

static void free_chain(struct arena_block *block)
{
    while (block) {
        struct arena_block *older = block->next;
        free(block);
        block = older;
    }
}

void arena_fini(struct arena *a)
{
    free_chain(a->head);
    a->head = NULL;
}

void arena_reset(struct arena *a)
{
    struct arena_block *block = a->head;

    if (block == NULL)
        return;
    while (block->next) {
        struct arena_block *older = block->next;
        free(block);
        block = older;
    }
    block->used = 0;
    /* One huge value must not stay with an idle statement. */
    if (block->cap > ARENA_LARGE) {
        free(block);
        block = NULL;
    }
    a->head = block;
}

static struct arena_block *add_block(struct arena *a, size_t n)
{
    size_t cap = ARENA_FIRST, bytes;

    if (a->head)
        cap = a->head->cap < ARENA_LARGE / 2 ? a->head->cap * 2 : ARENA_LARGE;
    if (cap < n)
        cap = n;
    if (__builtin_add_overflow(sizeof(struct arena_block), cap, &bytes) || bytes > PTRDIFF_MAX)
        return NULL;
    struct arena_block *block = malloc(bytes);
    if (block == NULL)
        return NULL;
    block->next = a->head;
    block->used = 0;
    block->cap = cap;
    a->head = block;
    return block;
}

void *arena_alloc(struct arena *a, size_t n)
{
    const size_t mask = _Alignof(max_align_t) - 1;
    struct arena_block *block = a->head;

    if (n > SIZE_MAX - mask)
        return NULL;
    n = n == 0 ? mask + 1 : (n + mask) & ~mask;
    if (block == NULL || block->cap - block->used < n) {
        block = add_block(a, n);
        if (block == NULL)
            return NULL;
    }
    void *p = (char *)block->data + block->used;
    block->used += n;
    return p;
}

void *arena_zalloc(struct arena *a, size_t n)
{
    void *p = arena_alloc(a, n);
    if (p)
        memset(p, 0, n);
    return p;
}

char *arena_z(struct arena *a, struct text t)
{
    if (t.n == SIZE_MAX)
        return NULL;
    char *p = arena_alloc(a, t.n + 1);
    if (p == NULL)
        return NULL;
    if (t.n > 0)
        memcpy(p, t.s, t.n);
    p[t.n] = '\0';
    return p;
}

struct text arena_text(struct arena *a, struct text t)
{
    char *p = arena_z(a, t);
    return p ? (struct text){p, t.n} : TEXT_NONE;
}

char *arena_fmt(struct arena *a, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0)
        return NULL;
    char *p = arena_alloc(a, (size_t)n + 1);
    if (p == NULL)
        return NULL;
    va_start(ap, fmt);
    vsnprintf(p, (size_t)n + 1, fmt, ap);
    va_end(ap);
    return p;
}
