/*
 * tape.h: a file as the catalog looks at it: the digests of what ends at any offset of its
 * uncompressed stream, without reading more of it than that takes.
 */
#ifndef INGEST_TAPE_H
#define INGEST_TAPE_H

#include "ingest/position.h"
#include "ingest/stream.h"

enum { TAPE_HEAD = 4096 };

struct tape {
	struct stream stream;
	struct hmac *hmac;
	struct position position; /* how far a compressed file was inflated */
	uint64_t length;	  /* of the stream; UINT64_MAX while not known */
	size_t head_n;
	char head[TAPE_HEAD]; /* the first bytes */
};

/* `path` and `hmac` are borrowed. -1 with a message, errno as stream_open leaves it. */
int tape_open(struct tape *tape, const char *path, bool zlib, struct hmac *hmac,
	      struct error *error);
void tape_close(struct tape *tape);

/*
 * Digest of the (at most) 256 bytes before `offset`: 1, 0 when the stream is shorter, -1 with a
 * message. Of a compressed file the offsets must ascend, save those within the head. A damaged one
 * ends at the damage.
 */
int tape_tail(struct tape *tape, uint64_t offset, uint8_t ret[MARK_DIGEST], struct error *error);

/* Digest of the first n bytes, at most MARK_HEAD; false when the stream is shorter. */
bool tape_head(const struct tape *tape, size_t n, uint8_t ret[MARK_DIGEST]);

/* Whether the stream goes on behind `offset`, up to which it was looked at; -1 with a message. */
int tape_goes_on(struct tape *tape, uint64_t offset, struct error *error);

/* Inflates up to the end, or takes the length of a plain file: tape->length is known afterwards. */
int tape_end(struct tape *tape, struct error *error);

/* A mark at the end of the stream, the digests only. */
int tape_mark(struct tape *tape, struct mark *ret, struct error *error);

/* Whether a whole line that is no comment stands in the first `offset` bytes, as far as the head
 * shows: equal bytes up to there are then no accident of two files with the same preamble. */
bool tape_has_data(const struct tape *tape, uint64_t offset);

#endif
