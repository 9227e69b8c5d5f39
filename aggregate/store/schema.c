#include "aggregate/store/schema.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "aggregate/store/schema_text.h"
#include "aggregate/store/store_reason.h"
#include "base/siphash.h"

/* A row that must read back as written: a first test of whether the file is whole. */
static const char canary[] = "five boxing wizards jump quickly";

#define OURS "instr((SELECT value FROM meta WHERE name = 'objects'), '|' || name || '|')"
#define LIST "coalesce('|' || group_concat(name, '|') || '|', '')"

/* SipHash wants a key; nothing here is secret. */
static const uint8_t key[16] = "veiltally schema";

static int run(sqlite3 *db, const char *sql, struct error *error)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK)
		return 0;
	return store_reason(db, "cannot make the tables", error);
}

/* First column of the first row; NULL without one. The caller frees. */
static int ask(sqlite3 *db, const char *sql, const char *argument, char **ret, struct error *error)
{
	sqlite3_stmt *statement = NULL;
	char *text = NULL;
	int code = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
	if (code == SQLITE_OK && argument)
		code = sqlite3_bind_text(statement, 1, argument, -1, SQLITE_STATIC);
	if (code == SQLITE_OK)
		code = sqlite3_step(statement);
	if (code == SQLITE_ROW) {
		const unsigned char *found = sqlite3_column_text(statement, 0);
		text = found ? strdup((const char *)found) : NULL;
		code = text || !found ? SQLITE_OK : SQLITE_NOMEM;
	}
	int result = 0;
	if (code != SQLITE_OK && code != SQLITE_DONE)
		result = store_reason(db, "cannot read the file", error);
	sqlite3_finalize(statement);
	if (result == 0)
		*ret = text;
	else
		free(text);
	return result;
}

static int ask_number(sqlite3 *db, const char *sql, int64_t *ret, struct error *error)
{
	char *text = NULL;
	if (ask(db, sql, NULL, &text, error))
		return -1;
	*ret = text ? strtoll(text, NULL, 10) : 0;
	free(text);
	return 0;
}

static int put_meta(sqlite3 *db, const char *name, const char *value, struct error *error)
{
	char *sql = sqlite3_mprintf("INSERT OR REPLACE INTO meta VALUES(%Q, %Q)", name, value);
	int result = sql ? run(db, sql, error) : error_set(error, "out of memory");
	sqlite3_free(sql);
	return result;
}

/*
 * Over the text of all tables and views that are ours, which meta lists: a user may have added an
 * index or a view beside them.
 */
static int digest(sqlite3 *db, char ret[17], struct error *error)
{
	static const char sql[] =
	    "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE " OURS " ORDER BY name";
	sqlite3_stmt *statement = NULL;
	struct siphash state;
	siphash_start(&state, key);
	int code = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
	while (code == SQLITE_OK && (code = sqlite3_step(statement)) == SQLITE_ROW) {
		for (int i = 0; i < 4; i++) {
			const unsigned char *text = sqlite3_column_text(statement, i);
			if (text)
				siphash_add(&state, text, strlen((const char *)text) + 1);
		}
		code = SQLITE_OK;
	}
	int result = code == SQLITE_DONE ? 0 : store_reason(db, "cannot read the schema", error);
	sqlite3_finalize(statement);
	snprintf(ret, 17, "%016" PRIx64, siphash_end(&state));
	return result;
}

static int drop_views(sqlite3 *db, struct error *error)
{
	char *sql = NULL;
	if (ask(db,
		"SELECT group_concat('DROP VIEW \"' || name || '\";', '') FROM sqlite_master "
		"WHERE type = 'view' AND " OURS,
		NULL, &sql, error))
		return -1;
	int result = sql ? run(db, sql, error) : 0;
	free(sql);
	return result;
}

/* Before the steps: the views go, and what is not ours is noted. */
static int unseal(sqlite3 *db, struct error *error)
{
	if (drop_views(db, error))
		return -1;
	return run(db,
		   "INSERT OR REPLACE INTO meta SELECT 'foreign', " LIST
		   " FROM sqlite_master WHERE NOT " OURS,
		   error);
}

static int make_views(sqlite3 *db, struct error *error)
{
	bool failed;
	char *sql;
	for (size_t i = 0; (sql = schema_text_view(i, &failed)); i++) {
		int result = run(db, sql, error);
		sqlite3_free(sql);
		if (result)
			return -1;
	}
	return failed ? error_set(error, "out of memory") : 0;
}

/* What ends every migration: views, version, the list of what is ours and the digest of it. */
static int seal(sqlite3 *db, size_t n, struct error *error)
{
	char sql[64], text[17];
	snprintf(sql, sizeof(sql), "PRAGMA user_version = %zu", n);
	if (make_views(db, error) || run(db, sql, error))
		return -1;
	if (run(db,
		"INSERT OR REPLACE INTO meta SELECT 'objects', " LIST
		" FROM sqlite_master WHERE NOT instr(coalesce((SELECT value FROM meta WHERE name = "
		"'foreign'), ''), '|' || name || '|')",
		error) ||
	    digest(db, text, error))
		return -1;
	return put_meta(db, "schema", text, error);
}

static int step_to(sqlite3 *db, const struct schema_step *step, size_t version, struct error *error)
{
	for (size_t i = 0; step->sql[i]; i++)
		if (run(db, step->sql[i], error))
			return -1;
	char *sql = sqlite3_mprintf("INSERT INTO migration VALUES(%lld, %Q, "
				    "strftime('%%Y-%%m-%%dT%%H:%%M:%%SZ', 'now'))",
				    (long long)version, step->what);
	int result = sql ? run(db, sql, error) : error_set(error, "out of memory");
	sqlite3_free(sql);
	return result;
}

static int steps_in_one(sqlite3 *db, const struct schema_step *steps, size_t version, size_t n,
			const char *zone, struct error *error)
{
	if (run(db, "BEGIN IMMEDIATE", error))
		return -1;
	int result = version ? unseal(db, error) : 0;
	for (size_t i = version; result == 0 && i < n; i++)
		result = step_to(db, &steps[i], i + 1, error);
	if (result == 0 && zone)
		result = put_meta(db, "canary", canary, error) || put_meta(db, "zone", zone, error);
	if (result == 0)
		result = seal(db, n, error);
	if (result == 0)
		result = run(db, "COMMIT", error);
	if (result)
		sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return result ? -1 : 0;
}

int schema_make(sqlite3 *db, const struct schema_step *steps, size_t n, const char *zone,
		struct error *error)
{
	char sql[64];
	snprintf(sql, sizeof(sql), "PRAGMA application_id = %d", SCHEMA_APPLICATION);
	if (run(db, sql, error))
		return -1;
	return steps_in_one(db, steps, 0, n, zone, error);
}

int schema_identify(sqlite3 *db, size_t *ret_version, struct error *error)
{
	int64_t application, version;
	if (ask_number(db, "PRAGMA application_id", &application, error))
		return -1;
	if (application != SCHEMA_APPLICATION)
		return error_set(error, "the file is a database, but not a state of veiltally");
	if (ask_number(db, "PRAGMA user_version", &version, error))
		return -1;
	if (version < 1)
		return error_set(error, "the file is damaged: it has no schema version");
	*ret_version = (size_t)version;
	return 0;
}

int schema_bring_up(sqlite3 *db, const struct schema_step *steps, size_t version, size_t n,
		    struct error *error)
{
	return steps_in_one(db, steps, version, n, NULL, error);
}

int schema_verify(sqlite3 *db, struct error *error)
{
	char *found = NULL, *schema = NULL, text[17];
	int result = ask(db, "SELECT value FROM meta WHERE name = ?", "canary", &found, error);
	if (result == 0 && (!found || strcmp(found, canary) != 0))
		result = error_set(error, "the file is damaged: the canary row is not as written");
	if (result == 0)
		result = ask(db, "SELECT value FROM meta WHERE name = ?", "schema", &schema, error);
	if (result == 0)
		result = digest(db, text, error);
	if (result == 0 && (!schema || strcmp(schema, text) != 0))
		result = error_set(error, "the file is damaged or was altered: "
					  "its tables are not those that were made");
	free(found);
	free(schema);
	return result;
}
