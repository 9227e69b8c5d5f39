/*
 * options.h: what the user asked for, from one table that also prints the help.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_REJECTED = 3, EXIT_REFUSED = 4 };

struct option_list {
	const char **all;
	size_t n;
};

struct options {
	const char *format, *output, *log_format, *tz, *since, *until, *site, *visitor, *stats,
	    *gate;
	struct option_list geo, trusted, exclude, routes, public, goals;
	uint64_t min_visitors, memory, threads, max_line, chunk, top, visit_timeout, width;
	double max_rejected; /* per cent */
	bool quiet, no_progress, help, ascii, zlib;
	const char *color;
	struct option_list files;
};

/* Commands are bits, so that a row can say which of them know it. */
enum { COMMAND_REPORT = 1 << 0, COMMAND_CHECK = 1 << 1 };

/*
 * Reads argv behind the command's name. Strings are borrowed from argv. Returns -1 with a message
 * for unknown options, missing or bad values; nothing is printed.
 */
int options_parse(struct options *options, unsigned command, int argc, char **argv,
		  struct error *error);
/* Appends a borrowed string; -1 when memory is out. */
int option_list_add(struct option_list *list, const char *value);

void options_release(struct options *options);

/* Prints the options of a command, one line each. */
void options_help(unsigned command);

#endif
