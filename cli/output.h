/*
 * output.h: where a command writes: standard output, or a file that appears whole or not at all.
 */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <stdio.h>
#include "aggregate/tally/trend.h"
#include "base/error.h"

struct output {
	FILE *stream;
	const char *path; /* NULL: standard output */
	char *temporary;
};

/* `path` NULL or "-" is standard output. A file is written beside its place and renamed by
 * output_close. */
int output_open(struct output *output, const char *path, struct error *error);
int output_close(struct output *output, struct error *error);
void output_abandon(struct output *output);

/* The line balance as one JSON object: lines, counted, excluded, rejected, seconds, bytes. */
int output_stats(const char *path, const struct balance *balance, double seconds,
		 struct error *error);

#endif
