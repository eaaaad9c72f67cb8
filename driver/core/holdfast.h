/* Holdfast ODBC: what an application may ask beyond ODBC. Include it after sqlext.h.
 *
 * These are attributes of an open connection, read with SQLGetConnectAttr; none can be set (HY092).
 * Numbers are SQLUINTEGER. Text is UTF-8 with a NUL behind it, its lengths are in bytes, by
 * SQLGetConnectAttr and SQLGetConnectAttrW alike: a driver manager does not convert the text of
 * attributes that it does not know (unixODBC hands an A call to the driver as a W call with the A
 * caller's buffer), so here the attribute says what it is, not the function. For SQLWCHAR add
 * HOLDFAST_WIDE to the attribute; lengths are in bytes then, too.
 * Text that does not fit is cut at a character: 01004, and the whole length is told. A negative
 * length of the buffer is HY090. Without a connection: 08003.
 * The call takes the connection's lock as any other: it waits for a call under way there, but never
 * for the network itself. */
#ifndef HOLDFAST_H
#define HOLDFAST_H

/* In ODBC 3.8's range for drivers' own connection attributes, 0x4000 to 0x7FFF. */
#define HOLDFAST_ATTR_BASE 0x4800
#define HOLDFAST_WIDE      0x0100

/* The driver. */
#define HOLDFAST_ATTR_VERSION (HOLDFAST_ATTR_BASE + 0) /* text: 0.1.0 */

/* The node that the connection is on. */
#define HOLDFAST_ATTR_HOST (HOLDFAST_ATTR_BASE + 1) /* text: the instance's name if known */
#define HOLDFAST_ATTR_ADDRESS                                                                      \
    (HOLDFAST_ATTR_BASE + 2)                        /* text: as connected; "" unknown, or lost     \
                                                     */
#define HOLDFAST_ATTR_PORT (HOLDFAST_ATTR_BASE + 3) /* number; 0 while the link is lost */
/* text: writer, reader, unknown. What the node said last, else what the topology says. */
#define HOLDFAST_ATTR_ROLE (HOLDFAST_ATTR_BASE + 4)

/* Its cluster, as this process knows it. */
/* text: as the option DATABASE_DIALECT spells it; "unknown"; "none" where no cluster is followed */
#define HOLDFAST_ATTR_DIALECT (HOLDFAST_ATTR_BASE + 5)
/* number: grows with each change that was seen; 0 before the first, and without a cluster */
#define HOLDFAST_ATTR_TOPOLOGY_VERSION (HOLDFAST_ATTR_BASE + 6)
/* text: a line a host, "name:port role", lines parted by '\n'; "" without a cluster */
#define HOLDFAST_ATTR_TOPOLOGY (HOLDFAST_ATTR_BASE + 7)
/* text: off (no thread), peace, trouble (the writer is searched), settling (just found) */
#define HOLDFAST_ATTR_MONITOR (HOLDFAST_ATTR_BASE + 8)

/* Failovers that this connection has been through. */
#define HOLDFAST_ATTR_FAILOVERS (HOLDFAST_ATTR_BASE + 9) /* number */
/* The last of them; "" and 0 before the first. Times are in milliseconds, rounded. */
#define HOLDFAST_ATTR_FAILOVER_TIME (HOLDFAST_ATTR_BASE + 10) /* text: 2026-01-31T12:00:00.123Z */
#define HOLDFAST_ATTR_FAILOVER_FROM (HOLDFAST_ATTR_BASE + 11) /* text: the host it came from */
/* From the request, or the server's last answer if that was later, until the loss was seen. */
#define HOLDFAST_ATTR_FAILOVER_SILENT_MS (HOLDFAST_ATTR_BASE + 12)
/* From there until the new host was known. */
#define HOLDFAST_ATTR_FAILOVER_FOUND_MS (HOLDFAST_ATTR_BASE + 13)
/* Connecting to it and logging in; 0 where a session had been opened ahead. */
#define HOLDFAST_ATTR_FAILOVER_CONNECTED_MS (HOLDFAST_ATTR_BASE + 14)
/* Making the session again as it was. */
#define HOLDFAST_ATTR_FAILOVER_RESTORED_MS (HOLDFAST_ATTR_BASE + 15)
/* From the moment the loss was seen until the call's end. */
#define HOLDFAST_ATTR_FAILOVER_TOTAL_MS (HOLDFAST_ATTR_BASE + 16)

#endif
