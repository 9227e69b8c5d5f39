/*
 * mark.h: where in a file reading stopped, and by what the file is known again.
 *
 * A file is its uncompressed stream: its beginning (at most 1 KiB) and the 256 bytes before the
 * position, both as HMAC-SHA-256 under K_p, never as bytes. Device, inode, size and times are a
 * hint that saves reading unchanged files, nothing more.
 */
#ifndef INGEST_MARK_H
#define INGEST_MARK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/slice.h"

enum { MARK_HEAD = 1024, MARK_TAIL = 256, MARK_DIGEST = 16, MARK_KEY = 32, MARK_POINTS = 8 };

struct mark_point { /* an earlier position in the same stream, and the digest of what ends there */
	uint64_t offset;
	uint8_t tail[MARK_DIGEST];
};

struct mark {
	int64_t id;	 /* row of the state; 0 = not stored yet */
	char *path;	 /* where it was last seen; owned */
	char *source;	 /* name of the configured source, "" for files named by hand; owned */
	uint64_t offset; /* bytes of the uncompressed stream that are counted */
	uint32_t head_n; /* how many bytes the head's digest covers */
	uint8_t head[MARK_DIGEST];
	uint8_t tail[MARK_DIGEST];
	struct mark_point points[MARK_POINTS]; /* newest last; offset 0 = unused */
	/* The line from which the format's directives hold (W3C #Fields), as an offset; 0 with
	 * directive_n 0 = none seen. */
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

/* HMAC-SHA-256(key, label ‖ length ‖ bytes)[0..15]. */
void mark_digest(const uint8_t key[MARK_KEY], const char *label, struct slice bytes,
		 uint8_t ret[MARK_DIGEST]);

#endif
