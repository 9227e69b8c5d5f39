/* check.c: names the format of log files and explains lines that cannot be read, without showing
 * them; without files, looks at the configuration and what it names. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "base/zone.h"
#include "cli/check_config.h"
#include "cli/command.h"
#include "cli/options.h"
#include "ingest/format.h"
#include "ingest/inspect.h"

static void usage(void)
{
	puts("usage: veiltally check [OPTION...] [FILE...]\n\n"
	     "Names the format of each file and the share of lines it reads, and explains the "
	     "first lines\n"
	     "that cannot be read by position and reason. No byte of a log is printed.\n\n"
	     "Without FILE, or with --config: reads the configuration and looks at everything it "
	     "names.\n");
	options_help(COMMAND_CHECK);
}

static void print_inspection(const struct source *source, const struct inspection *found)
{
	uint64_t data = found->lines - found->blank - found->directives;
	double share = data ? 100.0 * (double)found->readable / (double)data : 0;
	if (!source_format(source)) {
		printf("%s: empty\n", source_path(source));
		return;
	}
	printf("%s: %s, reads %llu of %llu lines (%.2f %%)", source_path(source),
	       source_format(source), (unsigned long long)found->readable, (unsigned long long)data,
	       share);
	if (found->blank)
		printf(", %llu blank", (unsigned long long)found->blank);
	if (found->directives)
		printf(", %llu directives", (unsigned long long)found->directives);
	putchar('\n');
	for (int i = REJECT_NONE + 1; i < REJECT__COUNT; i++)
		if (found->rejected[i])
			printf("  %llu rejected as %s: %s\n",
			       (unsigned long long)found->rejected[i], reject_name((enum reject)i),
			       reject_reason((enum reject)i));
	for (unsigned i = 0; i < found->shown; i++)
		printf("  line %llu (byte %llu): %s\n", (unsigned long long)found->first[i].line,
		       (unsigned long long)found->first[i].offset,
		       reject_name(found->first[i].reason));
}

static int check_file(const char *path, const struct source_options *options, double max_rejected)
{
	struct error error;
	struct inspection found;
	struct source *source = source_new(path, options, &error);
	if (!source) {
		fprintf(stderr, "veiltally: %s\n", error.text);
		return EXIT_FAILED;
	}
	int failed = inspect_source(source, options, &found, &error);
	print_inspection(source, &found);
	if (failed)
		fprintf(stderr, "veiltally: %s\n", error.text);
	source_free(source);
	uint64_t data = found.lines - found.blank - found.directives;
	if (failed)
		return EXIT_FAILED;
	return (double)(data - found.readable) * 100 > max_rejected * (double)data ? EXIT_REJECTED
										   : EXIT_DONE;
}

static int check(const struct options *options)
{
	struct error error;
	int status = EXIT_DONE;
	struct source_options source = {
	    .log_format = options->log_format,
	    .cookie = options->visitor ? options->visitor + strlen("cookie:") : NULL,
	    .max_line = (size_t)options->max_line,
	    .chunk = (size_t)options->chunk,
	    .now = (int64_t)time(NULL),
	    .zlib = options->zlib,
	};
	if (zone_set(options->tz, &error)) {
		fprintf(stderr, "veiltally: %s\n", error.text);
		return EXIT_USAGE;
	}
	if (options->config)
		status = check_config(options, &source);
	for (size_t i = 0; i < options->files.n; i++) {
		int found = check_file(options->files.all[i], &source, options->max_rejected);
		if (status == EXIT_DONE || found == EXIT_FAILED)
			status = found;
	}
	return status;
}

int command_check(int argc, char **argv)
{
	struct options options;
	struct error error;
	int status = EXIT_USAGE;
	if (options_parse(&options, COMMAND_CHECK, argc, argv, &error)) {
		fprintf(stderr, "veiltally: %s\nTry `veiltally check --help`.\n", error.text);
	} else if (options.help) {
		usage();
		status = EXIT_DONE;
	} else if (!options.files.n && !options.config) {
		fputs("veiltally: no log files named, and there is no " OPTIONS_CONFIG "\n"
		      "usage: veiltally check [OPTION...] [FILE...]\n",
		      stderr);
	} else {
		status = check(&options);
	}
	options_release(&options);
	return status;
}

int command_formats(int argc, char **argv)
{
	const char *summary, *name;
	(void)argv;
	if (argc > 1) {
		fputs("usage: veiltally formats\n", stderr);
		return EXIT_USAGE;
	}
	for (size_t i = 0; (name = format_list(i, &summary)); i++)
		printf("%-22s %s\n", name, summary);
	return EXIT_DONE;
}
