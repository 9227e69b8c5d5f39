#include "cli/options.h"
#include <ctype.h>
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { KIND_TEXT, KIND_LIST, KIND_FLAG, KIND_NUMBER, KIND_SIZE, KIND_SECONDS, KIND_PERCENT };

struct option_row {
	const char *name;
	char letter;
	const char *argument; /* NULL: a flag */
	const char *help;     /* NULL: works but is not advertised (tests) */
	enum kind kind;
	unsigned commands;
	size_t at;
	uint64_t least;
};

#define AT(field) offsetof(struct options, field)
enum { BOTH = COMMAND_REPORT | COMMAND_CHECK };

static const struct option_row rows[] = {
    {"format", 'f', "FORMAT", "text (default), json, csv or html", KIND_TEXT, COMMAND_REPORT,
     AT(format), 0},
    {"output", 'o', "FILE", "write the report to FILE", KIND_TEXT, COMMAND_REPORT, AT(output), 0},
    {"log-format", 'l', "FORMAT",
     "a name (see `veiltally formats`), the server's own log_format, LogFormat or\n"
     "log-format string, or 'json: time=ts, addr=ip, ...'; detected when not given",
     KIND_TEXT, BOTH, AT(log_format), 0},
    {"geo", 'g', "FILE", "MaxMind DB with countries, cities or AS numbers; may be repeated",
     KIND_LIST, COMMAND_REPORT, AT(geo), 0},
    {"trusted-proxy", 0, "CIDR", "believe X-Forwarded-For from this proxy; may be repeated",
     KIND_LIST, COMMAND_REPORT, AT(trusted), 0},
    {"tz", 0, "ZONE", "time zone of days and hours (default UTC)", KIND_TEXT, BOTH, AT(tz), 0},
    {"since", 0, "DATE", "count from YYYY-MM-DD[THH:MM[:SS]] on", KIND_TEXT, COMMAND_REPORT,
     AT(since), 0},
    {"until", 0, "DATE", "count up to this time; a day is counted whole", KIND_TEXT, COMMAND_REPORT,
     AT(until), 0},
    {"site", 0, "HOST",
     "count this virtual host only; a log without hosts is its log, and\nreferrers of the same "
     "host are internal",
     KIND_TEXT, COMMAND_REPORT, AT(site), 0},
    {"exclude", 'x', "WHAT",
     "leave out /PATH..., an address range, or agents that contain WHAT;\nmay be repeated",
     KIND_LIST, COMMAND_REPORT, AT(exclude), 0},
    {"route", 0, "PATTERN",
     "show /crew/anna as /crew/{name}: PATTERN is /crew/{name}; may be repeated", KIND_LIST,
     COMMAND_REPORT, AT(routes), 0},
    {"public", 0, "PREFIX", "pages below PREFIX never name people; may be repeated", KIND_LIST,
     COMMAND_REPORT, AT(public), 0},
    {"goal", 0, "GOAL", "'purchase=POST /checkout/complete; amount=query:total'; may be repeated",
     KIND_LIST, COMMAND_REPORT, AT(goals), 0},
    {"visitor", 0, "cookie:NAME", "tell visitors apart by this cookie where the log has it",
     KIND_TEXT, BOTH, AT(visitor), 0},
    {"visit-timeout", 0, "TIME", "a pause that ends a visit (default 30m)", KIND_SECONDS,
     COMMAND_REPORT, AT(visit_timeout), 1},
    {"min-visitors", 'k', "K", "name what at least K addresses have in common (default 5)",
     KIND_NUMBER, COMMAND_REPORT, AT(min_visitors), 1},
    {"gate", 0, "run|day", "apply that to the whole run (default) or to each day", KIND_TEXT,
     COMMAND_REPORT, AT(gate), 0},
    {"top", 'n', "N", "rows per panel in text and html (default 10, 0 = all)", KIND_NUMBER,
     COMMAND_REPORT, AT(top), 0},
    {"memory", 0, "SIZE", "memory for tables and caches (default 256M)", KIND_SIZE, COMMAND_REPORT,
     AT(memory), 16 << 20},
    {"threads", 0, "N", "threads (default: the processors, at most 8)", KIND_NUMBER, COMMAND_REPORT,
     AT(threads), 1},
    {"max-line", 0, "SIZE", "longest line that is read (default 1M)", KIND_SIZE, BOTH, AT(max_line),
     256},
    {"max-rejected", 0, "PERCENT",
     "share of lines that may be unreadable before the exit status is 3\n(default 5)", KIND_PERCENT,
     COMMAND_REPORT, AT(max_rejected), 0},
    {"stats", 0, "FILE", "write the line balance as JSON; - is standard output", KIND_TEXT,
     COMMAND_REPORT, AT(stats), 0},
    {"color", 0, "WHEN", "auto (default), always or never", KIND_TEXT, COMMAND_REPORT, AT(color),
     0},
    {"width", 0, "N", "columns of the text report (default: the terminal's)", KIND_NUMBER,
     COMMAND_REPORT, AT(width), 40},
    {"ascii", 0, NULL, "no bars and arrows beyond ASCII", KIND_FLAG, COMMAND_REPORT, AT(ascii), 0},
    {"quiet", 'q', NULL, "no messages but errors", KIND_FLAG, BOTH, AT(quiet), 0},
    {"no-progress", 0, NULL, "no progress bar", KIND_FLAG, COMMAND_REPORT, AT(no_progress), 0},
    {"help", 'h', NULL, "print this", KIND_FLAG, BOTH, AT(help), 0},
    {"chunk", 0, "SIZE", NULL, KIND_SIZE, BOTH, AT(chunk), 1},
    {"zlib", 0, NULL, NULL, KIND_FLAG, BOTH, AT(zlib), 0},
};
enum { ROWS = sizeof(rows) / sizeof(*rows), LONG_BASE = 256 };

int option_list_add(struct option_list *list, const char *value)
{
	const char **all = realloc(list->all, (list->n + 1) * sizeof(*all));
	if (!all)
		return -1;
	list->all = all;
	list->all[list->n++] = value;
	return 0;
}

/* "256M", "1g", "65536"; false when it is none. */
static bool parse_scaled(const char *text, const char *letters, const uint64_t *factors,
			 uint64_t *ret)
{
	char *end;
	if (!isdigit((unsigned char)*text))
		return false;
	unsigned long long value = strtoull(text, &end, 10);
	uint64_t factor = 1;
	if (*end) {
		const char *letter = strchr(letters, tolower((unsigned char)*end));
		if (!letter || end[1])
			return false;
		factor = factors[letter - letters];
	}
	if (value > UINT64_MAX / 2 / factor)
		return false;
	*ret = value * factor;
	return true;
}

/* No count is meant to be larger; sizes and times may be. */
static uint64_t most(const struct option_row *row)
{
	return row->kind == KIND_NUMBER	   ? 1000000
	       : row->kind == KIND_SECONDS ? 30 * 86400
					   : 1ull << 40;
}

static bool parse_value(const struct option_row *row, const char *value, void *field)
{
	static const uint64_t sizes[] = {1 << 10, 1 << 20, 1 << 30},
			      seconds[] = {1, 60, 3600, 86400};
	uint64_t number = 0;
	char *end;
	bool good = true;
	switch (row->kind) {
	case KIND_TEXT:
		*(const char **)field = value;
		return *value != '\0';
	case KIND_FLAG:
		*(bool *)field = true;
		return true;
	case KIND_LIST:
		return *value && option_list_add(field, value) == 0;
	case KIND_PERCENT:
		*(double *)field = strtod(value, &end);
		return end != value && (!*end || strcmp(end, "%") == 0) && *(double *)field >= 0 &&
		       *(double *)field <= 100;
	case KIND_NUMBER:
		good = parse_scaled(value, "", NULL, &number);
		break;
	case KIND_SIZE:
		good = parse_scaled(value, "kmg", sizes, &number);
		break;
	case KIND_SECONDS:
		good = parse_scaled(value, "smhd", seconds, &number);
		break;
	}
	if (good)
		*(uint64_t *)field = number;
	return good && number >= row->least && number <= most(row);
}

static void set_defaults(struct options *options)
{
	*options = (struct options){
	    .format = "text",
	    .tz = "UTC",
	    .gate = "run",
	    .color = "auto",
	    .min_visitors = 5,
	    .memory = 256 << 20,
	    .max_line = 1 << 20,
	    .chunk = 256 << 10,
	    .top = 10,
	    .visit_timeout = 1800,
	    .max_rejected = 5,
	};
}

/* getopt_long's own tables, made from ours. */
static void make_tables(unsigned command, struct option longs[ROWS + 1], char shorts[2 * ROWS + 3])
{
	size_t n = 0, s = 0;
	shorts[s++] = ':';
	for (size_t i = 0; i < ROWS; i++) {
		if (!(rows[i].commands & command))
			continue;
		longs[n++] = (struct option){rows[i].name, rows[i].argument ? 1 : 0, NULL,
					     LONG_BASE + (int)i};
		if (!rows[i].letter)
			continue;
		shorts[s++] = rows[i].letter;
		if (rows[i].argument)
			shorts[s++] = ':';
	}
	longs[n] = (struct option){0};
	shorts[s] = '\0';
}

static const struct option_row *find_row(int code)
{
	if (code >= LONG_BASE)
		return &rows[code - LONG_BASE];
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].letter == code)
			return &rows[i];
	return NULL;
}

static int bad_value(const struct option_row *row, struct error *error)
{
	if (row->kind == KIND_NUMBER || row->kind == KIND_SIZE || row->kind == KIND_SECONDS)
		return error_set(error, "--%s: not a good value: %s (from %llu to %llu%s)",
				 row->name, optarg, (unsigned long long)row->least,
				 (unsigned long long)most(row),
				 row->kind == KIND_SIZE	     ? " bytes"
				 : row->kind == KIND_SECONDS ? " seconds"
							     : "");
	return error_set(error, "--%s: not a good value: %s", row->name, optarg);
}

int options_parse(struct options *options, unsigned command, int argc, char **argv,
		  struct error *error)
{
	struct option longs[ROWS + 1];
	char shorts[2 * ROWS + 3];
	int code;
	set_defaults(options);
	make_tables(command, longs, shorts);
	opterr = 0;
	optind = 1;
	while ((code = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		if (code == '?')
			return error_set(error, "unknown option: %s", argv[optind - 1]);
		if (code == ':')
			return error_set(error, "%s needs a value", argv[optind - 1]);
		const struct option_row *row = find_row(code);
		if (!parse_value(row, optarg, (char *)options + row->at))
			return bad_value(row, error);
	}
	for (int i = optind; i < argc; i++)
		if (option_list_add(&options->files, argv[i]))
			return error_set(error, "out of memory");
	return 0;
}

void options_release(struct options *options)
{
	free(options->geo.all);
	free(options->trusted.all);
	free(options->exclude.all);
	free(options->routes.all);
	free(options->public.all);
	free(options->goals.all);
	free(options->files.all);
}

void options_help(unsigned command)
{
	enum { COLUMN = 30 };
	for (size_t i = 0; i < ROWS; i++) {
		char left[64];
		if (!rows[i].help || !(rows[i].commands & command))
			continue;
		snprintf(left, sizeof(left), "%c%c%s --%s %s", rows[i].letter ? '-' : ' ',
			 rows[i].letter ? rows[i].letter : ' ', rows[i].letter ? "," : " ",
			 rows[i].name, rows[i].argument ? rows[i].argument : "");
		printf("  %-*s", COLUMN, left);
		for (const char *p = rows[i].help; *p; p++) {
			putchar(*p);
			if (*p == '\n')
				printf("  %*s", COLUMN, "");
		}
		putchar('\n');
	}
}
