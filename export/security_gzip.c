#include "export/security_gzip.h"
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { BLOCK = 64 * 1024, GZIP_WINDOW = 15 + 16 };

struct work {
	uint8_t in[BLOCK], out[BLOCK];
	z_stream zlib;
};

static ssize_t read_at(int fd, void *bytes, size_t n, uint64_t at)
{
	ssize_t got;
	do
		got = pread(fd, bytes, n, (off_t)at);
	while (got < 0 && errno == EINTR);
	return got;
}

static int write_all(int fd, const uint8_t *bytes, size_t n)
{
	while (n) {
		ssize_t done = write(fd, bytes, n);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -1;
		bytes += done;
		n -= (size_t)done;
	}
	return 0;
}

static size_t at_most(uint64_t n)
{
	return n < BLOCK ? (size_t)n : BLOCK;
}

/* Takes `zip` over. 1 when it decompresses to exactly the bytes of `fd`, 0, or -1 with errno. */
static int is_same(int zip, int fd, uint64_t length, struct work *work)
{
	gzFile stream = gzdopen(zip, "rb");
	if (!stream) {
		close(zip);
		errno = ENOMEM;
		return -1;
	}
	uint64_t at = 0;
	int got = 0, same = 1;
	while (same > 0 && (got = gzread(stream, work->in, BLOCK)) > 0) {
		size_t n = (size_t)got;
		ssize_t there = n > length - at ? 0 : read_at(fd, work->out, n, at);
		if (there < 0)
			same = -1;
		else if ((size_t)there != n || memcmp(work->in, work->out, n) != 0)
			same = 0;
		at += n;
	}
	int number = errno;
	if (same > 0 && (got < 0 || gzdirect(stream) || at != length))
		same = 0;
	/* What ends too early reads as 0 and says so only here. */
	int code = gzclose(stream);
	errno = number;
	if (code == Z_ERRNO)
		return -1;
	return same > 0 && code != Z_OK ? 0 : same;
}

/* 1: neither file nor archive of another part is or will want to be there; 0; or -1 with errno. */
static int is_free(const struct security_directory *directory, struct security_name name)
{
	name.suffix = SECURITY_PLAIN;
	int there = security_name_exists(directory, &name);
	if (there == 0) {
		name.suffix = SECURITY_NEW;
		there = security_name_exists(directory, &name);
	}
	return there < 0 ? -1 : !there;
}

/*
 * Where to: the first part from `from` on that nobody has. *ret_done: it is there already, from a
 * run that was killed before the plain file was gone. -1 with errno.
 */
static int find_target(const struct security_directory *directory, const struct security_name *from,
		       int fd, uint64_t length, struct work *work, struct security_name *ret,
		       bool *ret_done)
{
	*ret = *from;
	ret->suffix = SECURITY_GZ;
	for (*ret_done = false; ret->part < SECURITY_PARTS; ret->part++) {
		int zip = security_name_open(directory, ret, O_RDONLY);
		if (zip >= 0) {
			if (fsync(zip)) {
				close(zip);
				return -1;
			}
			int same = is_same(zip, fd, length, work);
			*ret_done = same > 0;
			if (same)
				return same < 0 ? -1 : 0;
			continue;
		}
		if (errno != ENOENT && errno != ENXIO && errno != ELOOP)
			return -1;
		int usable = errno != ENOENT	       ? 0
			     : ret->part == from->part ? 1
						       : is_free(directory, *ret);
		if (usable)
			return usable < 0 ? -1 : 0;
	}
	errno = EEXIST;
	return -1;
}

/* -1 with errno when reading or writing fails. */
static int compress_to(int out, int fd, uint64_t length, struct work *work)
{
	z_stream *z = &work->zlib;
	uint64_t at = 0;
	bool failed = false;
	int code = Z_OK;
	memset(z, 0, sizeof(*z));
	if (deflateInit2(z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW, 8,
			 Z_DEFAULT_STRATEGY) != Z_OK) {
		errno = ENOMEM;
		return -1;
	}
	while (code == Z_OK && !failed) {
		if (z->avail_in == 0 && at < length) {
			ssize_t n = read_at(fd, work->in, at_most(length - at), at);
			if (n <= 0) {
				errno = n ? errno : EIO; /* shorter all of a sudden */
				failed = true;
				break;
			}
			z->next_in = work->in;
			z->avail_in = (uInt)n;
			at += (uint64_t)n;
		}
		z->next_out = work->out;
		z->avail_out = BLOCK;
		code = deflate(z, at == length ? Z_FINISH : Z_NO_FLUSH);
		failed = write_all(out, work->out, BLOCK - z->avail_out) != 0;
	}
	int number = errno;
	deflateEnd(z);
	errno = number;
	return failed || code != Z_STREAM_END ? -1 : 0;
}

/* Readers keep the rights they had; who may not give files away still keeps the mode. */
static int write_new(const struct security_directory *directory, const struct security_name *name,
		     int fd, uint64_t length, struct work *work, struct error *error)
{
	struct stat status;
	security_name_unlink(directory, name); /* what an earlier try left */
	int out = security_name_open(directory, name, O_WRONLY | O_CREAT | O_EXCL);
	if (out < 0)
		return security_name_errno(directory, name, "cannot create", error);
	bool failed = compress_to(out, fd, length, work) || fstat(fd, &status);
	if (!failed) {
		if (fchown(out, status.st_uid, status.st_gid) == 0)
			fchmod(out, status.st_mode & 0777);
		failed = fsync(out) != 0;
	}
	int number = errno;
	if (close(out) && !failed) {
		failed = true;
		number = errno;
	}
	if (!failed)
		return 0;
	security_name_unlink(directory, name);
	errno = number;
	return security_name_errno(directory, name, "cannot write", error);
}

int security_gzip(const struct security_directory *directory, const struct security_name *from,
		  int fd, uint64_t length, struct error *error)
{
	struct security_name target, temporary;
	bool done;
	int result = -1;
	struct work *work = malloc(sizeof(*work));
	if (!work)
		return security_name_error(directory, from, "no memory to compress it", error);
	if (find_target(directory, from, fd, length, work, &target, &done)) {
		security_name_errno(directory, from, "cannot find a name to compress it to", error);
		goto cleanup;
	}
	temporary = target;
	temporary.suffix = SECURITY_GZ_NEW;
	if (!done) {
		if (write_new(directory, &temporary, fd, length, work, error))
			goto cleanup;
		if (security_name_rename(directory, &temporary, &target)) {
			security_name_errno(directory, &target, "cannot rename to it", error);
			security_name_unlink(directory, &temporary);
			goto cleanup;
		}
	}
	if (security_directory_sync(directory, error))
		goto cleanup;
	if (security_name_unlink(directory, from) && errno != ENOENT) {
		security_name_errno(directory, from, "cannot remove", error);
		goto cleanup;
	}
	result = security_directory_sync(directory, error);
cleanup:
	free(work);
	return result;
}
