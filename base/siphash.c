#include "base/siphash.h"
#include <string.h>

static uint64_t load(const uint8_t *p)
{
	uint64_t v;
	memcpy(&v, p, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	v = __builtin_bswap64(v);
#endif
	return v;
}

/* The last 0-7 bytes of a message, the first lowest. */
static uint64_t load_tail(const uint8_t *p, size_t n)
{
	uint64_t v = 0;
	for (size_t i = 0; i < n; i++)
		v |= (uint64_t)p[i] << (8 * i);
	return v;
}

static inline uint64_t rotate(uint64_t v, unsigned by)
{
	return v << by | v >> (64 - by);
}

/* One SipRound: section 2.2 of the paper. */
static inline void turn(uint64_t v[4])
{
	v[0] += v[1], v[2] += v[3];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] = rotate(v[0], 32);
	v[2] += v[1], v[0] += v[3];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] = rotate(v[2], 32);
}

static inline void begin(uint64_t v[4], const uint8_t key[16])
{
	uint64_t k0 = load(key), k1 = load(key + 8);
	v[0] = k0 ^ 0x736f6d6570736575u;
	v[1] = k1 ^ 0x646f72616e646f6du;
	v[2] = k0 ^ 0x6c7967656e657261u;
	v[3] = k1 ^ 0x7465646279746573u;
}

static inline void compress(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	turn(v);
	turn(v);
	v[0] ^= word;
}

static inline uint64_t finish(uint64_t v[4], uint64_t tail, uint64_t total)
{
	compress(v, tail | total << 56);
	v[2] ^= 0xff;
	for (unsigned i = 0; i < 4; i++)
		turn(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint64_t siphash(const uint8_t key[16], const void *bytes, size_t n)
{
	const uint8_t *p = bytes;
	uint64_t v[4];
	size_t left = n;
	begin(v, key);
	for (; left >= 8; left -= 8, p += 8)
		compress(v, load(p));
	return finish(v, load_tail(p, left), n);
}

uint64_t siphash_numbers(const uint8_t key[16], uint64_t a, uint64_t b, uint32_t c)
{
	uint64_t v[4];
	begin(v, key);
	compress(v, a);
	compress(v, b);
	return finish(v, c, 20);
}

void siphash_start(struct siphash *state, const uint8_t key[16])
{
	begin(state->v, key);
	state->part = 0;
	state->total = 0;
}

void siphash_add(struct siphash *state, const void *bytes, size_t n)
{
	const uint8_t *p = bytes;
	for (; n && state->total % 8; n--, p++) {
		state->part |= (uint64_t)*p << (state->total++ % 8 * 8);
		if (state->total % 8 == 0) {
			compress(state->v, state->part);
			state->part = 0;
		}
	}
	for (; n >= 8; n -= 8, p += 8, state->total += 8)
		compress(state->v, load(p));
	state->part |= load_tail(p, n) << (state->total % 8 * 8);
	state->total += n;
}

uint64_t siphash_end(struct siphash *state)
{
	uint64_t hash = finish(state->v, state->part, state->total);
	explicit_bzero(state, sizeof(*state));
	return hash;
}
