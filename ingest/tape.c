#include "ingest/tape.h"
#include <stdlib.h>
#include <string.h>

enum { TAPE_PIECE = 64 * 1024 };

static bool is_gzip(const struct tape *tape)
{
	return stream_is_gzip(&tape->stream);
}

/* Up to n more bytes of a compressed file; 0 at its end or damage. */
static ssize_t take(struct tape *tape, char *out, size_t n, struct error *error)
{
	ssize_t got = stream_read(&tape->stream, out, n, error);
	if (got < 0 && !tape->stream.damaged)
		return -1;
	if (got <= 0) {
		tape->length = tape->position.offset;
		return 0;
	}
	position_pass(&tape->position, out, (size_t)got);
	return got;
}

static int fill_head(struct tape *tape, struct error *error)
{
	if (!is_gzip(tape)) {
		ssize_t got = stream_at(&tape->stream, 0, tape->head, TAPE_HEAD, error);
		tape->head_n = got < 0 ? 0 : (size_t)got;
		tape->length = (uint64_t)tape->stream.file.st_size;
		return got < 0 ? -1 : 0;
	}
	while (tape->head_n < TAPE_HEAD) {
		ssize_t got =
		    take(tape, tape->head + tape->head_n, TAPE_HEAD - tape->head_n, error);
		if (got <= 0)
			return (int)got;
		tape->head_n += (size_t)got;
	}
	return 0;
}

int tape_open(struct tape *tape, const char *path, bool zlib, struct hmac *hmac,
	      struct error *error)
{
	tape->hmac = hmac;
	tape->length = UINT64_MAX;
	tape->head_n = 0;
	position_init(&tape->position, hmac);
	if (stream_open(&tape->stream, path, zlib, error))
		return -1;
	if (!fill_head(tape, error))
		return 0;
	tape_close(tape);
	return -1;
}

void tape_close(struct tape *tape)
{
	stream_close(&tape->stream);
}

/* Inflates until `offset`; 1 there, 0 when the stream ends before. */
static int inflate_to(struct tape *tape, uint64_t offset, struct error *error)
{
	if (tape->position.offset >= offset)
		return tape->position.offset == offset;
	char *piece = malloc(TAPE_PIECE);
	ssize_t got = piece ? 1 : error_set(error, "out of memory");
	while (got > 0 && tape->position.offset < offset) {
		uint64_t left = offset - tape->position.offset;
		got = take(tape, piece, left < TAPE_PIECE ? (size_t)left : TAPE_PIECE, error);
	}
	free(piece);
	return got < 0 ? -1 : tape->position.offset == offset;
}

int tape_tail(struct tape *tape, uint64_t offset, uint8_t ret[MARK_DIGEST], struct error *error)
{
	size_t n = offset < MARK_TAIL ? (size_t)offset : MARK_TAIL;
	char bytes[MARK_TAIL];
	struct slice tail = slice_make(bytes, n);
	if (offset > tape->length)
		return 0;
	if (offset <= tape->head_n) {
		tail = slice_make(tape->head + (offset - n), n);
	} else if (is_gzip(tape)) {
		int there = inflate_to(tape, offset, error);
		if (there <= 0)
			return there;
		tail = slice_make(tape->position.tail, n);
	} else {
		ssize_t got = stream_at(&tape->stream, offset - n, bytes, n, error);
		if (got < 0)
			return -1;
		if ((size_t)got < n) {
			tape->length = offset - n + (size_t)got; /* it was cut just now */
			return 0;
		}
	}
	if (mark_digest_tail(tape->hmac, tail, ret))
		return error_set(error, "cannot make a digest");
	return 1;
}

bool tape_head(const struct tape *tape, size_t n, uint8_t ret[MARK_DIGEST])
{
	return n <= tape->head_n && !mark_digest_head(tape->hmac, slice_make(tape->head, n), ret);
}

int tape_goes_on(struct tape *tape, uint64_t offset, struct error *error)
{
	char byte;
	if (tape->length != UINT64_MAX)
		return tape->length > offset;
	if (tape->position.offset > offset)
		return 1;
	ssize_t got = take(tape, &byte, 1, error);
	return got < 0 ? -1 : got > 0;
}

int tape_end(struct tape *tape, struct error *error)
{
	if (tape->length != UINT64_MAX)
		return 0;
	return inflate_to(tape, UINT64_MAX, error) < 0 ? -1 : 0;
}

int tape_mark(struct tape *tape, struct mark *ret, struct error *error)
{
	if (tape_end(tape, error))
		return -1;
	if (is_gzip(tape))
		return position_write(&tape->position, ret)
			   ? error_set(error, "cannot make a digest")
			   : 0;
	uint64_t length = tape->length;
	size_t head_n = length < MARK_HEAD ? (size_t)length : MARK_HEAD;
	memset(ret->points, 0, sizeof(ret->points));
	for (unsigned i = 0; i < MARK_RUNGS && mark_rung(i) <= length; i++) {
		ret->points[i].offset = mark_rung(i);
		if (tape_tail(tape, mark_rung(i), ret->points[i].tail, error) <= 0)
			return error_set(error, "%s: cut while it was looked at",
					 tape->stream.path);
	}
	if (tape_tail(tape, length, ret->tail, error) <= 0 || !tape_head(tape, head_n, ret->head))
		return error_set(error, "%s: cut while it was looked at", tape->stream.path);
	ret->offset = length;
	ret->head_n = (uint32_t)head_n;
	return 0;
}

bool tape_has_data(const struct tape *tape, uint64_t offset)
{
	size_t n = offset < tape->head_n ? (size_t)offset : tape->head_n;
	struct slice rest = slice_make(tape->head, n);
	while (rest.n) {
		size_t end = slice_find(rest, '\n');
		if (end == rest.n)
			break;
		if (end > 1 && rest.p[0] != '#' && rest.p[0] != '\0')
			return true;
		rest = slice_from_byte(rest, end + 1);
	}
	return false;
}
