/*
 * hash.h: the hash of in-memory tables. Not for anything that is written down.
 *
 * 64x64→128 multiply and fold, 16 bytes a step (the construction of wyhash and its kin). The seed
 * is random per process, so that nobody outside can aim lines at one bucket.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct hash_seed {
	uint64_t a, b;
};

/* From getrandom(2); falls back to addresses and the clock when the kernel has none yet. */
struct hash_seed hash_seed_random(void);

__extension__ typedef unsigned __int128 hash_wide;

static inline uint64_t hash_fold(uint64_t x, uint64_t y)
{
	hash_wide m = (hash_wide)x * y;
	return (uint64_t)m ^ (uint64_t)(m >> 64);
}

static inline uint64_t hash_load8(const char *p)
{
	uint64_t v;
	memcpy(&v, p, 8);
	return v;
}

/* The last 1-7 bytes of a text as one number; n must be 1-7. */
static inline uint64_t hash_load_tail(const char *p, size_t n)
{
	uint64_t v = 0;
	if (n >= 4) {
		uint32_t lo, hi;
		memcpy(&lo, p, 4);
		memcpy(&hi, p + n - 4, 4);
		return (uint64_t)hi << 32 | lo;
	}
	v = (uint8_t)p[0];
	v |= (uint64_t)(uint8_t)p[n / 2] << 8;
	v |= (uint64_t)(uint8_t)p[n - 1] << 16;
	return v;
}

static inline uint64_t hash_bytes(const struct hash_seed *seed, const char *p, size_t n)
{
	uint64_t h = seed->a ^ (n * 0x9E3779B97F4A7C15u);
	size_t left = n;
	for (; left > 16; left -= 16, p += 16)
		h = hash_fold(hash_load8(p) ^ h, hash_load8(p + 8) ^ seed->b);
	uint64_t x = 0, y = 0;
	if (left >= 8) {
		x = hash_load8(p);
		y = hash_load8(p + left - 8);
	} else if (left) {
		x = hash_load_tail(p, left);
	}
	return hash_fold(hash_fold(x ^ h, y ^ seed->b), 0xA0761D6478BD642Fu ^ n);
}

static inline uint64_t hash_number(const struct hash_seed *seed, uint64_t v)
{
	return hash_fold(v ^ seed->a, seed->b | 1) ^ hash_fold(v ^ seed->b, 0xE7037ED1A0B428DBu);
}

#endif
