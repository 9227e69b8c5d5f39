/* report.c: one shot, in memory: parse, veil, tally, gate, print. */
#include <errno.h>
#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>
#include "aggregate/pipeline.h"
#include "aggregate/tally/gate.h"
#include "cli/command.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/setup.h"
#include "cli/state.h"
#include "aggregate/veil/referrer.h"
#include "base/zone.h"
#include "export/report.h"
#include "ingest/source_list.h"

struct run { /* everything a report needs, in the order in which it is made */
	struct options options;
	struct state state; /* without files: what is kept */
	struct setup setup;
	struct keyring *keyring;
	struct source_list sources;
	struct tally *tally;
	struct trend *trend;
	struct progress progress;
	struct balance balance;
	int bad_sources;
};

static void usage(void)
{
	puts("usage: veiltally report [OPTION...] [FILE...]\n\n"
	     "Reads web access logs (plain or gzip; - is standard input) and prints trend "
	     "statistics in\n"
	     "which nobody can be found. Nothing is kept. Without files it prints what `veiltally "
	     "run` keeps\nin the state.\n");
	options_help(COMMAND_REPORT);
}

static int fail(const struct error *error, int status)
{
	fprintf(stderr, "veiltally: %s\n", error->text);
	return status;
}

static void show_progress(void *context, const struct pipeline_progress *progress)
{
	struct run *run = context;
	progress_show(&run->progress, progress->lines, progress->consumed);
}

static void complain(void *context, const char *message)
{
	struct run *run = context;
	progress_end(&run->progress);
	fprintf(stderr, "veiltally: %s\n", message);
}

static int open_sources(struct run *run, struct error *error)
{
	const struct options *options = &run->options;
	if (source_list_open(&run->sources, options->files.all, options->files.n,
			     &run->setup.sources[0].options, error))
		return -1;
	if (run->sources.repeated && !options->quiet)
		fprintf(stderr,
			"veiltally: %zu of the files named are the same file and were read once\n",
			run->sources.repeated);
	return 0;
}

static int read_sources(struct run *run, struct pipeline_source *sources, struct error *error)
{
	const struct options *options = &run->options;
	struct pipeline_options pipeline = {
	    .sources = sources,
	    .sources_n = run->sources.n,
	    .veil = &run->setup.veil,
	    .keyring = run->keyring,
	    .tally = run->tally,
	    .threads = run->setup.threads,
	    .max_line = (size_t)options->max_line,
	    .now = run->setup.now,
	    .progress = show_progress,
	    .complain = complain,
	    .context = run,
	};
	uint64_t total = 0;
	for (size_t i = 0; i < run->sources.n; i++) {
		sources[i] = (struct pipeline_source){.source = run->sources.all[i],
						      .veil = &run->setup.sources[0].veil,
						      .last = BATCH_BEFORE};
		total += source_size(run->sources.all[i]);
	}
	progress_begin(&run->progress,
		       !options->quiet && !options->no_progress && isatty(STDERR_FILENO), total);
	run->bad_sources = pipeline_run(&pipeline, error);
	progress_end(&run->progress);
	return run->bad_sources < 0 ? -1 : 0;
}

static int process(struct run *run, struct error *error)
{
	struct pipeline_source *sources = calloc(run->sources.n + 1, sizeof(*sources));
	if (!sources)
		return error_set(error, "out of memory");
	run->tally = tally_new(&run->setup.tally, error);
	int failed = !run->tally || read_sources(run, sources, error);
	free(sources);
	if (failed)
		return -1;
	run->trend = gate_open(run->tally, error);
	if (!run->trend)
		return -1;
	run->balance = run->trend->balance;
	return 0;
}

static int width_of(const struct options *options)
{
	struct winsize window;
	const char *columns = getenv("COLUMNS");
	if (options->width)
		return (int)options->width;
	if (columns && atoi(columns) >= 40)
		return atoi(columns);
	if (!options->output && ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0 &&
	    window.ws_col >= 40)
		return window.ws_col;
	return 80;
}

static bool color_of(const struct options *options)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
	if (strcmp(options->color, "auto") != 0)
		return strcmp(options->color, "always") == 0;
	return !options->output && isatty(STDOUT_FILENO) && !(no_color && *no_color) &&
	       !(term && strcmp(term, "dumb") == 0);
}

/* Writing the report over one of the logs would be the end of it. */
static int check_output(const struct run *run, struct error *error)
{
	const char *outputs[] = {run->options.output, run->options.stats};
	for (size_t o = 0; o < 2; o++)
		for (size_t i = 0; outputs[o] && i < run->sources.n; i++)
			if (source_is_file(run->sources.all[i], outputs[o]))
				return error_set(error,
						 "%s: is one of the logs and would be overwritten",
						 outputs[o]);
	return 0;
}

static int print(struct run *run, struct error *error)
{
	const struct options *options = &run->options;
	char title[64];
	if (!options->files.n)
		snprintf(title, sizeof(title), "%.60s", options->site ? options->site : "state");
	else if (run->sources.n == 1)
		snprintf(title, sizeof(title), "1 file");
	else
		snprintf(title, sizeof(title), "%zu files", run->sources.n);
	struct report_style style = {
	    .width = width_of(options),
	    .color = color_of(options),
	    .unicode = !options->ascii && strcmp(nl_langinfo(CODESET), "UTF-8") == 0,
	    .top = (unsigned)options->top,
	    .zone = options->tz,
	    .title = title,
	};
	struct output output;
	if (output_open(&output, options->output, error))
		return -1;
	if (report_render(options->format, run->trend, &style, output.stream, error)) {
		output_abandon(&output);
		return -1;
	}
	return output_close(&output, error);
}

static int status_of(const struct run *run)
{
	uint64_t rejected = 0;
	for (unsigned i = 0; i < REJECT__COUNT; i++)
		rejected += run->balance.rejected[i];
	if (run->bad_sources)
		return EXIT_FAILED;
	if ((double)rejected * 100 > run->options.max_rejected * (double)run->balance.lines) {
		if (!run->options.quiet)
			fprintf(stderr,
				"veiltally: %llu of %llu lines could not be read; `veiltally check "
				"FILE` "
				"says why\n",
				(unsigned long long)rejected,
				(unsigned long long)run->balance.lines);
		return EXIT_REJECTED;
	}
	return EXIT_DONE;
}

static int report(struct run *run)
{
	struct error error;
	if (setup_init(&run->setup, &run->options, false, &error))
		return fail(&error, EXIT_USAGE);
	if (setup_open_geo(&run->setup, &run->options, &error) || open_sources(run, &error))
		return fail(&error, EXIT_FAILED);
	if (check_output(run, &error))
		return fail(&error, EXIT_USAGE);
	run->keyring = keyring_of_run(&error);
	if (!run->keyring || process(run, &error) || print(run, &error))
		return fail(&error, EXIT_FAILED);
	if (run->options.stats && output_stats(run->options.stats, &run->balance,
					       progress_seconds(&run->progress), &error))
		return fail(&error, EXIT_FAILED);
	return status_of(run);
}

static int check_format(const struct options *options, struct error *error)
{
	unsigned i = 0;
	while (report_list(i) && strcmp(report_list(i), options->format) != 0)
		i++;
	return report_list(i) ? 0
			      : error_set(error, "--format: unknown format: %s", options->format);
}

/* --since and --until as days: what is kept is kept by the day. */
static int whole_days(const struct veil_options *veil, int32_t *ret_first, int32_t *ret_last,
		      struct error *error)
{
	struct zone_cache zone;
	zone_cache_init(&zone);
	*ret_first = INT32_MIN;
	*ret_last = INT32_MAX;
	int64_t since = veil->since, until = veil->until;
	if (since != INT64_MIN) {
		since += zone_offset(&zone, since);
		*ret_first = zone_day(since);
	}
	if (until != INT64_MAX) {
		until += zone_offset(&zone, until);
		*ret_last = zone_day(until) - 1;
	}
	if ((since != INT64_MIN && since % ZONE_DAY) || (until != INT64_MAX && until % ZONE_DAY))
		return error_set(error,
				 "a state keeps whole days: --since and --until take dates here");
	return 0;
}

static int report_state(struct run *run)
{
	struct error error;
	int32_t first, last;
	char site[REFERRER_HOST_MAX + 1] = "";
	const struct options *options = &run->options;
	int status = state_open(&run->state, options, STATE_READ, &error);
	if (status)
		return fail(&error, status);
	if (whole_days(&run->state.setup.veil, &first, &last, &error))
		return fail(&error, EXIT_USAGE);
	if (options->site)
		site[referrer_host_veil(slice_from(options->site), site)] = '\0';
	run->trend =
	    session_report(run->state.session, first, last, options->site ? site : NULL, &error);
	if (!run->trend)
		return fail(&error, EXIT_FAILED);
	run->balance = run->trend->balance;
	if (print(run, &error) ||
	    (options->stats && output_stats(options->stats, &run->balance, 0, &error)))
		return fail(&error, EXIT_FAILED);
	return EXIT_DONE;
}

static void release(struct run *run)
{
	state_close(&run->state);
	trend_free(run->trend);
	tally_free(run->tally);
	source_list_release(&run->sources);
	keyring_free(run->keyring);
	setup_release(&run->setup);
	options_release(&run->options);
}

int command_report(int argc, char **argv)
{
	struct run run = {0};
	struct error error;
	int status = EXIT_USAGE;
	if (options_parse(&run.options, COMMAND_REPORT, argc, argv, &error)) {
		fail(&error, status);
		fputs("Try `veiltally report --help`.\n", stderr);
	} else if (run.options.help) {
		usage();
		status = EXIT_DONE;
	} else if (check_format(&run.options, &error)) {
		fail(&error, status);
	} else if (!run.options.files.n) {
		status = report_state(&run);
	} else {
		status = report(&run);
	}
	release(&run);
	return status;
}
