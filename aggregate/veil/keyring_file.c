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
 * and the file of K_p 80: "veiltally pos 1\n", K_p, SHA-256 of the 48 bytes before.
 */
#include "aggregate/veil/keyring_file.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include "aggregate/veil/escrow_text.h"
#include "aggregate/veil/keyring.h"

enum { MAGIC = SECRET_FILE_MAGIC, DAY_FILE = 128 };
enum { POSITION_FILE = MAGIC + KEY_SIZE + SECRET_FILE_SUM };
enum { AT_DAY = 16, AT_MODE = 20, AT_KID = 24, AT_ESCROWED = 32, AT_COUNTING = 64 };
enum { DAY_NAME = ESCROW_DAY_TEXT + 4 };

static const char DAY_MAGIC[MAGIC + 1] = "veiltally key 1\n";
static const char POSITION_MAGIC[MAGIC + 1] = "veiltally pos 1\n";

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

int keyring_file_read(const struct secret_directory *directory, int32_t day,
		      struct keyring_file *ret, struct error *error)
{
	char name[DAY_NAME];
	day_name(day, name);
	if (directory->fd < 0)
		return 0;
	uint8_t *bytes = secret_new(DAY_FILE, NULL);
	if (!bytes)
		return error_errno(error, "no memory for the keys");
	int there = secret_file_read(directory, name, DAY_MAGIC, bytes, DAY_FILE, error);
	if (there == 1) {
		ret->day = (int32_t)get_number(bytes + AT_DAY);
		ret->mode = (enum address_mode)get_number(bytes + AT_MODE);
		memcpy(ret->kid, bytes + AT_KID, KID_SIZE);
		memcpy(ret->escrowed, bytes + AT_ESCROWED, KEY_SIZE);
		memcpy(ret->counting, bytes + AT_COUNTING, KEY_SIZE);
		if (ret->day != day || get_number(bytes + AT_MODE) >= ADDRESS_MODE__COUNT)
			there = secret_file_refuse(directory, name,
						   "the key file is of another day", error);
	}
	secret_free(bytes, DAY_FILE);
	return there;
}

int keyring_file_write(const struct secret_directory *directory, const struct keyring_file *file,
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
	int failed = secret_file_write(directory, name, bytes, DAY_FILE, error);
	secret_free(bytes, DAY_FILE);
	return failed;
}

int keyring_file_destroy(const struct secret_directory *directory, int32_t day, struct error *error)
{
	char name[DAY_NAME];
	day_name(day, name);
	if (directory->fd < 0)
		return 0;
	int failed = secret_file_shred(directory, name, error);
	return secret_directory_sync(directory, failed ? NULL : error) || failed ? -1 : 0;
}

struct days {
	const struct secret_directory *directory;
	int32_t *all;
	size_t n;
};

static int collect(void *context, const char *name, struct error *error)
{
	struct days *days = context;
	int32_t day;
	if (!day_from(name, &day) || secret_file_is_dead(days->directory, name))
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

int keyring_file_days(const struct secret_directory *directory, int32_t **ret, size_t *ret_n,
		      struct error *error)
{
	struct days days = {directory, NULL, 0};
	if (secret_directory_each(directory, collect, &days, error)) {
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

static bool is_dead_day(const struct secret_directory *directory, const char *name)
{
	int32_t day;
	return day_from(name, &day) && secret_file_is_dead(directory, name);
}

struct sweep {
	const struct secret_directory *directory;
	bool removed;
};

static int sweep_one(void *context, const char *name, struct error *error)
{
	struct sweep *sweep = context;
	if (!is_temporary(name) && !is_dead_day(sweep->directory, name))
		return 0;
	sweep->removed = true;
	return secret_file_shred(sweep->directory, name, error);
}

int keyring_file_sweep(const struct secret_directory *directory, struct error *error)
{
	struct sweep sweep = {directory, false};
	if (secret_directory_each(directory, sweep_one, &sweep, error))
		return -1;
	return sweep.removed ? secret_directory_sync(directory, error) : 0;
}

/* ---- the file of K_p ---- */

/* Its directory is the state's, which has rules of its own. */
static int open_parent(const char *path, struct secret_directory *ret, const char **ret_name,
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
	if (!**ret_name || strlen(*ret_name) >= SECRET_FILE_NAME)
		return error_set(error, "%s: this cannot be the name of a key file", path);
	ret->fd = open(ret->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return ret->fd < 0 ? error_errno(error, "%s", ret->path) : 0;
}

static int position_key(const struct secret_directory *directory, const char *name, bool create,
			uint8_t *bytes, bool *ret_made, struct error *error)
{
	int there = secret_file_read(directory, name, POSITION_MAGIC, bytes, POSITION_FILE, error);
	if (there)
		return there < 0 ? -1 : 0;
	if (!create)
		return secret_file_refuse(directory, name,
					  "the key of the file positions is missing", error);
	memcpy(bytes, POSITION_MAGIC, MAGIC);
	if (secret_random(bytes + MAGIC, KEY_SIZE))
		return error_errno(error, "the kernel gives no random numbers");
	*ret_made = true;
	return secret_file_write(directory, name, bytes, POSITION_FILE, error);
}

int keyring_position_key(const char *path, bool create, uint8_t ret[KEY_SIZE], bool *ret_made,
			 struct error *error)
{
	struct secret_directory directory = {NULL, -1};
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
	secret_directory_release(&directory);
	return failed ? -1 : 0;
}
