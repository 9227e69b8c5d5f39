/*
 * distinct.h: a sketch that costs nothing for its first member.
 *
 * A flood makes cells that see one unit once and are folded; only a second member makes a sketch.
 */
#ifndef TALLY_DISTINCT_H
#define TALLY_DISTINCT_H

#include "aggregate/tally/sketch.h"

struct distinct {
	uint64_t
	    only; /* a member; 0 = there is none. Tags are keyed hashes and never 0 in practice */
	struct sketch *sketch; /* all members, from the second on */
};

/*
 * Adds a tag. With `grow` off nothing is allocated: a set that would have to grow stays as it is.
 * Members that find no memory are not counted.
 */
void distinct_add(struct distinct *set, uint64_t tag, bool grow);
void distinct_merge(struct distinct *into, const struct distinct *from);
void distinct_release(struct distinct *set); /* empty, and usable again */

uint64_t distinct_count(const struct distinct *set);
size_t distinct_held(const struct distinct *set); /* bytes beyond the struct itself */

/* As bytes, and back into an empty set: -1 when memory is out or the bytes are none of a set. */
void distinct_pack(const struct distinct *set, struct pack *pack);
int distinct_unpack(struct distinct *set, struct unpack *unpack);

#endif
