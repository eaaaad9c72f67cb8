#include "pipeline/family.h"
#include "pipeline/session_priv.h"

static const struct family pg = {
    .session = &session_family_pg,
    .isolation = ISOLATION_READ_COMMITTED,
    .set_isolation = "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL ",
    .set_read_only = "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
    .set_read_write = "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE",
    .read_only_next = "default_transaction_read_only",
    .read_only_now = "",
    .begin_read_only = "BEGIN READ ONLY",
    .read_only = (const char *const[]){"25006", NULL},
    .guards_parameters = true,
    .demoted = (const char *const[]){"25006", NULL},
    .not_serving = (const char *const[]){"57P03", NULL},
    .cancelled = (const char *const[]){"57014", NULL},
    .forgotten = (const char *const[]){NULL},
    .refused_for_good = (const char *const[]){"28P01", "3D000", NULL},
    .whole = (const uint32_t[]){20, 23, 21, 16, 0},
    .types_refused = (const char *const[]){"42883", "42725", "42804", "42P08", "42P18", NULL},
};

/* 1290 comes from other options of the server than read_only too; 1836 is read_only where it is
 * told apart. 1792 is the user's own READ ONLY transaction: no hint. 3 and 1026 (error writing a
 * file) end a statement that waited for room on a full disk until it was cancelled. */
static const struct family my = {
    .session = &session_family_my,
    .isolation = ISOLATION_REPEATABLE_READ,
    .set_isolation = "SET SESSION TRANSACTION ISOLATION LEVEL ",
    .isolation_told = (const char *const[]){"transaction_isolation", "tx_isolation", NULL},
    .set_read_only = "SET SESSION TRANSACTION READ ONLY",
    .set_read_write = "SET SESSION TRANSACTION READ WRITE",
    .read_only_next = "transaction_read_only",
    .read_only_now = "transaction_is_read_only",
    .begin_read_only = "START TRANSACTION READ ONLY",
    .read_only = (const char *const[]){"1792", NULL},
    .demoted = (const char *const[]){"1290", "1836", NULL},
    .demoted_alive = true,
    .each_stands = true,
    .not_serving = (const char *const[]){"1053", NULL},
    .cancelled = (const char *const[]){"1317", "3024", "1969", "3", "1026", NULL},
    .forgotten = (const char *const[]){MY_FORGOTTEN, NULL},
    .refused_for_good = (const char *const[]){"1045", "1044", "1049", NULL},
};

static const struct family *const families[NAT_FAMILIES] = {
    [NAT_FAMILY_PG] = &pg, [NAT_FAMILY_MY] = &my};

const struct family *family_of(const struct native_ops *ops)
{
    return families[ops->caps->family];
}
