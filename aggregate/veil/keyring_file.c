/*
 * A key file has 128 bytes, numbers little endian:
 *
 *     0  16  "veiltally key 1\n": what it is, and the version
 *    16   4  day, days since 1970-01-01, signed
 *    20   4  address mode (enum address_mode)
 *    24   8  kid, which names K_e
 *    32  32  K_e
 *    64  32  K_v
 *    96  32  SHA-256 of the 96 bytes before
 *
 * and the file of K_p 80: "veiltally pos 1\n", K_p, SHA-256 of the 48 bytes before. A file that is
 * being destroyed begins with "veiltally dead 1" and is otherwise zero; if a crash leaves it there,
 * it says for itself that nothing is lost, and the next start removes it.
 *
 * All names are taken relative to an open directory, never through a symbolic link. Overwriting is
 * best effort: a copy-on-write file system or an SSD may keep the old blocks, which is why the
 * packaged configuration keeps keys on tmpfs.
 */
#include "aggregate/veil/keyring_file.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "aggregate/veil/escrow_text.h"
#include "aggregate/veil/keyring.h"

enum { MAGIC = 16, SUM = 32, DAY_FILE = 128, POSITION_FILE = MAGIC + KEY_SIZE + SUM };
enum { AT_DAY = 16, AT_MODE = 20, AT_KID = 24, AT_ESCROWED = 32, AT_COUNTING = 64 };
enum { DAY_NAME = ESCROW_DAY_TEXT + 4, NAME = 256, SHRED_MAX = 1 << 20 };

static const char DAY_MAGIC[MAGIC + 1] = "veiltally key 1\n";
static const char POSITION_MAGIC[MAGIC + 1] = "veiltally pos 1\n";
static const char DEAD_MAGIC[MAGIC + 1] = "veiltally dead 1";

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

static int check_directory(const struct keyring_directory *directory, struct error *error)
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

int keyring_file_directory(struct keyring_directory *directory, const char *path, bool create,
			   struct error *error)
{
	*directory = (struct keyring_directory){strdup(path), -1};
	if (!directory->path)
		return error_errno(error, "%s", path);
	if (create && make_directory(path, error))
		return -1;
	directory->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (directory->fd < 0)
		return !create && errno == ENOENT ? 0 : error_errno(error, "%s", path);
	return check_directory(directory, error);
}

void keyring_file_release(struct keyring_directory *directory)
{
	if (directory->fd >= 0)
		close(directory->fd);
	free(directory->path);
	*directory = (struct keyring_directory){NULL, -1};
}

static int trouble(const struct keyring_directory *directory, const char *name, struct error *error)
{
	return error_errno(error, "%s/%s", directory->path, name);
}

static int refuse(const struct keyring_directory *directory, const char *name, const char *why,
		  struct error *error)
{
	return error_set(error, "%s/%s: %s", directory->path, name, why);
}

/* ---- whole files of a fixed size ---- */

static int sum_of(const uint8_t *bytes, size_t n, uint8_t ret[SUM])
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

/* 1 read, 0 missing, -1 with a message. `bytes` is secret memory. */
static int read_whole(const struct keyring_directory *directory, const char *name,
		      const char *magic, uint8_t *bytes, size_t size, struct error *error)
{
	uint8_t sum[SUM];
	/* Not blocked by a pipe, not led elsewhere by a link. */
	int fd = openat(directory->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0) {
		if (errno == ELOOP)
			return refuse(directory, name, "the key file is a symbolic link", error);
		return errno == ENOENT ? 0 : trouble(directory, name, error);
	}
	const char *why = stranger(fd, size);
	ssize_t got = 0;
	if (!why)
		got = pread(fd, bytes, size, 0);
	int reason = errno;
	close(fd);
	if (why)
		return refuse(directory, name, why, error);
	errno = reason;
	if (got < 0)
		return trouble(directory, name, error);
	if ((size_t)got != size || memcmp(bytes, magic, MAGIC) != 0)
		return refuse(directory, name, "the key file is damaged, or of another version",
			      error);
	if (sum_of(bytes, size - SUM, sum) || memcmp(sum, bytes + size - SUM, SUM) != 0)
		return refuse(directory, name, "the key file is damaged (its checksum is wrong)",
			      error);
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
	memcpy(block, DEAD_MAGIC, MAGIC);
	for (off_t at = 0; at < size; at += (off_t)sizeof(block)) {
		size_t rest = (size_t)(size - at);
		if (write_bytes(fd, block, rest < sizeof(block) ? rest : sizeof(block), at))
			return -1;
		memset(block, 0, MAGIC);
	}
	return fsync(fd);
}

/* Overwrites and unlinks; a missing file is done already. The directory is synced by the caller. */
static int shred(const struct keyring_directory *directory, const char *name, struct error *error)
{
	int fd = openat(directory->fd, name, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 && errno == ELOOP)
		return refuse(directory, name, "the key file is a symbolic link", error);
	int failed = fd < 0 || overwrite(fd);
	if (failed)
		error_errno(error, "%s/%s: the key could not be overwritten", directory->path,
			    name);
	if (fd >= 0)
		close(fd);
	if (unlinkat(directory->fd, name, 0))
		failed = trouble(directory, name, error);
	return failed ? -1 : 0;
}

static int sync_directory(const struct keyring_directory *directory, struct error *error)
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

static int write_temporary(const struct keyring_directory *directory, const char *name,
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

/* `bytes` end with room for the checksum. */
static int write_whole(const struct keyring_directory *directory, const char *name, uint8_t *bytes,
		       size_t size, struct error *error)
{
	char temporary[NAME + 8];
	snprintf(temporary, sizeof(temporary), ".%s.tmp", name);
	if (sum_of(bytes, size - SUM, bytes + size - SUM))
		return refuse(directory, name, "libcrypto has no SHA-256", error);
	if (shred(directory, temporary, error))
		return -1;
	int failed = write_temporary(directory, temporary, bytes, size, error);
	if (!failed && rename_to_new(directory->fd, temporary, name))
		failed = trouble(directory, name, error);
	if (!failed)
		return sync_directory(directory, error);
	shred(directory, temporary, NULL);
	return -1;
}

/* ---- files of days ---- */

static void day_name(int32_t day, char out[DAY_NAME])
{
	escrow_text_day(day, out);
	memcpy(out + ESCROW_DAY_TEXT - 1, ".key", 5);
}

static bool day_from(const char *name, int32_t *ret)
{
	return strlen(name) == DAY_NAME - 1 && strcmp(name + ESCROW_DAY_TEXT - 1, ".key") == 0 &&
	       escrow_text_day_from(slice_make(name, ESCROW_DAY_TEXT - 1), ret) == 0;
}

static uint32_t get_number(const uint8_t *bytes)
{
	return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
	       (uint32_t)bytes[3] << 24;
}

static void put_number(uint8_t *bytes, uint32_t v)
{
	for (unsigned i = 0; i < 4; i++)
		bytes[i] = (uint8_t)(v >> (8 * i));
}

int keyring_file_read(const struct keyring_directory *directory, int32_t day,
		      struct keyring_file *ret, struct error *error)
{
	char name[DAY_NAME];
	day_name(day, name);
	if (directory->fd < 0)
		return 0;
	uint8_t *bytes = secret_new(DAY_FILE, NULL);
	if (!bytes)
		return error_errno(error, "no memory for the keys");
	int there = read_whole(directory, name, DAY_MAGIC, bytes, DAY_FILE, error);
	if (there == 1) {
		ret->day = (int32_t)get_number(bytes + AT_DAY);
		ret->mode = (enum address_mode)get_number(bytes + AT_MODE);
		memcpy(ret->kid, bytes + AT_KID, KID_SIZE);
		memcpy(ret->escrowed, bytes + AT_ESCROWED, KEY_SIZE);
		memcpy(ret->counting, bytes + AT_COUNTING, KEY_SIZE);
		if (ret->day != day || get_number(bytes + AT_MODE) >= ADDRESS_MODE__COUNT)
			there = refuse(directory, name, "the key file is of another day", error);
	}
	secret_free(bytes, DAY_FILE);
	return there;
}

int keyring_file_write(const struct keyring_directory *directory, const struct keyring_file *file,
		       struct error *error)
{
	char name[DAY_NAME];
	day_name(file->day, name);
	uint8_t *bytes = secret_new(DAY_FILE, NULL);
	if (!bytes)
		return error_errno(error, "no memory for the keys");
	memcpy(bytes, DAY_MAGIC, MAGIC);
	put_number(bytes + AT_DAY, (uint32_t)file->day);
	put_number(bytes + AT_MODE, file->mode);
	memcpy(bytes + AT_KID, file->kid, KID_SIZE);
	memcpy(bytes + AT_ESCROWED, file->escrowed, KEY_SIZE);
	memcpy(bytes + AT_COUNTING, file->counting, KEY_SIZE);
	int failed = write_whole(directory, name, bytes, DAY_FILE, error);
	secret_free(bytes, DAY_FILE);
	return failed;
}

int keyring_file_destroy(const struct keyring_directory *directory, int32_t day,
			 struct error *error)
{
	char name[DAY_NAME];
	day_name(day, name);
	if (directory->fd < 0)
		return 0;
	int failed = shred(directory, name, error);
	return sync_directory(directory, failed ? NULL : error) || failed ? -1 : 0;
}

/* Every file name of the directory; `each` returns non-zero to stop, with *error set. */
static int each_name(const struct keyring_directory *directory,
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
	while (errno = 0, !failed && (found = readdir(names)))
		failed = each(context, found->d_name, error);
	if (!failed && errno)
		failed = error_errno(error, "%s", directory->path);
	closedir(names);
	return failed;
}

struct days {
	int32_t *all;
	size_t n;
};

static int collect(void *context, const char *name, struct error *error)
{
	struct days *days = context;
	int32_t day;
	if (!day_from(name, &day))
		return 0;
	if ((days->n & (days->n - 1)) == 0) {
		size_t room = days->n ? 2 * days->n : 1;
		int32_t *all = realloc(days->all, room * sizeof(*all));
		if (!all)
			return error_errno(error, "list of the keys");
		days->all = all;
	}
	days->all[days->n++] = day;
	return 0;
}

static int ascending(const void *a, const void *b)
{
	int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
	return (x > y) - (x < y);
}

int keyring_file_days(const struct keyring_directory *directory, int32_t **ret, size_t *ret_n,
		      struct error *error)
{
	struct days days = {NULL, 0};
	if (each_name(directory, collect, &days, error)) {
		free(days.all);
		return -1;
	}
	if (days.n)
		qsort(days.all, days.n, sizeof(*days.all), ascending);
	*ret = days.all;
	*ret_n = days.n;
	return 0;
}

static bool is_temporary(const char *name)
{
	int32_t day;
	char inner[DAY_NAME];
	if (strlen(name) != DAY_NAME + 4 || *name != '.' || strcmp(name + DAY_NAME, ".tmp") != 0)
		return false;
	memcpy(inner, name + 1, DAY_NAME - 1);
	inner[DAY_NAME - 1] = '\0';
	return day_from(inner, &day);
}

static bool is_dead(const struct keyring_directory *directory, const char *name)
{
	int32_t day;
	char magic[MAGIC];
	if (!day_from(name, &day))
		return false;
	int fd = openat(directory->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	bool dead =
	    fd >= 0 && pread(fd, magic, MAGIC, 0) == MAGIC && memcmp(magic, DEAD_MAGIC, MAGIC) == 0;
	if (fd >= 0)
		close(fd);
	return dead;
}

struct sweep {
	const struct keyring_directory *directory;
	bool removed;
};

static int sweep_one(void *context, const char *name, struct error *error)
{
	struct sweep *sweep = context;
	if (!is_temporary(name) && !is_dead(sweep->directory, name))
		return 0;
	sweep->removed = true;
	return shred(sweep->directory, name, error);
}

int keyring_file_sweep(const struct keyring_directory *directory, struct error *error)
{
	struct sweep sweep = {directory, false};
	if (each_name(directory, sweep_one, &sweep, error))
		return -1;
	return sweep.removed ? sync_directory(directory, error) : 0;
}

/* ---- the file of K_p ---- */

/* Its directory is the state's, which has rules of its own. */
static int open_parent(const char *path, struct keyring_directory *ret, const char **ret_name,
		       struct error *error)
{
	const char *slash = strrchr(path, '/');
	*ret_name = slash ? slash + 1 : path;
	ret->fd = -1;
	ret->path = !slash	    ? strdup(".")
		    : slash == path ? strdup("/")
				    : strndup(path, (size_t)(slash - path));
	if (!ret->path)
		return error_errno(error, "%s", path);
	if (!**ret_name || strlen(*ret_name) >= NAME)
		return error_set(error, "%s: this cannot be the name of a key file", path);
	ret->fd = open(ret->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return ret->fd < 0 ? error_errno(error, "%s", ret->path) : 0;
}

static int position_key(const struct keyring_directory *directory, const char *name, bool create,
			uint8_t *bytes, bool *ret_made, struct error *error)
{
	int there = read_whole(directory, name, POSITION_MAGIC, bytes, POSITION_FILE, error);
	if (there)
		return there < 0 ? -1 : 0;
	if (!create)
		return refuse(directory, name, "the key of the file positions is missing", error);
	memcpy(bytes, POSITION_MAGIC, MAGIC);
	if (secret_random(bytes + MAGIC, KEY_SIZE))
		return error_errno(error, "the kernel gives no random numbers");
	*ret_made = true;
	return write_whole(directory, name, bytes, POSITION_FILE, error);
}

int keyring_position_key(const char *path, bool create, uint8_t ret[KEY_SIZE], bool *ret_made,
			 struct error *error)
{
	struct keyring_directory directory = {NULL, -1};
	const char *name;
	bool made = false;
	uint8_t *bytes = secret_new(POSITION_FILE, NULL);
	int failed = bytes ? 0 : error_errno(error, "no memory for the keys");
	if (!failed)
		failed = open_parent(path, &directory, &name, error);
	if (!failed)
		failed = position_key(&directory, name, create, bytes, &made, error);
	if (!failed) {
		memcpy(ret, bytes + MAGIC, KEY_SIZE);
		if (ret_made)
			*ret_made = made;
	}
	secret_free(bytes, POSITION_FILE);
	keyring_file_release(&directory);
	return failed ? -1 : 0;
}
