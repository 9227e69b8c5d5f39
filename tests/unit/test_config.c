#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Commands are not in the library; the table is looked at, too. */
#include "aggregate/veil/pseudonym.h"
#include "cli/config.c"
#include "cli/option_row.c"
#include "cli/option_value.c"
#include "cli/options.c"

static char path[] = "/tmp/veiltally-config-XXXXXX";

static void make_file(void)
{
	int fd = mkstemp(path);
	cr_assert(fd >= 0);
	close(fd);
}

static void drop_file(void)
{
	unlink(path);
}

TestSuite(config, .init = make_file, .fini = drop_file);

static void write_file(const char *text, size_t n)
{
	FILE *file = fopen(path, "wb");
	cr_assert(file && fwrite(text, 1, n, file) == n && fclose(file) == 0);
}

/* Parses "run -c FILE ARGS…" with the text in FILE. */
static int parse(struct options *options, const char *text, struct error *error, char *more[])
{
	char *argv[16] = {(char *)"run", (char *)"-c", path};
	int argc = 3;
	write_file(text, strlen(text));
	while (more && *more)
		argv[argc++] = *more++;
	error->text[0] = '\0';
	return options_parse(options, COMMAND_RUN, argc, argv, error);
}

/* ---- what is refused, where, and why ------------------------------------------------------ */

#define HUNDRED                                                                  \
	"0123456789012345678901234567890123456789012345678901234567890123456789" \
	"012345678901234567890123456789"

static const struct {
	const char *name, *text;
	unsigned line; /* 0: it is fine */
	const char *reason;
} refusals[] = {
    {"nothing", "", 0, ""},
    {"comments and blank lines", "# a\n; b\n\n  \t\n   # c\n", 0, ""},
    {"an empty section", "[general]\n", 0, ""},
    {"no newline at the end", "[general]\nmin_visitors = 7", 0, ""},
    {"carriage returns", "[general]\r\nmin_visitors = 7\r\n", 0, ""},
    {"a byte order mark", "\xef\xbb\xbf[general]\nmin_visitors = 7\n", 0, ""},
    {"a colon", "[general]\nmin_visitors: 7\n", 0, ""},
    {"indented keys", "[general]\n  min_visitors = 7\n\ttz = UTC\n", 0, ""},
    {"indented header", "  [general]\n", 0, ""},
    {"a comment behind a header", "[general] # x\n[veil];y\n", 0, ""},
    {"unknown section", "[general]\n[generals]\n", 2, "there is no section [generals]"},
    {"unknown section without keys", "\n\n[x]\n", 3, "there is no section [x]"},
    {"empty section name", "[]\n", 1, "there is no section []"},
    {"section twice", "[general]\n[veil]\n[general]\n", 3, "is there already, in line 1"},
    {"source twice", "[source a]\nfiles=/a\n\n[source a]\nfiles=/b\n", 4, "in line 1"},
    {"two sources", "[source a]\nfiles=/a\n\n[source b]\nfiles=/b\n", 0, ""},
    {"a name where none belongs", "[general x]\n", 1, "takes no name"},
    {"no name where one belongs", "[source]\nfiles=/a\n", 1, "needs a name"},
    {"a name with other bytes", "[source a=b]\nfiles=/a\n", 1, "needs a name"},
    {"a long name", "[source " HUNDRED "]\nfiles=/a\n", 1, "at most 40 bytes"},
    {"text behind a header", "[general] tz = UTC\n", 1, "nothing else"},
    {"header without end", "[general\n", 1, "nothing else"},
    {"key before any section", "tz = UTC\n", 1, "before the first [section]"},
    {"unknown key", "[general]\ntz = UTC\ncolour = red\n", 3, "there is no colour in [general]"},
    {"a key of another section", "[general]\nroute = /x/{n}\n", 2,
     "not belong in [general] but in [veil]"},
    {"a key of a source", "[veil]\nfiles = /x\n", 2, "but in [source NAME]"},
    {"an option's name is no key", "[general]\nmin-visitors = 7\n", 2, "there is no min-visitors"},
    {"key twice", "[general]\ntz = UTC\nmemory = 1G\ntz = UTC\n", 4,
     "tz is there already, in line 2"},
    {"key twice in a source", "[source a]\nfiles=/a\nsite=a\nsite=b\n", 4, "in line 3"},
    {"the same key in two sources", "[source a]\nfiles=/a\nsite=a\n[source b]\nfiles=/b\nsite=a\n",
     0, ""},
    {"a list", "[veil]\nroute = /a/{n}\nroute = /b/{n}\n", 0, ""},
    {"a list with the same value twice", "[veil]\nroute = /a/{n}\nroute = /a/{n}\n", 3,
     "the same value again"},
    {"no value", "[general]\ntz =\n", 2, "needs a value"},
    {"no =", "[general]\ntz UTC\n", 2, "neither [section] nor key = value"},
    {"no =, and a bad line behind it", "[general]\ntz UTC\ntz = No/Such\n", 2, "neither"},
    {"a bad line before one without =", "[general]\ntz = No/Such\ntz UTC\n", 2, "No/Such"},
    {"no key", "[general]\n= 5\n", 2, "there is no  in [general]"},
    {"a bad number", "[general]\nmin_visitors = five\n", 2, "not a good value: five"},
    {"a number too small", "[general]\nmin_visitors = 0\n", 2, "from 1 to"},
    {"a number with a comment", "[general]\nmin_visitors = 7 ; seven\n", 2, "7 ; seven"},
    {"a negative number", "[general]\nthreads = -1\n", 2, "not a good value"},
    {"a bad size", "[general]\nmemory = 256 M\n", 2, "bytes"},
    {"a size too small", "[general]\nmemory = 1M\n", 2, "from 16777216"},
    {"a bad time", "[general]\nvisit_timeout = 30 min\n", 2, "seconds"},
    {"a bad share", "[general]\nmax_rejected = 101\n", 2, "from 0 to 100"},
    {"a share of no number", "[general]\nmax_rejected = nan\n", 2, "from 0 to 100"},
    {"a share in per cent", "[general]\nmax_rejected = 2.5%\n", 0, ""},
    {"a bad zone", "[general]\ntz = Europe/Bärlin\n", 2, "Europe/B"},
    {"a bad grace", "[general]\ngrace = soon\n", 2, "not a duration: soon"},
    {"a grace beyond reason", "[general]\ngrace = 367d\n", 2, "at most 366d"},
    {"a manual grace", "[general]\ngrace = manual\n", 0, ""},
    {"a relative path", "[general]\nstate = veiltally\n", 2, "not an absolute path"},
    {"a relative file", "[source a]\nfiles = log/*.log\n", 2, "not an absolute path"},
    {"a bad log format", "[source a]\nfiles=/a\nlog_format = no-such-format\n", 3, "log_format: "},
    {"a bad proxy", "[source a]\nfiles=/a\ntrusted_proxy = 192.0.2.0/99\n", 3, "trusted_proxy: "},
    {"two proxies in one line", "[source a]\nfiles=/a\ntrusted_proxy = 192.0.2.1, 192.0.2.2\n", 3,
     "trusted_proxy: "},
    {"a source without files", "[general]\n[source a]\nsite = x\n[veil]\n", 2,
     "[source a] has no files"},
    {"the last source without files", "[source a]\nsite = x\n", 1, "[source a] has no files"},
    {"a bad mode", "[veil]\naddress_mode = plain\n", 2, "not one of pseudonym|prefix|mask|drop"},
    {"half a word", "[veil]\naddress_mode = prefi\n", 2, "not one of"},
    {"two words", "[veil]\naddress_mode = mask|drop\n", 2, "not one of"},
    {"a bad route", "[veil]\nroute = crew\n", 2, "route: "},
    {"a bad public prefix", "[veil]\npublic = crew\n", 2, "public: "},
    {"a bad query name", "[veil]\nquery = a&b\n", 2, "query: "},
    {"a bad visitor key", "[veil]\nvisitor = sid\n", 2, "cookie:NAME"},
    {"a bad range to leave out", "[veil]\nexclude = address:x\n", 2, "exclude: "},
    {"a goal", "[goal buy]\nmatch = POST /buy\namount = query:sum\n", 0, ""},
    {"a goal without what", "\n[goal buy]\namount = query:sum\n", 2, "[goal buy] has no match"},
    {"a bad goal", "[goal buy]\nmatch = buy\n", 1, "goal"},
    {"a bad amount", "[goal buy]\nmatch = /buy\namount = sum\n", 1, "goal"},
    {"a goal in a goal", "[goal buy]\nmatch = /buy; amount=query:a\n", 2, "no ';'"},
    {"flagged", "[security-log]\nscope = flagged\n", 2, "comes with detection"},
    {"a bad flag", "[security-log]\ngzip = 2\n", 2, "not yes or no: 2"},
    {"a control byte", "[general]\ntz = U\x01TC\n", 2, "control byte"},
    {"a carriage return inside", "[general]\ntz = U\rTC\n", 2, "control byte"},
    {"a delete", "[general]\ntz = U\x7fTC\n", 2, "control byte"},
    {"what is no configuration", "\x1f\x8b\x08", 1, "control byte"},
};

Test(config, refusals)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++) {
		struct options options;
		struct error error;
		char place[64] = "";
		int failed = parse(&options, refusals[i].text, &error, NULL);
		options_release(&options);
		if (refusals[i].line)
			snprintf(place, sizeof(place), "%s:%u: ", path, refusals[i].line);
		cr_expect(failed == (refusals[i].line ? -1 : 0), "row %s: %s", refusals[i].name,
			  error.text);
		cr_expect(strncmp(error.text, place, strlen(place)) == 0 &&
			      strstr(error.text, refusals[i].reason),
			  "row %s: wanted %s...%s, got %s", refusals[i].name, place,
			  refusals[i].reason, error.text);
	}
}

Test(config, a_nul_byte_is_no_end)
{
	static const char text[] = "[general]\ntz = UTC\0\nnonsense\n";
	char *argv[] = {(char *)"run", (char *)"-c", path};
	struct options options;
	struct error error;
	write_file(text, sizeof(text) - 1);
	cr_expect(options_parse(&options, COMMAND_RUN, 3, argv, &error) == -1);
	cr_expect(strstr(error.text, ":2: holds a control byte"), "%s", error.text);
	options_release(&options);
}

/* Neither inih's buffer nor ours cuts a line in silence. */
Test(config, long_lines)
{
	static char text[2 * CONFIG_LINE_MAX];
	for (size_t n = CONFIG_LINE_MAX - 3; n <= CONFIG_LINE_MAX + 3; n++) {
		struct options options;
		struct error error;
		int at = snprintf(text, sizeof(text), "[veil]\n");
		memset(text + at, 'x', n);
		memcpy(text + at, "exclude = ", 10);
		text[(size_t)at + n] = '\0';
		int failed = parse(&options, text, &error, NULL);
		cr_expect(failed == (n > CONFIG_LINE_MAX ? -1 : 0), "%zu bytes: %s", n, error.text);
		cr_expect(failed ? strstr(error.text, ":2: the line is longer than") != NULL
				 : strlen(options.exclude.all[0]) == n - 10,
			  "%zu bytes: %s", n, error.text);
		options_release(&options);
	}
}

/* An inih that was built with a smaller buffer, or that takes ";" for a comment. */
Test(config, other_builds_of_inih)
{
	char line[2 * CONFIG_LINE_MAX] = "";
	struct options options = {.config = "F"};
	struct error error;
	struct reading reading = {.options = &options, .error = &error};
	reading.stream = fmemopen((char *)"a = 0123456789", 14, "r");
	cr_assert(reading.stream);
	cr_expect(next_line(line, 14, &reading) == NULL);
	cr_expect(strstr(error.text, "F:1: the line is longer than the 13 bytes inih takes"), "%s",
		  error.text);
	fclose(reading.stream);
	reading.failed = false;
	reading.section = &section_kinds[0];
	strcpy(reading.line, "tz = UTC ; x");
	cr_expect(take_value(&reading, "general", "tz", "UTC") == 0);
	cr_expect(strstr(error.text, "F:1: this inih cannot read a ';'"), "%s", error.text);
}

Test(config, files_that_cannot_be_read)
{
	static const struct {
		const char *file, *reason;
	} table[] = {
	    {"/tmp/no/such/file.conf", "No such file"},
	    {"/tmp", "Is a directory"},
	    {"/dev/null/x", "Not a directory"},
	    {"", "needs a value"},
	};
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		char *argv[] = {(char *)"run", (char *)"--config", (char *)table[i].file};
		struct options options;
		struct error error;
		cr_expect(options_parse(&options, COMMAND_RUN, 3, argv, &error) == -1, "row %s",
			  table[i].file);
		cr_expect(strstr(error.text, table[i].file) && strstr(error.text, table[i].reason),
			  "row %s: %s", table[i].file, error.text);
		options_release(&options);
	}
}

/* ---- what is read ------------------------------------------------------------------------- */

static const char everything[] = "[general]\n"
				 "state = /s t/\n"
				 "tz = Europe/Berlin\n"
				 "min_visitors = 6\n"
				 "grace = 2d\n"
				 "site = a.example\n"
				 "memory = 64M\n"
				 "[source one]\n"
				 "files = /var/log/a b/*.log\n"
				 "files = /var/log/c;d # e.log\n"
				 "log_format = $remote_addr [$time_local] \"$request\" ; $status\n"
				 "trusted_proxy = 10.0.0.0/8\n"
				 "trusted_proxy = 2001:db8::/32\n"
				 "[source two words]\n"
				 "files = /z\n"
				 "site = b.example\n"
				 "[veil]\n"
				 "keys = /k\n"
				 "escrow_certificate = /e.pem\n"
				 "address_mode = mask\n"
				 "route = /a/{n}\n"
				 "query = page\n"
				 "[goal buy]\n"
				 "match = POST /buy\n"
				 "amount = query:sum\n"
				 "[goal look]\n"
				 "match = /look/*\n"
				 "[security-log]\n"
				 "path = /l\n"
				 "format = json\n"
				 "gzip = off\n"
				 "retention = 7\n"
				 "[retention]\n"
				 "trend_days = 90\n"
				 "trend_months = 24\n";

Test(config, everything_arrives)
{
	struct options options;
	struct error error;
	int64_t grace;
	cr_assert(parse(&options, everything, &error, NULL) == 0, "%s", error.text);
	cr_expect_str_eq(options.config, path);
	cr_expect_str_eq(options.state, "/s t/");
	cr_expect_str_eq(options.tz, "Europe/Berlin");
	cr_expect_eq(options.min_visitors, 6);
	cr_expect(options_grace(&options, &grace) == 0 && grace == 2 * 86400);
	cr_expect_str_eq(options.default_site, "a.example");
	cr_expect_eq(options.memory, 64 << 20);
	cr_assert_eq(options.sections_n, 2);
	const struct option_section *one = &options.sections[0], *two = &options.sections[1];
	cr_expect_str_eq(one->name, "one");
	cr_assert_eq(one->files.n, 2);
	cr_expect_str_eq(one->files.all[0], "/var/log/a b/*.log");
	cr_expect_str_eq(one->files.all[1], "/var/log/c;d # e.log");
	cr_expect_str_eq(one->log_format, "$remote_addr [$time_local] \"$request\" ; $status");
	cr_expect(one->site == NULL);
	cr_assert_eq(one->trusted.n, 2);
	cr_expect_str_eq(one->trusted.all[1], "2001:db8::/32");
	cr_expect_str_eq(two->name, "two words");
	cr_expect_str_eq(two->site, "b.example");
	cr_expect(two->log_format == NULL && two->trusted.n == 0 && two->files.n == 1);
	cr_expect_str_eq(options.keys, "/k");
	cr_expect_str_eq(options.escrow, "/e.pem");
	cr_expect_str_eq(options.address_mode, "mask");
	cr_expect(options.routes.n == 1 && options.query.n == 1);
	cr_assert_eq(options.goals.n, 2);
	cr_expect_str_eq(options.goals.all[0], "buy=POST /buy; amount=query:sum");
	cr_expect_str_eq(options.goals.all[1], "look=/look/*");
	cr_expect_str_eq(options.security_log, "/l");
	cr_expect_str_eq(options.security_format, "json");
	cr_expect_str_eq(options.security_scope, "all");
	cr_expect(!options.security_gzip);
	cr_expect(options.retention_days == 7 && options.trend_days == 90 &&
		  options.trend_months == 24);
	options_release(&options);
}

Test(config, the_command_line_wins)
{
	char *more[] = {(char *)"--tz=UTC", (char *)"--goal", (char *)"x=/x",
			(char *)"--route",  (char *)"/r/{n}", (char *)"--route",
			(char *)"/q/{n}",   (char *)"/file",  (char *)"--grace=manual",
			(char *)"--keys",   (char *)"here",   NULL};
	struct options options;
	struct error error;
	int64_t grace;
	cr_assert(parse(&options, everything, &error, more) == 0, "%s", error.text);
	cr_expect_str_eq(options.tz, "UTC");
	cr_expect_eq(options.min_visitors, 6);
	cr_expect_str_eq(options.keys, "here");
	cr_assert_eq(options.goals.n, 1);
	cr_expect_str_eq(options.goals.all[0], "x=/x");
	cr_assert_eq(options.routes.n, 2);
	cr_expect_str_eq(options.routes.all[1], "/q/{n}");
	cr_expect_eq(options.query.n, 1);
	cr_expect(options_grace(&options, &grace) == 0 && grace == -1);
	cr_assert_eq(options.files.n, 1);
	cr_expect_str_eq(options.files.all[0], "/file");
	options_release(&options);
	/* What is overridden must be good all the same. */
	cr_expect(parse(&options, "[veil]\nroute = bad\n", &error, more) == -1);
	options_release(&options);
}

/* Each kind of goal, up to the most there may be. */
Test(config, goals_have_an_end)
{
	char text[4096];
	struct options options;
	struct error error;
	int at = 0;
	for (unsigned i = 1; i <= 17; i++) {
		at += snprintf(text + at, sizeof(text) - (size_t)at, "[goal g%u]\nmatch = /%u\n", i,
			       i);
		int failed = parse(&options, text, &error, NULL);
		cr_expect(failed == (i > 16 ? -1 : 0), "%u goals: %s", i, error.text);
		cr_expect(i <= 16 || strstr(error.text, ":33: "), "%s", error.text);
		options_release(&options);
	}
}

Test(config, ten_thousand_sources)
{
	enum { N = 10000 };
	char *text = malloc(N * 64), *at = text;
	struct options options;
	struct error error;
	for (unsigned i = 0; i < N; i++)
		at += sprintf(at, "[source s%u]\nfiles = /log/%u\n", i, i);
	cr_assert(parse(&options, text, &error, NULL) == 0, "%s", error.text);
	cr_assert_eq(options.sections_n, N);
	for (unsigned i = 0; i < N; i++) {
		char file[32];
		snprintf(file, sizeof(file), "/log/%u", i);
		cr_assert_str_eq(options.sections[i].files.all[0], file);
	}
	options_release(&options);
	free(text);
}

/* Who reads the default file is seen by what is in options->config when it is missing or not. */
Test(config, files_named_mean_no_default_file)
{
	static const struct {
		const char *name;
		unsigned command;
		bool file, wanted;
	} table[] = {
	    {"report FILE", COMMAND_REPORT, true, false}, {"report", COMMAND_REPORT, false, true},
	    {"check FILE", COMMAND_CHECK, true, false},	  {"check", COMMAND_CHECK, false, true},
	    {"run FILE", COMMAND_RUN, true, true},	  {"run", COMMAND_RUN, false, true},
	    {"audit FILE", COMMAND_AUDIT, true, false},	  {"keys", COMMAND_KEYS, false, true},
	};
	bool there = access(OPTIONS_CONFIG, F_OK) == 0;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct options options = {.files.n = table[i].file};
		const char *config = config_of(&options, table[i].command);
		cr_expect((config != NULL) == (there && table[i].wanted), "row %s", table[i].name);
		options.config = "/x";
		cr_expect_str_eq(config_of(&options, table[i].command), "/x");
	}
}

/* ---- the file that ships ------------------------------------------------------------------ */

static char *read_whole(const char *name)
{
	FILE *file = fopen(name, "rb");
	cr_assert(file, "%s", name);
	char *text = calloc(1, 1 << 20);
	cr_assert(text && fread(text, 1, (1 << 20) - 1, file) > 0);
	fclose(file);
	return text;
}

/* "#key = value" and "#[section]" are settings, "# text" is not. */
static void uncomment(char *text)
{
	char *to = text;
	for (char *from = text; *from; from++) {
		bool begins = from == text || from[-1] == '\n';
		if (begins && *from == '#' && (islower((unsigned char)from[1]) || from[1] == '['))
			continue;
		*to++ = *from;
	}
	*to = '\0';
}

Test(config, the_file_that_ships)
{
	char *text = read_whole("docs/veiltally.conf");
	struct options options, defaults;
	struct error error;
	cr_assert(parse(&options, text, &error, NULL) == 0, "as it is: %s", error.text);
	cr_expect_eq(options.sections_n, 1);
	cr_expect_str_eq(options.keys, "/run/veiltally/keys");
	options_release(&options);

	uncomment(text);
	cr_assert(parse(&options, text, &error, NULL) == 0, "all of it: %s", error.text);
	set_defaults(&defaults);
	for (size_t i = 0; i < OPTION_ROWS; i++) {
		const struct option_row *row = option_row(i);
		char line[64];
		if (!row->key)
			continue;
		snprintf(line, sizeof(line), "\n%s = ", row->key);
		cr_expect(strstr(text, line), "%s of [%s] is not in it", row->key, row->section);
	}
	/* It says the defaults that the program has. */
	for (size_t i = 0; i < OPTION_ROWS; i++) {
		const struct option_row *row = option_row(i);
		const char *has = (const char *)&options + row->at,
			   *wants = (const char *)&defaults + row->at;
		if (!row->key || option_row_is_list(row) || strcmp(row->section, "source") == 0 ||
		    strcmp(row->section, "goal") == 0 || strcmp(row->key, "threads") == 0)
			continue;
		if (row->kind == KIND_TEXT || row->kind == KIND_PATH || row->kind == KIND_CHOICE)
			cr_expect(!*(const char *const *)(const void *)wants ||
				      strcmp(*(const char *const *)(const void *)has,
					     *(const char *const *)(const void *)wants) == 0,
				  "default of %s", row->key);
		else
			cr_expect(memcmp(has, wants, row->kind == KIND_FLAG ? sizeof(bool) : 8) ==
				      0,
				  "default of %s", row->key);
	}
	options_release(&options);
	free(text);
}

/* Each option and each key is in the manual, which writes "-" as "\\-". */
Test(config, the_manual)
{
	char *text = read_whole("docs/man/veiltally.1"), *to = text, plain[128];
	for (const char *from = text; *from; from++)
		if (from[0] != '\\' || from[1] != '-')
			*to++ = *from;
	*to = '\0';
	for (size_t i = 0; i < OPTION_ROWS; i++) {
		const struct option_row *row = option_row(i);
		if (row->name && row->help) {
			size_t n = (size_t)snprintf(plain, sizeof(plain), "--%s", row->name);
			const char *at = strstr(text, plain);
			while (at && (isalnum((unsigned char)at[n]) || at[n] == '-'))
				at = strstr(at + n, plain);
			cr_expect(at, "--%s is not in it", row->name);
		}
		if (row->key) {
			snprintf(plain, sizeof(plain), ".B %s\n", row->key);
			cr_expect(strstr(text, plain), "%s of [%s] is not in it", row->key,
				  row->section);
		}
	}
	free(text);
}

/* ---- the table itself --------------------------------------------------------------------- */

Test(config, rows_are_sane)
{
	for (size_t i = 0; i < OPTION_ROWS; i++) {
		const struct option_row *row = option_row(i);
		cr_expect(row->name || row->key, "row %zu has no name", i);
		cr_expect(!row->name == !row->commands,
			  "row %zu: a name and commands belong together", i);
		cr_expect(!row->key == !row->section, "row %zu", i);
		cr_expect((row->kind == KIND_FLAG) == !row->argument, "row %zu: argument", i);
		for (size_t j = 0; j < i; j++) {
			const struct option_row *other = option_row(j);
			cr_expect(!row->name || !other->name || strcmp(row->name, other->name) != 0,
				  "--%s twice", row->name);
			cr_expect(!row->letter || row->letter != other->letter, "-%c twice",
				  row->letter);
			cr_expect(!row->key || !other->key || strcmp(row->key, other->key) != 0 ||
				      strcmp(row->section, other->section) != 0,
				  "%s of [%s] twice", row->key, row->section);
		}
	}
}

/* The words of a choice are those that the code behind it knows. */
Test(config, choices)
{
	char words[128] = "";
	size_t n = 0;
	for (unsigned i = 0; i < ADDRESS_MODE__COUNT; i++)
		n += (size_t)snprintf(words + n, sizeof(words) - n, "%s%s", i ? "|" : "",
				      address_mode_name(i));
	for (size_t i = 0; i < OPTION_ROWS; i++)
		if (option_row(i)->at == offsetof(struct options, address_mode))
			cr_expect_str_eq(option_row(i)->argument, words);
}

Test(config, values)
{
	static const struct {
		const char *text;
		int64_t seconds; /* -2: none */
	} graces[] = {
	    {"manual", -1},  {"0", 0},	     {"45", 45},	 {"90m", 5400},
	    {"36h", 129600}, {"2D", 172800}, {"366d", 31622400}, {"367d", -2},
	    {"", -2},	     {"h", -2},	     {"1.5h", -2},	 {"-1h", -2},
	    {"1h ", -2},     {"1w", -2},     {"Manual", -2},	 {"99999999999999999999", -2}};
	static const struct {
		const char *text;
		bool good;
	} days[] = {{"2025-10-06", true},   {"2024-02-29", true},
		    {"2025-02-29", false},  {"2025-13-01", false},
		    {"2025-1-6", false},    {"2025-10-06 ", false},
		    {"2025-10-006", false}, {"+025-10-06", false},
		    {"yesterday", false},   {"", false}};
	for (size_t i = 0; i < sizeof(graces) / sizeof(*graces); i++) {
		int64_t seconds = -2;
		int failed = option_value_grace(graces[i].text, &seconds);
		cr_expect(seconds == graces[i].seconds && failed == (seconds == -2 ? -1 : 0),
			  "row %s: %lld", graces[i].text, (long long)seconds);
	}
	for (size_t i = 0; i < sizeof(days) / sizeof(*days); i++)
		cr_expect(option_check_day(days[i].text, NULL) == (days[i].good ? 0 : -1), "row %s",
			  days[i].text);
	cr_expect(option_check_kid("0123456789abcdef", NULL) == 0);
	cr_expect(option_check_kid("0123456789abcde", NULL) &&
		  option_check_kid("0123456789abcdeF", NULL));
}
