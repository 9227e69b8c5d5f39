/* options.c: the command line, and what becomes of it and the configuration file. */
#include "cli/options.h"
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/arena.h"
#include "cli/config.h"
#include "cli/option_row.h"
#include "cli/option_value.h"

/* Behind all letters: what getopt calls a row is this and its index. */
enum { LONG_BASE = 256 };

int option_list_add(struct option_list *list, const char *value)
{
	const char **all = realloc(list->all, (list->n + 1) * sizeof(*all));
	if (!all)
		return -1;
	list->all = all;
	list->all[list->n++] = value;
	return 0;
}

static void set_defaults(struct options *options)
{
	*options = (struct options){
	    .format = "text",
	    .state = OPTIONS_STATE,
	    .tz = "UTC",
	    .gate = "run",
	    .grace = "36h",
	    .address_mode = "pseudonym",
	    .security_format = "combined",
	    .security_scope = "all",
	    .security_gzip = true,
	    .color = "auto",
	    .min_visitors = 5,
	    .memory = 256 << 20,
	    .max_line = 1 << 20,
	    .chunk = 256 << 10,
	    .top = 10,
	    .visit_timeout = 1800,
	    .max_rejected = 5,
	    .max_open_days = 10000,
	    .wait_seconds = 30,
	    .retention_days = 180,
	};
}

static bool takes(const struct option_row *row, unsigned command)
{
	return row->name && (row->commands & command);
}

/* getopt_long's own tables, made from ours. */
static void make_tables(unsigned command, struct option longs[OPTION_ROWS + 1],
			char shorts[2 * OPTION_ROWS + 3])
{
	size_t n = 0, s = 0;
	shorts[s++] = ':';
	for (size_t i = 0; i < OPTION_ROWS; i++) {
		const struct option_row *row = option_row(i);
		if (!takes(row, command))
			continue;
		longs[n++] =
		    (struct option){row->name, row->argument ? 1 : 0, NULL, LONG_BASE + (int)i};
		if (!row->letter)
			continue;
		shorts[s++] = row->letter;
		if (row->argument)
			shorts[s++] = ':';
	}
	longs[n] = (struct option){0};
	shorts[s] = '\0';
}

static size_t find_row(int code)
{
	size_t i = 0;
	if (code >= LONG_BASE)
		return (size_t)(code - LONG_BASE);
	while (option_row(i)->letter != code)
		i++;
	return i;
}

/* The command line; given[i]: row i is on it. */
static int parse_arguments(struct options *options, unsigned command, int argc, char **argv,
			   bool given[OPTION_ROWS], struct error *error)
{
	struct option longs[OPTION_ROWS + 1];
	char shorts[2 * OPTION_ROWS + 3];
	int code;
	make_tables(command, longs, shorts);
	opterr = 0;
	optind = 1;
	while ((code = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		if (code == '?')
			return error_set(error, "unknown option: %s", argv[optind - 1]);
		if (code == ':')
			return error_set(error, "%s needs a value", argv[optind - 1]);
		size_t i = find_row(code);
		const struct option_row *row = option_row(i);
		if (option_value_set(row, row->argument ? optarg : NULL, (char *)options + row->at,
				     error))
			return error_prefix(error, "--%s", row->name);
		given[i] = true;
	}
	for (int i = optind; i < argc; i++)
		if (option_list_add(&options->files, argv[i]))
			return error_set(error, "out of memory");
	return 0;
}

/* Which configuration file to read; NULL: none. */
static const char *config_of(const struct options *options, unsigned command)
{
	if (options->config)
		return options->config;
	if (command & COMMAND_AUDIT ||
	    (command & (COMMAND_REPORT | COMMAND_CHECK) && options->files.n))
		return NULL;
	return access(OPTIONS_CONFIG, F_OK) == 0 || errno != ENOENT ? OPTIONS_CONFIG : NULL;
}

int options_parse(struct options *options, unsigned command, int argc, char **argv,
		  struct error *error)
{
	bool given[OPTION_ROWS] = {false};
	set_defaults(options);
	if (parse_arguments(options, command, argc, argv, given, error))
		return -1;
	if (options->help)
		return 0;
	options->config = config_of(options, command);
	return options->config ? config_load(options, given, error) : 0;
}

int options_grace(const struct options *options, int64_t *ret_seconds)
{
	return option_value_grace(options->grace, ret_seconds);
}

void options_release(struct options *options)
{
	for (size_t i = 0; i < OPTION_ROWS; i++) {
		const struct option_row *row = option_row(i);
		if (row->name && option_row_is_list(row))
			free(((struct option_list *)(void *)((char *)options + row->at))->all);
	}
	for (size_t i = 0; i < options->sections_n; i++) {
		free(options->sections[i].files.all);
		free(options->sections[i].trusted.all);
	}
	free(options->sections);
	free(options->files.all);
	arena_free(options->texts);
}

void options_help(unsigned command)
{
	enum { COLUMN = 30 };
	for (size_t i = 0; i < OPTION_ROWS; i++) {
		const struct option_row *row = option_row(i);
		char left[64];
		if (!row->help || !takes(row, command))
			continue;
		snprintf(left, sizeof(left), "%c%c%s --%s %s", row->letter ? '-' : ' ',
			 row->letter ? row->letter : ' ', row->letter ? "," : " ", row->name,
			 row->argument ? row->argument : "");
		printf("  %-*s", COLUMN, left);
		/* Longer ones have the line to themselves. */
		if (strlen(left) >= COLUMN)
			printf("\n  %*s", COLUMN, "");
		for (const char *p = row->help; *p; p++) {
			putchar(*p);
			if (*p == '\n')
				printf("  %*s", COLUMN, "");
		}
		putchar('\n');
	}
}
