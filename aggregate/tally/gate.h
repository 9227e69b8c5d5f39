/*
 * gate.h: the only way from the tally to anything that is shown or kept (law 6).
 *
 * A row is named when at least k distinct units touched it; the rest folds into (other). Where
 * (other) itself has fewer than k units the named row with the fewest hits is folded too, or a
 * subtraction from the total would show what was hidden; a named row has k units, so once is
 * enough. Browser versions fold inside their browser, and into (other) where the browser is not
 * named. A period with fewer than k units shows its
 * balance only, and so does one with people but fewer than k units of them: crawlers hide nobody. A
 * panel of which nothing can be named is left out when fewer than k units are in it.
 */
#ifndef TALLY_GATE_H
#define TALLY_GATE_H

#include <stdint.h>
#include "base/error.h"

struct tally;
struct trend;

/*
 * Ends all visits and gates every period; the trends of several periods are merged, with the
 * balance of everything that was added. The tally is used up, the trend is the caller's. NULL with
 * a message when memory is out.
 */
struct trend *gate_open(struct tally *tally, struct error *error);

/*
 * The same period by period: `each` gets the trend of one, with its own balance, and frees it;
 * non-zero ends it with *error set. What is booked on no period is not among them (tally_undated).
 */
int gate_each(struct tally *tally,
	      int (*each)(void *context, int32_t period, struct trend *trend, struct error *error),
	      void *context, struct error *error);

#endif
