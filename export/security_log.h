/*
 * security_log.h: the files of the security log: one per day, PATH-YYYY-MM-DD (whatever PATH ends
 * with), appended to while the day is hot, gzipped when it closes, removed when old.
 *
 * Exactly once: bytes are appended, synced, and only then is their length committed with everything
 * else (by the caller, in the state). What a crash left beyond the committed length is cut at the
 * next start. Lengths are the caller's to keep: security_log_at says them, security_log_open takes
 * them. One run is: open, append …, sync, commit of what security_log_at says,
 * security_log_committed, and then security_log_close_day for the days whose close was committed.
 *
 * A new file is called NAME.new until a commit tells of it. So a file under its own name was always
 * committed by somebody, and NAME.new that the state does not know never was: the one is never
 * removed or cut when the state does not know it (it is from elsewhere, or the state was lost or
 * put back), the other is what a killed run left, and goes. Nothing is ever written over: where a
 * name is taken, and where a file was replaced from outside, the next part that is free is begun
 * (NAME.1, NAME.2 …), with a warning.
 *
 * Files are ours while their day is hot: what others append to one is cut. They are made 0600, for
 * the owner of their directory when root makes them; an archive has the mode of its file.
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
	unsigned part;	 /* 0; more when a file was replaced from outside or a name was taken. Only
			    the last part of a day is written to, looked after and gzipped */
	uint64_t length; /* committed bytes; 0: there is no file yet */
	bool closed;	 /* its day is closed: to be gzipped, or gzipped */
};

struct security_log_options {
	const char *path;	 /* its directory is made (0700) when only that is missing */
	unsigned retention_days; /* 0: for ever */
	bool gzip;		 /* when a day closes */
	/* Called with a message for what the user should know (a file was replaced). */
	void (*warn)(void *context, const char *message);
	void *context;
};

struct security_log;

/*
 * Cuts the files of hot days to their committed lengths; one that is gone, shorter than that, or
 * has no end of a line there was replaced from outside: it is left alone with a warning and a new
 * part begun (once: security_log_at has it from then on). Removes NAME.new that nobody committed
 * and NAME.gz.new; finishes the close of files that are `closed` and not gzipped yet, with a
 * warning when that fails. Not for two processes at once: the state's lock keeps them apart. NULL
 * with a message.
 */
struct security_log *security_log_open(const struct security_log_options *options,
				       const struct security_file *files, size_t n,
				       struct error *error);
/* Closes files; what was not committed will be cut by the next open. */
void security_log_free(struct security_log *log);

/*
 * Appends whole lines of one day; buffered, 64 KiB per file, at most 16 files open at once. -1 with
 * a message (disk full; a file was destroyed from outside together with lines that were not
 * committed): nothing of this run may be committed, and every further append and sync fails.
 */
int security_log_append(struct security_log *log, int32_t day, struct slice lines,
			struct error *error);
/* Makes everything appended durable: files and directory. -1 as above. */
int security_log_sync(struct security_log *log, struct error *error);
/*
 * The i-th file, by day and part, with the length that the last sync made durable (not what was
 * appended since); false behind the last.
 */
bool security_log_at(const struct security_log *log, size_t i, struct security_file *ret);

/*
 * What security_log_at says was committed: new files get their names. -1 with a message when one
 * does not; the state is right all the same, and the next open tries again.
 */
int security_log_committed(struct security_log *log, struct error *error);

/*
 * After the day's close was committed (with `closed` set): gzips its file. -1 with a message: the
 * plain file stays, and the next open tries again. Lines of the day that come later all the same
 * (it was dropped from the state and is imported again) begin a new part.
 */
int security_log_close_day(struct security_log *log, int32_t day, struct error *error);
/*
 * Removes files of days before today - retention, in whatever form, if their names are exactly
 * those of this log; those of days that are not closed stay. *ret_n says how many. They are no
 * longer among security_log_at's.
 */
int security_log_expire(struct security_log *log, int32_t today, size_t *ret_n,
			struct error *error);

#endif
