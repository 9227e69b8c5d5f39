#include "cli/config.h"
#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "aggregate/veil/goal.h"
#include "base/arena.h"
#include "base/textmap.h"
#include "cli/option_value.h"

/*
 * Debian's inih can be told these at run time; elsewhere they are what it was built with, and the
 * addresses are NULL. Nothing below relies on them: a line that does not fit and a value that was
 * cut are noticed.
 */
extern bool ini_use_stack __attribute__((weak));
extern bool ini_allow_inline_comments __attribute__((weak));
extern int ini_initial_alloc __attribute__((weak));

enum { TEXTS_MAX = 64 << 20, SECTIONS_MAX = 64 << 20 };

static const struct section_kind {
	const char *word;
	bool named;
} section_kinds[] = {
    {"general", false}, {"source", true},	 {"veil", false},      {"geo", false},
    {"goal", true},	{"security-log", false}, {"retention", false},
};
enum { SECTION_KINDS = sizeof(section_kinds) / sizeof(*section_kinds) };

struct reading {
	struct options *options;
	const bool *given; /* rows that the command line has set */
	struct error *error;
	bool failed; /* *error says why; what inih still hands over is ignored */
	FILE *stream;
	unsigned line_number;
	char line[CONFIG_LINE_MAX + 1]; /* the present one, without blanks around it */
	const struct section_kind *section;
	unsigned section_line;	    /* of its header */
	unsigned seen[OPTION_ROWS]; /* line of the key in this section; 0: not yet */
	struct textmap sections;    /* header -> its line */
	struct option_goal goal;    /* the one being read */
	struct goals *goals;	    /* all of them, to try them out */
};

/* Ends the reading with *error, which names file and line after this. */
static int fail(struct reading *reading, unsigned line)
{
	reading->failed = true;
	return error_prefix(reading->error, "%s:%u", reading->options->config, line);
}

static char *keep(struct reading *reading, struct slice text)
{
	char *kept = arena_keep_text(reading->options->texts, text);
	if (!kept)
		error_set(reading->error, "out of memory for this file");
	return kept;
}

/* ---- sections ---------------------------------------------------------------------------- */

static bool is_name(struct slice name)
{
	for (size_t i = 0; i < name.n; i++)
		if (!isalnum((unsigned char)name.p[i]) && !strchr("-_. ", name.p[i]))
			return false;
	return name.n > 0 && name.n <= CONFIG_NAME_MAX;
}

/* "[goal NAME]" as --goal would say it. */
static int end_goal(struct reading *reading)
{
	const struct option_goal *goal = &reading->goal;
	char text[2 * CONFIG_LINE_MAX];
	if (!goal->match)
		return error_set(reading->error, "[goal %s] has no match", goal->name);
	int n = snprintf(text, sizeof(text), "%s=%s%s%s", goal->name, goal->match,
			 goal->amount ? "; amount=" : "", goal->amount ? goal->amount : "");
	if (n < 0 || (size_t)n >= sizeof(text))
		return error_set(reading->error, "[goal %s] is too long", goal->name);
	if (goals_add(reading->goals, text, reading->error))
		return -1;
	for (size_t i = 0; i < OPTION_ROWS; i++)
		if (option_row(i)->at == offsetof(struct options, goals) && reading->given[i])
			return 0;
	const char *kept = keep(reading, slice_from(text));
	if (!kept)
		return -1;
	return option_list_add(&reading->options->goals, kept)
		   ? error_set(reading->error, "out of memory")
		   : 0;
}

/* What can be said of a section only when it is complete. */
static int end_section(struct reading *reading)
{
	const struct options *options = reading->options;
	int failed = 0;
	if (!reading->section)
		return 0;
	if (strcmp(reading->section->word, "goal") == 0) {
		failed = end_goal(reading);
	} else if (strcmp(reading->section->word, "source") == 0) {
		const struct option_section *source = &options->sections[options->sections_n - 1];
		if (!source->files.n)
			failed =
			    error_set(reading->error, "[source %s] has no files", source->name);
	}
	return failed ? fail(reading, reading->section_line) : 0;
}

static int add_source(struct reading *reading, const char *name)
{
	struct options *options = reading->options;
	struct option_section *all =
	    realloc(options->sections, (options->sections_n + 1) * sizeof(*all));
	if (!all)
		return error_set(reading->error, "out of memory");
	options->sections = all;
	options->sections[options->sections_n++] = (struct option_section){.name = name};
	return 0;
}

/* Each section stands once: what is said about one thing is in one place. */
static int note_section(struct reading *reading, struct slice header)
{
	uint64_t hash = textmap_hash(&reading->sections, header);
	uint32_t index = textmap_find(&reading->sections, header, hash);
	if (index != TEXTMAP_NONE)
		return error_set(reading->error, "[%.*s] is there already, in line %u",
				 (int)header.n, header.p,
				 *(unsigned *)textmap_value(&reading->sections, index));
	index = textmap_add(&reading->sections, header, hash);
	if (index == TEXTMAP_NONE)
		return error_set(reading->error, "out of memory for sections");
	*(unsigned *)textmap_value(&reading->sections, index) = reading->line_number;
	return 0;
}

static int open_section(struct reading *reading, struct slice header)
{
	size_t blank = slice_find(header, ' ');
	struct slice word = slice_make(header.p, blank);
	struct slice name = slice_trim(slice_from_byte(header, blank));
	const struct section_kind *section = section_kinds;
	while (section < section_kinds + SECTION_KINDS && !slice_is(word, section->word))
		section++;
	if (section == section_kinds + SECTION_KINDS)
		return error_set(reading->error, "there is no section [%.*s]", (int)word.n, word.p);
	if (!section->named && name.n)
		return error_set(reading->error, "[%s] takes no name", section->word);
	if (section->named && !is_name(name))
		return error_set(reading->error,
				 "[%s NAME] needs a name of letters, digits, - _ . and blanks, at "
				 "most %d bytes",
				 section->word, CONFIG_NAME_MAX);
	reading->section = section;
	reading->section_line = reading->line_number;
	memset(reading->seen, 0, sizeof(reading->seen));
	if (note_section(reading, header))
		return -1;
	const char *kept = section->named ? keep(reading, name) : "";
	if (!kept)
		return -1;
	reading->goal = (struct option_goal){.name = kept};
	return strcmp(section->word, "source") == 0 ? add_source(reading, kept) : 0;
}

/* A line that begins with "[". inih looks for these too, but cuts long names and does not say
 * that a section is empty. */
static int read_header(struct reading *reading)
{
	struct slice line = slice_from(reading->line);
	size_t end = slice_find(line, ']');
	struct slice rest = slice_trim(slice_from_byte(line, end + 1));
	if (end_section(reading))
		return -1;
	reading->section = NULL;
	if (end == line.n || (rest.n && rest.p[0] != '#' && rest.p[0] != ';')) {
		error_set(reading->error, "expected [section] and nothing else");
		return fail(reading, reading->line_number);
	}
	if (open_section(reading, slice_trim(slice_make(line.p + 1, end - 1))))
		return fail(reading, reading->line_number);
	return 0;
}

/* ---- lines, as inih asks for them -------------------------------------------------------- */

/* One line into reading->line, without blanks around it: inih would take a line that begins with
 * one for more of the value before. 1, or 0 at the end, or -1. */
static int read_line(struct reading *reading)
{
	size_t n = 0;
	int c = getc_unlocked(reading->stream);
	if (c == EOF)
		return 0;
	for (reading->line_number++; c != EOF && c != '\n'; c = getc_unlocked(reading->stream)) {
		if ((c < ' ' && c != '\t' && c != '\r') || c == 0x7f)
			return error_set(reading->error, "holds a control byte: this is no text");
		if (n == 0 && (c == ' ' || c == '\t'))
			continue;
		if (n == CONFIG_LINE_MAX)
			return error_set(reading->error, "the line is longer than %d bytes",
					 CONFIG_LINE_MAX);
		reading->line[n++] = (char)c;
	}
	while (n && strchr(" \t\r", reading->line[n - 1]))
		n--;
	reading->line[n] = '\0';
	if (strchr(reading->line, '\r'))
		return error_set(reading->error, "holds a control byte: this is no text");
	if (reading->line_number == 1 && strncmp(reading->line, "\xef\xbb\xbf", 3) == 0)
		memmove(reading->line, reading->line + 3, n - 2);
	return 1;
}

/* ini_reader: fills `ret` with the next line, at most n - 1 bytes and a NUL. */
static char *next_line(char *ret, int n, void *stream)
{
	struct reading *reading = stream;
	if (reading->failed)
		return NULL;
	int got = read_line(reading);
	size_t size = strlen(reading->line) + 1;
	if (got == 1 && size > (size_t)n)
		got = error_set(reading->error, "the line is longer than the %d bytes inih takes",
				n - 1);
	if (got < 0)
		fail(reading, reading->line_number);
	if (got != 1 || (reading->line[0] == '[' && read_header(reading)))
		return NULL;
	return memcpy(ret, reading->line, size);
}

/* ---- values ------------------------------------------------------------------------------ */

static size_t find_key(const struct section_kind *section, const char *key)
{
	size_t i = 0;
	while (i < OPTION_ROWS && !(option_row(i)->key && strcmp(option_row(i)->key, key) == 0 &&
				    strcmp(option_row(i)->section, section->word) == 0))
		i++;
	return i;
}

static int unknown_key(struct reading *reading, const char *key)
{
	for (size_t i = 0; i < SECTION_KINDS; i++)
		if (find_key(&section_kinds[i], key) < OPTION_ROWS)
			return error_set(reading->error, "%s does not belong in [%s] but in [%s%s]",
					 key, reading->section->word, section_kinds[i].word,
					 section_kinds[i].named ? " NAME" : "");
	return error_set(reading->error, "there is no %s in [%s]", key, reading->section->word);
}

static int set_list(struct reading *reading, const struct option_row *row, const char *text,
		    struct option_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->all[i], text) == 0)
			return error_set(reading->error, "the same value again: %s", text);
	return option_value_set(row, text, list, reading->error);
}

/* Where the value goes; NULL: nowhere, the command line has set it. */
static void *place_of(struct reading *reading, size_t i)
{
	struct options *options = reading->options;
	const struct option_row *row = option_row(i);
	if (strcmp(row->section, "source") == 0)
		return (char *)&options->sections[options->sections_n - 1] + row->section_at;
	if (strcmp(row->section, "goal") == 0)
		return (char *)&reading->goal + row->section_at;
	return reading->given[i] ? NULL : (char *)options + row->at;
}

static int set_value(struct reading *reading, size_t i, const char *value)
{
	const struct option_row *row = option_row(i);
	union {
		const char *text;
		struct option_list list;
		uint64_t number;
		double percent;
		bool flag;
	} unused = {.list = {NULL, 0}};
	if ((row->kind == KIND_PATH || row->kind == KIND_PATHS) && value[0] != '/' && value[0])
		return error_set(reading->error, "not an absolute path: %s", value);
	const char *text = keep(reading, slice_from(value));
	if (!text)
		return -1;
	void *place = place_of(reading, i);
	int failed = option_row_is_list(row)
			 ? set_list(reading, row, text, place ? place : &unused)
			 : option_value_set(row, text, place ? place : &unused, reading->error);
	if (option_row_is_list(row))
		free(unused.list.all);
	return failed;
}

static int read_value(struct reading *reading, const char *key, const char *value)
{
	size_t line_n = strlen(reading->line), value_n = strlen(value);
	if (!reading->section)
		return error_set(reading->error, "%s stands before the first [section]", key);
	if (value_n > line_n || strcmp(reading->line + line_n - value_n, value) != 0)
		return error_set(reading->error, "this inih cannot read a ';' after a blank");
	size_t i = find_key(reading->section, key);
	if (i == OPTION_ROWS)
		return unknown_key(reading, key);
	if (reading->seen[i] && !option_row_is_list(option_row(i)))
		return error_set(reading->error, "%s is there already, in line %u", key,
				 reading->seen[i]);
	reading->seen[i] = reading->line_number;
	return set_value(reading, i, value) ? error_prefix(reading->error, "%s", key) : 0;
}

/* ini_handler: 0 is an error to inih, which knows no reasons; ours is in *error. */
static int take_value(void *context, const char *section, const char *key, const char *value)
{
	struct reading *reading = context;
	(void)section; /* cut to 49 bytes; read_header has it whole */
	if (!reading->failed && read_value(reading, key, value))
		fail(reading, reading->line_number);
	return !reading->failed;
}

/* ------------------------------------------------------------------------------------------ */

static int read_file(struct reading *reading)
{
	if (&ini_use_stack)
		ini_use_stack = false;
	if (&ini_allow_inline_comments)
		ini_allow_inline_comments = false;
	if (&ini_initial_alloc)
		ini_initial_alloc = CONFIG_LINE_MAX + 3;
	int bad_line = ini_parse_stream(next_line, reading, take_value, reading);
	if (ferror(reading->stream))
		return error_errno(reading->error, "%s", reading->options->config);
	if (bad_line < 0)
		return error_set(reading->error, "%s: out of memory", reading->options->config);
	/* inih goes on after a line it cannot read, so what failed later is not the first. */
	if (bad_line > 0 && (!reading->failed || (unsigned)bad_line < reading->line_number))
		return error_set(reading->error, "%s:%d: neither [section] nor key = value",
				 reading->options->config, bad_line);
	return reading->failed ? -1 : end_section(reading);
}

int config_load(struct options *options, const bool given[OPTION_ROWS], struct error *error)
{
	struct reading *reading = calloc(1, sizeof(*reading));
	int failed = -1;
	if (!reading || textmap_init(&reading->sections, sizeof(unsigned), SECTIONS_MAX)) {
		free(reading);
		return error_set(error, "%s: out of memory", options->config);
	}
	reading->options = options;
	reading->given = given;
	reading->error = error;
	reading->goals = goals_new();
	options->texts = arena_new(TEXTS_MAX);
	reading->stream = fopen(options->config, "re");
	if (!reading->stream)
		error_errno(error, "%s", options->config);
	else if (!reading->goals || !options->texts)
		error_set(error, "%s: out of memory", options->config);
	else
		failed = read_file(reading);
	if (reading->stream)
		fclose(reading->stream);
	goals_free(reading->goals);
	textmap_release(&reading->sections);
	free(reading);
	return failed;
}
