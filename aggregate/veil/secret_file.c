/*
 * All names are taken relative to an open directory, never through a symbolic link. Overwriting is
 * best effort: a copy-on-write file system or an SSD may keep the old blocks, which is why the
 * packaged configuration keeps keys on tmpfs.
 */
#include "aggregate/veil/secret_file.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SHRED_MAX = 1 << 20 };

static const char DEAD[SECRET_FILE_MAGIC + 1] = "veiltally dead 1";

/* ---- the directory ---- */

/* A new directory is durable once the one above it is synced. */
static int make_directory(const char *path, struct error *error)
{
	char above[4096];
	if (mkdir(path, 0700))
		return errno == EEXIST ? 0 : error_errno(error, "%s", path);
	if ((size_t)snprintf(above, sizeof(above), "%s/..", path) >= sizeof(above))
		return error_set(error, "%s: the path is too long", path);
	int fd = open(above, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int failed = fd < 0 || fsync(fd);
	if (failed)
		error_errno(error, "%s: cannot sync the directory above it", path);
	if (fd >= 0)
		close(fd);
	return failed ? -1 : 0;
}

static int check_directory(const struct secret_directory *directory, struct error *error)
{
	struct stat status;
	if (fstat(directory->fd, &status))
		return error_errno(error, "%s", directory->path);
	if (status.st_mode & (S_IRWXG | S_IRWXO))
		return error_set(error,
				 "%s: the directory of the keys is open to others; chmod 700 it",
				 directory->path);
	if (status.st_uid != geteuid() && geteuid() != 0)
		return error_set(error, "%s: the directory of the keys belongs to another user",
				 directory->path);
	return 0;
}

int secret_directory_open(struct secret_directory *directory, const char *path, bool create,
			  struct error *error)
{
	*directory = (struct secret_directory){strdup(path), -1};
	if (!directory->path)
		return error_errno(error, "%s", path);
	if (create && make_directory(path, error))
		return -1;
	directory->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (directory->fd < 0)
		return !create && errno == ENOENT ? 0 : error_errno(error, "%s", path);
	return check_directory(directory, error);
}

void secret_directory_release(struct secret_directory *directory)
{
	if (directory->fd >= 0)
		close(directory->fd);
	free(directory->path);
	*directory = (struct secret_directory){NULL, -1};
}

static int trouble(const struct secret_directory *directory, const char *name, struct error *error)
{
	return error_errno(error, "%s/%s", directory->path, name);
}

int secret_file_refuse(const struct secret_directory *directory, const char *name, const char *why,
		       struct error *error)
{
	return error_set(error, "%s/%s: %s", directory->path, name, why);
}

/* ---- whole files of a fixed size ---- */

static int sum_of(const uint8_t *bytes, size_t n, uint8_t ret[SECRET_FILE_SUM])
{
	return EVP_Digest(bytes, n, ret, NULL, EVP_sha256(), NULL) == 1 ? 0 : -1;
}

/* Why a file cannot be one of ours, or NULL. */
static const char *stranger(int fd, size_t size)
{
	struct stat status;
	if (fstat(fd, &status))
		return "cannot be looked at";
	if (!S_ISREG(status.st_mode))
		return "the key file is not a regular file";
	if (status.st_mode & (S_IRWXG | S_IRWXO))
		return "the key file is open to others; chmod 600 it, and ask who has read it";
	if (status.st_size != (off_t)size)
		return "the key file is damaged (its size is wrong)";
	return NULL;
}

int secret_file_read(const struct secret_directory *directory, const char *name, const char *magic,
		     uint8_t *bytes, size_t size, struct error *error)
{
	uint8_t sum[SECRET_FILE_SUM];
	/* Not blocked by a pipe, not led elsewhere by a link. */
	int fd = openat(directory->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0) {
		if (errno == ELOOP)
			return secret_file_refuse(directory, name,
						  "the key file is a symbolic link", error);
		return errno == ENOENT ? 0 : trouble(directory, name, error);
	}
	const char *why = stranger(fd, size);
	ssize_t got = 0;
	if (!why)
		got = pread(fd, bytes, size, 0);
	int reason = errno;
	close(fd);
	if (why)
		return secret_file_refuse(directory, name, why, error);
	errno = reason;
	if (got < 0)
		return trouble(directory, name, error);
	if ((size_t)got != size || memcmp(bytes, magic, SECRET_FILE_MAGIC) != 0)
		return secret_file_refuse(directory, name,
					  "the key file is damaged, or of another version", error);
	if (sum_of(bytes, size - SECRET_FILE_SUM, sum) ||
	    memcmp(sum, bytes + size - SECRET_FILE_SUM, SECRET_FILE_SUM) != 0)
		return secret_file_refuse(directory, name,
					  "the key file is damaged (its checksum is wrong)", error);
	return 1;
}

static int write_bytes(int fd, const void *bytes, size_t n, off_t at)
{
	const uint8_t *from = bytes;
	while (n) {
		ssize_t put = pwrite(fd, from, n, at);
		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return -1;
		from += put;
		at += put;
		n -= (size_t)put;
	}
	return 0;
}

/*
 * Zeros in place, behind the words that say so. A key goes in one write: killed before it, the file
 * is still a key, and after it, it is dead.
 */
static int overwrite(int fd)
{
	uint8_t block[4096] = {0};
	struct stat status;
	if (fstat(fd, &status) || !S_ISREG(status.st_mode))
		return -1;
	off_t size = status.st_size < SHRED_MAX ? status.st_size : SHRED_MAX;
	memcpy(block, DEAD, SECRET_FILE_MAGIC);
	for (off_t at = 0; at < size; at += (off_t)sizeof(block)) {
		size_t rest = (size_t)(size - at);
		if (write_bytes(fd, block, rest < sizeof(block) ? rest : sizeof(block), at))
			return -1;
		memset(block, 0, SECRET_FILE_MAGIC);
	}
	return fsync(fd);
}

int secret_file_shred(const struct secret_directory *directory, const char *name,
		      struct error *error)
{
	int fd = openat(directory->fd, name, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 && errno == ELOOP)
		return secret_file_refuse(directory, name, "the key file is a symbolic link",
					  error);
	int failed = fd < 0 || overwrite(fd);
	if (failed)
		error_errno(error, "%s/%s: the key could not be overwritten", directory->path,
			    name);
	if (fd >= 0)
		close(fd);
	if (unlinkat(directory->fd, name, 0) && !failed) /* else the first reason is the better */
		failed = trouble(directory, name, error);
	return failed ? -1 : 0;
}

int secret_directory_sync(const struct secret_directory *directory, struct error *error)
{
	return fsync(directory->fd) ? error_errno(error, "%s", directory->path) : 0;
}

/* A key is not replaced, also not one that another process has just written. */
static int rename_to_new(int fd, const char *from, const char *to)
{
	if (renameat2(fd, from, fd, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	/* A file system without that flag: a link refuses to replace as well. */
	if (linkat(fd, from, fd, to, 0))
		return -1;
	return unlinkat(fd, from, 0);
}

static int write_temporary(const struct secret_directory *directory, const char *name,
			   const uint8_t *bytes, size_t size, struct error *error)
{
	int fd =
	    openat(directory->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return trouble(directory, name, error);
	int failed = write_bytes(fd, bytes, size, 0) || fsync(fd);
	if (failed)
		trouble(directory, name, error);
	if (close(fd) && !failed)
		failed = trouble(directory, name, error);
	return failed ? -1 : 0;
}

int secret_file_write(const struct secret_directory *directory, const char *name, uint8_t *bytes,
		      size_t size, struct error *error)
{
	char temporary[SECRET_FILE_NAME + 8];
	snprintf(temporary, sizeof(temporary), ".%s.tmp", name);
	if (sum_of(bytes, size - SECRET_FILE_SUM, bytes + size - SECRET_FILE_SUM))
		return secret_file_refuse(directory, name, "libcrypto has no SHA-256", error);
	if (secret_file_shred(directory, temporary, error))
		return -1;
	int failed = write_temporary(directory, temporary, bytes, size, error);
	if (!failed && rename_to_new(directory->fd, temporary, name))
		failed = trouble(directory, name, error);
	if (!failed)
		return secret_directory_sync(directory, error);
	secret_file_shred(directory, temporary, NULL);
	return -1;
}

bool secret_file_is_dead(const struct secret_directory *directory, const char *name)
{
	char magic[SECRET_FILE_MAGIC];
	int fd = openat(directory->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	bool dead = fd >= 0 && pread(fd, magic, sizeof(magic), 0) == (ssize_t)sizeof(magic) &&
		    memcmp(magic, DEAD, sizeof(magic)) == 0;
	if (fd >= 0)
		close(fd);
	return dead;
}

/* ---- what is there ---- */

int secret_directory_each(const struct secret_directory *directory,
			  int (*each)(void *context, const char *name, struct error *error),
			  void *context, struct error *error)
{
	struct dirent *found;
	int failed = 0;
	if (directory->fd < 0)
		return 0;
	/* A descriptor of its own: the position in a directory belongs to the open file. */
	int fd = openat(directory->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *names = fd < 0 ? NULL : fdopendir(fd);
	if (!names) {
		error_errno(error, "%s", directory->path);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	/* cppcheck-suppress readdirCalled ; no other thread has this stream */
	while (errno = 0, !failed && (found = readdir(names)))
		failed = each(context, found->d_name, error);
	if (!failed && errno)
		failed = error_errno(error, "%s", directory->path);
	closedir(names);
	return failed;
}
