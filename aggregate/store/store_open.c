/*
 * A state is made under another name and renamed when it is complete, so that a state.db is never
 * half made, and one of no length is damage. A database that is not ours is only read until that
 * is known: no journal is replayed into it, no file of it is touched.
 */
#include "aggregate/store/store_open.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "aggregate/store/schema.h"
#include "aggregate/store/store_lock.h"
#include "aggregate/store/store_reason.h"

enum { PAGE = 4096, CACHE_KIB = 64 * 1024, BUSY_LEAST_MS = 1000 };

/* ---- directory ---- */

static int check_directory(const char *path, struct error *error)
{
	struct stat about;
	if (stat(path, &about))
		return error_errno(error, "%s: cannot open", path);
	if (!S_ISDIR(about.st_mode))
		return error_set(error, "%s: is not a directory", path);
	if (about.st_mode & (S_IWGRP | S_IWOTH))
		return error_set(error,
				 "%s: others can write to this directory: a state must be private "
				 "(chmod 700)",
				 path);
	if (geteuid() != 0 && about.st_uid != geteuid() && about.st_uid != 0)
		return error_set(error, "%s: this directory belongs to another user", path);
	return 0;
}

int store_open_directory(struct store *store, const char *directory, struct error *error)
{
	if (!store->read_only && mkdir(directory, 0700) == 0) {
		if (chmod(directory, 0700)) /* whatever the umask */
			return error_errno(error, "%s: cannot make private", directory);
	} else if (!store->read_only && errno != EEXIST) {
		return error_errno(error, "%s: cannot make the directory", directory);
	}
	store->directory = realpath(directory, NULL);
	if (!store->directory)
		return error_errno(error, "%s: there is no state", directory);
	if (check_directory(store->directory, error))
		return -1;
	if (asprintf(&store->path, "%s/state.db", store->directory) < 0) {
		store->path = NULL;
		return error_set(error, "out of memory");
	}
	return 0;
}

int64_t store_open_size(const struct store *store, const char *suffix)
{
	char path[PATH_MAX];
	struct stat about;
	if (snprintf(path, sizeof(path), "%s%s", store->path, suffix) >= (int)sizeof(path))
		return 0;
	return lstat(path, &about) ? 0 : (int64_t)about.st_size;
}

/* Root that works in a service's directory leaves files which the service can use. */
static int own(const struct store *store, int fd)
{
	struct stat about;
	if (geteuid() != 0)
		return 0;
	return stat(store->directory, &about) || fchown(fd, about.st_uid, about.st_gid) ? -1 : 0;
}

/* ---- making ---- */

static void remove_new(const char *path)
{
	static const char *const suffixes[] = {"", "-journal", "-wal", "-shm"};
	char name[PATH_MAX];
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
		if (snprintf(name, sizeof(name), "%s%s", path, suffixes[i]) < (int)sizeof(name))
			unlink(name);
}

static int pragma(sqlite3 *db, const char *sql, struct error *error)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK)
		return 0;
	return store_reason(db, "cannot be set up", error);
}

static int fill_new(const char *path, const char *zone, struct error *error)
{
	size_t n;
	const struct schema_step *steps = schema_steps(&n);
	char sql[64];
	snprintf(sql, sizeof(sql), "PRAGMA page_size = %d", PAGE);
	sqlite3 *db = NULL;
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX;
	int result = 0;
	if (sqlite3_open_v2(path, &db, flags, NULL) != SQLITE_OK)
		result = store_reason(db, "cannot be made", error);
	if (result == 0)
		result = pragma(db, sql, error);
	if (result == 0)
		result = pragma(db, "PRAGMA synchronous = FULL", error);
	if (result == 0)
		result = schema_make(db, steps, n, zone ? zone : "UTC", error);
	if (result == 0)
		result = pragma(db, "PRAGMA journal_mode = WAL", error);
	if (sqlite3_close(db) != SQLITE_OK && result == 0)
		result = error_set(error, "cannot be closed");
	return result;
}

static int sync_path(const char *path, int flags, struct error *error)
{
	int fd = open(path, flags | O_CLOEXEC);
	int result = fd < 0 || fsync(fd) ? error_errno(error, "%s: cannot be synced", path) : 0;
	if (fd >= 0)
		close(fd);
	return result;
}

static int create_private(const struct store *store, const char *path, struct error *error)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return error_errno(error, "%s: cannot make", path);
	int result = fchmod(fd, 0600) || own(store, fd) ? -1 : 0;
	if (result)
		error_errno(error, "%s: cannot make private", path);
	close(fd);
	return result;
}

static int make_state(const struct store *store, const char *zone, struct error *error)
{
	char path[PATH_MAX];
	if (snprintf(path, sizeof(path), "%s.new", store->path) >= (int)sizeof(path))
		return error_set(error, "%s: the name is too long", store->directory);
	remove_new(path);
	if (create_private(store, path, error))
		return -1;
	int result = fill_new(path, zone, error);
	if (result)
		error_prefix(error, "%s", store->path);
	if (result == 0)
		result = sync_path(path, O_RDWR, error);
	if (result == 0 && rename(path, store->path))
		result = error_errno(error, "%s: cannot be renamed", path);
	if (result == 0)
		result = sync_path(store->directory, O_RDONLY | O_DIRECTORY, error);
	if (result)
		remove_new(path);
	return result;
}

/* ---- what is there ---- */

static int check_files(const struct store *store, const struct stat *about, struct error *error)
{
	if (!S_ISREG(about->st_mode))
		return error_set(error, "%s: is not a regular file", store->path);
	if (about->st_size == 0)
		return error_set(error,
				 "%s: the file is empty: restore a backup, or remove it to begin "
				 "a new state",
				 store->path);
	if (store_open_size(store, "-journal") > 0)
		return error_set(error, "%s-journal: is not a journal of this state; what is it?",
				 store->path);
	return 0;
}

int store_open_files(struct store *store, const struct store_options *options, bool *ret_unclean,
		     struct error *error)
{
	*ret_unclean = false;
	char lock[PATH_MAX];
	struct stat about;
	if (!store->read_only) {
		if (snprintf(lock, sizeof(lock), "%s/lock", store->directory) >= (int)sizeof(lock))
			return error_set(error, "%s: the name is too long", store->directory);
		store->lock = store_lock_take(lock, options->busy_ms, error);
		if (store->lock < 0)
			return -1;
		if (own(store, store->lock))
			return error_errno(error, "%s: cannot make private", lock);
		*ret_unclean = store_open_size(store, "-wal") > 0;
	}
	if (lstat(store->path, &about) == 0)
		return check_files(store, &about, error);
	if (errno != ENOENT)
		return error_errno(error, "%s: cannot open", store->path);
	if (store->read_only)
		return error_set(error, "%s: there is no state yet", store->directory);
	if (*ret_unclean)
		return error_set(error,
				 "%s: is missing, but its journal is there: restore it, or remove "
				 "the journal to begin a new state",
				 store->path);
	return make_state(store, options->zone, error);
}

/* ---- the database ---- */

static void configure(sqlite3 *db, unsigned busy_ms)
{
	static const struct {
		int what, value;
	} settings[] = {
	    {SQLITE_DBCONFIG_DEFENSIVE, 1},	   {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
	    {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},   {SQLITE_DBCONFIG_DQS_DML, 0},
	    {SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1},
	};
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		sqlite3_db_config(db, settings[i].what, settings[i].value, NULL);
	unsigned least = busy_ms < BUSY_LEAST_MS ? BUSY_LEAST_MS : busy_ms;
	sqlite3_busy_timeout(db, least > INT_MAX ? INT_MAX : (int)least);
	sqlite3_extended_result_codes(db, 1);
}

/* file:PATH?immutable=1, with what a URI would take for something else as %XX. */
static char *immutable_name(const char *path)
{
	static const char tail[] = "?immutable=1";
	char *name = malloc(3 * strlen(path) + sizeof("file:") + sizeof(tail));
	if (!name)
		return NULL;
	char *to = stpcpy(name, "file:");
	for (; *path; path++)
		if (strchr("%?#", *path))
			to += sprintf(to, "%%%02X", (unsigned char)*path);
		else
			*to++ = *path;
	memcpy(to, tail, sizeof(tail));
	return name;
}

/*
 * A reader in a directory that it cannot write to finds no shared memory when no writer is there
 * (another machine's backup, a read-only mount). Without a journal the file alone is the state, and
 * nobody changes it while we hold writers off; where there is no lock file either, there is nobody
 * to hold off.
 */
static int open_unwritable(struct store *store, const struct store_options *options,
			   struct error *error)
{
	if (access(store->directory, W_OK) == 0)
		return -1;
	char lock[PATH_MAX];
	if (snprintf(lock, sizeof(lock), "%s/lock", store->directory) >= (int)sizeof(lock))
		return -1;
	store->lock = store_lock_share(lock, options->busy_ms, NULL);
	if (store->lock < 0 && access(lock, F_OK) == 0)
		return -1;
	if (store_open_size(store, "-wal") > 0)
		return error_set(error,
				 "%s: its journal has to be taken up first: run veiltally as the "
				 "user of this state",
				 store->path);
	char *name = immutable_name(store->path);
	if (!name)
		return error_set(error, "out of memory");
	sqlite3_close(store->db);
	int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI;
	int code = sqlite3_open_v2(name, &store->db, flags, NULL);
	free(name);
	if (code == SQLITE_OK)
		configure(store->db, options->busy_ms);
	return code == SQLITE_OK ? 0 : store_reason(store->db, "cannot be opened", error);
}

static int identify(struct store *store, const struct store_options *options, size_t *ret_version,
		    struct error *error)
{
	int code = schema_identify(store->db, ret_version, error);
	if (code == 0 || !store->read_only)
		return code;
	int reason = sqlite3_errcode(store->db) & 0xFF;
	if ((reason == SQLITE_CANTOPEN || reason == SQLITE_READONLY) &&
	    open_unwritable(store, options, error) == 0)
		code = schema_identify(store->db, ret_version, error);
	return code;
}

static int migrate(struct store *store, size_t version, struct error *error)
{
	size_t n;
	const struct schema_step *steps = schema_steps(&n);
	if (version > n)
		return error_set(error,
				 "was written by a newer veiltally (schema %zu, this program knows "
				 "%zu): nothing was touched",
				 version, n);
	if (version == n)
		return 0;
	if (store->read_only)
		return error_set(error,
				 "is of an older veiltally (schema %zu of %zu): "
				 "`veiltally run` brings it up to date",
				 version, n);
	return schema_bring_up(store->db, steps, version, n, error);
}

static int set_up(struct store *store, struct error *error)
{
	char sql[320];
	snprintf(
	    sql, sizeof(sql),
	    "PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY; PRAGMA foreign_keys = "
	    "ON; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; "
	    "PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -%d; PRAGMA query_only = %s;%s",
	    CACHE_KIB, store->read_only ? "ON" : "OFF",
	    store->read_only ? "" : "PRAGMA journal_mode = WAL;");
	return pragma(store->db, sql, error);
}

static int check_zone(struct store *store, const char *zone, struct error *error)
{
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v2(store->db, "SELECT value FROM meta WHERE name = 'zone'", -1,
				      &statement, NULL);
	if (code == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW)
		store->zone = strdup((const char *)sqlite3_column_text(statement, 0));
	sqlite3_finalize(statement);
	if (!store->zone)
		return error_set(error, "the file is damaged: it does not say its time zone");
	if (zone && strcmp(zone, store->zone) != 0)
		return error_set(error,
				 "the days of this state are those of the time zone %s: another "
				 "zone (%s) needs a state of its own",
				 store->zone, zone);
	return 0;
}

int store_open_database(struct store *store, const struct store_options *options,
			struct error *error)
{
	int flags = (store->read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) |
		    SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX;
	int code = sqlite3_open_v2(store->path, &store->db, flags, NULL);
	if (code != SQLITE_OK)
		return store_reason(store->db, store->path, error);
	configure(store->db, options->busy_ms);
	size_t version = 0;
	if (identify(store, options, &version, error) == 0 && migrate(store, version, error) == 0 &&
	    set_up(store, error) == 0 && schema_verify(store->db, error) == 0 &&
	    check_zone(store, options->zone, error) == 0)
		return 0;
	return error_prefix(error, "%s", store->path);
}
