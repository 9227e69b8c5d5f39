/*
 * audit.h: searches files and directories for anything that looks like an identity, and tells
 * where and of what kind, never what it is.
 */
#ifndef EXPORT_AUDIT_H
#define EXPORT_AUDIT_H

#include "base/error.h"
#include "export/audit_allow.h"
#include "export/audit_file.h"
#include "export/audit_scan.h"

struct audit_hit {
	const char *path;
	struct audit_finding
	    finding; /* the offset is that of the file, or of the inflated stream */
	bool inflated;
	bool accepted; /* by the list of accepted findings */
};

/* The path of each call lives as long as the call. */
struct audit_listener {
	void *context;
	void (*hit)(void *context, const struct audit_hit *hit);
	void (*unreadable)(void *context, const char *reason); /* names the file */
	void (*packed)(void *context, const char *path, const char *packing);
};

struct audit_totals {
	uint64_t files, bytes;
	uint64_t files_hit;  /* files with a finding that counts */
	uint64_t unreadable; /* files and directories */
	uint64_t packed;     /* files in a compression that is not undone */
	uint64_t accepted;
	uint64_t found[AUDIT_KIND__COUNT][AUDIT_CLASS__COUNT]; /* without the accepted */
};

struct audit;

/* `allow` may be NULL; it and the listener are borrowed. NULL and *error when memory is out. */
struct audit *audit_new(const struct audit_listener *listener, struct audit_allow *allow,
			struct error *error);
void audit_free(struct audit *audit);

/*
 * A file, a directory with everything below it, or "-", the standard input. A symbolic link is
 * followed when it is what was named, never inside of a directory; devices, sockets and FIFOs are
 * passed over inside of a directory. The file that standard output writes to is not read. What
 * cannot be read is told to the listener and counted, the rest is searched.
 */
void audit_path(struct audit *audit, const char *path);

const struct audit_totals *audit_totals(const struct audit *audit);
/* Findings that count, of one kind. */
uint64_t audit_totals_kind(const struct audit_totals *totals, enum audit_kind kind);
/* Of one class, whether it counts or not. */
uint64_t audit_totals_class(const struct audit_totals *totals, enum audit_class class);

#endif
