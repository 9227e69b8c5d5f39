/*
 * tags.h: tags (keyed hashes) to dense numbers: which address units a period has seen.
 */
#ifndef TALLY_TAGS_H
#define TALLY_TAGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/budget.h"

struct tags {
	uint64_t *tags; /* by number */
	int32_t *periods;
	bool *kept; /* by number: the caller's mark that a state has it; false at first */
	uint32_t n, cap;
	uint32_t *slots; /* number + 1 */
	size_t mask;
	struct budget *budget;
};

#define TAG_NONE UINT32_MAX

int tags_init(struct tags *tags, struct budget *budget);
void tags_release(struct tags *tags);

/* The number of (tag, period), given now when *ret_new. TAG_NONE when the budget is used up. */
uint32_t tags_number(struct tags *tags, uint64_t tag, int32_t period, bool *ret_new);

#endif
