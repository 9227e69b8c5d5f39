#include "export/security_name.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/zone.h"

static const char *const suffixes[SECURITY_SUFFIX__COUNT] = {"", ".new", ".gz", ".gz.new"};

/* What stands behind the base at most: "-2026-11-24.9999.gz.new". */
enum { TAIL_MAX = 24 };

/* ---- the directory ---- */

/* Only what is missing at the very end is made: a mistyped path is to be an error. */
static int open_or_make(const char *path, struct error *error)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT && mkdir(path, 0700) == 0)
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		error_errno(error, "%s: cannot open the directory", path);
	return fd;
}

int security_directory_open(struct security_directory *directory, const char *path,
			    struct error *error)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	size_t n = (size_t)(base - path);
	if (!*base || strlen(base) + TAIL_MAX >= SECURITY_NAME_SIZE)
		return error_set(error, "%s: not a name for the security log's files", path);
	char *parent = n ? strndup(path, n) : strdup(".");
	if (!parent)
		return error_set(error, "%s: out of memory", path);
	int fd = open_or_make(parent, error);
	free(parent);
	if (fd < 0)
		return -1;
	*directory = (struct security_directory){fd, (int)n, path, base};
	return 0;
}

void security_directory_release(struct security_directory *directory)
{
	if (directory->fd >= 0)
		close(directory->fd);
}

int security_directory_sync(const struct security_directory *directory, struct error *error)
{
	if (fsync(directory->fd) == 0)
		return 0;
	return error_errno(error, "%.*s: cannot sync the directory",
			   directory->path_n ? directory->path_n : 1,
			   directory->path_n ? directory->path : ".");
}

/* ---- names ---- */

bool security_name_has(int32_t day)
{
	return day >= zone_days(0, 1, 1) && day <= zone_days(9999, 12, 31);
}

void security_name_text(const struct security_directory *directory,
			const struct security_name *name, char out[SECURITY_NAME_SIZE])
{
	int year, month, day;
	char part[16] = "";
	zone_date(name->day, &year, &month, &day);
	if (name->part)
		snprintf(part, sizeof(part), ".%u", name->part);
	snprintf(out, SECURITY_NAME_SIZE, "%s-%04d-%02d-%02d%s%s", directory->base, year, month,
		 day, part, suffixes[name->suffix]);
}

static bool digits(const char **at, size_t n, int *ret)
{
	int value = 0;
	for (size_t i = 0; i < n; i++, (*at)++) {
		if (**at < '0' || **at > '9')
			return false;
		value = value * 10 + (**at - '0');
	}
	*ret = value;
	return true;
}

static bool skip(const char **at, char c)
{
	return **at == c && (*at)++;
}

int security_name_parse(const struct security_directory *directory, const char *text,
			struct security_name *ret)
{
	size_t n = strlen(directory->base);
	int year = 0, month = 0, day = 0, part = 0;
	if (strncmp(text, directory->base, n) != 0)
		return -1;
	const char *at = text + n;
	if (!(skip(&at, '-') && digits(&at, 4, &year) && skip(&at, '-') && digits(&at, 2, &month) &&
	      skip(&at, '-') && digits(&at, 2, &day)) ||
	    month < 1 || month > 12)
		return -1;
	if (at[0] == '.' && at[1] >= '1' && at[1] <= '9') {
		size_t length = strspn(at + 1, "0123456789");
		at++;
		if (length > 4 || !digits(&at, length, &part))
			return -1;
	}
	for (unsigned i = 0; i < SECURITY_SUFFIX__COUNT; i++) {
		if (strcmp(at, suffixes[i]) != 0)
			continue;
		*ret = (struct security_name){(int32_t)zone_days(year, month, day), (unsigned)part,
					      (enum security_suffix)i};
		/* A date that there is not comes back as another one. */
		char same[SECURITY_NAME_SIZE];
		security_name_text(directory, ret, same);
		return strcmp(same, text) == 0 ? 0 : -1;
	}
	return -1;
}

static int compare(const void *a, const void *b)
{
	const struct security_name *x = a, *y = b;
	if (x->day != y->day)
		return x->day < y->day ? -1 : 1;
	if (x->part != y->part)
		return x->part < y->part ? -1 : 1;
	return (int)x->suffix - (int)y->suffix;
}

int security_name_scan(const struct security_directory *directory, struct security_name **ret,
		       size_t *ret_n, struct error *error)
{
	struct security_name *all = NULL, name;
	size_t n = 0, cap = 0;
	int result = -1, fd = openat(directory->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);
	while (stream) {
		errno = 0;
		const struct dirent *entry = readdir(stream);
		if (!entry)
			break;
		if (security_name_parse(directory, entry->d_name, &name))
			continue;
		if (n == cap) {
			cap = cap ? 2 * cap : 64;
			struct security_name *more = realloc(all, cap * sizeof(*all));
			if (!more)
				break;
			all = more;
		}
		all[n++] = name;
	}
	if (!stream || errno) {
		error_errno(error, "%s: cannot list the files of the security log",
			    directory->path);
		free(all);
	} else {
		if (n)
			qsort(all, n, sizeof(*all), compare);
		*ret = all;
		*ret_n = n;
		result = 0;
	}
	if (stream)
		closedir(stream);
	else if (fd >= 0)
		close(fd);
	return result;
}

/* ---- system calls ---- */

/* No link is followed, and nothing but a regular file is opened: a pipe would hold us up. */
int security_name_open(const struct security_directory *directory, const struct security_name *name,
		       int flags)
{
	char text[SECURITY_NAME_SIZE];
	struct stat status;
	security_name_text(directory, name, text);
	int fd = openat(directory->fd, text, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	int failed = fstat(fd, &status);
	if (failed || !S_ISREG(status.st_mode)) {
		int number = failed ? errno : ENXIO;
		close(fd);
		errno = number;
		return -1;
	}
	return fd;
}

int security_name_unlink(const struct security_directory *directory,
			 const struct security_name *name)
{
	char text[SECURITY_NAME_SIZE];
	security_name_text(directory, name, text);
	return unlinkat(directory->fd, text, 0);
}

int security_name_exists(const struct security_directory *directory,
			 const struct security_name *name)
{
	char text[SECURITY_NAME_SIZE];
	struct stat status;
	security_name_text(directory, name, text);
	if (fstatat(directory->fd, text, &status, AT_SYMLINK_NOFOLLOW) == 0)
		return 1;
	return errno == ENOENT ? 0 : -1;
}

int security_name_rename(const struct security_directory *directory,
			 const struct security_name *from, const struct security_name *to)
{
	char before[SECURITY_NAME_SIZE], after[SECURITY_NAME_SIZE];
	security_name_text(directory, from, before);
	security_name_text(directory, to, after);
	if (renameat2(directory->fd, before, directory->fd, after, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	/* NFS and other file systems without the flag: nearly as good. */
	int there = security_name_exists(directory, to);
	if (there > 0)
		errno = EEXIST;
	if (there)
		return -1;
	return renameat(directory->fd, before, directory->fd, after);
}

/* ---- messages ---- */

int security_name_errno(const struct security_directory *directory,
			const struct security_name *name, const char *what, struct error *error)
{
	char text[SECURITY_NAME_SIZE];
	int number = errno;
	security_name_text(directory, name, text);
	errno = number;
	return error_errno(error, "%.*s%s: %s", directory->path_n, directory->path, text, what);
}

int security_name_error(const struct security_directory *directory,
			const struct security_name *name, const char *what, struct error *error)
{
	char text[SECURITY_NAME_SIZE];
	security_name_text(directory, name, text);
	return error_set(error, "%.*s%s: %s", directory->path_n, directory->path, text, what);
}
