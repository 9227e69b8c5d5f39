/*
 * security_files.h: inside of the security log: its list of files, and what is done to one of them
 * on disk. The order of things and who calls what when: security_log.h.
 */
#ifndef EXPORT_SECURITY_FILES_H
#define EXPORT_SECURITY_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "base/error.h"
#include "export/security_log.h"
#include "export/security_name.h"

struct security_slot; /* of security_log.c */

/*
 * Three lengths: `written` is what was given to the kernel, `is.length` what was durable at the
 * last sync, `committed` what the state has.
 */
struct security_entry {
	struct security_file is;
	uint64_t committed, written;
	dev_t device;
	ino_t inode;		    /* 0: it has not been open yet */
	bool fresh;		    /* it is called NAME.new */
	bool seen;		    /* there was a file of its own name at the start */
	bool superseded;	    /* by a later part; left alone from then on */
	struct security_slot *slot; /* NULL: not open */
};

struct security_files {
	const struct security_log_options *options; /* the log's, its path too */
	struct security_directory directory;
	struct security_entry **entries; /* by day and part; each stays where it is */
	size_t n, cap;
	bool names_changed; /* the directory is to be synced */
};

/* Index of the first entry that is not before (day, part). */
size_t security_files_from(const struct security_files *files, int32_t day, unsigned part);
struct security_entry *security_files_find(const struct security_files *files, int32_t day,
					   unsigned part);
/* The part of a day that is written to, NULL when it has none. */
struct security_entry *security_files_last(const struct security_files *files, int32_t day);
/* NULL with a message when memory is out. */
struct security_entry *security_files_add(struct security_files *files,
					  const struct security_file *is, struct error *error);
void security_files_release(struct security_files *files);

struct security_name security_files_name(const struct security_entry *file);
/* To the user: "PATH-YYYY-MM-DD: WHAT". */
void security_files_warn(const struct security_files *files, const struct security_name *name,
			 const char *what);
/* "PATH-YYYY-MM-DD: WHAT: errno"; returns -1. */
int security_files_say(const struct security_files *files, const struct security_entry *file,
		       const char *what, struct error *error);

/* 1: it is open; 0: it is not as we left it, *ret_what says why; -1 with a message. */
int security_files_open(const struct security_files *files, struct security_entry *file,
			int *ret_fd, const char **ret_what, struct error *error);
/* To `written` bytes, durably. */
int security_files_cut(const struct security_files *files, const struct security_entry *file,
		       int fd, struct error *error);
/* NAME.new gets its name. -1 with a message; a name that is taken only warns. */
int security_files_settle(struct security_files *files, struct security_entry *file,
			  struct error *error);
/* Makes changed names durable. */
int security_files_sync(struct security_files *files, struct error *error);

/* A new part after a file that is not ours any more, or is closed. NULL with a message. */
struct security_entry *security_files_supersede(struct security_files *files,
						struct security_entry *file, struct error *error);
/*
 * The same with a warning, for a file that was changed from outside. NULL with a message when lines
 * went with it that were not committed: going on would lose them, the next run reads them again.
 */
struct security_entry *security_files_replaced(struct security_files *files,
					       struct security_entry *file, const char *what,
					       struct error *error);

#endif
