/*
 * format_apache.c: Apache's LogFormat (mod_log_config, mod_logio). lighttpd and LiteSpeed write the
 * same language.
 */
#include "ingest/format_type.h"

#include <stdlib.h>
#include "ingest/format_words.h"

/* Directives of one letter without argument, or where the argument makes no difference. */
static const struct letter {
	char letter;
	enum field field;
	unsigned rank;
	unsigned hints;
} letters[] = {
    {'a', FIELD_CLIENT, 0, 0}, {'h', FIELD_CLIENT, 1, 0},      {'l', FIELD_IDENT, 0, 0},
    {'u', FIELD_USER, 0, 0},   {'r', FIELD_REQUEST, 0, 0},     {'m', FIELD_METHOD, 0, 0},
    {'U', FIELD_TARGET, 0, 0}, {'q', FIELD_QUERY, 0, 0},       {'H', FIELD_PROTOCOL, 0, 0},
    {'s', FIELD_STATUS, 1, 0}, {'b', FIELD_BYTES, 0, 0},       {'B', FIELD_BYTES, 0, 0},
    {'O', FIELD_BYTES, 1, 0},  {'D', FIELD_DURATION_US, 0, 0}, {'T', FIELD_DURATION_S, 1, 0},
    {'v', FIELD_HOST, 1, 0},   {'V', FIELD_HOST, 0, 0},	       {'p', FIELD_SKIP, 0, FIELD_IS_PORT},
};

/* One directive: %[!]200,304 < > {argument} letter(s). */
struct directive {
	struct slice text; /* as written, for messages */
	struct slice argument;
	char letter;
	bool final;   /* ">" */
	bool trailer; /* "^ti", "^to" */
};

/* Reads the directive behind a "%"; returns its length, 0 when it is broken. */
static size_t directive_read(struct slice text, struct directive *ret)
{
	size_t i = 0;
	*ret = (struct directive){0};
	for (; i < text.n && (text.p[i] == '!' || text.p[i] == ',' || text.p[i] == '<' ||
			      text.p[i] == '>' || (text.p[i] >= '0' && text.p[i] <= '9'));
	     i++)
		ret->final |= text.p[i] == '>';
	if (i < text.n && text.p[i] == '{') {
		size_t start = ++i;
		while (i < text.n && text.p[i] != '}')
			i++;
		ret->argument = slice_make(text.p + start, i - start);
		i++;
	}
	if (i + 2 < text.n && text.p[i] == '^' && text.p[i + 1] == 't') {
		ret->trailer = true;
		i += 2;
	}
	if (i >= text.n)
		return 0;
	ret->letter = text.p[i++];
	ret->text = slice_make(text.p - 1, i + 1);
	return i;
}

/* %{...}t: an epoch in some unit, or a strftime form. */
static void add_time(struct program_builder *builder, const struct directive *directive)
{
	struct slice form = directive->argument, none = {NULL, 0};
	if (slice_starts(form, "begin:"))
		form = slice_from_byte(form, 6);
	else if (slice_starts(form, "end:"))
		form = slice_from_byte(form, 4);
	if (!form.n) {
		program_literal(builder, slice_make("[", 1));
		program_stamp(builder, STAMP_CLF, none, 0, 0, directive->text);
		program_literal(builder, slice_make("]", 1));
		return;
	}
	if (slice_is(form, "sec"))
		program_stamp(builder, STAMP_EPOCH_S, none, 1, 0, directive->text);
	else if (slice_is(form, "msec"))
		program_stamp(builder, STAMP_EPOCH_MS, none, 1, 0, directive->text);
	else if (slice_is(form, "usec"))
		program_stamp(builder, STAMP_EPOCH_US, none, 1, 0, directive->text);
	else if (slice_is(form, "msec_frac") || slice_is(form, "usec_frac"))
		program_field(builder, FIELD_SKIP, 0, 0, directive->text);
	else
		program_stamp(builder, STAMP_PATTERN, form, 0, 0, directive->text);
}

/* Headers, cookies and the like: the argument says which. */
static bool add_named(struct program_builder *builder, const struct directive *directive,
		      const char *cookie)
{
	unsigned hints = 0, rank = 0;
	enum field field = FIELD_SKIP;
	if (directive->letter == 'i' && !directive->trailer) {
		field = words_header(directive->argument, &hints);
		rank = field == FIELD_HOST ? 2 : field == FIELD_COOKIES;
	} else if (directive->letter == 'C') {
		if (cookie && slice_is(directive->argument, cookie))
			field = FIELD_COOKIE;
	} else if (!strchr("ioxen", directive->letter)) {
		return false;
	}
	program_field(builder, field, rank, hints, directive->text);
	return true;
}

static void add_letter(struct program_builder *builder, const struct directive *directive)
{
	struct letter letter = {directive->letter, FIELD_SKIP, 0, 0};
	struct slice argument = directive->argument;
	for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++)
		if (letters[i].letter == directive->letter)
			letter = letters[i];
	if (letter.letter == 'a' && slice_is(argument, "c"))
		letter.rank = 2; /* the proxy, when mod_remoteip put the client in %a */
	else if (letter.letter == 's' && directive->final)
		letter.rank = 0;
	else if (letter.letter == 'T' && slice_is(argument, "us"))
		letter.field = FIELD_DURATION_US, letter.rank = 0;
	else if (letter.letter == 'T' && slice_is(argument, "ms"))
		letter.field = FIELD_DURATION_MS, letter.rank = 0;
	/* %q brings its own "?": with it on, %U is a target like any other. */
	else if (letter.letter == 'q' && program_last_field(builder) == FIELD_TARGET)
		return;
	program_field(builder, letter.field, letter.rank, letter.hints, directive->text);
}

static int build(struct program_builder *builder, struct slice text, const char *cookie,
		 struct error *error)
{
	struct directive directive;
	while (text.n) {
		size_t literal = slice_find(text, '%');
		program_literal(builder, slice_make(text.p, literal));
		text = slice_from_byte(text, literal + 1);
		if (!text.n)
			break;
		if (text.p[0] == '%') {
			program_literal(builder, slice_make("%", 1));
			text = slice_from_byte(text, 1);
			continue;
		}
		size_t used = directive_read(text, &directive);
		if (!used)
			return error_set(error, "Apache LogFormat: a \"%%\" without a directive");
		if (directive.letter == '^' || directive.letter == '~')
			return error_set(
			    error, "this looks like a GoAccess format; paste the server's own "
				   "definition, or use a name like \"combined\"");
		if (directive.letter == 't' && !directive.trailer)
			add_time(builder, &directive);
		else if (!add_named(builder, &directive, cookie))
			add_letter(builder, &directive);
		text = slice_from_byte(text, used);
	}
	return 0;
}

/* The string of a directive without its escapes: \" and \t, \n. */
static size_t unescape(char *out, struct slice word)
{
	size_t n = 0;
	for (size_t i = 0; i < word.n; i++) {
		char c = word.p[i];
		if (c == '\\' && i + 1 < word.n) {
			c = word.p[++i];
			c = c == 't' ? '\t' : c == 'n' ? '\n' : c;
		}
		out[n++] = c;
	}
	return n;
}

/* LogFormat "…" name; CustomLog file "…"; "…"; or the bare string. */
static int take_string(struct slice *text, struct error *error)
{
	struct slice word, all = *text;
	bool quoted;
	if (words_take_keyword(text, "CustomLog"))
		words_take(text, &word, &quoted);
	else if (!words_take_keyword(text, "LogFormat") && (!all.n || all.p[0] != '"'))
		return 0;
	struct slice rest = *text;
	if (!words_take(&rest, &word, &quoted) || !quoted) {
		if (text->p == all.p)
			return 0;
		return error_set(error, "Apache LogFormat: the format must stand in quotes");
	}
	/* A bare string may begin with a quote of its own: then it goes on behind the closing one.
	 */
	if (text->p == all.p && slice_trim(rest).n)
		return 0;
	*text = word;
	return 0;
}

int format_apache_compile(struct format *format, struct slice definition, unsigned flags,
			  struct error *error)
{
	char *text = malloc(definition.n + 1);
	/* "%t" is written with two brackets: no literal is longer than the definition. */
	struct program_builder *builder =
	    program_builder_new(definition.n, ESCAPE_BACKSLASH, flags);
	int failed = text && builder ? 0 : error_set(error, "out of memory");
	if (!failed)
		failed = take_string(&definition, error);
	if (!failed)
		failed = build(builder, slice_make(text, unescape(text, definition)),
			       format->cookie, error);
	if (!failed)
		failed = program_finish(builder, &format->program, error);
	program_builder_free(builder);
	free(text);
	format->kind = FORMAT_TEXT;
	return failed;
}
