/*
 * source.h: where lines come from: plain files, gzip files (by content), standard input.
 *
 * A source is probed when it is made (format, first time stamp) and opened again when it is read,
 * so that thousands of them cost little. Reading gives chunks that end at a line's end; the lines
 * are slices into the chunk.
 */
#ifndef INGEST_SOURCE_H
#define INGEST_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "base/hmac.h"
#include "base/slice.h"
#include "ingest/mark.h"

struct format;
struct source;

struct source_options {
	const char *log_format; /* NULL: detected */
	const char *cookie;	/* --visitor cookie:NAME, or NULL */
	size_t max_line; /* bytes of a line without its end; longer ones are rejected whole */
	size_t chunk;	 /* bytes to read at a time */
	int64_t now;	 /* Unix seconds, for stamps without a year */
	bool zlib;	 /* do not use the faster inflate (tests) */
};

/* The buffer belongs to the chunk and is made by the first read; the rest is written by each read.
 */
struct chunk {
	char *buffer;
	size_t cap;
	struct slice lines;	     /* whole lines; the very last may lack its newline */
	const struct format *format; /* of these lines; lives as long as the source */
	uint64_t too_long; /* lines dropped for their length; they are not among the lines */
	uint64_t bytes;	   /* uncompressed bytes taken in for this chunk */
};

void chunk_release(struct chunk *chunk);

/*
 * `path` is borrowed; "-" is standard input. Fails with a message for what cannot be read: missing,
 * a directory, a compression that needs a pipe (the message names it), no format detected, a bad
 * log_format. An empty source is none of these and gives no chunk.
 */
struct source *source_new(const char *path, const struct source_options *options,
			  struct error *error);
void source_free(struct source *source);

struct source_start {
	const struct mark *mark; /* where to go on; NULL: from the beginning */
	struct hmac *hmac;	 /* of K_p; borrowed, used by whoever reads */
	bool growing;		 /* a last line without newline stays unread: its end will come */
};

/*
 * The same for a regular file that is read on from a mark, or from its beginning, and can be marked
 * again. A file that is not what its mark says, or not from its first byte to the mark's offset,
 * when it is opened gives no lines and cannot be marked: it was rotated under our hands.
 */
struct source *source_new_at(const char *path, const struct source_options *options,
			     const struct source_start *start, struct error *error);

/*
 * Makes the mark one of where reading stands now: after the last line given out, or where it began
 * when nothing was read. Sets all but id, path, source, last_time and last_day. 1, 0 when there is
 * nothing to write (not opened to be read, or moved), -1 when a digest cannot be made.
 */
int source_mark(const struct source *source, struct mark *mark);

/* The last line will not go on, after all: it counts also without newline. Before reading. */
void source_take_last_line(struct source *source);

/* Bytes of the uncompressed stream up to the next line. */
uint64_t source_offset(const struct source *source);

const char *source_path(const struct source *source);
/* Name of the format, NULL when the source is empty. */
const char *source_format(const struct source *source);
/* Unix seconds of the first readable line of the probe; INT64_MAX when there is none. */
int64_t source_first_time(const struct source *source);
/*
 * Newest stamp in the first and the last 64 KiB of the file as it is now, wherever the source would
 * begin; INT64_MIN when they hold none, or it cannot be read. Inflates all of a gzip file.
 */
int64_t source_newest_time(const struct source *source);
/* Whether both are the same file on disk. */
bool source_same_file(const struct source *a, const struct source *b);
/* Whether `path` is the file this source reads. */
bool source_is_file(const struct source *source, const char *path);
/* An order by file on disk, in which the same file is equal; others keep apart. */
int source_compare_file(const struct source *a, const struct source *b);
/* Bytes on disk, 0 when unknown; and how many of them have been read. */
uint64_t source_size(const struct source *source);
uint64_t source_consumed(const struct source *source);

/*
 * Reads the next chunk: 1 when it holds lines (or counts dropped ones), 0 at the end, -1 with a
 * message. An error in the middle (truncated gzip, read error) comes after the whole lines before
 * it have been given out. At the end the file is closed.
 */
int source_read(struct source *source, struct chunk *chunk, struct error *error);

/* Takes the next line off `rest`, without its line end ("\n" or "\r\n") and without leading NUL
 * bytes. */
bool source_line(struct slice *rest, struct slice *ret_line);

#endif
