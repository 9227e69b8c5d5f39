/*
 * gunzip.c: one loop over two engines. Both are stepped the same way: give input, take output,
 * learn whether a member ended. Zero bytes after a member (tapes and block devices pad with them)
 * end the stream; anything else that is not a member is corruption.
 */
#include "ingest/gunzip.h"
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#ifdef HAVE_ISAL
#include <isa-l/igzip_lib.h>
#endif

enum { INPUT_SIZE = 128 * 1024 };
enum step { STEP_MORE, STEP_MEMBER_END, STEP_BAD };

struct gunzip {
	int fd;
	bool use_zlib, in_member, at_end, any_member;
	uint64_t consumed;
	uint8_t *next; /* unread input */
	size_t left;
	z_stream zlib;
#ifdef HAVE_ISAL
	struct inflate_state isal;
#endif
	uint8_t input[INPUT_SIZE];
};

struct gunzip *gunzip_new(int fd, const char *prefix, size_t n, bool zlib)
{
	assert(n <= INPUT_SIZE);
	struct gunzip *gunzip = calloc(1, sizeof(*gunzip));
	if (!gunzip)
		return NULL;
	gunzip->fd = fd;
	memcpy(gunzip->input, prefix, n);
	gunzip->next = gunzip->input;
	gunzip->left = n;
	gunzip->consumed = n;
	gunzip->use_zlib = zlib;
#ifndef HAVE_ISAL
	gunzip->use_zlib = true;
#endif
	if (gunzip->use_zlib && inflateInit2(&gunzip->zlib, 15 + 16) != Z_OK) {
		free(gunzip);
		return NULL;
	}
	return gunzip;
}

void gunzip_free(struct gunzip *gunzip)
{
	if (!gunzip)
		return;
	if (gunzip->use_zlib)
		inflateEnd(&gunzip->zlib);
	free(gunzip);
}

uint64_t gunzip_consumed(const struct gunzip *gunzip)
{
	return gunzip->consumed - gunzip->left;
}

static int refill(struct gunzip *gunzip)
{
	ssize_t n;
	do
		n = read(gunzip->fd, gunzip->input, sizeof(gunzip->input));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -1;
	gunzip->next = gunzip->input;
	gunzip->left = (size_t)n;
	gunzip->consumed += (uint64_t)n;
	gunzip->at_end = n == 0;
	return 0;
}

static void begin_member(struct gunzip *gunzip)
{
	if (gunzip->use_zlib) {
		inflateReset(&gunzip->zlib);
	}
#ifdef HAVE_ISAL
	else {
		isal_inflate_init(&gunzip->isal);
		gunzip->isal.crc_flag = ISAL_GZIP;
	}
#endif
	gunzip->in_member = gunzip->any_member = true;
}

static enum step step_zlib(struct gunzip *gunzip, char *out, size_t cap, size_t *ret_n)
{
	z_stream *z = &gunzip->zlib;
	z->next_in = gunzip->next;
	z->avail_in = (uInt)gunzip->left;
	z->next_out = (Bytef *)out;
	z->avail_out = (uInt)cap;
	int code = inflate(z, Z_NO_FLUSH);
	*ret_n = cap - z->avail_out;
	gunzip->next = z->next_in;
	gunzip->left = z->avail_in;
	if (code == Z_STREAM_END)
		return STEP_MEMBER_END;
	return code == Z_OK || code == Z_BUF_ERROR ? STEP_MORE : STEP_BAD;
}

#ifdef HAVE_ISAL
static enum step step_isal(struct gunzip *gunzip, char *out, size_t cap, size_t *ret_n)
{
	struct inflate_state *s = &gunzip->isal;
	s->next_in = gunzip->next;
	s->avail_in = (uint32_t)gunzip->left;
	s->next_out = (uint8_t *)out;
	s->avail_out = (uint32_t)cap;
	int code = isal_inflate(s);
	*ret_n = cap - s->avail_out;
	gunzip->next = s->next_in;
	gunzip->left = s->avail_in;
	if (code != ISAL_DECOMP_OK && code != ISAL_END_INPUT && code != ISAL_OUT_OVERFLOW)
		return STEP_BAD;
	return s->block_state == ISAL_BLOCK_FINISH ? STEP_MEMBER_END : STEP_MORE;
}
#endif

static enum step step(struct gunzip *gunzip, char *out, size_t cap, size_t *ret_n)
{
#ifdef HAVE_ISAL
	if (!gunzip->use_zlib)
		return step_isal(gunzip, out, cap, ret_n);
#endif
	return step_zlib(gunzip, out, cap, ret_n);
}

static bool skip_padding(struct gunzip *gunzip)
{
	if (!gunzip->any_member)
		return false;
	while (gunzip->left && *gunzip->next == 0)
		gunzip->next++, gunzip->left--;
	return gunzip->left == 0;
}

enum gunzip_status gunzip_read(struct gunzip *gunzip, char *out, size_t cap, size_t *ret_n)
{
	if (cap > UINT32_MAX / 2)
		cap = UINT32_MAX / 2;
	for (*ret_n = 0; *ret_n == 0;) {
		if (!gunzip->left && !gunzip->at_end && refill(gunzip))
			return GUNZIP_IO;
		if (!gunzip->in_member) {
			if (gunzip->left && skip_padding(gunzip))
				continue;
			if (gunzip->at_end && !gunzip->left)
				return GUNZIP_OK;
			begin_member(gunzip);
		}
		switch (step(gunzip, out, cap, ret_n)) {
		case STEP_MEMBER_END:
			gunzip->in_member = false;
			break;
		case STEP_BAD:
			return GUNZIP_CORRUPT;
		case STEP_MORE:
			if (*ret_n == 0 && gunzip->at_end)
				return GUNZIP_TRUNCATED;
			break;
		}
	}
	return GUNZIP_OK;
}
