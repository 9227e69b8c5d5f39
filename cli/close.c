/* close.c: closes days by hand, which `--grace manual` leaves to it. */
#include <stdio.h>
#include "cli/command.h"
#include "cli/period.h"
#include "cli/state.h"

static void usage(void)
{
	puts("usage: veiltally close [OPTION...]\n\n"
	     "Closes open days now: their figures go through the gate into the trend store, their "
	     "keys "
	     "are\ndestroyed. Without --day all open days. Lines of a closed day that come later "
	     "are "
	     "excluded.\n");
	options_help(COMMAND_CLOSE);
}

static int close_days(struct state *state, const struct options *options, struct error *error)
{
	int32_t day = INT32_MIN;
	size_t n;
	int status = state_open(state, options, STATE_WRITE, error);
	if (status)
		return status;
	if (options->day && period_parse_day(options->day, &day, error))
		return EXIT_USAGE;
	if (session_close(state->session, day, &n, error))
		return EXIT_FAILED;
	if (options->day && !n) {
		error_set(error, "%s is not open", options->day);
		return EXIT_FAILED;
	}
	if (!options->quiet)
		printf("%zu %s closed\n", n, n == 1 ? "day" : "days");
	return EXIT_DONE;
}

int command_close(int argc, char **argv)
{
	struct options options;
	struct state state = {0};
	struct error error;
	int status = EXIT_USAGE;
	if (options_parse(&options, COMMAND_CLOSE, argc, argv, &error) == 0) {
		if (options.help) {
			usage();
			status = EXIT_DONE;
		} else {
			status = close_days(&state, &options, &error);
			state_close(&state);
		}
	}
	if (status)
		fprintf(stderr, "veiltally: %s\n", error.text);
	options_release(&options);
	return status;
}
