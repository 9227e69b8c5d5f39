/* session.c: a session's parts, in the order in which they must be opened. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "aggregate/session_state.h"
#include "aggregate/store/ledger.h"
#include "aggregate/tally/tally_keep.h"

enum { DAYS_MAX = INT32_MAX / HIT_SECTIONS_MAX - 1 };

void session_say(const struct session *session, const char *form, ...)
{
	char text[600];
	va_list arguments;
	va_start(arguments, form);
	vsnprintf(text, sizeof(text), form, arguments);
	va_end(arguments);
	if (session->options.say)
		session->options.say(session->options.context, text);
}

static size_t place_of(const struct session *session, int32_t day)
{
	size_t low = 0, high = session->days_n;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (session->days[middle].day < day)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct store_day *session_day(const struct session *session, int32_t day)
{
	size_t at = place_of(session, day);
	return at < session->days_n && session->days[at].day == day ? &session->days[at] : NULL;
}

int session_read_days(struct session *session, struct error *error)
{
	struct store_day *days;
	size_t n;
	if (store_days(session->store, &days, &n, error))
		return -1;
	free(session->days);
	session->days = days;
	session->days_n = session->days_cap = n;
	for (size_t i = 0; i < n; i++) /* beyond it a period has no number */
		if (days[i].day < -DAYS_MAX || days[i].day > DAYS_MAX)
			return error_set(error, "%s: the state has a day that no log has",
					 session->options.state);
	return 0;
}

bool session_knows(const struct session *session, int32_t day)
{
	return session_day(session, day) != NULL;
}

struct store_day *session_make_day(struct session *session, int32_t day)
{
	struct store_day *known = session_day(session, day);
	size_t at = place_of(session, day);
	if (known)
		return known;
	if (session->days_n == session->days_cap) {
		size_t cap = 2 * session->days_cap + 16;
		struct store_day *days = realloc(session->days, cap * sizeof(*days));
		if (!days)
			return NULL;
		session->days = days;
		session->days_cap = cap;
	}
	memmove(session->days + at + 1, session->days + at,
		(session->days_n - at) * sizeof(*session->days));
	session->days[at] = (struct store_day){.day = day, .opened = session->options.now};
	session->days_n++;
	return &session->days[at];
}

static char *join(const char *directory, const char *name)
{
	char *path = NULL;
	return asprintf(&path, "%s/%s", directory, name) < 0 ? NULL : path;
}

static int make_paths(struct session *session, struct error *error)
{
	const struct session_options *options = &session->options;
	session->keys_path = options->keys ? strdup(options->keys) : join(options->state, "keys");
	session->escrow_path = join(options->state, "escrow");
	session->position_path = join(options->state, "positions.key");
	session->ledger_path = join(options->state, "ledger");
	return session->keys_path && session->escrow_path && session->position_path &&
		       session->ledger_path
		   ? 0
		   : error_set(error, "out of memory");
}

static int open_store(struct session *session, struct error *error)
{
	const struct session_options *options = &session->options;
	struct store_options store = {.directory = options->state,
				      .read_only = options->read_only,
				      .zone = options->zone,
				      .busy_ms = options->busy_ms};
	bool exists = store_exists(options->state);
	if (!exists && !options->create)
		return error_set(error, "%s: there is no state here; `veiltally run` makes one",
				 options->state);
	if (!exists && options->read_only)
		return 0; /* what a first run would do can be told without one */
	session->store = store_open(&store, error);
	return session->store ? session_read_days(session, error) : -1;
}

static int open_keys(struct session *session, struct error *error)
{
	const struct session_options *options = &session->options;
	struct keyring_options keyring = {.directory = session->keys_path,
					  .mode = options->mode,
					  .max_open_days = options->tally.max_open_days,
					  .read_only = options->read_only};
	struct stat there;
	if (options->read_only && stat(session->keys_path, &there))
		return 0; /* a state without its keys: what is sealed folds */
	int32_t *closed = malloc((session->days_n + 1) * sizeof(*closed));
	if (!closed)
		return error_set(error, "out of memory");
	for (size_t i = 0; i < session->days_n; i++)
		if (session->days[i].state != DAY_HOT)
			closed[keyring.closed_n++] = session->days[i].day;
	keyring.closed = closed;
	if (!options->read_only)
		keyring.escrow = session->escrow =
		    escrow_open(session->escrow_path, options->certificate, error);
	if (session->escrow || options->read_only)
		session->keyring = keyring_open(&keyring, error);
	free(closed);
	return session->keyring ? 0 : -1;
}

static int open_recorder(struct session *session, struct error *error)
{
	const struct session_recorder *recorder = session->options.recorder;
	struct store_security *files;
	size_t n;
	if (!recorder || session->options.read_only)
		return 0;
	char *path;
	if (store_setting(session->store, "security log", &path, error))
		return -1;
	if (store_security(session->store, &files, &n, error)) {
		free(path);
		return -1;
	}
	/* Files of a log that was elsewhere are left as they are; the next commit forgets them. */
	bool moved = path && strcmp(path, recorder->path) != 0;
	int failed = recorder->open(recorder->context, files, moved ? 0 : n, error);
	free(files);
	free(path);
	return failed;
}

/* NULL without a message when there is none. */
static struct ledger *open_ledger(const struct session *session, struct error *error)
{
	struct stat there;
	error->text[0] = '\0';
	return stat(session->ledger_path, &there) ? NULL
						  : ledger_open_read(session->ledger_path, error);
}

/* The chain of the ledger is sound by itself also when its last rows are missing; the state
 * remembers the last it saw. Said, not refused: counting goes on. */
static int check_ledger(const struct session *session, struct error *error)
{
	char *head;
	struct error reason;
	if (store_setting(session->store, "ledger head", &head, error))
		return -1;
	struct ledger *ledger = open_ledger(session, &reason);
	if (reason.text[0])
		session_say(session, "%s", reason.text);
	else if (head && !(ledger && ledger_knows(ledger, head)))
		session_say(session, "%s: rows that were there are missing at its end",
			    session->ledger_path);
	ledger_free(ledger);
	free(head);
	return 0;
}

int session_put_ledger(struct session *session, struct error *error)
{
	char *known;
	struct error reason;
	int failed = 0;
	if (store_setting(session->store, "ledger head", &known, error))
		return -1;
	struct ledger *ledger = open_ledger(session, &reason);
	/* A ledger that lost rows keeps being said, until they are back. */
	if (ledger && ledger_count(ledger) && (!known || ledger_knows(ledger, known)) &&
	    !(known && strcmp(known, ledger_head(ledger)) == 0))
		failed =
		    store_put_setting(session->store, "ledger head", ledger_head(ledger), error);
	ledger_free(ledger);
	free(known);
	return failed;
}

struct session *session_open(const struct session_options *options, struct error *error)
{
	struct session *session = calloc(1, sizeof(*session));
	if (!session) {
		error_set(error, "out of memory");
		return NULL;
	}
	session->options = *options;
	session->options.tally.open_day = session_open_day;
	session->options.tally.context = session;
	session->only = INT32_MIN;
	zone_cache_init(&session->zone);
	if (make_paths(session, error) || open_store(session, error) || open_keys(session, error) ||
	    open_recorder(session, error) ||
	    (!options->read_only && check_ledger(session, error))) {
		session_free(session);
		return NULL;
	}
	if (!options->read_only) {
		const char *warning = escrow_warning(session->escrow);
		if (warning)
			session_say(session, "%s", warning);
		session_finish_closing(session);
	}
	return session;
}

void session_free(struct session *session)
{
	if (!session)
		return;
	keyring_free(session->keyring);
	escrow_free(session->escrow);
	literal_free(session->literal);
	store_free(session->store);
	explicit_bzero(session->position_key, sizeof(session->position_key));
	free(session->days);
	free(session->lost);
	free(session->keys_path);
	free(session->escrow_path);
	free(session->position_path);
	free(session->ledger_path);
	free(session);
}

struct store *session_store(const struct session *session)
{
	return session->store;
}

/* The keys a day's rows are sealed under; NULL when they are lost. */
static int keys_of_rows(struct session *session, struct store_day *day, struct sealing_keys **ret,
			struct error *error)
{
	const struct day_keys *keys = NULL;
	enum keyring_answer answer =
	    session->keyring ? keyring_day(session->keyring, day->day, &keys, error) : KEYRING_NONE;
	*ret = NULL;
	if (answer == KEYRING_FAILED)
		return -1;
	if (answer == KEYRING_OPEN && memcmp(keys->vid, day->vid, sizeof(day->vid)) == 0)
		*ret = keys->seal;
	return 0;
}

static int remember_lost(struct session *session, int32_t day, struct error *error)
{
	for (size_t i = 0; i < session->lost_n; i++)
		if (session->lost[i] == day)
			return 0;
	int32_t *lost = realloc(session->lost, (session->lost_n + 1) * sizeof(*lost));
	if (!lost)
		return error_set(error, "out of memory");
	session->lost = lost;
	lost[session->lost_n++] = day;
	return 0;
}

void session_say_lost(struct session *session)
{
	for (size_t i = 0; i < session->lost_n; i++) {
		int year, month, date;
		zone_date(session->lost[i], &year, &month, &date);
		session_say(session,
			    "the key of %04d-%02d-%02d is gone: what was sealed under it is "
			    "counted in (other), the day goes on under a second key",
			    year, month, date);
	}
	session->lost_n = 0;
}

int session_open_day(void *context, struct tally *tally, int32_t number, struct error *error)
{
	struct session *session = context;
	struct store_day *day = session_day(session, number);
	struct sealing_keys *keys;
	if (session->only != INT32_MIN && number != session->only)
		return 0;
	if (!day)
		return 1;
	if (day->state != DAY_HOT)
		return 0;
	if (keys_of_rows(session, day, &keys, error))
		return -1;
	if (!keys && remember_lost(session, number, error))
		return -1;
	day->key_lost |= !keys;
	return tally_load(tally, number, session->store, keys, error) ? -1 : 1;
}
