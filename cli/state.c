#include "cli/state.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "export/security_line.h"

/* ---- the security log, as a session wants it ---- */

static size_t record(void *context, const struct trace *trace, char *out)
{
	const struct state *state = context;
	return security_line(state->json ? SECURITY_JSON : SECURITY_COMBINED, trace, out);
}

static void warn(void *context, const char *message)
{
	struct state *state = context;
	progress_end(&state->progress);
	fprintf(stderr, "veiltally: %s\n", message);
}

static int open_log(void *context, const struct store_security *files, size_t n,
		    struct error *error)
{
	struct state *state = context;
	const struct options *options = state->options;
	struct security_log_options log = {.path = options->security_log,
					   .retention_days = (unsigned)options->retention_days,
					   .gzip = options->security_gzip,
					   .warn = warn,
					   .context = state};
	struct security_file *known = calloc(n + 1, sizeof(*known));
	if (!known)
		return error_set(error, "out of memory");
	for (size_t i = 0; i < n; i++)
		known[i] = (struct security_file){.day = files[i].day,
						  .part = files[i].part,
						  .length = files[i].length,
						  .closed = files[i].closed};
	state->log = security_log_open(&log, known, n, error);
	free(known);
	return state->log ? 0 : -1;
}

static int append(void *context, int32_t day, struct slice lines, struct error *error)
{
	const struct state *state = context;
	return security_log_append(state->log, day, lines, error);
}

static int sync_log(void *context, struct error *error)
{
	const struct state *state = context;
	return security_log_sync(state->log, error);
}

static bool file_at(const void *context, size_t i, struct store_security *ret)
{
	const struct state *state = context;
	struct security_file file;
	if (!security_log_at(state->log, i, &file))
		return false;
	*ret = (struct store_security){file.day, file.part, file.length, file.closed};
	return true;
}

static int committed(void *context, struct error *error)
{
	const struct state *state = context;
	return security_log_committed(state->log, error);
}

static int close_day(void *context, int32_t day, struct error *error)
{
	const struct state *state = context;
	return security_log_close_day(state->log, day, error);
}

static int expire(void *context, int32_t today, struct error *error)
{
	const struct state *state = context;
	size_t n;
	return security_log_expire(state->log, today, &n, error);
}

/* ---- the session ---- */

static void begin(void *context, uint64_t bytes)
{
	struct state *state = context;
	const struct options *options = state->options;
	progress_begin(&state->progress,
		       !options->quiet && !options->no_progress && isatty(STDERR_FILENO), bytes);
}

static void show_progress(void *context, const struct pipeline_progress *progress)
{
	struct state *state = context;
	progress_show(&state->progress, progress->lines, progress->consumed);
}

static int make_sources(struct state *state, struct error *error)
{
	const struct setup *setup = &state->setup;
	state->sources = calloc(setup->sources_n + 1, sizeof(*state->sources));
	if (!state->sources)
		return error_set(error, "out of memory");
	for (size_t i = 0; i < setup->sources_n; i++) {
		const struct setup_source *source = &setup->sources[i];
		state->sources[i].veil = source->veil;
		state->sources[i].files = (struct catalog_source){.name = source->name,
								  .patterns = source->files->all,
								  .patterns_n = source->files->n,
								  .options = source->options};
	}
	return 0;
}

static void describe(struct state *state, enum state_mode mode, int64_t grace,
		     enum address_mode address_mode)
{
	const struct options *options = state->options;
	state->json = strcmp(options->security_format, "json") == 0;
	state->recorder = (struct session_recorder){.context = state,
						    .path = options->security_log,
						    .record_max = SECURITY_LINE_MAX,
						    .record = record,
						    .open = open_log,
						    .append = append,
						    .sync = sync_log,
						    .at = file_at,
						    .committed = committed,
						    .close_day = close_day,
						    .expire = expire};
	state->session_options = (struct session_options){
	    .state = options->state,
	    .keys = options->keys,
	    .certificate = options->escrow,
	    .mode = address_mode,
	    .zone = options->tz,
	    .busy_ms = (unsigned)options->wait_seconds * 1000,
	    .read_only = mode == STATE_READ || mode == STATE_PREVIEW,
	    .create = mode == STATE_MAKE || mode == STATE_PREVIEW,
	    .now = state->setup.now,
	    .grace = grace,
	    .trend_days = (unsigned)options->trend_days,
	    .trend_months = (unsigned)options->trend_months,
	    .retention_days = (unsigned)options->retention_days,
	    .tally = state->setup.tally,
	    .veil = state->setup.veil,
	    .threads = state->setup.threads,
	    .max_line = (size_t)options->max_line,
	    .sources = state->sources,
	    .sources_n = state->setup.sources_n,
	    .query_names = options->query.all,
	    .query_names_n = options->query.n,
	    .recorder = options->security_log ? &state->recorder : NULL,
	    .progress = show_progress,
	    .begin = begin,
	    .say = warn,
	    .context = state,
	};
}

int state_open(struct state *state, const struct options *options, enum state_mode mode,
	       struct error *error)
{
	enum address_mode address_mode;
	int64_t grace;
	*state = (struct state){.options = options};
	if (setup_init(&state->setup, options, true, error))
		return EXIT_USAGE;
	if (options_grace(options, &grace) ||
	    address_mode_from(options->address_mode, &address_mode)) {
		error_set(error, "bad --grace or --address-mode");
		return EXIT_USAGE;
	}
	if (make_sources(state, error) || setup_open_geo(&state->setup, options, error))
		return EXIT_FAILED;
	describe(state, mode, grace, address_mode);
	state->session = session_open(&state->session_options, error);
	return state->session ? EXIT_DONE : EXIT_FAILED;
}

void state_close(struct state *state)
{
	session_free(state->session);
	security_log_free(state->log);
	setup_release(&state->setup);
	free(state->sources);
}
