/*
 * slice.h: borrowed bytes.
 *
 * A slice never owns what it points to and is not NUL-terminated; it may hold any bytes. It is
 * passed by value. An empty slice may have a NULL pointer.
 */
#ifndef BASE_SLICE_H
#define BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct slice {
	const char *p;
	size_t n;
};

/* A slice over a string literal or array of known size, without its NUL; usable in const tables. */
#define SLICE_LITERAL(text)              \
	{                                \
		(text), sizeof(text) - 1 \
	}

static inline struct slice slice_make(const char *p, size_t n)
{
	return (struct slice){p, n};
}

/* Over a NUL-terminated string, which must outlive the slice. */
static inline struct slice slice_from(const char *text)
{
	return (struct slice){text, strlen(text)};
}

static inline bool slice_equal(struct slice a, struct slice b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool slice_is(struct slice a, const char *text)
{
	return slice_equal(a, slice_from(text));
}

static inline bool slice_starts(struct slice a, const char *prefix)
{
	size_t n = strlen(prefix);
	return a.n >= n && memcmp(a.p, prefix, n) == 0;
}

/* The rest from byte `from` on; empty when there is none. */
static inline struct slice slice_from_byte(struct slice a, size_t from)
{
	return from >= a.n ? (struct slice){NULL, 0} : (struct slice){a.p + from, a.n - from};
}

/* Position of the first `c`, or a.n when there is none. */
static inline size_t slice_find(struct slice a, char c)
{
	const char *at = a.n ? memchr(a.p, c, a.n) : NULL;
	return at ? (size_t)(at - a.p) : a.n;
}

static inline struct slice slice_trim(struct slice a)
{
	while (a.n && (a.p[0] == ' ' || a.p[0] == '\t'))
		a.p++, a.n--;
	while (a.n && (a.p[a.n - 1] == ' ' || a.p[a.n - 1] == '\t'))
		a.n--;
	return a;
}

/* ASCII only, independent of the locale. */
static inline char slice_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static inline bool slice_equal_nocase(struct slice a, const char *text)
{
	size_t n = strlen(text);
	if (a.n != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (slice_lower(a.p[i]) != slice_lower(text[i]))
			return false;
	return true;
}

#endif
