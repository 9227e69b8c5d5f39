/* session_run.c: read what is new, commit. */
#include <stdlib.h>
#include <string.h>
#include "aggregate/session_state.h"
#include "aggregate/tally/tally_keep.h"

enum { READABLE_PAGES = 20000, READABLE_HOSTS = 5000 };

struct reading { /* one run */
	struct session *session;
	struct mark *marks;
	size_t marks_n;
	struct catalog_source *sources;
	struct catalog catalog;
	struct pipeline_source *pipes; /* of entries with something to read, in their order */
	size_t *entry;		       /* index of each in the catalog */
	size_t pipes_n;
	struct tally *tally;
	int bad_sources;
};

/* Without the key that they are under positions say nothing: reading on would count twice. */
static int open_position_key(struct session *session, bool has_marks, struct error *error)
{
	bool make = !session->options.read_only && !has_marks;
	if (session->have_position_key)
		return 0;
	if (keyring_position_key(session->position_path, make, session->position_key, NULL,
				 error) &&
	    (has_marks || !session->options.read_only)) {
		if (has_marks)
			error_prefix(error, "how far the logs were read cannot be told");
		return -1;
	}
	session->have_position_key = true;
	return 0;
}

static int open_catalog(struct reading *reading, struct error *error)
{
	struct session *session = reading->session;
	const struct session_options *options = &session->options;
	struct catalog_options catalog = {
	    .sources_n = options->sources_n, .complain = options->say, .context = options->context};
	if (session->store &&
	    store_marks(session->store, &reading->marks, &reading->marks_n, error))
		return -1;
	if (open_position_key(session, reading->marks_n > 0, error))
		return -1;
	reading->sources = calloc(options->sources_n + 1, sizeof(*reading->sources));
	if (!reading->sources)
		return error_set(error, "out of memory");
	for (size_t i = 0; i < options->sources_n; i++)
		reading->sources[i] = options->sources[i].files;
	catalog.sources = reading->sources;
	catalog.marks = reading->marks;
	catalog.marks_n = reading->marks_n;
	catalog.key = session->position_key;
	return catalog_open(&reading->catalog, &catalog, error);
}

static int make_pipes(struct reading *reading, struct error *error)
{
	const struct catalog *catalog = &reading->catalog;
	reading->pipes = calloc(catalog->n + 1, sizeof(*reading->pipes));
	reading->entry = calloc(catalog->n + 1, sizeof(*reading->entry));
	if (!reading->pipes || !reading->entry)
		return error_set(error, "out of memory");
	for (size_t i = 0; i < catalog->n; i++) {
		const struct catalog_entry *entry = &catalog->all[i];
		const struct veil_source *veil =
		    &reading->session->options.sources[entry->section].veil;
		if (!entry->source)
			continue;
		int32_t day = entry->mark.last_day;
		reading->entry[reading->pipes_n] = i;
		reading->pipes[reading->pipes_n++] = (struct pipeline_source){
		    .source = entry->source,
		    .veil = veil,
		    .last = day == INT32_MIN ? BATCH_BEFORE : hit_period(day, veil->section),
		    .last_time = entry->mark.last_time};
	}
	return 0;
}

/* ---- what of the past may be read in the security log ---- */

static int add_page(void *context, const char *key)
{
	return literal_add_page(context, slice_from(key)) < 0; /* full is no failure */
}

static int add_host(void *context, const char *key)
{
	return literal_add_host(context, slice_from(key)) < 0;
}

static int make_literal(struct session *session, struct error *error)
{
	const struct session_options *options = &session->options;
	if (session->literal || !options->recorder)
		return 0;
	session->literal = literal_new(options->veil.routes);
	if (!session->literal)
		return error_set(error, "out of memory");
	for (size_t i = 0; i < options->query_names_n; i++)
		if (literal_add_query(session->literal, options->query_names[i], error))
			return -1;
	for (size_t i = 0; i < options->veil.sections_n; i++)
		if (literal_add_host(session->literal, slice_from(options->veil.sections[i])) < 0)
			return error_set(error, "out of memory");
	return store_each_key(session->store, DIM_PAGE, READABLE_PAGES, add_page, session->literal,
			      error) ||
		       store_each_key(session->store, DIM_REFERRER_HOST, READABLE_HOSTS, add_host,
				      session->literal, error)
		   ? -1
		   : 0;
}

/* ---- reading ---- */

static int read_pipes(struct reading *reading, struct error *error)
{
	struct session *session = reading->session;
	const struct session_options *options = &session->options;
	const struct session_recorder *recorder = options->recorder;
	struct veil_options veil = options->veil;
	uint64_t bytes = 0;
	if (make_literal(session, error))
		return -1;
	veil.literal = session->literal;
	for (size_t i = 0; i < reading->catalog.n; i++)
		bytes += reading->catalog.all[i].pending;
	if (options->begin)
		options->begin(options->context, bytes);
	struct pipeline_options pipeline = {
	    .sources = reading->pipes,
	    .sources_n = reading->pipes_n,
	    .veil = &veil,
	    .keyring = session->keyring,
	    .tally = reading->tally,
	    .threads = options->threads,
	    .max_line = options->max_line,
	    .now = options->now,
	    .progress = options->progress,
	    .complain = options->say,
	    .record = recorder ? recorder->record : NULL,
	    .record_max = recorder ? recorder->record_max : 0,
	    .append = recorder ? recorder->append : NULL,
	    .record_context = recorder ? recorder->context : NULL,
	    .context = options->context,
	};
	reading->bad_sources = pipeline_run(&pipeline, error);
	session_say_lost(session);
	if (reading->bad_sources < 0)
		return -1;
	return recorder ? recorder->sync(recorder->context, error) : 0;
}

/* ---- committing ---- */

/* The keys of a day that was counted; NULL with a message when it has none any more. */
static const struct day_keys *counted_keys(struct session *session, int32_t day,
					   struct error *error)
{
	const struct day_keys *keys;
	enum keyring_answer answer = keyring_day(session->keyring, day, &keys, error);
	if (answer == KEYRING_OPEN)
		return keys;
	if (answer != KEYRING_FAILED)
		error_set(error, "a day that was counted has no keys any more");
	return NULL;
}

static struct sealing_keys *keys_of_day(void *context, int32_t day, struct error *error)
{
	const struct day_keys *keys = counted_keys(context, day, error);
	return keys ? keys->seal : NULL;
}

static int put_day(void *context, int32_t number, struct error *error)
{
	struct session *session = context;
	const struct day_keys *keys = counted_keys(session, number, error);
	struct store_day *day = keys ? session_make_day(session, number) : NULL;
	if (!keys)
		return -1;
	if (!day)
		return error_set(error, "out of memory");
	memcpy(day->vid, keys->vid, sizeof(day->vid));
	return store_put_day(session->store, day, error);
}

static int put_marks(struct reading *reading, struct error *error)
{
	struct catalog *catalog = &reading->catalog;
	if (catalog_advance(catalog, error))
		return -1;
	for (size_t i = 0; i < reading->pipes_n; i++) {
		const struct pipeline_source *pipe = &reading->pipes[i];
		struct mark *mark = &catalog->all[reading->entry[i]].mark;
		if (pipe->last == BATCH_BEFORE)
			continue;
		mark->last_day = hit_period_day(pipe->last);
		mark->last_time = pipe->last_time;
	}
	for (size_t i = 0; i < catalog->n; i++)
		if (catalog->all[i].changed &&
		    store_put_mark(reading->session->store, &catalog->all[i].mark, error))
			return -1;
	return 0;
}

static int put_booked(struct reading *reading, struct error *error)
{
	struct session *session = reading->session;
	struct balance undated;
	size_t n;
	const struct tally_late *late = tally_late(reading->tally, &n);
	if (store_undated(session->store, &undated, error))
		return -1;
	balance_add(&undated, tally_undated(reading->tally));
	if (store_put_undated(session->store, &undated, error))
		return -1;
	for (size_t i = 0; i < n; i++)
		if (store_add_late(session->store, hit_period_day(late[i].period),
				   tally_site(reading->tally, hit_period_section(late[i].period)),
				   late[i].lines, error))
			return -1;
	return 0;
}

static int commit(struct reading *reading, struct error *error)
{
	struct session *session = reading->session;
	if (store_begin(session->store, error))
		return -1;
	if (put_booked(reading, error) ||
	    tally_save(reading->tally, session->store, keys_of_day, session, put_day, error) ||
	    put_marks(reading, error) || session_put_security(session, INT32_MIN, error) ||
	    session_put_ledger(session, error) || store_commit(session->store, error)) {
		store_rollback(session->store);
		return -1;
	}
	const struct session_recorder *recorder = session->options.recorder;
	struct error later;
	if (recorder && recorder->committed(recorder->context, &later))
		session_say(session, "%s; the next run tries again", later.text);
	return 0;
}

/* ---- closing what is due ---- */

/* Whether every source has been read to its end or past the day. A file that was never read and
 * cannot be, or is missing, has no entry: nobody knows which days are in it. */
static bool read_past(const struct reading *reading, int32_t day)
{
	const struct catalog *catalog = &reading->catalog;
	size_t known = 0;
	for (size_t i = 0; i < catalog->n; i++) {
		known += catalog->all[i].failed;
		if (catalog->all[i].failed && catalog->all[i].mark.last_day <= day)
			return false;
	}
	if (catalog->failed > known)
		return false;
	for (size_t i = 0; i < reading->pipes_n; i++)
		if (reading->pipes[i].failed &&
		    catalog->all[reading->entry[i]].mark.last_day <= day)
			return false;
	return true;
}

static int close_due(struct reading *reading, size_t *ret_n, struct error *error)
{
	struct session *session = reading->session;
	for (size_t i = 0; i < session->days_n; i++) {
		int32_t day = session->days[i].day;
		if (session->days[i].state != DAY_HOT || !session_due(session, day) ||
		    !read_past(reading, day))
			continue;
		if (session_close_day(session, day, false, error))
			return -1;
		++*ret_n;
	}
	if (*ret_n)
		session_finish_closing(session);
	session_destroy_unused(session, false);
	return session_expire(session, *ret_n > 0, error);
}

static void release(struct reading *reading)
{
	tally_free(reading->tally);
	catalog_release(&reading->catalog);
	for (size_t i = 0; i < reading->marks_n; i++)
		mark_release(&reading->marks[i]);
	free(reading->marks);
	free(reading->sources);
	free(reading->pipes);
	free(reading->entry);
}

static void fill_result(const struct reading *reading, struct session_result *ret)
{
	const struct catalog *catalog = &reading->catalog;
	ret->files = catalog->files;
	ret->unchanged = catalog->unchanged;
	ret->repeated = catalog->repeated;
	ret->failed = catalog->failed + (size_t)reading->bad_sources;
	if (!reading->tally)
		return;
	ret->balance = *tally_balance(reading->tally);
	tally_late(reading->tally, &ret->late_days);
}

static int run(struct reading *reading, struct session_result *ret, struct error *error)
{
	if (open_catalog(reading, error) || make_pipes(reading, error))
		return -1;
	bool any = reading->pipes_n > 0;
	for (size_t i = 0; i < reading->catalog.n; i++)
		any |= reading->catalog.all[i].changed;
	if (any) {
		reading->tally = tally_new(&reading->session->options.tally, error);
		if (!reading->tally || read_pipes(reading, error) || commit(reading, error))
			return -1;
	}
	fill_result(reading, ret);
	tally_free(reading->tally); /* its memory is the closing's now */
	reading->tally = NULL;
	return close_due(reading, &ret->closed, error);
}

int session_run(struct session *session, struct session_result *ret, struct error *error)
{
	struct reading reading = {.session = session};
	*ret = (struct session_result){0};
	int failed = run(&reading, ret, error);
	release(&reading);
	return failed;
}

int session_preview(struct session *session,
		    void (*each_file)(void *context, const struct catalog_entry *entry),
		    void (*each_day)(void *context, int32_t day), void *context,
		    struct session_result *ret, struct error *error)
{
	struct reading reading = {.session = session};
	*ret = (struct session_result){0};
	int failed = open_catalog(&reading, error);
	for (size_t i = 0; !failed && i < reading.catalog.n; i++)
		if (reading.catalog.all[i].source)
			each_file(context, &reading.catalog.all[i]);
	for (size_t i = 0; !failed && i < session->days_n; i++)
		if (session->days[i].state == DAY_HOT && session_due(session, session->days[i].day))
			each_day(context, session->days[i].day);
	if (!failed)
		fill_result(&reading, ret);
	release(&reading);
	return failed;
}
