/*
 * stream.h: the uncompressed bytes of a file, from its first on: plain files, gzip files (by
 * content), standard input. Beneath source.h, which makes lines of them, and catalog.h, which looks
 * what a file is.
 */
#ifndef INGEST_STREAM_H
#define INGEST_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include "base/error.h"

struct gunzip;

enum { STREAM_PREFIX = 6 };

struct stream {
	const char *path; /* borrowed; "-" is standard input */
	int fd;		  /* -1 when closed */
	struct stat file; /* when it was opened */
	struct gunzip *gunzip;
	uint64_t consumed; /* bytes taken, as they are on disk */
	bool failed;	   /* a read failed; all later ones say the same */
	bool damaged;	   /* because the gzip file is truncated or corrupt */
	struct error failure;
	char prefix[STREAM_PREFIX]; /* looked at already, not yet given out */
	size_t prefix_n;
};

/*
 * Opens, and refuses with a message what is a directory or a compression that needs a pipe (the
 * message names it). On failure nothing is open, and errno is kept where open(2) failed, else 0.
 */
int stream_open(struct stream *stream, const char *path, bool zlib, struct error *error);
void stream_close(struct stream *stream); /* also of one that is not open */
bool stream_is_open(const struct stream *stream);
bool stream_is_gzip(const struct stream *stream);

/* Up to `cap` bytes; 0 at the end, -1 with a message. */
ssize_t stream_read(struct stream *stream, char *out, size_t cap, struct error *error);

/* Reads until `cap` bytes are there or the stream ends or fails: how many, -1 with a message when
 * there are none. */
ssize_t stream_fill(struct stream *stream, char *out, size_t cap, struct error *error);

/* Plain files only: bytes at an offset, without moving. How many, -1 with a message. */
ssize_t stream_at(struct stream *stream, uint64_t offset, char *out, size_t n, struct error *error);
/* Plain files only, before anything was read. */
int stream_seek(struct stream *stream, uint64_t offset, struct error *error);

bool stream_is_stdin(const char *path);
const char *stream_shown(const char *path); /* the path for messages */

#endif
