/* drop.c: takes back what should not have been counted: a day, or what is known of a source's
 * files. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cli/command.h"
#include "cli/ledger_entry.h"
#include "cli/period.h"
#include "cli/state.h"

static void usage(void)
{
	puts("usage: veiltally drop --day YYYY-MM-DD | --source NAME [OPTION...]\n\n"
	     "Takes a wrong import back. --day removes the figures of a day, as if it had never "
	     "been "
	     "counted;\n--source forgets how far the files of a source were read, so that the next "
	     "run "
	     "counts them\nagain (\"\" for files that were named by hand). Both leave a row in the "
	     "ledger. The security\nlog stays as it is.\n");
	options_help(COMMAND_DROP);
}

static int agree(const struct options *options)
{
	char answer[16] = "";
	if (options->yes)
		return 1;
	fprintf(stderr, "Really drop %s%s from %s? This cannot be undone. [y/N] ",
		options->day ? "" : "source ", options->day ? options->day : options->source,
		options->state);
	return fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

static int write_ledger(const struct options *options, struct error *error)
{
	char subject[300];
	snprintf(subject, sizeof(subject), "%s %s", options->day ? "day" : "source",
		 options->day ? options->day : options->source);
	return ledger_entry(options->state, LEDGER_DROP, subject, options->reason, error);
}

/* What `each` is done to for every file of a source; -1 when it has none. */
static int each_file(struct store *store, const char *name,
		     int (*each)(struct store *store, int64_t id, struct error *error),
		     struct error *error)
{
	struct mark *marks;
	size_t n, found = 0;
	int failed = 0;
	if (store_marks(store, &marks, &n, error))
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (!failed && strcmp(marks[i].source, name) == 0) {
			failed = each ? each(store, marks[i].id, error) : 0;
			found++;
		}
		mark_release(&marks[i]);
	}
	free(marks);
	if (!failed && !found)
		return error_set(error, "no file of source \"%s\" was ever read", name);
	return failed;
}

static int drop_source(struct store *store, const char *name, struct error *error)
{
	if (store_begin(store, error))
		return -1;
	if (!each_file(store, name, store_drop_mark, error) && !store_commit(store, error))
		return 0;
	store_rollback(store);
	return -1;
}

/* Asked before anything is written: the ledger says what was done. */
static int check(struct state *state, const struct options *options, int32_t day,
		 struct error *error)
{
	if (!options->day)
		return each_file(session_store(state->session), options->source, NULL, error);
	return session_knows(state->session, day)
		   ? 0
		   : error_set(error, "nothing of %s is in the state", options->day);
}

static int drop(struct state *state, const struct options *options, struct error *error)
{
	int32_t day = 0;
	int status = state_open(state, options, STATE_WRITE, error);
	if (status)
		return status;
	if (options->day && period_parse_day(options->day, &day, error))
		return EXIT_USAGE;
	if (check(state, options, day, error))
		return EXIT_FAILED;
	if (!agree(options)) {
		error_set(error, "nothing was dropped");
		return EXIT_FAILED;
	}
	if (write_ledger(options, error))
		return EXIT_FAILED;
	int failed = options->day
			 ? session_drop(state->session, day, error)
			 : drop_source(session_store(state->session), options->source, error);
	return failed ? EXIT_FAILED : EXIT_DONE;
}

int command_drop(int argc, char **argv)
{
	struct options options;
	struct state state = {0};
	struct error error;
	int status = EXIT_USAGE;
	if (options_parse(&options, COMMAND_DROP, argc, argv, &error) == 0) {
		if (options.help) {
			usage();
			status = EXIT_DONE;
		} else if (!options.day == !options.source) {
			error_set(&error, "name either --day or --source");
		} else {
			status = drop(&state, &options, &error);
			state_close(&state);
		}
	}
	if (status)
		fprintf(stderr, "veiltally: %s\n", error.text);
	options_release(&options);
	return status;
}
