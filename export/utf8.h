/*
 * utf8.h: one code point at a time, for the writers of reports. What comes in is promised to be
 * valid UTF-8; the writers do not rely on it, because a report with a broken key must still be a
 * valid file.
 */
#ifndef EXPORT_UTF8_H
#define EXPORT_UTF8_H

#include <stddef.h>
#include <stdint.h>

#define UTF8_REPLACEMENT 0xFFFDu

/*
 * Decodes the code point at the NUL-terminated `p`, which is not at its end, and says how many
 * bytes it took, at least 1. Anything that is not well-formed (RFC 3629: overlong, surrogate,
 * beyond U+10FFFF, cut off) is one byte and UTF8_REPLACEMENT.
 */
static inline size_t utf8_decode(const char *p, uint32_t *ret)
{
	const unsigned char *b = (const unsigned char *)p;
	static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
	size_t n = b[0] < 0x80	 ? 1
		   : b[0] < 0xC2 ? 0
		   : b[0] < 0xE0 ? 2
		   : b[0] < 0xF0 ? 3
		   : b[0] < 0xF5 ? 4
				 : 0;
	*ret = UTF8_REPLACEMENT;
	if (n == 1)
		*ret = b[0];
	if (n < 2)
		return 1;
	uint32_t c = b[0] & (0x7Fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((b[i] & 0xC0) != 0x80)
			return 1;
		c = c << 6 | (b[i] & 0x3F);
	}
	if (c < least[n] || c > 0x10FFFF || (c >= 0xD800 && c < 0xE000))
		return 1;
	*ret = c;
	return n;
}

/* Writes 1-4 bytes, without NUL; returns how many. */
static inline size_t utf8_encode(uint32_t c, char out[4])
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	for (size_t i = n - 1; i; i--, c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3F));
	out[0] = (char)((0xF00u >> n & 0xF0) | c);
	return n;
}

#endif
