/*
 * security_name.h: the names of the security log's files, and the directory they are in.
 *
 *   PATH-YYYY-MM-DD         a day
 *   PATH-YYYY-MM-DD.1       a later part of it
 *   ….gz                    a closed one
 *   ….new, ….gz.new         one that nothing refers to yet, or is being compressed
 *
 * Only names that are exactly so are ever looked at; all else in the directory is somebody else's.
 */
#ifndef EXPORT_SECURITY_NAME_H
#define EXPORT_SECURITY_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"

enum { SECURITY_NAME_SIZE = 256, SECURITY_PARTS = 10000 };

enum security_suffix {
	SECURITY_PLAIN,
	SECURITY_NEW,
	SECURITY_GZ,
	SECURITY_GZ_NEW,
	SECURITY_SUFFIX__COUNT
};

struct security_name {
	int32_t day; /* days since 1970-01-01 */
	unsigned part;
	enum security_suffix suffix;
};

struct security_directory {
	int fd;
	int path_n;	  /* bytes of `path` before the base name, "/" included */
	const char *path; /* the caller's */
	const char *base; /* within path */
};

/* Makes the directory (0700) when only its last component is missing. -1 with a message. */
int security_directory_open(struct security_directory *directory, const char *path,
			    struct error *error);
void security_directory_release(struct security_directory *directory);
/* Makes names that were created, renamed or removed durable. */
int security_directory_sync(const struct security_directory *directory, struct error *error);

/* Whether a day has a name: years 0 to 9999. */
bool security_name_has(int32_t day);
void security_name_text(const struct security_directory *directory,
			const struct security_name *name, char out[SECURITY_NAME_SIZE]);
/* -1 when the text is no name of these files. */
int security_name_parse(const struct security_directory *directory, const char *text,
			struct security_name *ret);

/* All names there are, by day, part and suffix; the caller frees *ret with free(). */
int security_name_scan(const struct security_directory *directory, struct security_name **ret,
		       size_t *ret_n, struct error *error);

/* What the system calls of these names return: a descriptor or 0, -1 with errno. */
int security_name_open(const struct security_directory *directory, const struct security_name *name,
		       int flags);
int security_name_unlink(const struct security_directory *directory,
			 const struct security_name *name);
/* Never over a file that is there: EEXIST. */
int security_name_rename(const struct security_directory *directory,
			 const struct security_name *from, const struct security_name *to);
/* 1, 0, or -1 with errno. */
int security_name_exists(const struct security_directory *directory,
			 const struct security_name *name);

/* "PATH-YYYY-MM-DD: WHAT" with the text of errno behind it, or without; returns -1. */
int security_name_errno(const struct security_directory *directory,
			const struct security_name *name, const char *what, struct error *error);
int security_name_error(const struct security_directory *directory,
			const struct security_name *name, const char *what, struct error *error);

#endif
