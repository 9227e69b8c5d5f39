/*
 * audit_file.h: gives one file to the scan: as it is, inflated when it is gzip (also a tar.gz),
 * every second byte of it when it is UTF-16.
 */
#ifndef EXPORT_AUDIT_FILE_H
#define EXPORT_AUDIT_FILE_H

#include "base/error.h"
#include "export/audit_scan.h"

struct audit_source {
	uint64_t bytes; /* of the stream, inflated */
	bool inflated;	/* offsets are those of the inflated stream */
	bool utf16;
	bool sqlite;	    /* database, WAL or journal: scanned loosely */
	const char *packed; /* a compression that is not undone ("zip"), or NULL */
};

/*
 * Reads fd, which stays the caller's, to its end; `name` is for messages. *source is filled in, but
 * for .bytes, before the first finding is told, so that audit_file_offset can be used on it.
 * Returns -1 with a message when the file cannot be read to its end; what was found before that has
 * been told.
 */
int audit_file(struct audit_scan *scan, int fd, const char *name, struct audit_source *source,
	       struct error *error);

/* The offset of a finding in the (inflated) stream. */
uint64_t audit_file_offset(const struct audit_source *source, uint64_t offset);

#endif
