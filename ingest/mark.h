/*
 * mark.h: where in a file reading stopped, and by what the file is known again.
 *
 * A file is its uncompressed stream: its beginning (at most 1 KiB) and the 256 bytes before the
 * position, both as HMAC-SHA-256 under K_p, never as bytes. Device, inode, size and times are a
 * hint that saves reading unchanged files, nothing more. docs/positions.md has the rules.
 */
#ifndef INGEST_MARK_H
#define INGEST_MARK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include "base/hmac.h"
#include "base/slice.h"

/*
 * Rungs are points at fixed offsets, 64 << n, of every stream: two streams with equal rungs up to
 * one of them are equal up to there, which finds a stream among thousands with equal beginnings and
 * knows a copy that ends anywhere. Beside them stand the last few positions before this one.
 */
enum {
	MARK_HEAD = 1024,
	MARK_TAIL = 256,
	MARK_DIGEST = 16,
	MARK_KEY = 32,
	MARK_RUNGS = 32, /* the highest at 128 GiB */
	MARK_RECENT = 4,
	MARK_POINTS = MARK_RUNGS + MARK_RECENT,
};

struct mark_point { /* a position in the stream, and the digest of what ends there */
	uint64_t offset;
	uint8_t tail[MARK_DIGEST];
};

struct mark {
	int64_t id;	 /* row of the state; 0 = not stored yet */
	char *path;	 /* where it was last seen; owned */
	char *source;	 /* name of the configured source, "" for files named by hand; owned */
	uint64_t offset; /* bytes of the uncompressed stream that are counted */
	uint32_t head_n; /* how many bytes the head's digest covers: min(1 KiB, offset) */
	uint8_t head[MARK_DIGEST];
	uint8_t tail[MARK_DIGEST];
	struct mark_point points[MARK_POINTS]; /* all before `offset`, ascending; 0 = unused */
	/*
	 * Directives of the format (W3C #Fields) in force at `offset`, beside those at the head of
	 * the file: the bytes of the stream where they stand; directive_n 0 = none.
	 */
	uint64_t directive;
	uint32_t directive_n;
	/* The hint. */
	uint64_t dev, ino, size;
	int64_t mtime_ns, ctime_ns;
	bool complete; /* everything up to `size` was counted, also a last line without newline */
	int64_t last_time; /* stamp of the last good line; INT64_MIN = none */
	int32_t last_day;  /* its day, on which unreadable lines are booked; INT32_MIN = none */
};

void mark_release(struct mark *mark);
/* A copy with strings of its own; -1 when memory is out. */
int mark_copy(struct mark *to, const struct mark *from);

static inline uint64_t mark_rung(unsigned n)
{
	return (uint64_t)64 << n;
}

/* HMAC-SHA-256(key, label ‖ bytes)[0..15], each behind its length; -1 when the library fails. */
int mark_digest(struct hmac *hmac, const char *label, struct slice bytes, uint8_t ret[MARK_DIGEST]);
int mark_digest_head(struct hmac *hmac, struct slice bytes, uint8_t ret[MARK_DIGEST]);
int mark_digest_tail(struct hmac *hmac, struct slice bytes, uint8_t ret[MARK_DIGEST]);

/*
 * Sets the hint. A file written within the last two seconds before `now_ns` may be written again
 * without its times moving (their clock ticks slowly, on some file systems in seconds), so it gets
 * a hint that never holds.
 */
void mark_set_hint(struct mark *mark, const struct stat *file, int64_t now_ns);
/* Whether the file is, by all of the hint, as it was. */
bool mark_hint_holds(const struct mark *mark, const struct stat *file);

int64_t mark_mtime(const struct stat *file); /* nanoseconds */
int64_t mark_now(void);			     /* of the wall clock, nanoseconds */

#endif
