/* Is a state whole? What SQLite knows about its pages, and what we know about our rows. */
#include <string.h>
#include "aggregate/store/schema.h"
#include "aggregate/store/store_sql.h"

/* First line of what SQLite found; it names tables, pages and row numbers, never a value. */
static int check_pages(struct store *store, struct error *error)
{
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v2(store->db, "PRAGMA integrity_check(1)", -1, &statement, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_step(statement);
	int result = 0;
	if (code != SQLITE_ROW) {
		result = store_sql_fail(store, error);
	} else {
		const char *found = (const char *)sqlite3_column_text(statement, 0);
		if (!found || strcmp(found, "ok") != 0)
			result = error_set(
			    error,
			    "%s: the file is damaged: %s; restore a backup (see docs/state.md)",
			    store->path, found ? found : "no answer");
	}
	sqlite3_finalize(statement);
	return result;
}

int store_check(struct store *store, struct error *error)
{
	if (schema_verify(store->db, error))
		return error_prefix(error, "%s", store->path);
	return check_pages(store, error) ? -1 : 0;
}
