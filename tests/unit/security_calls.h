/*
 * security_calls.h: the files of the security log compiled in with system calls that can be made to
 * fail, or to be the last thing that the process does.
 */
#ifndef TESTS_SECURITY_CALLS_H
#define TESTS_SECURITY_CALLS_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum stop_kind { STOP_KILL, STOP_FAIL_ONCE, STOP_FAIL_ALWAYS };
enum { KILLED = 77 };

static enum stop_kind stop_kind;
static int stop_at = -1; /* calls that are still made as usual; -1: all */
static unsigned calls;	 /* how often each of them could have stopped */

/*
 * What was done, a letter each: create, write, truncate, rename, unlink; s: a file synced, D: the
 * directory. A power failure cannot be had here, so the order is what is tested.
 */
static char events[256];

static void event(char c)
{
	size_t n = strlen(events);
	if (n + 1 < sizeof(events) && !(c == 'w' && n && events[n - 1] == 'w')) {
		events[n] = c;
		events[n + 1] = '\0';
	}
}

static void synced(int fd)
{
	struct stat status;
	event(fstat(fd, &status) == 0 && S_ISDIR(status.st_mode) ? 'D' : 's');
}

/* Whether this call is to fail; it may not return. */
static bool stops(void)
{
	calls++;
	if (stop_at < 0)
		return false;
	if (stop_at > 0) {
		stop_at--;
		return false;
	}
	if (stop_kind == STOP_KILL)
		_exit(KILLED);
	if (stop_kind == STOP_FAIL_ONCE)
		stop_at = -1;
	errno = ENOSPC;
	return true;
}

static int test_openat(int directory, const char *path, int flags, ...)
{
	va_list more;
	va_start(more, flags);
	mode_t mode = flags & O_CREAT ? va_arg(more, mode_t) : 0;
	va_end(more);
	if (stops())
		return -1;
	if (flags & O_CREAT)
		event('c');
	return openat(directory, path, flags, mode);
}

/* A kill may come when half of it is on disk. */
static ssize_t test_pwrite(int fd, const void *bytes, size_t n, off_t at)
{
	bool last = stop_at == 0 && n > 1;
	if (last && pwrite(fd, bytes, n / 2, at) < 0)
		return -1;
	if (stops())
		return -1;
	event('w');
	return pwrite(fd, bytes, n, at);
}

static ssize_t test_write(int fd, const void *bytes, size_t n)
{
	bool last = stop_at == 0 && n > 1;
	if (last && write(fd, bytes, n / 2) < 0)
		return -1;
	if (stops())
		return -1;
	event('w');
	return write(fd, bytes, n);
}

#define openat(...)		     test_openat(__VA_ARGS__)
#define pwrite(fd, bytes, n, at)     test_pwrite(fd, bytes, n, at)
#define write(fd, bytes, n)	     test_write(fd, bytes, n)
#define pread(fd, bytes, n, at)	     (stops() ? -1 : pread(fd, bytes, n, at))
#define fstat(fd, status)	     (stops() ? -1 : fstat(fd, status))
#define fstatat(at, name, status, f) (stops() ? -1 : fstatat(at, name, status, f))
#define ftruncate(fd, n)	     (stops() ? -1 : (event('t'), ftruncate(fd, n)))
#define fsync(fd)		     (stops() ? -1 : (synced(fd), fsync(fd)))
#define fdatasync(fd)		     (stops() ? -1 : (synced(fd), fdatasync(fd)))
#define fdopendir(fd)		     (stops() ? NULL : fdopendir(fd))
#define renameat2(a, b, c, d, e)     (stops() ? -1 : (event('r'), renameat2(a, b, c, d, e)))
#define unlinkat(a, b, c)	     (stops() ? -1 : (event('u'), unlinkat(a, b, c)))
#define malloc(n)		     (stops() ? NULL : malloc(n))
#define calloc(n, size)		     (stops() ? NULL : calloc(n, size))
#define realloc(p, n)		     (stops() ? NULL : realloc(p, n))
#include "export/security_files.c"
#include "export/security_gzip.c"
#include "export/security_keeping.c"
#include "export/security_name.c"
#include "export/security_log.c"
#undef openat
#undef pwrite
#undef write
#undef pread
#undef fstat
#undef fstatat
#undef ftruncate
#undef fsync
#undef fdatasync
#undef fdopendir
#undef renameat2
#undef unlinkat
#undef malloc
#undef calloc
#undef realloc

#endif
