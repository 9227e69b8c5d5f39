#include "base/textmap.h"
#include <stdlib.h>

enum { FIRST_SLOTS = 256, FIRST_BYTES = 4096 };

int textmap_init(struct textmap *map, size_t value_size, size_t max)
{
	*map = (struct textmap){.seed = hash_seed_random(), .value_size = value_size, .max = max};
	map->mask = FIRST_SLOTS - 1;
	map->stride = (sizeof(struct textmap_entry) + value_size + 7) & ~(size_t)7;
	map->cap = FIRST_SLOTS / 2;
	map->bytes_cap = FIRST_BYTES;
	map->slots = calloc(FIRST_SLOTS, sizeof(*map->slots));
	map->entries = malloc(map->cap * map->stride);
	map->bytes = malloc(map->bytes_cap);
	if (map->slots && map->entries && map->bytes)
		return 0;
	textmap_release(map);
	return -1;
}

void textmap_release(struct textmap *map)
{
	free(map->slots);
	free(map->entries);
	free(map->bytes);
	*map = (struct textmap){0};
}

void textmap_clear(struct textmap *map)
{
	memset(map->slots, 0, (map->mask + 1) * sizeof(*map->slots));
	map->n = 0;
	map->bytes_n = 0;
}

size_t textmap_held(const struct textmap *map)
{
	return (map->mask + 1) * sizeof(*map->slots) + map->cap * map->stride + map->bytes_cap;
}

static bool grow_bytes(struct textmap *map, size_t need)
{
	size_t cap = map->bytes_cap;
	while (cap < need)
		cap *= 2;
	/* realloc may hold old and new at once: both count. */
	if (textmap_held(map) + cap > map->max)
		return false;
	char *bytes = realloc(map->bytes, cap);
	if (!bytes)
		return false;
	map->bytes = bytes;
	map->bytes_cap = cap;
	return true;
}

static void place(struct textmap *map, uint64_t hash, uint32_t index)
{
	size_t at = (size_t)hash & map->mask;
	while (map->slots[at])
		at = (at + 1) & map->mask;
	map->slots[at] = (hash >> 32) << 32 | (index + 1);
}

static bool grow_entries(struct textmap *map)
{
	uint32_t cap = map->cap * 2;
	size_t more = (size_t)cap * map->stride + 2 * (size_t)cap * sizeof(*map->slots);
	if (map->cap > UINT32_MAX / 4 || textmap_held(map) + more > map->max)
		return false;
	char *entries = realloc(map->entries, cap * map->stride);
	if (!entries)
		return false;
	map->entries = entries;
	uint64_t *slots = calloc(2 * (size_t)cap, sizeof(*slots));
	if (!slots)
		return false;
	free(map->slots);
	map->slots = slots;
	map->mask = 2 * (size_t)cap - 1;
	map->cap = cap;
	for (uint32_t i = 0; i < map->n; i++)
		place(map, textmap_entry(map, i)->hash, i);
	return true;
}

uint32_t textmap_add(struct textmap *map, struct slice text, uint64_t hash)
{
	if (text.n > UINT32_MAX)
		return TEXTMAP_NONE;
	if (map->n == map->cap && !grow_entries(map))
		return TEXTMAP_NONE;
	if (map->bytes_n + text.n > map->bytes_cap && !grow_bytes(map, map->bytes_n + text.n))
		return TEXTMAP_NONE;
	uint32_t index = map->n++;
	if (text.n)
		memcpy(map->bytes + map->bytes_n, text.p, text.n);
	*textmap_entry(map, index) = (struct textmap_entry){hash, map->bytes_n, (uint32_t)text.n};
	map->bytes_n += text.n;
	memset(textmap_value(map, index), 0, map->value_size);
	place(map, hash, index);
	return index;
}

bool textmap_reserve(struct textmap *map, uint32_t texts, size_t bytes)
{
	while (map->cap - map->n < texts)
		if (!grow_entries(map))
			return false;
	return map->bytes_n + bytes <= map->bytes_cap || grow_bytes(map, map->bytes_n + bytes);
}
