/*
 * Bump allocation over a list of blocks. Blocks grow with what was taken so far, so that a small
 * arena stays small and a large one asks the system seldom; a request larger than the next block
 * gets a block of its own size.
 */
#include "base/arena.h"
#include <stdint.h>
#include <stdlib.h>

enum { ALIGN = 8, FIRST_BLOCK = 4096, LARGEST_BLOCK = 1 << 20 };

struct block {
	struct block *next;
	size_t size, used; /* of bytes[], both multiples of ALIGN */
	_Alignas(ALIGN) char bytes[];
};

struct arena {
	struct block *first, *now; /* blocks after `now` are empty: left over from before a clear */
	size_t max, held, used;
};

struct arena *arena_new(size_t max)
{
	struct arena *arena = calloc(1, sizeof(*arena));
	if (arena)
		arena->max = max;
	return arena;
}

void arena_free(struct arena *arena)
{
	if (!arena)
		return;
	for (struct block *block = arena->first, *next; block; block = next) {
		next = block->next;
		free(block);
	}
	free(arena);
}

/* The header is charged too: `max` is what the process grows by, not what callers see of it. */
static struct block *block_new(struct arena *arena, size_t need)
{
	size_t room = arena->max > arena->held ? arena->max - arena->held : 0;
	if (room < sizeof(struct block) || need > room - sizeof(struct block))
		return NULL;
	size_t size = arena->held < FIRST_BLOCK	    ? FIRST_BLOCK
		      : arena->held > LARGEST_BLOCK ? LARGEST_BLOCK
						    : arena->held / ALIGN * ALIGN;
	if (size > room)
		size = room / ALIGN * ALIGN;
	size = size < need + sizeof(struct block) ? need : size - sizeof(struct block);
	struct block *block = malloc(sizeof(*block) + size);
	if (!block)
		return NULL;
	block->size = size;
	block->used = 0;
	arena->held += sizeof(*block) + size;
	return block;
}

/*
 * A block with room becomes `now`. Blocks kept by a clear come first; one that is too small is
 * stepped over, not lost: what is used instead moves in front of it.
 */
static struct block *block_with_room(struct arena *arena, size_t need)
{
	struct block *now = arena->now;
	if (now && now->size - now->used >= need)
		return now;
	struct block **after = now ? &now->next : &arena->first;
	struct block **at = after;
	while (*at && (*at)->size < need)
		at = &(*at)->next;
	struct block *block = *at;
	if (block)
		*at = block->next;
	else if (!(block = block_new(arena, need)))
		return NULL;
	block->next = *after;
	*after = block;
	return arena->now = block;
}

void *arena_take(struct arena *arena, size_t size)
{
	if (size > SIZE_MAX - ALIGN)
		return NULL;
	size_t need = size ? (size + ALIGN - 1) / ALIGN * ALIGN : ALIGN;
	struct block *block = block_with_room(arena, need);
	if (!block)
		return NULL;
	void *p = block->bytes + block->used;
	block->used += need;
	arena->used += need;
	return p;
}

struct slice arena_keep(struct arena *arena, struct slice bytes)
{
	char *p = arena_take(arena, bytes.n);
	if (!p)
		return slice_make(NULL, 0);
	if (bytes.n)
		memcpy(p, bytes.p, bytes.n);
	return slice_make(p, bytes.n);
}

char *arena_keep_text(struct arena *arena, struct slice bytes)
{
	if (bytes.n == SIZE_MAX)
		return NULL;
	char *p = arena_take(arena, bytes.n + 1);
	if (!p)
		return NULL;
	if (bytes.n)
		memcpy(p, bytes.p, bytes.n);
	p[bytes.n] = '\0';
	return p;
}

void arena_clear(struct arena *arena)
{
	for (struct block *block = arena->first; block; block = block->next)
		block->used = 0;
	arena->now = arena->first;
	arena->used = 0;
}

size_t arena_used(const struct arena *arena)
{
	return arena->used;
}

size_t arena_held(const struct arena *arena)
{
	return arena->held;
}
