/* Digests, hints and positions, against a plain computation. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "hits.h"
#include "ingest/mark.h"
#include "ingest/position.h"

static struct hmac *make_hmac(void)
{
	uint8_t key[MARK_KEY];
	for (uint8_t i = 0; i < MARK_KEY; i++)
		key[i] = i;
	struct hmac *hmac = hmac_new(key, sizeof(key));
	cr_assert_not_null(hmac);
	return hmac;
}

/* Computed with Python's hmac and hashlib over length (8 bytes, little endian) and bytes of both
 * parts, under the key 00 01 … 1f. */
static const struct {
	const char *name, *bytes, *digest;
	bool head;
} known[] = {
    {"head", "abc", "141d43e30c140f5b881d40f1240592f4", true},
    {"tail", "abc", "a1eb2e8c52e8bef4d97f98db05ec8442", false},
    {"tail of nothing", "", "ba6a6c1f1f6b3510c8b89bb7d58d956f", false},
};

Test(mark, digests_known)
{
	struct hmac *hmac = make_hmac();
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		uint8_t digest[MARK_DIGEST];
		char hex[2 * MARK_DIGEST + 1];
		struct slice bytes = slice_from(known[i].bytes);
		cr_assert_eq(known[i].head ? mark_digest_head(hmac, bytes, digest)
					   : mark_digest_tail(hmac, bytes, digest),
			     0);
		for (size_t b = 0; b < MARK_DIGEST; b++)
			snprintf(hex + 2 * b, 3, "%02x", digest[b]);
		cr_expect_str_eq(hex, known[i].digest, "row %s: %s", known[i].name, hex);
	}
	hmac_free(hmac);
}

Test(mark, hint)
{
	char path[] = "/tmp/veiltally-mark-XXXXXX";
	int fd = mkstemp(path);
	struct stat file, other;
	cr_assert(fd >= 0 && write(fd, "x", 1) == 1 && fstat(fd, &file) == 0);
	struct mark mark = {0};
	int64_t later = mark_mtime(&file) + 3000000000;
	mark_set_hint(&mark, &file, later);
	cr_expect(mark_hint_holds(&mark, &file));
	static const char *const rows[] = {"device", "inode", "size", "mtime", "ctime"};
	for (size_t i = 0; i < 5; i++) {
		other = file;
		other.st_dev += i == 0;
		other.st_ino += i == 1;
		other.st_size += i == 2;
		other.st_mtim.tv_nsec ^= i == 3;
		other.st_ctim.tv_nsec ^= i == 4;
		cr_expect_not(mark_hint_holds(&mark, &other), "row %s", rows[i]);
	}
	mark_set_hint(&mark, &file, mark_mtime(&file) + 1000000000);
	cr_expect_not(mark_hint_holds(&mark, &file), "it may be written in the same tick");
	mark_set_hint(&mark, &file, mark_mtime(&file) - 5000000000);
	cr_expect_not(mark_hint_holds(&mark, &file), "a file server whose clock is ahead");
	close(fd);
	unlink(path);
}

/* What a mark at `n` must say, straight from the bytes. */
static void expect_mark(struct hmac *hmac, const char *bytes, size_t n, const struct mark *mark,
			const char *row)
{
	uint8_t digest[MARK_DIGEST];
	size_t head = n < MARK_HEAD ? n : MARK_HEAD, tail = n < MARK_TAIL ? n : MARK_TAIL,
	       rungs = 0;
	cr_assert_eq(mark->offset, n, "%s", row);
	cr_assert_eq(mark->head_n, head, "%s", row);
	mark_digest_head(hmac, slice_make(bytes, head), digest);
	cr_assert_arr_eq(mark->head, digest, MARK_DIGEST, "%s", row);
	mark_digest_tail(hmac, slice_make(bytes + n - tail, tail), digest);
	cr_assert_arr_eq(mark->tail, digest, MARK_DIGEST, "%s", row);
	uint64_t before = 0;
	for (size_t i = 0; i < MARK_POINTS && mark->points[i].offset; i++) {
		size_t at = (size_t)mark->points[i].offset,
		       length = at < MARK_TAIL ? at : MARK_TAIL;
		cr_assert(at > before && at <= n, "%s: points ascend", row);
		mark_digest_tail(hmac, slice_make(bytes + at - length, length), digest);
		cr_assert_arr_eq(mark->points[i].tail, digest, MARK_DIGEST, "%s: %zu", row, at);
		rungs += at >= mark_rung(0) && (at & (at - 1)) == 0;
		before = at;
	}
	size_t want = 0;
	while (want < MARK_RUNGS && mark_rung((unsigned)want) <= n)
		want++;
	cr_assert_eq(rungs, want, "%s: %zu rungs, not %zu", row, rungs, want);
}

Test(mark, positions_against_the_bytes)
{
	enum { SIZE = 40000 };
	static char bytes[SIZE];
	uint64_t seed = (uint64_t)time(NULL), state = seed;
	struct hmac *hmac = make_hmac();
	printf("mark: seed %lu\n", seed);
	for (unsigned round = 0; round < 200; round++) {
		static struct position position;
		struct mark mark = {0};
		char row[64];
		size_t at = 0, step = 1 + test_random(&state) % 3000;
		snprintf(row, sizeof(row), "seed %lu, round %u", seed, round);
		for (size_t i = 0; i < SIZE; i++)
			bytes[i] = (char)test_random(&state);
		position_init(&position, hmac);
		while (at + step < SIZE) {
			size_t n = test_random(&state) % step;
			position_pass(&position, bytes + at, n);
			at += n + 1;
			position_pass(&position, bytes + at - 1, 1);
			if (test_random(&state) % 4)
				continue;
			cr_assert_eq(position_write(&position, &mark), 0);
			expect_mark(hmac, bytes, at, &mark, row);
			cr_assert(position_agrees(&position, &mark), "%s", row);
			if (test_random(&state) % 2) { /* as a later run goes on */
				size_t head = at < MARK_HEAD ? at : MARK_HEAD;
				size_t tail = at < MARK_TAIL ? at : MARK_TAIL;
				position_init(&position, hmac);
				position_jump(&position, &mark, slice_make(bytes, head),
					      slice_make(bytes + at - tail, tail));
				cr_assert(position_agrees(&position, &mark), "%s", row);
				position.tail[test_random(&state) % tail] ^= 1;
				cr_assert_not(position_agrees(&position, &mark), "%s", row);
				position_jump(&position, &mark, slice_make(bytes, head),
					      slice_make(bytes + at - tail, tail));
			}
		}
		mark_release(&mark);
	}
	hmac_free(hmac);
}

Test(mark, copies_own_their_strings)
{
	struct mark mark = {.id = 5, .path = strdup("/a"), .source = strdup("s"), .offset = 7},
		    copy;
	cr_assert_eq(mark_copy(&copy, &mark), 0);
	mark_release(&mark);
	cr_expect_str_eq(copy.path, "/a");
	cr_expect_eq(copy.offset, 7);
	mark_release(&copy);
}
