#include "aggregate/tally/store.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include "aggregate/store/store_lock.h"
#include "aggregate/store/store_open.h"
#include "aggregate/store/store_reason.h"
#include "aggregate/store/store_scrub.h"
#include "aggregate/store/store_sql.h"

/*
 * The journal is moved into the database when it is this long, and at the end. Doing it in each
 * commit (SQLite's default: from 1,000 pages on) would write a large commit twice before it
 * returns.
 */
enum { JOURNAL_PAGES = 16384, CHECKPOINT_WAIT_MS = 1000 };

static int on_commit(void *context, sqlite3 *db, const char *name, int pages)
{
	struct store *store = context;
	(void)db;
	(void)name;
	store->journal_n = pages;
	return SQLITE_OK;
}

struct store *store_open(const struct store_options *options, struct error *error)
{
	struct store *store = calloc(1, sizeof(*store));
	if (!store) {
		error_set(error, "out of memory");
		return NULL;
	}
	store->lock = -1;
	store->read_only = options->read_only;
	bool unclean;
	if (store_open_directory(store, options->directory, error) ||
	    store_open_files(store, options, &unclean, error) ||
	    store_open_database(store, options, error))
		goto failed;
	if ((unclean || options->check) && store_check(store, error))
		goto failed;
	sqlite3_wal_hook(store->db, on_commit, store);
	return store;
failed:
	store_free(store);
	return NULL;
}

bool store_exists(const char *directory)
{
	char *path = NULL;
	struct stat about;
	bool found = asprintf(&path, "%s/state.db", directory) >= 0 && lstat(path, &about) == 0;
	free(path);
	return found;
}

const char *store_zone(const struct store *store)
{
	return store->zone;
}

static int empty_journal(struct store *store, struct error *error)
{
	sqlite3_busy_timeout(store->db, CHECKPOINT_WAIT_MS);
	int code =
	    sqlite3_wal_checkpoint_v2(store->db, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	if (code == SQLITE_BUSY)
		return error_set(error, "%s: a reader keeps the journal from being emptied",
				 store->path);
	if (code != SQLITE_OK)
		return store_reason(store->db, store->path, error);
	if (store_open_size(store, "-wal") > 0)
		return error_set(error, "%s-wal: is not empty after it was emptied", store->path);
	store->journal_n = 0;
	return 0;
}

void store_free(struct store *store)
{
	if (!store)
		return;
	if (store->db) {
		store_rollback(store);
		store_sql_release(store);
		/* What cannot be moved now stays in the journal; the next writer takes it up. */
		if (store->journal_n)
			empty_journal(store, NULL);
		sqlite3_close(store->db);
	}
	store_lock_release(store->lock);
	free(store->directory);
	free(store->path);
	free(store->zone);
	free(store);
}

int store_begin(struct store *store, struct error *error)
{
	assert(!store->begun);
	enum sql sql = store->read_only ? SQL_BEGIN_READ : SQL_BEGIN;
	sqlite3_stmt *statement = store_sql_take(store, sql, error);
	if (!statement || store_sql_run(store, sql, statement, error))
		return -1;
	store->begun = true;
	return 0;
}

int store_commit(struct store *store, struct error *error)
{
	assert(store->begun);
	sqlite3_stmt *statement = store_sql_take(store, SQL_COMMIT, error);
	if (!statement || store_sql_run(store, SQL_COMMIT, statement, error))
		return -1;
	store->begun = false;
	/* A failure is none of this commit: it is in the journal, and safe there. */
	if (store->journal_n > JOURNAL_PAGES)
		sqlite3_wal_checkpoint_v2(store->db, "main", SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	return 0;
}

void store_rollback(struct store *store)
{
	if (!store->begun)
		return;
	sqlite3_stmt *statement = store_sql_take(store, SQL_ROLLBACK, NULL);
	if (statement && !sqlite3_get_autocommit(store->db))
		sqlite3_step(statement);
	store_sql_give(store, SQL_ROLLBACK, statement);
	store->begun = false;
	store->failed = false;
}

int store_truncate_journal(struct store *store, struct error *error)
{
	assert(!store->read_only && !store->begun);
	return empty_journal(store, error) ? -1 : store_scrub(store, error);
}
