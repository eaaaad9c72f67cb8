/* One row of a result from its packet into cells ("Text Resultset Row" and "Binary Protocol
 * Resultset Row" of MySQL's protocol manual). Pure functions: no library, no allocation. Nothing of
 * the packet is used before its length is checked; what is no plain row (the end, an error, a huge
 * or an odd one) gives false, and its cells mean nothing. */
#ifndef HOLDFAST_NATIVE_MY_PACKET_H
#define HOLDFAST_NATIVE_MY_PACKET_H

#include "native/native.h"

/* How a column of a binary row stands on the wire. */
enum my_how {
    HOW_LIBRARY, /* only the library knows: not for my_packet_binary() */
    HOW_INT1,
    HOW_UINT1,
    HOW_INT2,
    HOW_UINT2,
    HOW_INT4,
    HOW_UINT4,
    HOW_8, /* an integer or a double */
    HOW_4, /* a float */
    HOW_MOMENT,
    HOW_TIME,
    HOW_STRING
};

/* Bytes that a row may take at `to`, of a packet of that size. */
size_t my_packet_room(bool binary, size_t ncolumns, size_t size);
/* The packet's bytes are copied to `to`, and cells point there. */
bool my_packet_text(const unsigned char *packet, size_t size, size_t ncolumns, char *to,
                    struct nat_cell *cells);
/* Cells in the form of WIRE_MY_BINARY, one behind the other at `to`; *used: their bytes. */
bool my_packet_binary(const unsigned char *packet, size_t size, const enum my_how *hows,
                      size_t ncolumns, char *to, size_t *used, struct nat_cell *cells);

#endif
