/*
 * gunzip.h: inflates a gzip stream of any number of members.
 *
 * ISA-L does the work where the build found it, zlib otherwise (and on request, so that tests run
 * both).
 */
#ifndef INGEST_GUNZIP_H
#define INGEST_GUNZIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gunzip;

enum gunzip_status {
	GUNZIP_OK,	  /* ret_n bytes were written; 0 bytes: the stream ended cleanly */
	GUNZIP_TRUNCATED, /* the file ends inside a member; what was whole has been written */
	GUNZIP_CORRUPT,	  /* not a valid stream, or a check sum does not match */
	GUNZIP_IO,	  /* read(2) failed, errno says why */
};

/*
 * Reads from fd, which stays the caller's, after the `n` bytes (few) already taken from it. `zlib`
 * forces the portable engine. NULL when memory is out.
 */
struct gunzip *gunzip_new(int fd, const char *prefix, size_t n, bool zlib);
void gunzip_free(struct gunzip *gunzip);

/* Writes up to cap bytes. Bytes that precede an error are given out first, the error with the next
 * call. */
enum gunzip_status gunzip_read(struct gunzip *gunzip, char *out, size_t cap, size_t *ret_n);

/* Compressed bytes taken from fd so far, for progress. */
uint64_t gunzip_consumed(const struct gunzip *gunzip);

#endif
