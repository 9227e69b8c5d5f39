/*
 * position.h: what must be known of a stream to write a mark at any place of it: its first and its
 * last bytes, and the digests at its rungs. Costs nothing per line: it looks at the ends of chunks.
 */
#ifndef INGEST_POSITION_H
#define INGEST_POSITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/hmac.h"
#include "base/slice.h"
#include "ingest/mark.h"

struct position {
	struct hmac *hmac; /* borrowed; NULL: no digests are made */
	uint64_t offset;   /* bytes that went by */
	uint32_t head_n, tail_n;
	unsigned rungs_n;
	bool failed; /* a digest could not be made */
	char head[MARK_HEAD];
	char tail[MARK_TAIL];
	uint8_t rungs[MARK_RUNGS][MARK_DIGEST];
};

void position_init(struct position *position, struct hmac *hmac);

/* The next n bytes of the stream. */
void position_pass(struct position *position, const char *bytes, size_t n);

/*
 * Puts it at mark->offset without the bytes between `head`, the first, and `tail`, those before the
 * offset: the rungs are the mark's.
 */
void position_jump(struct position *position, const struct mark *mark, struct slice head,
		   struct slice tail);

/* Whether these are the bytes that the mark, at this offset, was made from. */
bool position_agrees(const struct position *position, const struct mark *mark);

/*
 * Makes the mark one of this position; what it says of an earlier position of the same stream
 * becomes a point. -1 when a digest cannot be made.
 */
int position_write(const struct position *position, struct mark *mark);

#endif
