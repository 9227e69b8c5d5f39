/*
 * budget.h: a share of the configured memory. Tables ask before they grow; a refusal is their cap.
 *
 * Several tables of one kind (those of several open days) draw on one budget, so that memory
 * follows the configuration and not the number of days. One thread at a time.
 */
#ifndef BASE_BUDGET_H
#define BASE_BUDGET_H

#include <stdbool.h>
#include <stddef.h>

struct budget {
	size_t limit; /* bytes */
	size_t used;
};

static inline bool budget_take(struct budget *budget, size_t bytes)
{
	if (budget->used > budget->limit || bytes > budget->limit - budget->used)
		return false;
	budget->used += bytes;
	return true;
}

static inline void budget_give(struct budget *budget, size_t bytes)
{
	budget->used -= bytes < budget->used ? bytes : budget->used;
}

#endif
