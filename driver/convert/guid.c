/* GUIDs: text in the 8-4-4-4-12 form and ODBC's struct. */
#include "convert/convert_priv.h"

#include <stdio.h>

bool guid_parse(struct text t, SQLGUID *out)
{
    unsigned char b[16];
    size_t n = 0, i = 0;

    t = text_trim(t);
    if (t.n == 38 && t.s[0] == '{' && t.s[37] == '}')
        t = text_sub(t, 1, 36);
    if (t.n != 36)
        return false;
    while (i < t.n) {
        if (i == 8 || i == 13 || i == 18 || i == 23) {
            if (t.s[i++] != '-')
                return false;
            continue;
        }
        int hi = hex_digit(t.s[i]), lo = hex_digit(t.s[i + 1]);
        if (hi < 0 || lo < 0)
            return false;
        b[n++] = (unsigned char)(hi << 4 | lo);
        i += 2;
    }
    out->Data1 = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
    out->Data2 = (uint16_t)(b[4] << 8 | b[5]);
    out->Data3 = (uint16_t)(b[6] << 8 | b[7]);
    for (i = 0; i < 8; i++)
        out->Data4[i] = b[8 + i];
    return true;
}

struct text guid_print(const SQLGUID *g, char text[MOMENT_TEXT])
{
    int n = snprintf(text, MOMENT_TEXT, "%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x",
                     (unsigned)g->Data1, g->Data2, g->Data3, g->Data4[0], g->Data4[1], g->Data4[2],
                     g->Data4[3], g->Data4[4], g->Data4[5], g->Data4[6], g->Data4[7]);

    return (struct text){text, (size_t)n};
}
