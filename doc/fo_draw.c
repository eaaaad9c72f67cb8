/* Prints the failover machine as a Mermaid drawing, for doc/FAILOVER.md. */
#include "pipeline/failover.h"
#include <stdio.h>

static void draw_edges(enum fo_state from, enum fo_state to)
{
    const char *lead = NULL;
    for (int e = 0; e < FO_EVENT_COUNT; e++) {
        if (!fo_expects(from, (enum fo_event)e) || fo_next(from, (enum fo_event)e) != to)
            continue;
        if (!lead)
            printf("    %s --> %s: ", fo_state_name(from), fo_state_name(to));
        printf("%s%s", lead ? lead : "", fo_event_name((enum fo_event)e));
        lead = ", ";
    }
    if (lead)
        printf("\n");
}

int main(void)
{
    printf("```mermaid\nstateDiagram-v2\n");
    for (int s = 0; s < FO_STATE_COUNT; s++)
        printf("    state \"%s<br>%s\" as %s\n", fo_state_name((enum fo_state)s),
               fo_state_help((enum fo_state)s), fo_state_name((enum fo_state)s));
    printf("    [*] --> %s\n", fo_state_name(FO_IDLE));
    for (int from = 0; from < FO_STATE_COUNT; from++) {
        for (int to = 0; to < FO_STATE_COUNT; to++)
            draw_edges((enum fo_state)from, (enum fo_state)to);
        if (fo_final((enum fo_state)from))
            printf("    %s --> [*]\n", fo_state_name((enum fo_state)from));
    }
    printf("```\n");
    return 0;
}
