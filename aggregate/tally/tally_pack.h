/* tally_pack.h: the records of a hot day as the bytes of their rows (tally_rows.h). Inside of
 * tally_save.c. */
#ifndef TALLY_TALLY_PACK_H
#define TALLY_TALLY_PACK_H

#include "aggregate/tally/tally_state.h"
#include "base/pack.h"

void tally_pack_visitor(struct pack *pack, const struct tally *tally,
			const struct visitor *visitor);

/* What a cell is of: by this its row is found again. */
void tally_pack_literal(struct pack *pack, const struct tally *tally, const struct cell *cell);
/* All but its sums. */
void tally_pack_cell(struct pack *pack, const struct tally *tally, const struct cell *cell);

void tally_pack_period(struct pack *pack, const struct tally *tally, const struct period *period);
/* Of a period that has sets. */
void tally_pack_sets(struct pack *pack, const struct period *period);

#endif
