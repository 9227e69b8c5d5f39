/*
 * store.h: what a state can keep, as the rest of the program sees it: one transaction over
 * positions, hot days, the trend store and the lengths of the security log. aggregate/store/
 * implements it on SQLite; a cluster may do so later.
 *
 * All functions return 0, or -1 with a message that names the file and the reason. Nothing is
 * visible to others before store_commit; store_rollback undoes everything since store_begin.
 */
#ifndef TALLY_STORE_H
#define TALLY_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "aggregate/tally/trend.h"
#include "base/error.h"
#include "base/slice.h"
#include "ingest/mark.h"

struct store;

struct store_options {
	const char *directory; /* of state.db; made 0700 when missing */
	bool read_only;	       /* reports, dry runs: several may read while one writes */
	bool check;	       /* full integrity check at open, also after a clean stop */
	const char *zone;      /* days are calendar days of this zone; a state keeps its first */
	unsigned busy_ms;      /* how long to wait for the state's lock; then refuse */
};

struct store *store_open(const struct store_options *options, struct error *error);
void store_free(struct store *store);
bool store_exists(const char *directory);	   /* is there a state to be opened? */
const char *store_zone(const struct store *store); /* the zone of its days; the store's */
int store_begin(struct store *store, struct error *error);
int store_commit(struct store *store, struct error *error);
void store_rollback(struct store *store);
/* PRAGMA integrity_check and our own: schema, canary, balance of every day. */
int store_check(struct store *store, struct error *error);
/* Moves the journal into the database and empties it, so that deleted rows are nowhere. */
int store_truncate_journal(struct store *store, struct error *error);

/* ---- days ---- */

enum day_state { DAY_HOT, DAY_CLOSING, DAY_CLOSED };

struct store_day {
	int32_t day;
	enum day_state state;
	uint8_t vid[8];		/* names the counting key its rows are sealed under */
	bool key_lost;		/* it continues under a second key */
	int64_t opened, closed; /* Unix seconds */
};
/* All days, ascending; the caller frees *ret with free(). */
int store_days(struct store *store, struct store_day **ret, size_t *ret_n, struct error *error);
int store_put_day(struct store *store, const struct store_day *day, struct error *error);

/* ---- hot rows: integer sums are plain, everything keyed by a line's text is sealed ---- */

enum store_table {
	STORE_PERIOD,
	STORE_CELL,
	STORE_VISITOR,
	STORE_UNIT,
	STORE_PAIR,
	STORE_CUSTOMER,
	STORE_TABLE__COUNT
};
enum { STORE_SUMS = 8 };

struct store_row {
	int32_t day;
	uint8_t table;	   /* enum store_table */
	uint8_t dimension; /* of a cell */
	struct slice
	    key; /* at most 32 bytes; rows of a table are read in the order of their keys */
	int64_t sums[STORE_SUMS];
	struct slice body; /* sealed, or plain integers */
};
int store_put_row(struct store *store, const struct store_row *row, struct error *error);
int store_drop_row(struct store *store, const struct store_row *row,
		   struct error *error); /* by day, table, key */
/* Rows of a day's table, or of all its tables with STORE_TABLE__COUNT. */
int store_drop_rows(struct store *store, int32_t day, unsigned table, struct error *error);
/* `each` returns non-zero to stop, with *error set; the row is valid during the call. */
int store_each_row(struct store *store, int32_t day, unsigned table,
		   int (*each)(void *context, const struct store_row *row, struct error *error),
		   void *context, struct error *error);

/* ---- trend store: gated, anonymous; per day (or month, when rolled up) and site ---- */

struct store_span { /* a day, or a month that was rolled up: [first, last] */
	int32_t first, last;
	const char *site; /* "" = lines of no declared site */
};
/*
 * Replaces what the span had. A day inside a month that is rolled up already is merged into the
 * month; other overlaps are refused, and so is a balance that does not hold. Of a trend that is not
 * shown only balance and k are kept.
 */
int store_put_trend(struct store *store, const struct store_span *span, const struct trend *trend,
		    struct error *error);
int store_drop_trend(struct store *store, const struct store_span *span, struct error *error);
/* Every stored trend that lies within [first, last], of one site or (NULL) of all, by first day,
 * then site. `each` may keep nothing; non-zero stops. */
int store_each_trend(struct store *store, int32_t first, int32_t last, const char *site,
		     int (*each)(void *context, const struct store_span *span,
				 const struct trend *trend, struct error *error),
		     void *context, struct error *error);
/* Merges whole calendar months that end before that day into one span per site (trend_merge; k is
 * the smallest). A month with a day that is not closed yet is left for later. */
int store_rollup(struct store *store, int32_t before_day, struct error *error);
/* Drops the trends that end before that day. Their days stay closed. */
int store_expire_trends(struct store *store, int32_t before_day, struct error *error);
/* Undoes an import: hot rows, trends and the row of the day go. Refuses a day of a rolled-up month,
 * which cannot be taken out of it again. */
int store_drop_day(struct store *store, int32_t day, struct error *error);
/* Adds late lines to the balance of a closed day or of its month (lines and excluded.late). */
int store_add_late(struct store *store, int32_t day, const char *site, uint64_t lines,
		   struct error *error);
/* Sites, and keys of a dimension, that closed days have named: for --site and the security log's
 * readable segments. At most `max` distinct keys, newest days first, without looking at more than
 * 8 max rows. Non-zero stops, which is no failure. */
int store_each_site(struct store *store, int (*each)(void *context, const char *site),
		    void *context, struct error *error);
int store_each_key(struct store *store, enum dimension dimension, size_t max,
		   int (*each)(void *context, const char *key), void *context, struct error *error);

/* ---- lines that belong to no day: before the first good line of a source ---- */

int store_undated(struct store *store, struct balance *ret, struct error *error);
int store_put_undated(struct store *store, const struct balance *balance, struct error *error);

/* ---- positions ---- */

/* All marks; each and the array are the caller's (mark_release, free). */
int store_marks(struct store *store, struct mark **ret, size_t *ret_n, struct error *error);
/* Inserts (id 0; the id is set) or replaces. */
int store_put_mark(struct store *store, struct mark *mark, struct error *error);
int store_drop_mark(struct store *store, int64_t id, struct error *error);

/* ---- files of the security log ---- */

struct store_security { /* as struct security_file of the writer */
	int32_t day;
	unsigned part;
	uint64_t length;
	bool closed;
};
int store_security(struct store *store, struct store_security **ret, size_t *ret_n,
		   struct error *error);
int store_put_security(struct store *store, const struct store_security *file, struct error *error);
int store_drop_security(struct store *store, int32_t day, unsigned part, struct error *error);

/* ---- small things by name: "ledger head", "definitions" … ---- */

/* *ret is the caller's, NULL when there is none. */
int store_setting(struct store *store, const char *name, char **ret, struct error *error);
int store_put_setting(struct store *store, const char *name, const char *value,
		      struct error *error);

#endif
