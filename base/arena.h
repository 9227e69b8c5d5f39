/*
 * arena.h: memory that is given out in pieces and freed at once, with a maximum given at creation.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>
#include "base/slice.h"

struct arena;

/* `max` bytes in all, block headers included, taken from the system in blocks as needed. NULL when
 * memory is out. */
struct arena *arena_new(size_t max);
void arena_free(struct arena *arena);

/* 8-aligned, not zeroed. NULL when the maximum is reached or memory is out; the arena stays usable.
 */
void *arena_take(struct arena *arena, size_t size);

/* A copy of the bytes, without NUL. p is NULL when there was no room. */
struct slice arena_keep(struct arena *arena, struct slice bytes);
/* A NUL-terminated copy. NULL when there was no room. */
char *arena_keep_text(struct arena *arena, struct slice bytes);

/* Empty but reusable: keeps the blocks. Everything given out is gone. */
void arena_clear(struct arena *arena);

size_t arena_used(const struct arena *arena); /* bytes given out, each piece rounded up to 8 */
size_t arena_held(const struct arena *arena); /* bytes taken from the system */

#endif
