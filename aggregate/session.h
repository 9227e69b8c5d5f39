/*
 * session.h: a state at work: keys, store, files to read and the security log joined into runs that
 * count each line exactly once. Wiring, like pipeline.h; only cli/ includes it.
 *
 * A run reads what is new in the sources, then commits everything at once: positions, hot days,
 * lengths of the security log. Whatever dies before that commit leaves the state as it was, and the
 * next run cuts the security log to its committed length. Days that are due are closed after that,
 * each in one transaction: gate → trend store, hot rows gone; then their keys are wiped.
 */
#ifndef AGGREGATE_SESSION_H
#define AGGREGATE_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "aggregate/pipeline.h"
#include "aggregate/tally/store.h"
#include "base/error.h"
#include "ingest/catalog.h"

struct session_recorder { /* the security log, as the session needs it (export/security_log.h) */
	void *context;
	const char *path; /* where it is; another path is another log */
	size_t record_max;
	size_t (*record)(void *context, const struct trace *trace, char *out);
	int (*open)(void *context, const struct store_security *files, size_t n,
		    struct error *error);
	int (*append)(void *context, int32_t day, struct slice lines, struct error *error);
	int (*sync)(void *context, struct error *error);
	bool (*at)(const void *context, size_t i, struct store_security *ret);
	int (*committed)(void *context, struct error *error);
	int (*close_day)(void *context, int32_t day, struct error *error);
	int (*expire)(void *context, int32_t today, struct error *error);
};

struct session_source {
	struct catalog_source files;
	struct veil_source veil;
};

struct session_options {
	const char *state;	 /* directory */
	const char *keys;	 /* directory of the day keys; NULL: "keys" in the state */
	const char *certificate; /* escrow; NULL: none */
	enum address_mode mode;
	const char *zone;
	unsigned busy_ms; /* how long to wait for another process */
	bool read_only;	  /* nothing on disk changes: reports, --dry-run */
	bool create;	  /* make the state when there is none */
	int64_t now;
	int64_t grace;	       /* seconds after its end that a day stays open; < 0: by hand only */
	unsigned trend_days;   /* days of the trend store before they become months; 0: for ever */
	unsigned trend_months; /* and months before they go; 0: for ever */
	unsigned retention_days; /* of escrow records, with the security log; 0: for ever */
	struct tally_options tally;
	struct veil_options veil; /* literal is the session's own when there is a recorder */
	unsigned threads;
	size_t max_line;
	const struct session_source *sources;
	size_t sources_n;
	const char *const *query_names; /* that may be written to the security log */
	size_t query_names_n;
	const struct session_recorder *recorder; /* NULL: no security log */
	void (*progress)(void *context, const struct pipeline_progress *progress);
	void (*begin)(void *context, uint64_t bytes); /* of the files to be read, before they are */
	void (*say)(void *context,
		    const char *message); /* warnings, and files that cannot be read */
	void *context;
};

struct session;

/* Everything in `options` is borrowed. NULL with a message. */
struct session *session_open(const struct session_options *options, struct error *error);
void session_free(struct session *session);
struct store *session_store(const struct session *session);

struct session_result {
	struct balance balance;			   /* of this run */
	size_t files, unchanged, repeated, failed; /* of the sources */
	size_t closed;				   /* days that were closed */
	size_t late_days;			   /* closed days that lines came too late for */
};

/* Reads what is new, commits, closes what is due. -1 with a message: nothing of what was read is
 * kept, or a day that is due could not be closed; the session is then good for session_free only.
 */
int session_run(struct session *session, struct session_result *ret, struct error *error);

/* What session_run would do; `each_file` per file with something new, `each_day` per day that would
 * close if the clock alone decided. */
int session_preview(struct session *session,
		    void (*each_file)(void *context, const struct catalog_entry *entry),
		    void (*each_day)(void *context, int32_t day), void *context,
		    struct session_result *ret, struct error *error);

/* Closes a hot day, or all of them (INT32_MIN); *ret_n says how many were closed. */
int session_close(struct session *session, int32_t day, size_t *ret_n, struct error *error);

/* Destroys a hot day's keys: it is closed with what is sealed folded into (other). */
int session_destroy(struct session *session, int32_t day, struct error *error);

/* Whether the state has anything of a day. */
bool session_knows(const struct session *session, int32_t day);

/* Takes a day back as if it had never been counted: figures, rows and keys. */
int session_drop(struct session *session, int32_t day, struct error *error);

/* The gated trend of [first, last], of one site or (NULL) all: closed days from the trend store,
 * hot ones through the same gate. NULL with a message. */
struct trend *session_report(struct session *session, int32_t first, int32_t last, const char *site,
			     struct error *error);

#endif
