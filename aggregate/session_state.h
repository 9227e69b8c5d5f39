/* session_state.h: the inside of a session, shared by its files. Nobody else includes it. */
#ifndef AGGREGATE_SESSION_STATE_H
#define AGGREGATE_SESSION_STATE_H

#include "aggregate/session.h"
#include "aggregate/veil/keyring.h"
#include "aggregate/veil/literal.h"
#include "base/zone.h"

struct session {
	struct session_options options;
	struct store *store;
	struct escrow *escrow;
	struct keyring *keyring; /* NULL: a state without keys is read */
	struct literal *literal;
	struct store_day *days; /* ascending; as the store has them, and what this run changes */
	size_t days_n, days_cap;
	struct zone_cache zone;
	uint8_t position_key[KEY_SIZE];
	bool have_position_key;
	char *keys_path, *escrow_path, *position_path, *ledger_path;
	int32_t only;  /* day that a tally for closing may load; INT32_MIN: any */
	int32_t *lost; /* days found without their key, not said yet */
	size_t lost_n;
};

/* The days as the store has them now. */
int session_read_days(struct session *session, struct error *error);

/* The day's entry, or NULL. */
struct store_day *session_day(const struct session *session, int32_t day);
/* The same, made when missing; NULL when memory is out. */
struct store_day *session_make_day(struct session *session, int32_t day);

/* tally_options.open_day with a session as context. Runs beside the workers of a pipeline, so what
 * is to be said waits for session_say_lost. */
int session_open_day(void *context, struct tally *tally, int32_t day, struct error *error);

/* Says which days were found without their key since the last call. */
void session_say_lost(struct session *session);

/* Days whose close was committed but not finished: keys wiped, journal emptied, log compressed. A
 * failure is said, not returned: the next run tries again. */
void session_finish_closing(struct session *session);

/* Closes the day in one transaction, up to the wiping of its keys. `folded`: as if its key were
 * lost. */
int session_close_day(struct session *session, int32_t day, bool folded, struct error *error);

/* Destroys keys of days that no line came for: those that are due, or all. */
void session_destroy_unused(struct session *session, bool all);

/* Whether the clock says that a day may close. */
bool session_due(struct session *session, int32_t day);

/* What the recorder says of its files into the store, inside a transaction; those of `closing` as
 * closed (INT32_MIN: none). Files that it no longer names are dropped. */
int session_put_security(struct session *session, int32_t closing, struct error *error);

/* The ledger's last hash into the store, inside a transaction: rows cut off its end show at the
 * next open. */
int session_put_ledger(struct session *session, struct error *error);

/* What is past its retention, at most once a day; `now`: also when that was done today. */
int session_expire(struct session *session, bool now, struct error *error);

void session_say(const struct session *session, const char *form, ...)
    __attribute__((format(printf, 2, 3)));

#endif
