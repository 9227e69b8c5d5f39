/*
 * pack.h: numbers and texts as compact bytes: LEB128 for numbers, zigzag for signed ones, a length
 * in front of texts. For rows that only this program reads.
 */
#ifndef BASE_PACK_H
#define BASE_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/slice.h"

struct pack { /* grows as needed; {0} is empty */
	uint8_t *p;
	size_t n, cap;
	bool failed; /* memory was out: the content is of no use */
};

void pack_clear(struct pack *pack); /* empty, keeps its memory */
void pack_release(struct pack *pack);
void pack_number(struct pack *pack, uint64_t value);
void pack_signed(struct pack *pack, int64_t value);
void pack_fixed(struct pack *pack, uint64_t value); /* 8 bytes: for hashes */
void pack_bytes(struct pack *pack, const void *bytes, size_t n);
void pack_text(struct pack *pack, struct slice text);

static inline struct slice pack_slice(const struct pack *pack)
{
	return slice_make((const char *)pack->p, pack->n);
}

struct unpack { /* reads what pack wrote; never beyond its end */
	const uint8_t *p;
	size_t n;
	bool failed; /* the bytes ended or made no sense; everything read since is 0 */
};

struct unpack unpack_from(struct slice bytes);
uint64_t unpack_number(struct unpack *unpack);
int64_t unpack_signed(struct unpack *unpack);
uint64_t unpack_fixed(struct unpack *unpack);
struct slice unpack_bytes(struct unpack *unpack, size_t n);
struct slice unpack_text(struct unpack *unpack);

#endif
