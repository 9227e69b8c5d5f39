/*
 * options.h: what the user asked for: the command line over the configuration file over defaults,
 * from one table that also prints the help (options.c).
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_REJECTED = 3, EXIT_REFUSED = 4 };

#define OPTIONS_CONFIG "/etc/veiltally/veiltally.conf"
#define OPTIONS_STATE  "/var/lib/veiltally"

struct arena;

struct option_list {
	const char **all;
	size_t n;
};

struct option_section { /* [source NAME] of the configuration file */
	const char *name;
	struct option_list files; /* paths and globs */
	const char *log_format;	  /* NULL: detected */
	const char *site;	  /* NULL: the one of [general] */
	struct option_list trusted;
};

/* Texts that nobody gave and that have no default are NULL. */
struct options {
	const char *format, *output, *log_format, *tz, *since, *until, *site, *visitor, *stats,
	    *gate;
	const char *default_site; /* [general] site: of sources that name none */
	const char *config;	  /* the file that was read; NULL: none was */
	const char *state;	  /* directory */
	const char *keys;	  /* directory; NULL: "keys" in the state */
	const char *escrow;	  /* certificate (PEM); NULL: no escrow */
	const char *address_mode;
	const char *security_log; /* NULL: none is written */
	const char *security_format, *security_scope;
	const char *grace; /* see options_grace */
	const char *key;   /* private key (PEM) */
	const char *kid;   /* 16 hex digits */
	const char *reason;
	const char *destroy, *day; /* YYYY-MM-DD */
	const char *source;
	struct option_list geo, trusted, exclude, routes, public, goals, query, audit_allow;
	uint64_t min_visitors, memory, threads, max_line, chunk, top, visit_timeout, width;
	uint64_t retention_days;	   /* of the security log; 0: for ever */
	uint64_t trend_days, trend_months; /* of the trend store; 0: for ever */
	uint64_t max_open_days;
	uint64_t wait_seconds; /* for another process to let go of the state */
	double max_rejected;   /* per cent */
	bool quiet, no_progress, help, ascii, zlib, yes, dry_run;
	bool security_gzip, audit_all;
	const char *color;
	struct option_list files;
	struct option_section *sections;
	size_t sections_n;
	struct arena *texts; /* holds what came from the configuration file */
};

/* Commands are bits, so that a row can say which of them know it. */
enum {
	COMMAND_REPORT = 1 << 0,
	COMMAND_CHECK = 1 << 1,
	COMMAND_RUN = 1 << 2,
	COMMAND_CLOSE = 1 << 3,
	COMMAND_KEYS = 1 << 4,
	COMMAND_REVEAL = 1 << 5,
	COMMAND_LEDGER = 1 << 6,
	COMMAND_AUDIT = 1 << 7,
	COMMAND_DROP = 1 << 8
};

/*
 * Reads argv behind the command's name, then the configuration file for the commands that use one:
 * the file named by --config, else OPTIONS_CONFIG where it exists. `report FILE...` and `check
 * FILE...` read no file but a named one, so that what they say does not depend on the machine. What
 * the command line gives wins; a list given there replaces the file's. Values are read by the code
 * that will use them, so what is accepted here is good in form; files and directories are not
 * looked at.
 *
 * Texts are borrowed from argv or live until options_release. Returns -1 with a message for unknown
 * options, missing or bad values ("--tz: ..." or "FILE:LINE: ..."); nothing is printed. In any case
 * options_release is to be called.
 */
int options_parse(struct options *options, unsigned command, int argc, char **argv,
		  struct error *error);
/* Appends a borrowed string; -1 when memory is out. */
int option_list_add(struct option_list *list, const char *value);

void options_release(struct options *options);

/* How long after its end a day stays open, in seconds; -1 is "manual". 0, or -1 for a text that
 * options_parse would have refused. */
int options_grace(const struct options *options, int64_t *ret_seconds);

/* Prints the options of a command, one line each. */
void options_help(unsigned command);

#endif
