/*
 * security_keeping.h: inside of the security log: what happens to its files before and after they
 * are written. Found again at the start, compressed at the close, removed when old.
 */
#ifndef EXPORT_SECURITY_KEEPING_H
#define EXPORT_SECURITY_KEEPING_H

#include "export/security_files.h"

/* Brings what is on disk to what the entries say. -1 with a message. */
int security_keeping_recover(struct security_files *files, struct error *error);

/*
 * The end of a closed day's file: cut, and compressed or given its name. One that is not ours any
 * more is left alone, with a warning or, as it was said before, `quiet`. -1 with a message.
 */
int security_keeping_finish(struct security_files *files, struct security_entry *file, bool quiet,
			    struct error *error);

/* Removes what is older than the retention; entries of closed days are freed. */
int security_keeping_expire(struct security_files *files, int32_t today, size_t *ret_n,
			    struct error *error);

#endif
