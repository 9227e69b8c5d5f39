/*
 * format_haproxy.c: HAProxy's log-format (configuration manual, "Custom log format").
 */
#include "ingest/format_type.h"

#include <stdlib.h>
#include "ingest/format_words.h"

static const struct variable {
	const char *name;
	enum field field;
	enum stamp_form form; /* of FIELD_TIME */
	unsigned rank;
	unsigned hints;
} variables[] = {
    {"ci", FIELD_CLIENT, STAMP_ANY, 0, 0},
    {"cp", FIELD_SKIP, STAMP_ANY, 0, FIELD_IS_PORT},
    {"fp", FIELD_SKIP, STAMP_ANY, 0, FIELD_IS_PORT},
    {"bp", FIELD_SKIP, STAMP_ANY, 0, FIELD_IS_PORT},
    {"sp", FIELD_SKIP, STAMP_ANY, 0, FIELD_IS_PORT},
    {"tr", FIELD_TIME, STAMP_CLF, 0, 0},
    {"trg", FIELD_TIME, STAMP_CLF, 0, 0},
    {"trl", FIELD_TIME, STAMP_CLF, 0, 0},
    {"t", FIELD_TIME, STAMP_CLF, 1, 0},
    {"T", FIELD_TIME, STAMP_CLF, 1, 0},
    {"Tl", FIELD_TIME, STAMP_CLF, 1, 0},
    {"Ts", FIELD_TIME, STAMP_EPOCH_S, 1, 0},
    {"ST", FIELD_STATUS, STAMP_ANY, 0, 0},
    {"B", FIELD_BYTES, STAMP_ANY, 0, 0},
    {"r", FIELD_REQUEST, STAMP_ANY, 0, 0},
    {"HM", FIELD_METHOD, STAMP_ANY, 0, 0},
    {"HU", FIELD_TARGET, STAMP_ANY, 0, 0},
    {"HPO", FIELD_TARGET, STAMP_ANY, 1, 0},
    {"HP", FIELD_TARGET, STAMP_ANY, 1, 0},
    {"HQ", FIELD_QUERY, STAMP_ANY, 0, 0},
    {"HV", FIELD_PROTOCOL, STAMP_ANY, 0, 0},
    {"Ta", FIELD_DURATION_MS, STAMP_ANY, 0, 0},
    {"Tt", FIELD_DURATION_MS, STAMP_ANY, 1, 0},
    {"Tu", FIELD_DURATION_MS, STAMP_ANY, 2, 0},
    {"hr", FIELD_SKIP, STAMP_ANY, 0, FIELD_IS_OPTIONAL},
    {"hs", FIELD_SKIP, STAMP_ANY, 0, FIELD_IS_OPTIONAL},
    {"hrl", FIELD_SKIP, STAMP_ANY, 0, FIELD_IS_OPTIONAL},
    {"hsl", FIELD_SKIP, STAMP_ANY, 0, FIELD_IS_OPTIONAL},
};

/* Sample fetches in %[…] that say the same as a variable. */
static const struct variable samples[] = {
    {"src", FIELD_CLIENT, STAMP_ANY, 0, 0},
    {"src_port", FIELD_SKIP, STAMP_ANY, 0, FIELD_IS_PORT},
    {"status", FIELD_STATUS, STAMP_ANY, 0, 0},
    {"method", FIELD_METHOD, STAMP_ANY, 0, 0},
    {"capture.req.method", FIELD_METHOD, STAMP_ANY, 1, 0},
    {"pathq", FIELD_TARGET, STAMP_ANY, 0, 0},
    {"capture.req.uri", FIELD_TARGET, STAMP_ANY, 0, 0},
    {"path", FIELD_TARGET, STAMP_ANY, 1, 0},
    {"url", FIELD_URL, STAMP_ANY, 2, 0},
    {"query", FIELD_QUERY, STAMP_ANY, 0, 0},
    {"capture.req.ver", FIELD_PROTOCOL, STAMP_ANY, 0, 0},
    {"bytes_out", FIELD_BYTES, STAMP_ANY, 0, 0},
    {"date", FIELD_TIME, STAMP_EPOCH_S, 2, 0},
    {"accept_date", FIELD_TIME, STAMP_EPOCH_S, 1, 0},
    {"request_date", FIELD_TIME, STAMP_EPOCH_S, 1, 0},
};

struct state {
	struct program_builder *builder;
	bool all_quoted; /* %{+Q}o: every variable from here on */
};

static const struct variable *find(const struct variable *rows, size_t n, struct slice name)
{
	for (size_t i = 0; i < n; i++)
		if (slice_is(name, rows[i].name))
			return &rows[i];
	return NULL;
}

/* req.hdr(User-Agent), req.fhdr(…), hdr(…): the header's name. */
static bool header_sample(struct slice name, struct slice *ret_header)
{
	static const char *const fetches[] = {"req.hdr(", "req.fhdr(", "hdr(", "fhdr("};
	for (size_t i = 0; i < sizeof(fetches) / sizeof(fetches[0]); i++) {
		if (!slice_starts(name, fetches[i]))
			continue;
		struct slice rest = slice_from_byte(name, strlen(fetches[i]));
		*ret_header = slice_make(rest.p, slice_find(rest, ')'));
		return ret_header->n < rest.n;
	}
	return false;
}

static struct variable sample_of(struct slice name)
{
	struct variable skip = {NULL, FIELD_SKIP, STAMP_ANY, 0, 0};
	struct slice header;
	const struct variable *row = find(samples, sizeof(samples) / sizeof(samples[0]), name);
	if (row)
		return *row;
	if (header_sample(name, &header))
		skip.field = words_header(header, &skip.hints);
	return skip;
}

static void add(struct state *state, const struct variable *variable, bool quoted,
		struct slice name)
{
	struct slice quote = slice_make("\"", 1);
	/* Captures carry their own braces and are never quoted as a whole. */
	quoted = quoted && !(variable->hints & FIELD_IS_OPTIONAL);
	if (quoted)
		program_literal(state->builder, quote);
	if (variable->form != STAMP_ANY)
		program_stamp(state->builder, variable->form, slice_make(NULL, 0), variable->rank,
			      0, name);
	else
		program_field(
		    state->builder, variable->field, variable->rank,
		    quoted ? variable->hints & ~(unsigned)FIELD_IS_SPACED : variable->hints, name);
	if (quoted)
		program_literal(state->builder, quote);
}

/* The flags in "{+Q,-X}". +X writes addresses in hexadecimal: nothing could read them. */
static int read_flags(struct slice flags, bool *quoted, struct error *error)
{
	for (size_t i = 0; i + 1 < flags.n; i++) {
		if (flags.p[i] == '+' && flags.p[i + 1] == 'X')
			return error_set(error,
					 "HAProxy log-format: +X (hexadecimal) cannot be read");
		if (flags.p[i] == '+' && (flags.p[i + 1] == 'j' || flags.p[i + 1] == 'c'))
			return error_set(error,
					 "HAProxy log-format: +json and +cbor cannot be read");
		if (flags.p[i + 1] == 'Q')
			*quoted = flags.p[i] == '+';
	}
	return 0;
}

static bool letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* What stands behind a "%". Moves the text past it. */
static int take_variable(struct state *state, struct slice *text, struct error *error)
{
	bool quoted = state->all_quoted;
	size_t n = 0;
	if (text->n && text->p[0] == '{') {
		n = slice_find(*text, '}');
		if (n == text->n || read_flags(slice_make(text->p, n), &quoted, error))
			return n == text->n
				   ? error_set(error, "HAProxy log-format: a brace is not closed")
				   : -1;
		*text = slice_from_byte(*text, n + 1);
	}
	if (text->n && text->p[0] == '[') {
		n = slice_find(*text, ']');
		if (n == text->n)
			return error_set(error, "HAProxy log-format: a bracket is not closed");
		struct slice name = slice_make(text->p + 1, n - 1);
		*text = slice_from_byte(*text, n + 1);
		/* Converters behind a comma: only those that leave the text alone would be safe. */
		struct variable variable = sample_of(slice_make(name.p, slice_find(name, ',')));
		if (slice_find(name, ',') < name.n)
			variable =
			    (struct variable){NULL, FIELD_SKIP, STAMP_ANY, 0, variable.hints};
		add(state, &variable, quoted, name);
		return 0;
	}
	for (n = 0; n < text->n && letter(text->p[n]); n++)
		;
	struct slice name = slice_make(text->p, n);
	*text = slice_from_byte(*text, n);
	if (n == 0)
		return error_set(error, "HAProxy log-format: a \"%%\" without a variable");
	if (slice_is(name, "o")) {
		state->all_quoted = quoted;
		/* "%{+Q}o %t": the blank behind a variable that prints nothing is not printed. */
		if (text->n && text->p[0] == ' ')
			*text = slice_from_byte(*text, 1);
		return 0;
	}
	static const struct variable skip = {NULL, FIELD_SKIP, STAMP_ANY, 0, 0};
	const struct variable *row =
	    find(variables, sizeof(variables) / sizeof(variables[0]), name);
	add(state, row ? row : &skip, quoted, name);
	return 0;
}

static int build(struct state *state, struct slice text, struct error *error)
{
	while (text.n) {
		size_t literal = slice_find(text, '%');
		program_literal(state->builder, slice_make(text.p, literal));
		text = slice_from_byte(text, literal + 1);
		if (!text.n)
			break;
		if (text.p[0] == '%') {
			program_literal(state->builder, slice_make("%", 1));
			text = slice_from_byte(text, 1);
		} else if (take_variable(state, &text, error)) {
			return -1;
		}
	}
	return 0;
}

/* The configuration's own escapes: "\ " and \" stand for themselves. */
static size_t unescape(char *out, struct slice text)
{
	size_t n = 0;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '\\' && i + 1 < text.n)
			i++;
		out[n++] = text.p[i];
	}
	return n;
}

int format_haproxy_compile(struct format *format, struct slice definition, unsigned flags,
			   struct error *error)
{
	char *text = malloc(definition.n + 1);
	/* Quoting a variable adds two bytes that the definition does not have. */
	struct state state = {program_builder_new(definition.n * 2, ESCAPE_HASH, flags), false};
	struct slice word, rest;
	bool quoted;
	int failed = text && state.builder ? 0 : error_set(error, "out of memory");
	words_take_keyword(&definition, "log-format");
	rest = definition;
	if (words_take(&rest, &word, &quoted) && quoted && !slice_trim(rest).n)
		definition = word;
	if (!failed)
		failed = build(&state, slice_make(text, unescape(text, definition)), error);
	if (!failed)
		failed = program_finish(state.builder, &format->program, error);
	program_builder_free(state.builder);
	free(text);
	format->kind = FORMAT_TEXT;
	if (format->envelope == ENVELOPE_NONE)
		format->envelope = ENVELOPE_SYSLOG_MAYBE;
	return failed;
}
