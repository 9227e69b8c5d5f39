/* ledger.c: what was revealed, destroyed and taken back, and whether the record of it is whole. */
#include "aggregate/store/ledger.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include "cli/command.h"
#include "cli/options.h"

static void usage(void)
{
	puts(
	    "usage: veiltally ledger [OPTION...]\n\n"
	    "Prints what was revealed, destroyed and dropped (number, time, kind, what, reason, "
	    "who) and the\nhash of the last row. First the whole chain of hashes is verified: a "
	    "row that was changed or left\nout is named, and the exit status is 1. Rows missing at "
	    "the end show in that hash only: keep it\nelsewhere.\n");
	options_help(COMMAND_LEDGER);
}

static int print_row(void *context, const struct ledger_row *row)
{
	char when[40] = "?";
	struct tm tm;
	time_t time = (time_t)row->time;
	(void)context;
	if (gmtime_r(&time, &tm))
		strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
	printf("%llu\t%s\t%s\t%s\t%s\t%s\n", (unsigned long long)row->sequence, when,
	       ledger_kind_name(row->kind), row->subject, row->reason, row->detail);
	return 0;
}

static int show(const struct options *options, struct error *error)
{
	char *path = NULL;
	struct stat found;
	/* A misspelt directory must not look like a state in which nothing was revealed. */
	if (stat(options->state, &found))
		return error_errno(error, "%s", options->state);
	if (asprintf(&path, "%s/ledger", options->state) < 0)
		return error_set(error, "out of memory");
	struct ledger *ledger = ledger_open_read(path, error);
	free(path);
	int failed = !ledger || ledger_each(ledger, print_row, NULL, error);
	if (!failed && !options->quiet)
		printf("head\t%s\n", ledger_head(ledger));
	ledger_free(ledger);
	if (!failed && fflush(stdout))
		failed = error_errno(error, "standard output");
	return failed;
}

int command_ledger(int argc, char **argv)
{
	struct options options;
	struct error error;
	int status = EXIT_USAGE;
	if (options_parse(&options, COMMAND_LEDGER, argc, argv, &error) == 0) {
		status = EXIT_DONE;
		if (options.help) {
			usage();
		} else if (options.files.n) {
			error_set(&error, "ledger takes no files");
			status = EXIT_USAGE;
		} else if (show(&options, &error)) {
			status = EXIT_FAILED;
		}
	}
	if (status)
		fprintf(stderr, "veiltally: %s\n", error.text);
	options_release(&options);
	return status;
}
