/* run.c: what cron starts: process what is new, commit, exit; silent when all is well. */
#include <stdio.h>
#include <stdlib.h>
#include "base/zone.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/state.h"
#include "ingest/reject.h"

static void usage(void)
{
	puts("usage: veiltally run [OPTION...] [FILE...]\n\n"
	     "Counts what is new in the configured sources, or in the files named, commits it to "
	     "the "
	     "state and\nexits. Made for cron: silent when all is well.\n");
	options_help(COMMAND_RUN);
}

static int fail(struct state *state, const struct error *error, int status)
{
	progress_end(&state->progress);
	fprintf(stderr, "veiltally: %s\n", error->text);
	return status;
}

static void say_file(void *context, const struct catalog_entry *entry)
{
	(void)context;
	printf("would read %s%s: %llu bytes\n", entry->path,
	       entry->is_new ? "" : " from where it was left", (unsigned long long)entry->pending);
}

static void say_day(void *context, int32_t day)
{
	int year, month, date;
	(void)context;
	zone_date(day, &year, &month, &date);
	printf("would close %04d-%02d-%02d\n", year, month, date);
}

static int dry_run(struct state *state)
{
	struct session_result result;
	struct error error;
	if (session_preview(state->session, say_file, say_day, NULL, &result, &error))
		return fail(state, &error, EXIT_FAILED);
	if (!state->options->quiet)
		printf("%zu files, %zu of them unchanged\n", result.files, result.unchanged);
	return result.failed ? EXIT_FAILED : EXIT_DONE;
}

static int status_of(const struct state *state, const struct session_result *result)
{
	const struct balance *balance = &result->balance;
	uint64_t rejected = 0;
	for (unsigned i = 0; i < REJECT__COUNT; i++)
		rejected += balance->rejected[i];
	if (balance->excluded[EXCLUDE_LATE] && !state->options->quiet)
		fprintf(
		    stderr,
		    "veiltally: %llu lines came too late for a day that is closed; old logs are "
		    "imported in one run, or after `veiltally drop --day DATE`\n",
		    (unsigned long long)balance->excluded[EXCLUDE_LATE]);
	if (result->failed)
		return EXIT_FAILED;
	if ((double)rejected * 100 <= state->options->max_rejected * (double)balance->lines)
		return EXIT_DONE;
	if (!state->options->quiet)
		fprintf(
		    stderr,
		    "veiltally: %llu of %llu lines could not be read; `veiltally check FILE` says "
		    "why\n",
		    (unsigned long long)rejected, (unsigned long long)balance->lines);
	return EXIT_REJECTED;
}

static int run(struct state *state)
{
	struct session_result result;
	struct error error;
	if (session_run(state->session, &result, &error))
		return fail(state, &error, EXIT_FAILED);
	progress_end(&state->progress);
	if (state->options->stats && output_stats(state->options->stats, &result.balance,
						  progress_seconds(&state->progress), &error))
		return fail(state, &error, EXIT_FAILED);
	return status_of(state, &result);
}

int command_run(int argc, char **argv)
{
	struct options options;
	struct state state = {0};
	struct error error;
	int status = EXIT_USAGE;
	if (options_parse(&options, COMMAND_RUN, argc, argv, &error)) {
		fail(&state, &error, status);
		fputs("Try `veiltally run --help`.\n", stderr);
	} else if (options.help) {
		usage();
		status = EXIT_DONE;
	} else if (!options.files.n && !options.sections_n) {
		fputs("veiltally: nothing to read: name files, or a [source NAME] in the "
		      "configuration "
		      "(" OPTIONS_CONFIG ")\n",
		      stderr);
	} else {
		status = state_open(&state, &options, options.dry_run ? STATE_PREVIEW : STATE_MAKE,
				    &error);
		if (status)
			fail(&state, &error, status);
		else
			status = options.dry_run ? dry_run(&state) : run(&state);
		state_close(&state);
	}
	options_release(&options);
	return status;
}
