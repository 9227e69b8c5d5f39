/*
 * store_lock.h: one writer at a time per state: flock(2) on STATE/lock, which dies with its holder
 * and so never has to be cleaned up by hand. The file holds the holder's process id, for messages.
 */
#ifndef STORE_LOCK_H
#define STORE_LOCK_H

#include "base/error.h"

/*
 * Waits up to `busy_ms` milliseconds. Returns a descriptor for store_lock_release, or -1 with a
 * message that says which process holds the lock.
 */
int store_lock_take(const char *path, unsigned busy_ms, struct error *error);
void store_lock_release(int fd); /* -1 is allowed */

/* The same, shared and without writing: keeps writers away. -1 without a lock file, too. */
int store_lock_share(const char *path, unsigned busy_ms, struct error *error);

#endif
