/* Which client library this module is built on: one definition per module (backend_pg.c). */
#ifndef HOLDFAST_CORE_BACKEND_H
#define HOLDFAST_CORE_BACKEND_H

#include "native/native.h"
#include "pipeline/scan.h"

struct backend {
    const struct native_ops *native;
    const struct scan_rules *rules;
    const char *file;   /* "libholdfastpg.so", for SQLGetInfo */
    const char *driver; /* name in odbcinst.ini */
};

extern const struct backend backend;

#endif
