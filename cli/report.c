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
#include "base/zone.h"
#include "cli/command.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/period.h"
#include "cli/progress.h"
#include "export/report.h"
#include "ingest/format.h"

enum { THREADS_MAX = 8, CELLS_SHARE_64 = 48, CACHES_SHARE_64 = 12 };

struct run { /* everything a report needs, in the order in which it is made */
	struct options options;
	struct geo *geo;
	struct routes *routes;
	struct goals *goals;
	const char *goal_names[HIT_GOALS_MAX];
	struct address_ranges *trusted, *excluded;
	struct option_list excluded_paths, excluded_agents;
	struct veil_options veil;
	struct counting_keys *keys;
	struct source_list sources;
	struct tally *tally;
	struct trend *trend;
	struct progress progress;
	struct balance balance;
	int bad_sources;
};

static void usage(void)
{
	puts("usage: veiltally report [OPTION...] FILE...\n\n"
	     "Reads web access logs (plain or gzip; - is standard input) and prints trend "
	     "statistics in\n"
	     "which nobody can be found. Nothing is kept.\n");
	options_help(COMMAND_REPORT);
}

static int fail(const struct error *error, int status)
{
	fprintf(stderr, "veiltally: %s\n", error->text);
	return status;
}

/* "/…" is a path, what reads as a range is one, the rest is part of an agent; a prefix decides
 * doubtful cases. */
static int add_exclude(struct run *run, const char *what, struct error *error)
{
	struct error ignored;
	int failed = 0;
	if (strncmp(what, "agent:", 6) == 0)
		failed = option_list_add(&run->excluded_agents, what + 6);
	else if (strncmp(what, "path:", 5) == 0)
		failed = option_list_add(&run->excluded_paths, what + 5);
	else if (what[0] == '/')
		failed = option_list_add(&run->excluded_paths, what);
	else if (strncmp(what, "address:", 8) == 0)
		return address_ranges_add(run->excluded, what + 8, error);
	else if (address_ranges_add(run->excluded, what, &ignored))
		failed = option_list_add(&run->excluded_agents, what);
	return failed ? error_set(error, "out of memory") : 0;
}

static int add_goals(struct run *run, struct error *error)
{
	for (size_t i = 0; i < run->options.goals.n; i++)
		if (goals_add(run->goals, run->options.goals.all[i], error))
			return -1;
	for (unsigned i = 0; i < goals_count(run->goals); i++)
		run->goal_names[i] = goals_name(run->goals, i);
	return 0;
}

/* The names of formats, in and out. */
static int check_names(const struct options *options, struct error *error)
{
	struct format_options format_options = {0};
	struct format *format;
	unsigned i = 0;
	while (report_list(i) && strcmp(report_list(i), options->format) != 0)
		i++;
	if (!report_list(i))
		return error_set(error, "--format: unknown format: %s", options->format);
	if (!options->log_format)
		return 0;
	if (format_compile(options->log_format, &format_options, &format, error))
		return error_prefix(error, "--log-format");
	format_free(format);
	return 0;
}

/* Everything that the options say; a message is one about usage. */
static int understand(struct run *run, struct error *error)
{
	const struct options *options = &run->options;
	run->geo = geo_new();
	run->routes = routes_new();
	run->goals = goals_new();
	run->trusted = address_ranges_new();
	run->excluded = address_ranges_new();
	if (!run->geo || !run->routes || !run->goals || !run->trusted || !run->excluded)
		return error_set(error, "out of memory");
	if (strcmp(options->gate, "run") != 0 && strcmp(options->gate, "day") != 0)
		return error_set(error, "--gate is run or day, not %s", options->gate);
	if (options->visitor &&
	    (strncmp(options->visitor, "cookie:", 7) != 0 || !options->visitor[7]))
		return error_set(error, "--visitor is cookie:NAME, not %s", options->visitor);
	if (check_names(options, error))
		return -1;
	for (size_t i = 0; i < options->exclude.n; i++)
		if (add_exclude(run, options->exclude.all[i], error))
			return -1;
	for (size_t i = 0; i < options->trusted.n; i++)
		if (address_ranges_add(run->trusted, options->trusted.all[i], error))
			return -1;
	for (size_t i = 0; i < options->routes.n; i++)
		if (routes_add(run->routes, options->routes.all[i], error))
			return -1;
	for (size_t i = 0; i < options->public.n; i++)
		if (routes_add_public(run->routes, options->public.all[i], error))
			return -1;
	return zone_set(options->tz, error) || add_goals(run, error) ? -1 : 0;
}

static int open_geo(struct run *run, struct error *error)
{
	for (size_t i = 0; i < run->options.geo.n; i++)
		if (geo_add(run->geo, run->options.geo.all[i], error))
			return -1;
	return 0;
}

static unsigned threads_of(const struct options *options)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	if (options->threads)
		return options->threads < 256 ? (unsigned)options->threads : 256;
	return processors < 1 ? 1 : processors > THREADS_MAX ? THREADS_MAX : (unsigned)processors;
}

static int set_veil(struct run *run, int64_t now, unsigned threads, struct error *error)
{
	const struct options *options = &run->options;
	run->veil = (struct veil_options){
	    .geo = run->options.geo.n ? run->geo : NULL,
	    .routes = run->routes,
	    .goals = goals_count(run->goals) ? run->goals : NULL,
	    .trusted = address_ranges_count(run->trusted) ? run->trusted : NULL,
	    .excluded = address_ranges_count(run->excluded) ? run->excluded : NULL,
	    .excluded_paths = run->excluded_paths.all,
	    .excluded_paths_n = run->excluded_paths.n,
	    .excluded_agents = run->excluded_agents.all,
	    .excluded_agents_n = run->excluded_agents.n,
	    .site = options->site,
	    .since = INT64_MIN,
	    .until = INT64_MAX,
	    .now = now,
	    .visit_timeout = (uint32_t)options->visit_timeout,
	    .visitor_cookie = options->visitor != NULL,
	    .memory = (size_t)options->memory / 64 * CACHES_SHARE_64 / threads,
	};
	if (options->since && period_parse(options->since, false, &run->veil.since, error))
		return -1;
	if (options->until && period_parse(options->until, true, &run->veil.until, error))
		return -1;
	if (run->veil.since >= run->veil.until)
		return error_set(error, "--since is not before --until: no line lies between them");
	return 0;
}

static struct tally *make_tally(struct run *run, unsigned threads, struct error *error)
{
	const struct options *options = &run->options;
	struct tally_options tally = {
	    .min_visitors = (unsigned)options->min_visitors,
	    .by_day = strcmp(options->gate, "day") == 0,
	    .visit_timeout = (uint32_t)options->visit_timeout,
	    .memory = (size_t)options->memory / 64 * CELLS_SHARE_64,
	    .workers = threads,
	    .max_open_days = 10000,
	    .goals = run->goal_names,
	    .goals_n = goals_count(run->goals),
	    .has_country = geo_has_country(run->geo) != 0,
	    .has_as = geo_has_as(run->geo) != 0,
	};
	return tally_new(&tally, error);
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

static int open_sources(struct run *run, int64_t now, struct error *error)
{
	const struct options *options = &run->options;
	struct source_options source = {
	    .log_format = options->log_format,
	    .cookie = options->visitor ? options->visitor + strlen("cookie:") : NULL,
	    .max_line = (size_t)options->max_line,
	    .chunk = (size_t)options->chunk,
	    .now = now,
	    .zlib = options->zlib,
	};
	if (source_list_open(&run->sources, options->files.all, options->files.n, &source, error))
		return -1;
	if (run->sources.repeated && !options->quiet)
		fprintf(stderr,
			"veiltally: %zu of the files named are the same file and were read once\n",
			run->sources.repeated);
	return 0;
}

static int process(struct run *run, int64_t now, unsigned threads, struct error *error)
{
	const struct options *options = &run->options;
	struct pipeline_options pipeline = {
	    .sources = &run->sources,
	    .veil = &run->veil,
	    .keys = run->keys,
	    .threads = threads,
	    .max_line = (size_t)options->max_line,
	    .now = now,
	    .progress = show_progress,
	    .complain = complain,
	    .context = run,
	};
	uint64_t total = 0;
	for (size_t i = 0; i < run->sources.n; i++)
		total += source_size(run->sources.all[i]);
	run->tally = pipeline.tally = make_tally(run, threads, error);
	if (!run->tally)
		return -1;
	progress_begin(&run->progress,
		       !options->quiet && !options->no_progress && isatty(STDERR_FILENO), total);
	run->bad_sources = pipeline_run(&pipeline, error);
	progress_end(&run->progress);
	if (run->bad_sources < 0)
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
	if (run->sources.n == 1)
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
	int64_t now = (int64_t)time(NULL);
	unsigned threads = threads_of(&run->options);
	if (understand(run, &error) || set_veil(run, now, threads, &error))
		return fail(&error, EXIT_USAGE);
	if (open_geo(run, &error) || open_sources(run, now, &error))
		return fail(&error, EXIT_FAILED);
	if (check_output(run, &error))
		return fail(&error, EXIT_USAGE);
	run->keys = counting_keys_random(&error);
	if (!run->keys || process(run, now, threads, &error) || print(run, &error))
		return fail(&error, EXIT_FAILED);
	if (run->options.stats && output_stats(run->options.stats, &run->balance,
					       progress_seconds(&run->progress), &error))
		return fail(&error, EXIT_FAILED);
	return status_of(run);
}

static void release(struct run *run)
{
	trend_free(run->trend);
	tally_free(run->tally);
	source_list_release(&run->sources);
	counting_keys_free(run->keys);
	geo_free(run->geo);
	routes_free(run->routes);
	goals_free(run->goals);
	address_ranges_free(run->trusted);
	address_ranges_free(run->excluded);
	free(run->excluded_paths.all);
	free(run->excluded_agents.all);
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
	} else if (!run.options.files.n) {
		fputs(
		    "veiltally: no log files named\nusage: veiltally report [OPTION...] FILE...\n",
		    stderr);
	} else {
		status = report(&run);
	}
	release(&run);
	return status;
}
