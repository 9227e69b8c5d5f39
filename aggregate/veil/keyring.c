/*
 * Order of a new day: random keys → everything derived from them → escrow record durable and read
 * back → key file durable → used. A crash leaves at most a record of a kid that no line carries.
 *
 * Known days are an ascending array of pointers, so that what was handed out stays where it is. Raw
 * keys are in memory only while a day is being made or read: afterwards there are subkeys, in pages
 * of secret_new, and nothing else.
 */
#include "aggregate/veil/keyring.h"
#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include "aggregate/veil/keyring_file.h"

struct entry {
	struct day_keys keys;
	bool loaded; /* else there is a key file that nobody has asked for yet */
};

struct days {
	int32_t *all; /* ascending */
	size_t n;
};

struct keyring {
	struct secret_directory directory;
	struct escrow *escrow;
	enum address_mode mode;
	unsigned max_open_days;
	bool read_only;
	bool locked;
	pthread_mutex_t lock; /* guards what follows */
	struct days closed;
	struct entry **open; /* by day */
	size_t open_n;
	struct day_keys *run; /* the one set of a keyring of one run, else NULL */
};

/* ---- keys of one day ---- */

static void keys_release(struct day_keys *keys)
{
	/* The keyring owns what it hands out as const. */
	union {
		const struct counting_keys *lent;
		struct counting_keys *own;
	} counting = {.lent = keys->counting};
	counting_keys_free(counting.own);
	pseudonym_keys_free(keys->pseudonym);
	sealing_keys_free(keys->seal);
	keys->counting = NULL;
	keys->pseudonym = NULL;
	keys->seal = NULL;
}

static int keys_derive(const struct keyring_file *file, struct day_keys *ret, struct error *error)
{
	*ret = (struct day_keys){.day = file->day, .mode = file->mode};
	if (key_derive(file->counting, "veiltally vid v1", ret->vid, KID_SIZE))
		return error_set(error, "libcrypto could not derive the keys (HKDF with SHA-256)");
	ret->counting = counting_keys_from(file->counting, error);
	if (ret->counting)
		ret->seal = sealing_keys_from(file->counting, error);
	if (ret->seal)
		ret->pseudonym = pseudonym_keys_from(file->escrowed, error);
	if (!ret->pseudonym) {
		keys_release(ret);
		return -1;
	}
	pseudonym_kid(ret->pseudonym, ret->kid);
	return 0;
}

static bool keys_locked(const struct day_keys *keys)
{
	return counting_keys_locked(keys->counting) &&
	       (!keys->pseudonym || pseudonym_keys_locked(keys->pseudonym)) &&
	       (!keys->seal || sealing_keys_locked(keys->seal));
}

/* ---- sets of days ---- */

/* The first position whose day is not before `day`. */
static size_t closed_position(const struct keyring *keyring, int32_t day)
{
	size_t low = 0, high = keyring->closed.n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (keyring->closed.all[middle] < day)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static size_t open_position(const struct keyring *keyring, int32_t day)
{
	size_t low = 0, high = keyring->open_n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (keyring->open[middle]->keys.day < day)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_closed(const struct keyring *keyring, int32_t day)
{
	size_t at = closed_position(keyring, day);
	return at < keyring->closed.n && keyring->closed.all[at] == day;
}

static int closed_add(struct keyring *keyring, int32_t day, struct error *error)
{
	if (is_closed(keyring, day))
		return 0;
	size_t at = closed_position(keyring, day), n = keyring->closed.n;
	int32_t *all = realloc(keyring->closed.all, (n + 1) * sizeof(*all));
	if (!all)
		return error_errno(error, "list of closed days");
	memmove(all + at + 1, all + at, (n - at) * sizeof(*all));
	all[at] = day;
	keyring->closed.all = all;
	keyring->closed.n = n + 1;
	return 0;
}

static struct entry *open_find(const struct keyring *keyring, int32_t day)
{
	size_t at = open_position(keyring, day);
	bool found = at < keyring->open_n && keyring->open[at]->keys.day == day;
	return found ? keyring->open[at] : NULL;
}

/* A new entry in its place, not loaded. NULL when memory is out. */
static struct entry *open_add(struct keyring *keyring, int32_t day)
{
	size_t at = open_position(keyring, day), n = keyring->open_n;
	struct entry *entry = calloc(1, sizeof(*entry));
	/* Room grows in powers of two. */
	if (entry && (n & (n - 1)) == 0) {
		struct entry **open =
		    realloc(keyring->open, (n ? 2 * n : 1) * sizeof(*keyring->open));
		if (!open) {
			free(entry);
			return NULL;
		}
		keyring->open = open;
	}
	if (!entry)
		return NULL;
	entry->keys.day = day;
	memmove(keyring->open + at + 1, keyring->open + at, (n - at) * sizeof(*keyring->open));
	keyring->open[at] = entry;
	keyring->open_n = n + 1;
	return entry;
}

static void open_remove(struct keyring *keyring, int32_t day)
{
	struct entry *entry = open_find(keyring, day);
	if (!entry)
		return;
	size_t at = open_position(keyring, day);
	keyring->open_n--;
	memmove(keyring->open + at, keyring->open + at + 1,
		(keyring->open_n - at) * sizeof(*keyring->open));
	keys_release(&entry->keys);
	free(entry);
}

/* ---- opening ---- */

static struct keyring *keyring_new(struct error *error)
{
	struct keyring *keyring = calloc(1, sizeof(*keyring));
	if (!keyring) {
		error_errno(error, "no memory for the keys");
		return NULL;
	}
	keyring->directory.fd = -1;
	keyring->locked = true;
	pthread_mutex_init(&keyring->lock, NULL);
	return keyring;
}

static int copy_closed(struct keyring *keyring, const int32_t *closed, size_t n,
		       struct error *error)
{
	for (size_t i = 1; i < n; i++)
		assert(closed[i - 1] < closed[i]);
	if (n == 0)
		return 0;
	keyring->closed.all = malloc(n * sizeof(*closed));
	if (!keyring->closed.all)
		return error_errno(error, "list of closed days");
	memcpy(keyring->closed.all, closed, n * sizeof(*closed));
	keyring->closed.n = n;
	return 0;
}

/* What lies in the directory: keys of closed days are destroyed, the others are known from now. */
static int take_stock(struct keyring *keyring, struct error *error)
{
	int32_t *days = NULL;
	size_t n = 0;
	int failed = keyring->read_only ? 0 : keyring_file_sweep(&keyring->directory, error);
	if (!failed)
		failed = keyring_file_days(&keyring->directory, &days, &n, error);
	for (size_t i = 0; i < n && !failed; i++) {
		if (!is_closed(keyring, days[i]))
			failed =
			    open_add(keyring, days[i]) ? 0 : error_errno(error, "list of the keys");
		else if (!keyring->read_only)
			failed = keyring_file_destroy(&keyring->directory, days[i], error);
	}
	free(days);
	return failed;
}

struct keyring *keyring_open(const struct keyring_options *options, struct error *error)
{
	assert(options->escrow || options->read_only);
	struct keyring *keyring = keyring_new(error);
	if (!keyring)
		return NULL;
	keyring->escrow = options->escrow;
	keyring->mode = options->mode;
	keyring->max_open_days = options->max_open_days;
	keyring->read_only = options->read_only;
	if (secret_directory_open(&keyring->directory, options->directory, !options->read_only,
				  error) ||
	    copy_closed(keyring, options->closed, options->closed_n, error) ||
	    take_stock(keyring, error)) {
		keyring_free(keyring);
		return NULL;
	}
	return keyring;
}

struct keyring *keyring_of_run(struct error *error)
{
	struct keyring *keyring = keyring_new(error);
	if (!keyring)
		return NULL;
	keyring->run = calloc(1, sizeof(*keyring->run));
	if (!keyring->run)
		error_errno(error, "no memory for the keys");
	else
		keyring->run->counting = counting_keys_random(error);
	if (!keyring->run || !keyring->run->counting) {
		keyring_free(keyring);
		return NULL;
	}
	keyring->locked = keys_locked(keyring->run);
	return keyring;
}

void keyring_free(struct keyring *keyring)
{
	if (!keyring)
		return;
	for (size_t i = 0; i < keyring->open_n; i++) {
		keys_release(&keyring->open[i]->keys);
		free(keyring->open[i]);
	}
	if (keyring->run)
		keys_release(keyring->run);
	free(keyring->run);
	free(keyring->open);
	free(keyring->closed.all);
	secret_directory_release(&keyring->directory);
	pthread_mutex_destroy(&keyring->lock);
	free(keyring);
}

/* ---- asking for a day ---- */

/* The record of a key is there before the key is used, also should someone have removed it. */
static int record(const struct keyring *keyring, const struct keyring_file *file,
		  struct error *error)
{
	if (keyring->read_only)
		return 0;
	return escrow_record(keyring->escrow, file->day, file->kid, file->mode, file->escrowed,
			     error);
}

static int load(const struct keyring *keyring, int32_t day, struct keyring_file *file,
		struct day_keys *ret, struct error *error)
{
	int there = keyring_file_read(&keyring->directory, day, file, error);
	if (there < 0)
		return -1;
	if (there == 0)
		return error_set(error, "%s: a key file has vanished", keyring->directory.path);
	if (keys_derive(file, ret, error))
		return -1;
	if (memcmp(ret->kid, file->kid, KID_SIZE) != 0)
		error_set(error, "%s: a key file names another key than it holds",
			  keyring->directory.path);
	else if (record(keyring, file, error) == 0)
		return 0;
	keys_release(ret);
	return -1;
}

static int make(const struct keyring *keyring, int32_t day, struct keyring_file *file,
		struct day_keys *ret, struct error *error)
{
	file->day = day;
	file->mode = keyring->mode;
	if (secret_random(file->escrowed, KEY_SIZE) || secret_random(file->counting, KEY_SIZE))
		return error_errno(error, "the kernel gives no random numbers");
	if (keys_derive(file, ret, error))
		return -1;
	memcpy(file->kid, ret->kid, KID_SIZE);
	if (record(keyring, file, error) == 0 &&
	    keyring_file_write(&keyring->directory, file, error) == 0)
		return 0;
	keys_release(ret);
	return -1;
}

typedef int day_source(const struct keyring *keyring, int32_t day, struct keyring_file *file,
		       struct day_keys *ret, struct error *error);

static int obtain(struct keyring *keyring, day_source *source, int32_t day, struct day_keys *ret,
		  struct error *error)
{
	struct keyring_file *file = secret_new(sizeof(*file), NULL);
	if (!file)
		return error_errno(error, "no memory for the keys");
	int failed = source(keyring, day, file, ret, error);
	secret_free(file, sizeof(*file));
	if (!failed)
		keyring->locked = keyring->locked && keys_locked(ret);
	return failed;
}

static enum keyring_answer known_day(struct keyring *keyring, struct entry *entry,
				     const struct day_keys **ret, struct error *error)
{
	if (!entry->loaded) {
		struct day_keys keys = {.day = entry->keys.day};
		if (obtain(keyring, load, entry->keys.day, &keys, error))
			return KEYRING_FAILED;
		entry->keys = keys;
		entry->loaded = true;
	}
	*ret = &entry->keys;
	return KEYRING_OPEN;
}

static enum keyring_answer new_day(struct keyring *keyring, int32_t day,
				   const struct day_keys **ret, struct error *error)
{
	struct day_keys keys = {.day = day};
	if (keyring->read_only)
		return KEYRING_NONE;
	if (keyring->open_n >= keyring->max_open_days)
		return KEYRING_TOO_MANY;
	if (obtain(keyring, make, day, &keys, error))
		return KEYRING_FAILED;
	struct entry *entry = open_add(keyring, day);
	if (!entry) {
		/* The file is there; the next call that finds memory must not make another. */
		error_errno(error, "no memory for the keys");
		keys_release(&keys);
		keyring_file_destroy(&keyring->directory, day, NULL);
		return KEYRING_FAILED;
	}
	entry->keys = keys;
	entry->loaded = true;
	*ret = &entry->keys;
	return KEYRING_OPEN;
}

enum keyring_answer keyring_day(struct keyring *keyring, int32_t day, const struct day_keys **ret,
				struct error *error)
{
	enum keyring_answer answer = KEYRING_CLOSED;
	if (keyring->run) {
		*ret = keyring->run;
		return KEYRING_OPEN;
	}
	pthread_mutex_lock(&keyring->lock);
	struct entry *entry = open_find(keyring, day);
	if (entry)
		answer = known_day(keyring, entry, ret, error);
	else if (!is_closed(keyring, day))
		answer = new_day(keyring, day, ret, error);
	pthread_mutex_unlock(&keyring->lock);
	return answer;
}

bool keyring_at(const struct keyring *keyring, size_t i, int32_t *ret_day)
{
	if (i >= keyring->open_n)
		return false;
	*ret_day = keyring->open[i]->keys.day;
	return true;
}

/* ---- the end of a day ---- */

int keyring_destroy(struct keyring *keyring, int32_t day, struct error *error)
{
	if (keyring->read_only)
		return error_set(error, "%s: opened for reading, no key is destroyed",
				 keyring->directory.path);
	pthread_mutex_lock(&keyring->lock);
	open_remove(keyring, day);
	int failed = keyring_file_destroy(&keyring->directory, day, error);
	if (closed_add(keyring, day, failed ? NULL : error))
		failed = -1;
	pthread_mutex_unlock(&keyring->lock);
	return failed;
}

bool keyring_locked(const struct keyring *keyring)
{
	return keyring->locked;
}
