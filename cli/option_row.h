/*
 * option_row.h: a row of the table of options: one setting, on the command line, in the
 * configuration file, or both. For options.c, which has the table, and config.c.
 */
#ifndef CLI_OPTION_ROW_H
#define CLI_OPTION_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"

enum option_kind {
	KIND_TEXT,    /* const char * */
	KIND_PATH,    /* the same; in the configuration file it must be absolute */
	KIND_CHOICE,  /* the same: one of the words of `argument` */
	KIND_LIST,    /* struct option_list: may be repeated */
	KIND_PATHS,   /* the same, of paths */
	KIND_FLAG,    /* bool */
	KIND_NUMBER,  /* uint64_t, as are the next two */
	KIND_SIZE,    /* bytes: 64K, 256M, 1G */
	KIND_SECONDS, /* 90, 30m, 36h, 2d */
	KIND_PERCENT  /* double */
};

struct option_row {
	const char *name; /* long name on the command line; NULL: configuration file only */
	char letter;	  /* short name, or 0 */
	const char
	    *argument;	  /* what to call the value; NULL: a flag. "a|b" are KIND_CHOICE's words */
	const char *help; /* NULL: works but is not advertised (tests) */
	enum option_kind kind;
	unsigned commands;	   /* COMMAND_... that take it on their command line */
	size_t at;		   /* in struct options */
	uint64_t least;		   /* of a number */
	const char *section, *key; /* in the configuration file; NULL: command line only */
	size_t section_at;	   /* of keys of [source NAME] and [goal NAME]: in option_section,
				      option_goal */
	/* Looks closer at a text: -1 with the reason. */
	int (*check)(const char *value, struct error *error);
};

struct option_goal { /* [goal NAME] while it is read; what comes of it is a goal as --goal has it */
	const char *name, *match, *amount;
};

enum { OPTION_ROWS = 62 };

/* The i-th row, i < OPTION_ROWS, in the order of the help. */
const struct option_row *option_row(size_t i);

static inline bool option_row_is_list(const struct option_row *row)
{
	return row->kind == KIND_LIST || row->kind == KIND_PATHS;
}

#endif
