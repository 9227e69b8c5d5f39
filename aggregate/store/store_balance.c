#include "aggregate/store/store_balance.h"
#include <stdlib.h>
#include <string.h>
#include "aggregate/veil/hit.h"
#include "ingest/reject.h"

static const char *excluded_name(unsigned i)
{
	return i < EXCLUDE__COUNT ? exclude_name(i) : NULL;
}

static const char *rejected_name(unsigned i)
{
	return i < REJECT__COUNT ? reject_name((enum reject)i) : NULL;
}

static const struct {
	const char *kind;
	const char *(*name)(unsigned i);
	size_t at; /* in struct balance */
} kinds[] = {
    {"excluded", excluded_name, offsetof(struct balance, excluded)},
    {"rejected", rejected_name, offsetof(struct balance, rejected)},
};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static const struct {
	const char *kind;
	size_t at;
} figures[] = {
    {"lines", offsetof(struct balance, lines)},
    {"counted", offsetof(struct balance, counted)},
    {"dropped", offsetof(struct balance, dropped)},
    {"bytes_read", offsetof(struct balance, bytes_read)},
};

/* Where a row's lines belong; NULL when this program does not know the reason. */
static uint64_t *place_of(struct balance *balance, const char *kind, const char *reason)
{
	for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++)
		if (strcmp(figures[i].kind, kind) == 0)
			return (uint64_t *)(void *)((char *)balance + figures[i].at);
	for (size_t i = 0; i < KINDS; i++) {
		if (strcmp(kinds[i].kind, kind) != 0)
			continue;
		uint64_t *places = (uint64_t *)(void *)((char *)balance + kinds[i].at);
		for (unsigned j = 0; j < TREND_REASONS_MAX && kinds[i].name(j); j++)
			if (strcmp(kinds[i].name(j), reason) == 0)
				return &places[j];
	}
	return NULL;
}

int store_balance_read(struct store *store, sqlite3_stmt *statement, int64_t span,
		       const char *table, struct balance *balance, struct error *error)
{
	int code;
	while ((code = store_sql_step(store, statement, error)) > 0) {
		struct store_fields row = store_row_read(statement, table);
		store_row_mix(&row, span);
		const char *kind = store_row_get_text(&row);
		uint64_t *place = place_of(balance, kind, store_row_get_text(&row));
		uint64_t lines = (uint64_t)store_row_get(&row);
		if (!store_row_check(&row))
			return store_sql_damaged(store, table, error);
		if (!place)
			return error_set(error,
					 "%s: was written by a newer veiltally: it names a reason "
					 "that this program does not know",
					 store->path);
		*place += lines;
	}
	return code;
}

int store_balance_put(struct store *store, enum sql sql, int64_t span, const char *table,
		      const struct store_uncounted *reason, struct error *error)
{
	sqlite3_stmt *statement = store_sql_take(store, sql, error);
	if (!statement)
		return -1;
	struct store_fields row = store_row_write(statement, table);
	store_row_mix(&row, span);
	store_row_put_text(&row, reason->kind);
	store_row_put_text(&row, reason->reason);
	store_row_put(&row, (int64_t)reason->lines);
	store_row_seal(&row);
	if (sql == SQL_PUT_BALANCE)
		sqlite3_bind_int64(statement, row.at, span);
	return store_sql_run(store, sql, statement, error);
}

int store_balance_write(struct store *store, enum sql sql, int64_t span, const char *table,
			const struct balance *balance, struct error *error)
{
	for (size_t i = 0; i < KINDS; i++) {
		const uint64_t *places =
		    (const uint64_t *)(const void *)((const char *)balance + kinds[i].at);
		for (unsigned j = 0; j < TREND_REASONS_MAX; j++) {
			struct store_uncounted reason = {kinds[i].kind, kinds[i].name(j),
							 places[j]};
			if (!reason.lines)
				continue;
			if (!reason.reason)
				return error_set(error, "%s: a reason without a name", store->path);
			if (store_balance_put(store, sql, span, table, &reason, error))
				return -1;
		}
	}
	return 0;
}
