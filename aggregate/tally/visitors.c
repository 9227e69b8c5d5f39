#include "aggregate/tally/visitors.h"
#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 1024 };

int visitors_init(struct visitors *visitors, struct budget *budget)
{
	*visitors = (struct visitors){.mask = FIRST_SLOTS - 1, .budget = budget};
	visitors->slots = calloc(FIRST_SLOTS, sizeof(*visitors->slots));
	return visitors->slots ? 0 : -1;
}

void visitors_release(struct visitors *visitors)
{
	for (size_t i = 0; i < visitors->blocks_n; i++)
		free(visitors->blocks[i]);
	free(visitors->blocks);
	free(visitors->slots);
	free(visitors->free_list);
	*visitors = (struct visitors){0};
}

uint32_t visitors_find(const struct visitors *visitors, uint64_t tag)
{
	for (size_t at = (size_t)tag & visitors->mask;; at = (at + 1) & visitors->mask) {
		uint64_t slot = visitors->slots[at];
		if (!slot)
			return VISITOR_NONE;
		uint32_t index = (uint32_t)slot - 1;
		if (slot >> 32 == tag >> 32 && visitors_at(visitors, index)->tag == tag)
			return index;
	}
}

static void place(struct visitors *visitors, uint64_t tag, uint32_t index)
{
	size_t at = (size_t)tag & visitors->mask;
	while (visitors->slots[at])
		at = (at + 1) & visitors->mask;
	visitors->slots[at] = (tag >> 32) << 32 | (index + 1);
}

static void place_all(struct visitors *visitors)
{
	memset(visitors->slots, 0, (visitors->mask + 1) * sizeof(*visitors->slots));
	for (uint32_t i = 0; i < visitors->n; i++)
		if (visitors_at(visitors, i)->live)
			place(visitors, visitors_at(visitors, i)->tag, i);
}

static int grow_slots(struct visitors *visitors)
{
	size_t old = visitors->mask + 1;
	if (!budget_take(visitors->budget, 2 * old * sizeof(*visitors->slots)))
		return -1;
	uint64_t *slots = malloc(2 * old * sizeof(*slots));
	if (!slots) {
		budget_give(visitors->budget, 2 * old * sizeof(*slots));
		return -1;
	}
	free(visitors->slots);
	budget_give(visitors->budget, old * sizeof(*slots));
	visitors->slots = slots;
	visitors->mask = 2 * old - 1;
	place_all(visitors);
	return 0;
}

static int add_block(struct visitors *visitors)
{
	if (!budget_take(visitors->budget, VISITORS_BLOCK * sizeof(struct visitor)))
		return -1;
	struct visitor **blocks =
	    realloc(visitors->blocks, (visitors->blocks_n + 1) * sizeof(*blocks));
	if (blocks) {
		visitors->blocks = blocks;
		blocks[visitors->blocks_n] = malloc(VISITORS_BLOCK * sizeof(struct visitor));
		if (blocks[visitors->blocks_n]) {
			visitors->blocks_n++;
			return 0;
		}
	}
	budget_give(visitors->budget, VISITORS_BLOCK * sizeof(struct visitor));
	return -1;
}

uint32_t visitors_add(struct visitors *visitors, uint64_t tag)
{
	uint32_t index;
	if (visitors->live >= visitors->mask / 4 * 3 && grow_slots(visitors))
		return VISITOR_NONE;
	if (visitors->free_n) {
		index = visitors->free_list[--visitors->free_n];
	} else {
		if (visitors->n == visitors->blocks_n * VISITORS_BLOCK && add_block(visitors))
			return VISITOR_NONE;
		index = visitors->n++;
	}
	struct visitor *visitor = visitors_at(visitors, index);
	memset(visitor, 0, sizeof(*visitor));
	visitor->tag = tag;
	visitor->before = VISITOR_NONE;
	visitor->live = true;
	visitors->live++;
	place(visitors, tag, index);
	return index;
}

void visitors_remove(struct visitors *visitors, bool (*over)(const struct visitor *, const void *),
		     const void *context)
{
	uint32_t *list = realloc(visitors->free_list, visitors->n * sizeof(*list));
	if (list)
		visitors->free_list = list;
	else if (visitors->n > visitors->free_n)
		return; /* nothing is removed; the next newcomer finds no room and is folded */
	visitors->free_n = 0;
	for (uint32_t i = visitors->n; i-- > 0;) {
		struct visitor *visitor = visitors_at(visitors, i);
		if (visitor->live && over(visitor, context)) {
			visitor->live = false;
			visitors->live--;
		}
		if (!visitor->live)
			visitors->free_list[visitors->free_n++] = i;
	}
	for (uint32_t i = 0; i < visitors->n; i++) {
		struct visitor *visitor = visitors_at(visitors, i);
		if (visitor->before != VISITOR_NONE &&
		    !visitors_at(visitors, visitor->before)->live)
			visitor->before = VISITOR_NONE;
	}
	place_all(visitors);
}
