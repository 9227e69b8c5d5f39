/*
 * security_log.h: the files of the security log: one per day, PATH-YYYY-MM-DD (before a last ".log"
 * there is no special case), appended to while the day is hot, gzipped when it closes, removed when
 * old.
 *
 * Exactly once: bytes are appended, synced, and only then is their length committed with everything
 * else (by the caller, in the state). What a crash left beyond the committed length is cut at the
 * next start. Lengths are the caller's to keep: security_log_length says them, security_log_open
 * takes them.
 */
#ifndef EXPORT_SECURITY_LOG_H
#define EXPORT_SECURITY_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "base/slice.h"

struct security_file { /* what the state keeps of a file */
	int32_t day;
	unsigned part;	 /* 0; 1, 2 … when a file was replaced from outside and a new one begun */
	uint64_t length; /* committed bytes */
	bool closed;	 /* its day is closed: to be gzipped, or gzipped */
};

struct security_log_options {
	const char *path;
	unsigned retention_days; /* 0: for ever */
	bool gzip;		 /* when a day closes */
	/* Called with a message for what the user should know (a file was replaced). */
	void (*warn)(void *context, const char *message);
	void *context;
};

struct security_log;

/*
 * Cuts the open files to their committed lengths; a file that is shorter than that, or not the file
 * that was written (replaced from outside), is left alone with a warning and a new part begun; gzip
 * work that was interrupted is finished or redone. Not for two processes at once: the state's lock
 * keeps them apart. NULL with a message.
 */
struct security_log *security_log_open(const struct security_log_options *options,
				       const struct security_file *files, size_t n,
				       struct error *error);
/* Closes files; what was not committed will be cut by the next open. */
void security_log_free(struct security_log *log);

/* Appends whole lines of one day. -1 with a message (disk full …): nothing more may be committed.
 */
int security_log_append(struct security_log *log, int32_t day, struct slice lines,
			struct error *error);
/* Makes everything appended durable: files and directory. */
int security_log_sync(struct security_log *log, struct error *error);
/* The i-th file with its present length; false behind the last. */
bool security_log_at(const struct security_log *log, size_t i, struct security_file *ret);

/* After the day's close was committed: gzips its files (temporary name, sync, rename, sync,
 * unlink). */
int security_log_close_day(struct security_log *log, int32_t day, struct error *error);
/* Removes files of days before today - retention; *ret_n says how many. */
int security_log_expire(struct security_log *log, int32_t today, size_t *ret_n,
			struct error *error);

#endif
