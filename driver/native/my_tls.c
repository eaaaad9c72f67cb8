#include "native/my_priv.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

/* What is called of OpenSSL, in the copy that the client library itself uses: the process may hold
 * another version too. All NULL: it uses another library, or none. */
static struct {
    void (*clear_error)(void);              /* ERR_clear_error */
    void *(*context_of)(const void *ssl);   /* SSL_get_SSL_CTX */
    void (*set_store)(void *ctx, void *st); /* SSL_CTX_set_cert_store: takes the store */
    void *(*new_store)(void);               /* X509_STORE_new */
} tls;

static void *find(void *library, const char *name)
{
    return library ? dlsym(library, name) : NULL;
}

/* A pointer to a function comes from dlsym as one to data. */
#define FIND(library, call, name)                                                                  \
    do {                                                                                           \
        void *p = find(library, name);                                                             \
        memcpy(&(call), &p, sizeof p);                                                             \
    } while (0)

static void look(void)
{
    MYSQL *(*any)(MYSQL *) = mysql_init;
    void *at, *library = NULL;
    Dl_info where;

    memcpy(&at, &any, sizeof at);
    if (dladdr(at, &where) != 0 && where.dli_fname)
        library = dlopen(where.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
    FIND(library, tls.clear_error, "ERR_clear_error");
    FIND(library, tls.context_of, "SSL_get_SSL_CTX");
    FIND(library, tls.set_store, "SSL_CTX_set_cert_store");
    FIND(library, tls.new_store, "X509_STORE_new");
    if (library)
        dlclose(library); /* the module itself holds it */
}

static void look_once(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, look);
}

void my_tls_clear_errors(void)
{
    look_once();
    if (tls.clear_error)
        tls.clear_error();
}

void my_tls_forget_authorities(struct my *n)
{
    void *ssl = my_compat_ssl(n->mysql);
    void *store;

    look_once();
    if (!ssl || !tls.context_of || !tls.set_store || !tls.new_store)
        return;
    store = tls.new_store();
    if (store)
        tls.set_store(tls.context_of(ssl), store);
}
