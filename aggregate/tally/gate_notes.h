/*
 * gate_notes.h: sections of the site that look as if they named people. Inside of the gate.
 */
#ifndef TALLY_GATE_NOTES_H
#define TALLY_GATE_NOTES_H

#include "aggregate/tally/gate_rows.h"

/*
 * Adds a note to the trend for each section (path prefix) with many pages of which most stay below
 * k: the operator may want to declare a route for it. A section is named only when k units touched
 * it. Call before groups are counted, with the rows' groups set. Returns -1 when memory is out.
 */
int gate_notes(struct gate *gate, struct trend *trend);

#endif
