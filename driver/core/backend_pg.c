/* The PostgreSQL module. */
#include "core/backend.h"

const struct backend backend = {
    .native = &native_pg,
    .rules = &scan_rules_pg,
    .file = "libholdfastpg.so",
    .driver = "Holdfast PostgreSQL",
};
