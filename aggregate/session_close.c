/*
 * session_close.c: the end of a day.
 *
 * Gate → trend store and the deletion of the hot rows are one transaction, which leaves the day
 * `closing`. What follows cannot be part of it: keys wiped, the journal emptied, the security log
 * compressed. When all of that is done the day is `closed`; otherwise the next run goes on there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "aggregate/session_state.h"
#include "aggregate/tally/gate.h"
#include "aggregate/tally/tally_keep.h"

#define EXPIRED "expired" /* setting: the day on which retention was looked at last */

bool session_due(struct session *session, int32_t day)
{
	if (session->options.grace < 0)
		return false;
	int64_t end = zone_to_utc(&session->zone, ((int64_t)day + 1) * ZONE_DAY);
	return session->options.now > end + session->options.grace;
}

struct closing {
	struct session *session;
	int32_t day;
	struct tally *tally;
};

static int put_trend(void *context, int32_t period, struct trend *trend, struct error *error)
{
	struct closing *closing = context;
	const char *site = tally_site(closing->tally, hit_period_section(period));
	struct store_span span = {closing->day, closing->day, site};
	int failed = store_put_trend(closing->session->store, &span, trend, error);
	trend_free(trend);
	return failed;
}

static int close_in_transaction(struct closing *closing, struct store_day *day, struct error *error)
{
	struct store *store = closing->session->store;
	struct store_day closing_day = *day;
	closing_day.state = DAY_CLOSING;
	closing_day.closed = closing->session->options.now;
	if (store_begin(store, error))
		return -1;
	if (gate_each(closing->tally, put_trend, closing, error) ||
	    store_drop_rows(store, closing->day, STORE_TABLE__COUNT, error) ||
	    session_put_security(closing->session, closing->day, error) ||
	    session_put_ledger(closing->session, error) ||
	    store_put_day(store, &closing_day, error) || store_commit(store, error)) {
		store_rollback(store);
		return -1;
	}
	*day = closing_day;
	return 0;
}

int session_close_day(struct session *session, int32_t number, bool folded, struct error *error)
{
	struct closing closing = {.session = session, .day = number};
	struct tally_options options = session->options.tally;
	struct store_day *day = session_day(session, number);
	int failed = -1;
	options.workers = 1;
	/* Visits that reach over midnight have all they need in their own day. */
	session->only = number;
	closing.tally = tally_new(&options, error);
	if (closing.tally && folded)
		failed = tally_load_folded(closing.tally, number, session->store, error);
	else if (closing.tally)
		failed = tally_open(closing.tally, number, error);
	if (!failed)
		failed = close_in_transaction(&closing, day, error);
	session->only = INT32_MIN;
	session_say_lost(session);
	tally_free(closing.tally);
	return failed;
}

/* Wipes, compresses, empties; each as far as it goes. */
static bool finish_days(struct session *session)
{
	const struct session_recorder *recorder = session->options.recorder;
	struct error error;
	bool all = true;
	for (size_t i = 0; i < session->days_n; i++) {
		if (session->days[i].state != DAY_CLOSING)
			continue;
		if (keyring_destroy(session->keyring, session->days[i].day, &error) ||
		    (recorder &&
		     recorder->close_day(recorder->context, session->days[i].day, &error))) {
			session_say(session, "%s; the next run tries again", error.text);
			all = false;
		}
	}
	return all;
}

static bool recorder_has(const struct session_recorder *recorder, const struct store_security *file)
{
	struct store_security other;
	for (size_t i = 0; recorder->at(recorder->context, i, &other); i++)
		if (other.day == file->day && other.part == file->part)
			return true;
	return false;
}

int session_put_security(struct session *session, int32_t closing, struct error *error)
{
	const struct session_recorder *recorder = session->options.recorder;
	struct store_security file, *stored;
	size_t n;
	int failed = 0;
	if (!recorder)
		return 0;
	failed = store_put_setting(session->store, "security log", recorder->path, error);
	for (size_t i = 0; !failed && recorder->at(recorder->context, i, &file); i++) {
		/* The recorder learns of it when all days that close in this run are committed. */
		const struct store_day *day = session_day(session, file.day);
		file.closed |= file.day == closing || (day && day->state != DAY_HOT);
		failed = store_put_security(session->store, &file, error);
	}
	if (failed || store_security(session->store, &stored, &n, error))
		return -1;
	for (size_t i = 0; i < n && !failed; i++)
		if (!recorder_has(recorder, &stored[i]))
			failed = store_drop_security(session->store, stored[i].day, stored[i].part,
						     error);
	free(stored);
	return failed;
}

static int put_closed(struct session *session, struct error *error)
{
	if (store_begin(session->store, error))
		return -1;
	int failed = session_put_security(session, INT32_MIN, error);
	for (size_t i = 0; i < session->days_n && !failed; i++) {
		struct store_day day = session->days[i];
		if (day.state != DAY_CLOSING)
			continue;
		day.state = DAY_CLOSED;
		failed = store_put_day(session->store, &day, error);
	}
	if (failed || store_commit(session->store, error)) {
		store_rollback(session->store);
		return -1;
	}
	for (size_t i = 0; i < session->days_n; i++)
		if (session->days[i].state == DAY_CLOSING)
			session->days[i].state = DAY_CLOSED;
	return 0;
}

void session_finish_closing(struct session *session)
{
	struct error error;
	bool any = false;
	for (size_t i = 0; i < session->days_n; i++)
		any |= session->days[i].state == DAY_CLOSING;
	if (!any)
		return;
	if (finish_days(session) &&
	    (store_truncate_journal(session->store, &error) || put_closed(session, &error)))
		session_say(session, "%s; the next run tries again", error.text);
}

/* Keys of days that no line ever came for: made for visits that might have reached over midnight.
 */
void session_destroy_unused(struct session *session, bool all)
{
	struct error error;
	int32_t day;
	for (size_t i = 0; keyring_at(session->keyring, i, &day);) {
		if (session_day(session, day) || !(all || session_due(session, day))) {
			i++;
			continue;
		}
		if (keyring_destroy(session->keyring, day, &error)) {
			session_say(session, "%s; the next run tries again", error.text);
			return;
		}
	}
}

int session_close(struct session *session, int32_t day, size_t *ret_n, struct error *error)
{
	*ret_n = 0;
	for (size_t i = 0; i < session->days_n; i++) {
		if (session->days[i].state != DAY_HOT ||
		    (day != INT32_MIN && session->days[i].day != day))
			continue;
		if (session_close_day(session, session->days[i].day, false, error))
			return -1;
		++*ret_n;
	}
	session_finish_closing(session);
	if (day == INT32_MIN)
		session_destroy_unused(session, true);
	return session_expire(session, *ret_n > 0, error);
}

int session_destroy(struct session *session, int32_t number, struct error *error)
{
	struct store_day *day = session_day(session, number);
	if (!day) /* its lines were never committed: only the key is there */
		return keyring_destroy(session->keyring, number, error);
	if (day->state == DAY_HOT && session_close_day(session, number, true, error))
		return -1;
	session_finish_closing(session);
	return 0;
}

/* In the store, with the security log's file of that day left as one that is closed. */
static int drop_in_transaction(struct session *session, int32_t day, struct error *error)
{
	if (store_begin(session->store, error))
		return -1;
	if (!store_drop_day(session->store, day, error) &&
	    !session_put_security(session, day, error) && !store_commit(session->store, error))
		return 0;
	store_rollback(session->store);
	return -1;
}

int session_drop(struct session *session, int32_t number, struct error *error)
{
	const struct session_recorder *recorder = session->options.recorder;
	struct store_day *day = session_day(session, number);
	if (!day)
		return error_set(error, "nothing of that day is in the state");
	if (drop_in_transaction(session, number, error))
		return -1;
	bool keyless = day->state == DAY_CLOSED;
	size_t at = (size_t)(day - session->days);
	memmove(day, day + 1, (--session->days_n - at) * sizeof(*day));
	if (!keyless && keyring_destroy(session->keyring, number, error))
		return -1;
	if (recorder && recorder->close_day(recorder->context, number, error))
		return -1;
	return store_truncate_journal(session->store, error);
}

/* First day of the month that lies `months` whole months before the one of `day`. */
static int32_t month_before(int32_t day, unsigned months)
{
	int year, month, date;
	zone_date(day, &year, &month, &date);
	int64_t index = (int64_t)year * 12 + month - 1 - (int64_t)months;
	return (int32_t)zone_days((int)(index / 12), (int)(index % 12) + 1, 1);
}

static int expire_trends(struct session *session, int32_t today, struct error *error)
{
	const struct session_options *options = &session->options;
	int failed = 0;
	if (options->trend_days)
		failed = store_rollup(session->store, today - (int32_t)options->trend_days, error);
	if (!failed && options->trend_months)
		failed = store_expire_trends(session->store,
					     month_before(today, options->trend_months), error);
	return failed;
}

/* With the day on which this was done. */
static int put_expired(struct session *session, int32_t today, struct error *error)
{
	char text[16];
	snprintf(text, sizeof(text), "%d", today);
	if (store_begin(session->store, error))
		return -1;
	if (!expire_trends(session, today, error) &&
	    !session_put_security(session, INT32_MIN, error) &&
	    !store_put_setting(session->store, EXPIRED, text, error) &&
	    !store_commit(session->store, error))
		return 0;
	store_rollback(session->store);
	return -1;
}

static int was_expired(struct session *session, int32_t today, bool *ret, struct error *error)
{
	char *text;
	if (store_setting(session->store, EXPIRED, &text, error))
		return -1;
	*ret = text && atoi(text) == today;
	free(text);
	return 0;
}

/* Escrow records go with the security log, but never one whose day is open. */
static int expire_records(struct session *session, int32_t today, struct error *error)
{
	int32_t before = today - (int32_t)session->options.retention_days;
	for (size_t i = 0; i < session->days_n; i++)
		if (session->days[i].state != DAY_CLOSED && session->days[i].day < before)
			before = session->days[i].day;
	return escrow_expire(session->escrow, before, error);
}

int session_expire(struct session *session, bool now, struct error *error)
{
	const struct session_options *options = &session->options;
	const struct session_recorder *recorder = options->recorder;
	int64_t local = options->now + zone_offset(&session->zone, options->now);
	int32_t today = zone_day(local);
	bool done = false;
	if (!now && was_expired(session, today, &done, error))
		return -1;
	if (done)
		return 0;
	if ((recorder && recorder->expire(recorder->context, today, error)) ||
	    put_expired(session, today, error))
		return -1;
	return options->retention_days ? expire_records(session, today, error) : 0;
}
