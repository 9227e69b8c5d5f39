/*
 * scan.h: finding a byte in a piece of a line.
 *
 * Fields are 1 to 200 bytes long: a call of memchr costs as much as it saves, so the first 16 bytes
 * are looked at inline. No byte outside [p, end) is read.
 */
#ifndef INGEST_SCAN_H
#define INGEST_SCAN_H

#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* Two bytes to look for, ready for the processor. */
struct scan_pair {
	char a[16];
	char b[16];
};

static inline void scan_pair_set(struct scan_pair *pair, char a, char b)
{
	memset(pair->a, a, sizeof(pair->a));
	memset(pair->b, b, sizeof(pair->b));
}

#ifdef __SSE2__
/* One bit for each of the 16 bytes at p that is one of the two. */
static inline unsigned scan_hits(const char *p, __m128i a, __m128i b)
{
	__m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)p);
	return (unsigned)_mm_movemask_epi8(
	    _mm_or_si128(_mm_cmpeq_epi8(bytes, a), _mm_cmpeq_epi8(bytes, b)));
}

/* At least 16 bytes lie between p and end. */
static inline const char *scan_vectors(const char *p, const char *end, __m128i a, __m128i b)
{
	unsigned first = scan_hits(p, a, b);
	if (first)
		return p + __builtin_ctz(first);
	p += 16;
	/* Longer fields in steps of 64: their lengths vary, and the exit of a loop is guessed
	 * wrong. */
	for (; end - p >= 64; p += 64) {
		uint64_t hits = scan_hits(p, a, b) | (uint64_t)scan_hits(p + 16, a, b) << 16 |
				(uint64_t)scan_hits(p + 32, a, b) << 32 |
				(uint64_t)scan_hits(p + 48, a, b) << 48;
		if (hits)
			return p + __builtin_ctzll(hits);
	}
	for (; end - p >= 16; p += 16) {
		unsigned hits = scan_hits(p, a, b);
		if (hits)
			return p + __builtin_ctz(hits);
	}
	/* The rest together with bytes before it that have been looked at. */
	unsigned rest = scan_hits(end - 16, a, b) >> (16 - (end - p));
	return rest ? p + __builtin_ctz(rest) : end;
}
#endif

/* First position of either byte in [p, end), or end. */
static inline const char *scan_pair_find(const struct scan_pair *pair, const char *p,
					 const char *end)
{
#ifdef __SSE2__
	if (end - p >= 16)
		return scan_vectors(p, end, _mm_loadu_si128((const __m128i *)(const void *)pair->a),
				    _mm_loadu_si128((const __m128i *)(const void *)pair->b));
#endif
	while (p < end && *p != pair->a[0] && *p != pair->b[0])
		p++;
	return p;
}

static inline const char *scan_either(const char *p, const char *end, char a, char b)
{
#ifdef __SSE2__
	if (end - p >= 16)
		return scan_vectors(p, end, _mm_set1_epi8(a), _mm_set1_epi8(b));
#endif
	while (p < end && *p != a && *p != b)
		p++;
	return p;
}

#endif
