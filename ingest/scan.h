/*
 * scan.h: finding a byte in a short piece of a line.
 *
 * Fields are 3 to 200 bytes long: a call of memchr costs as much as it saves, so the first 16 bytes
 * are looked at inline. No byte outside [p, end) is read.
 */
#ifndef INGEST_SCAN_H
#define INGEST_SCAN_H

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* First position of a or b in [p, end), or end. */
static inline const char *scan_either(const char *p, const char *end, char a, char b)
{
#ifdef __SSE2__
	const __m128i first = _mm_set1_epi8(a), second = _mm_set1_epi8(b);
	for (; end - p >= 16; p += 16) {
		__m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)p);
		int hits = _mm_movemask_epi8(
		    _mm_or_si128(_mm_cmpeq_epi8(bytes, first), _mm_cmpeq_epi8(bytes, second)));
		if (hits)
			return p + __builtin_ctz((unsigned)hits);
	}
#endif
	while (p < end && *p != a && *p != b)
		p++;
	return p;
}

#endif
