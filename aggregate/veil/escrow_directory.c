#include "aggregate/veil/escrow_directory.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "aggregate/veil/escrow_text.h"

/* RECORD_MAX: a record for RSA with 16384 bits has under 5 KiB. */
enum { RECORD_MAX = 64 << 10, TEMPORARY_MAX = ESCROW_NAME_MAX + 8 };

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

int escrow_directory_open(struct escrow_directory *directory, const char *path, struct error *error)
{
	*directory = (struct escrow_directory){.fd = -1};
	if (make_directory(path, error))
		return -1;
	directory->path = strdup(path);
	if (directory->path)
		directory->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return directory->fd < 0 ? error_errno(error, "%s", path) : 0;
}

void escrow_directory_release(struct escrow_directory *directory)
{
	if (directory->fd >= 0)
		close(directory->fd);
	free(directory->path);
	*directory = (struct escrow_directory){.fd = -1};
}

/* ---- names ---- */

void escrow_directory_name(struct escrow_entry *entry)
{
	char date[ESCROW_DAY_TEXT], hex[ESCROW_KID_TEXT];
	escrow_text_day(entry->day, date);
	escrow_text_hex(entry->kid, KID_SIZE, hex);
	snprintf(entry->name, sizeof(entry->name), "%s-%s.%s", date, hex,
		 entry->state == ESCROW_SEALED ? "cms" : "none");
}

/* False for what is no record. */
static bool entry_from(const char *name, struct escrow_entry *ret)
{
	enum { DAY = ESCROW_DAY_TEXT - 1, KID = ESCROW_KID_TEXT - 1, BASE = DAY + 1 + KID };
	size_t n = strlen(name);
	if (n <= BASE || name[DAY] != '-' ||
	    escrow_text_day_from(slice_make(name, DAY), &ret->day) ||
	    escrow_text_hex_from(slice_make(name + DAY + 1, KID), ret->kid, KID_SIZE))
		return false;
	if (strcmp(name + BASE, ".cms") == 0)
		ret->state = ESCROW_SEALED;
	else if (strcmp(name + BASE, ".none") == 0)
		ret->state = ESCROW_NONE;
	else
		return false;
	memcpy(ret->name, name, n + 1);
	return true;
}

/* What an interrupted write left; it was never a record, and it holds no secret. */
static bool is_temporary(const char *name)
{
	size_t n = strlen(name);
	struct escrow_entry entry;
	char inner[ESCROW_NAME_MAX];
	if (*name != '.' || n < 6 || n - 5 >= sizeof(inner) || strcmp(name + n - 4, ".tmp") != 0)
		return false;
	memcpy(inner, name + 1, n - 5);
	inner[n - 5] = '\0';
	return entry_from(inner, &entry);
}

/* Every file name of the directory; `each` returns non-zero to stop, with *error set. */
static int each_name(const struct escrow_directory *directory,
		     int (*each)(void *context, const char *name, struct error *error),
		     void *context, struct error *error)
{
	struct dirent *found;
	int failed = 0;
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

struct list {
	struct escrow_entry *all;
	size_t n;
};

static int collect(void *context, const char *name, struct error *error)
{
	struct list *list = context;
	struct escrow_entry entry;
	if (!entry_from(name, &entry))
		return 0;
	if ((list->n & (list->n - 1)) == 0) {
		size_t room = list->n ? 2 * list->n : 1;
		void *all = realloc(list->all, room * sizeof(*list->all));
		if (!all)
			return error_errno(error, "list of escrow records");
		list->all = all;
	}
	list->all[list->n++] = entry;
	return 0;
}

/* Names begin with day and kid, all of one length, and ".cms" comes before ".none". */
static int compare(const void *a, const void *b)
{
	const struct escrow_entry *x = a, *y = b;
	return strcmp(x->name, y->name);
}

int escrow_directory_list(const struct escrow_directory *directory, struct escrow_entry **ret,
			  size_t *ret_n, struct error *error)
{
	struct list list = {NULL, 0};
	if (each_name(directory, collect, &list, error)) {
		free(list.all);
		return -1;
	}
	if (list.n)
		qsort(list.all, list.n, sizeof(*list.all), compare);
	*ret = list.all;
	*ret_n = list.n;
	return 0;
}

/* ---- files ---- */

uint8_t *escrow_directory_read(const struct escrow_directory *directory, const char *name,
			       size_t *ret_n, struct error *error)
{
	size_t n = 0;
	ssize_t got = 1;
	/* Not blocked by a pipe, not led elsewhere by a link: it must be a file of ours. */
	int fd = openat(directory->fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	uint8_t *bytes = fd < 0 ? NULL : malloc(RECORD_MAX);
	while (bytes && got > 0 && n < RECORD_MAX) {
		got = read(fd, bytes + n, RECORD_MAX - n);
		if (got > 0)
			n += (size_t)got;
		else if (got < 0 && errno == EINTR)
			got = 1;
	}
	if (n == RECORD_MAX)
		error_set(error, "%s/%s: too large for an escrow record", directory->path, name);
	else if (!bytes || got < 0)
		error_errno(error, "%s/%s", directory->path, name);
	if (fd >= 0)
		close(fd);
	if (bytes && (got < 0 || n == RECORD_MAX)) {
		free(bytes);
		bytes = NULL;
	}
	*ret_n = n;
	return bytes;
}

static int remove_temporary(void *context, const char *name, struct error *error)
{
	const struct escrow_directory *directory = context;
	if (is_temporary(name) && unlinkat(directory->fd, name, 0))
		return error_errno(error, "%s/%s", directory->path, name);
	return 0;
}

static int write_all(int fd, struct slice bytes)
{
	while (bytes.n) {
		ssize_t put = write(fd, bytes.p, bytes.n);
		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return -1;
		bytes = slice_from_byte(bytes, (size_t)put);
	}
	return 0;
}

static int write_temporary(const struct escrow_directory *directory, const char *name,
			   struct slice bytes, struct error *error)
{
	int fd = openat(directory->fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
			0600);
	if (fd < 0)
		return error_errno(error, "%s/%s", directory->path, name);
	int failed = write_all(fd, bytes) || fsync(fd);
	if (failed)
		error_errno(error, "%s/%s", directory->path, name);
	if (close(fd) && !failed)
		failed = error_errno(error, "%s/%s", directory->path, name);
	return failed ? -1 : 0;
}

int escrow_directory_write(const struct escrow_directory *directory, const char *name,
			   struct slice bytes, struct error *error)
{
	char temporary[TEMPORARY_MAX];
	struct escrow_directory own = *directory;
	snprintf(temporary, sizeof(temporary), ".%s.tmp", name);
	if (each_name(directory, remove_temporary, &own, error))
		return -1;
	int failed = write_temporary(directory, temporary, bytes, error);
	if (!failed && renameat(directory->fd, temporary, directory->fd, name))
		failed = error_errno(error, "%s/%s", directory->path, name);
	if (failed)
		unlinkat(directory->fd, temporary, 0);
	else if (fsync(directory->fd))
		failed = error_errno(error, "%s", directory->path);
	return failed;
}

int escrow_directory_has(const struct escrow_directory *directory, const char *name,
			 struct error *error)
{
	if (faccessat(directory->fd, name, F_OK, AT_SYMLINK_NOFOLLOW))
		return errno == ENOENT ? 0 : error_errno(error, "%s/%s", directory->path, name);
	/* A crash may have come between its rename and the sync. */
	return fsync(directory->fd) ? error_errno(error, "%s", directory->path) : 1;
}

int escrow_directory_expire(const struct escrow_directory *directory, int32_t day,
			    struct error *error)
{
	struct escrow_entry *all = NULL;
	size_t n = 0;
	int failed = 0;
	bool removed = false;
	if (escrow_directory_list(directory, &all, &n, error))
		return -1;
	for (size_t i = 0; i < n && !failed && all[i].day < day; i++) {
		if (unlinkat(directory->fd, all[i].name, 0))
			failed = error_errno(error, "%s/%s", directory->path, all[i].name);
		else
			removed = true;
	}
	if (removed && fsync(directory->fd) && !failed)
		failed = error_errno(error, "%s", directory->path);
	free(all);
	return failed;
}
