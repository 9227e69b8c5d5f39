#include "aggregate/store/store_lock.h"
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { WAIT_STEP_MS = 10 };

static uint64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* 0 when the lock is ours, 1 when another one holds it until the end, -1 for a system's error. */
static int wait_for(int fd, int kind, unsigned busy_ms)
{
	uint64_t until = now_ms() + busy_ms;
	for (;;) {
		if (flock(fd, kind | LOCK_NB) == 0)
			return 0;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return -1;
		uint64_t now = now_ms();
		if (now >= until)
			return 1;
		uint64_t left = until - now;
		unsigned step = left < WAIT_STEP_MS ? (unsigned)left : WAIT_STEP_MS;
		nanosleep(&(struct timespec){0, step * 1000000L}, NULL);
	}
}

static int refuse(int fd, const char *path, unsigned busy_ms, struct error *error)
{
	char text[32] = "";
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
	long pid = n > 0 ? strtol(text, NULL, 10) : 0;
	char who[48] = "another process";
	if (pid > 0)
		snprintf(who, sizeof(who), "process %ld", pid);
	return error_set(error, "%s: %s is at work on this state (waited %u.%u s)", path, who,
			 busy_ms / 1000, busy_ms % 1000 / 100);
}

static int take(int fd, const char *path, int kind, unsigned busy_ms, struct error *error)
{
	int code = wait_for(fd, kind, busy_ms);
	if (code > 0)
		refuse(fd, path, busy_ms, error);
	else if (code < 0)
		error_errno(error, "%s: cannot lock", path);
	if (code)
		close(fd);
	return code ? -1 : fd;
}

int store_lock_take(const char *path, unsigned busy_ms, struct error *error)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return error_errno(error, "%s: cannot open", path);
	fd = take(fd, path, LOCK_EX, busy_ms, error);
	if (fd < 0)
		return -1;
	char text[32];
	int n = snprintf(text, sizeof(text), "%ld\n", (long)getpid());
	/* The id only serves messages of others: a full disk must not keep us from working. */
	if (fchmod(fd, 0600) || ftruncate(fd, 0) || pwrite(fd, text, (size_t)n, 0) != n)
		errno = 0;
	return fd;
}

int store_lock_share(const char *path, unsigned busy_ms, struct error *error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return error_errno(error, "%s: cannot open", path);
	return take(fd, path, LOCK_SH, busy_ms, error);
}

void store_lock_release(int fd)
{
	if (fd < 0)
		return;
	if (ftruncate(fd, 0)) /* fails for a shared lock, which wrote nothing */
		errno = 0;
	close(fd); /* the file stays: removing it would let two in */
}
