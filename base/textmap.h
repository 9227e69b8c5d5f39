/*
 * textmap.h: texts to dense indexes, each with a value of fixed size.
 *
 * Open addressing over 8-byte slots (32 bits of hash, index), texts in one growing buffer. It
 * grows by doubling while it stays under its maximum; textmap_add then says no. There is no
 * removal: a full map is cleared or rebuilt by its owner, who knows what may go.
 */
#ifndef BASE_TEXTMAP_H
#define BASE_TEXTMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/hash.h"
#include "base/slice.h"

#define TEXTMAP_NONE UINT32_MAX

struct textmap_entry {
	uint64_t hash;
	size_t at;  /* where the text begins in the buffer */
	uint32_t n; /* its length */
};

struct textmap {
	struct hash_seed seed;
	uint64_t *slots; /* upper half: upper half of the hash; lower half: index + 1, 0 = empty */
	size_t mask;
	char *entries; /* entry and value side by side: one cache line says both */
	size_t stride;
	uint32_t n, cap;
	char *bytes;
	size_t bytes_n, bytes_cap;
	size_t value_size;
	size_t max;
};

/* `max` is what it may hold in all, in bytes. Returns -1 when memory is out. */
int textmap_init(struct textmap *map, size_t value_size, size_t max);
void textmap_release(struct textmap *map);
void textmap_clear(struct textmap *map); /* empty, keeps its memory */
size_t textmap_held(const struct textmap *map);

static inline uint64_t textmap_hash(const struct textmap *map, struct slice text)
{
	return hash_bytes(&map->seed, text.p, text.n);
}

static inline struct textmap_entry *textmap_entry(const struct textmap *map, uint32_t index)
{
	return (struct textmap_entry *)(void *)(map->entries + (size_t)index * map->stride);
}

static inline struct slice textmap_text(const struct textmap *map, uint32_t index)
{
	const struct textmap_entry *entry = textmap_entry(map, index);
	return slice_make(map->bytes + entry->at, entry->n);
}

/* The value of an index; moves when the map grows. */
static inline void *textmap_value(const struct textmap *map, uint32_t index)
{
	return textmap_entry(map, index) + 1;
}

/* Index of the text, or TEXTMAP_NONE. */
static inline uint32_t textmap_find(const struct textmap *map, struct slice text, uint64_t hash)
{
	for (size_t at = (size_t)hash & map->mask;; at = (at + 1) & map->mask) {
		uint64_t slot = map->slots[at];
		if (!slot)
			return TEXTMAP_NONE;
		if (slot >> 32 != hash >> 32)
			continue;
		uint32_t index = (uint32_t)slot - 1;
		const struct textmap_entry *entry = textmap_entry(map, index);
		if (entry->n == text.n &&
		    (text.n == 0 || memcmp(map->bytes + entry->at, text.p, text.n) == 0))
			return index;
	}
}

/*
 * Adds a text that textmap_find did not find; the bytes are copied, the value is zeroed. Returns
 * its index, the number of texts before it, or TEXTMAP_NONE when the maximum is reached or memory
 * is out.
 */
uint32_t textmap_add(struct textmap *map, struct slice text, uint64_t hash);

/* Makes sure that `texts` more of `bytes` bytes in all can be added; false when the maximum forbids
 * it. */
bool textmap_reserve(struct textmap *map, uint32_t texts, size_t bytes);

#endif
