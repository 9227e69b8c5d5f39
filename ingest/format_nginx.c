/*
 * format_nginx.c: nginx log_format. Variables that say nothing about our fields are passed over,
 * unknown ones too.
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
    {"remote_addr", FIELD_CLIENT, STAMP_ANY, 0, 0},
    {"realip_remote_addr", FIELD_CLIENT, STAMP_ANY, 2, 0},
    {"proxy_protocol_addr", FIELD_CLIENT, STAMP_ANY, 1, 0},
    {"remote_user", FIELD_USER, STAMP_ANY, 0, 0},
    {"time_local", FIELD_TIME, STAMP_CLF, 0, 0},
    {"time_iso8601", FIELD_TIME, STAMP_ISO, 0, 0},
    {"msec", FIELD_TIME, STAMP_EPOCH_S, 0, 0},
    {"request", FIELD_REQUEST, STAMP_ANY, 0, 0},
    {"request_method", FIELD_METHOD, STAMP_ANY, 0, 0},
    {"request_uri", FIELD_TARGET, STAMP_ANY, 0, 0},
    {"uri", FIELD_TARGET, STAMP_ANY, 1, 0},
    {"document_uri", FIELD_TARGET, STAMP_ANY, 1, 0},
    {"args", FIELD_QUERY, STAMP_ANY, 0, 0},
    {"query_string", FIELD_QUERY, STAMP_ANY, 0, 0},
    {"server_protocol", FIELD_PROTOCOL, STAMP_ANY, 0, 0},
    {"status", FIELD_STATUS, STAMP_ANY, 0, 0},
    {"body_bytes_sent", FIELD_BYTES, STAMP_ANY, 0, 0},
    {"bytes_sent", FIELD_BYTES, STAMP_ANY, 1, 0},
    {"request_time", FIELD_DURATION_S, STAMP_ANY, 0, 0},
    {"host", FIELD_HOST, STAMP_ANY, 0, 0},
    {"http_host", FIELD_HOST, STAMP_ANY, 1, 0},
    {"server_name", FIELD_HOST, STAMP_ANY, 2, 0},
    {"proxy_add_x_forwarded_for", FIELD_FORWARDED, STAMP_ANY, 1, FIELD_IS_LIST},
    {"geoip_country_code", FIELD_COUNTRY, STAMP_ANY, 0, 0},
    {"geoip2_data_country_code", FIELD_COUNTRY, STAMP_ANY, 0, 0},
    {"remote_port", FIELD_SKIP, STAMP_ANY, 0, FIELD_IS_PORT},
    {"realip_remote_port", FIELD_SKIP, STAMP_ANY, 0, FIELD_IS_PORT},
    {"server_port", FIELD_SKIP, STAMP_ANY, 0, FIELD_IS_PORT},
    {"date_local", FIELD_SKIP, STAMP_ANY, 0, FIELD_IS_SPACED},
    {"date_gmt", FIELD_SKIP, STAMP_ANY, 0, FIELD_IS_SPACED},
};

static bool name_byte(char c)
{
	return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9');
}

/* $cookie_NAME, $http_NAME and $upstream_…, which are families rather than variables. */
static struct variable family_of(struct slice name, const char *cookie)
{
	struct variable variable = {NULL, FIELD_SKIP, STAMP_ANY, 0, 0};
	if (slice_starts(name, "cookie_")) {
		if (cookie && slice_is(slice_from_byte(name, 7), cookie))
			variable.field = FIELD_COOKIE;
	} else if (slice_starts(name, "http_")) {
		variable.field = words_header(slice_from_byte(name, 5), &variable.hints);
		variable.rank = variable.field == FIELD_COOKIES;
	} else if (slice_starts(name, "upstream_")) {
		variable.hints = FIELD_IS_LIST;
	}
	return variable;
}

static struct variable variable_of(struct slice name, const char *cookie)
{
	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
		if (slice_is(name, variables[i].name))
			return variables[i];
	return family_of(name, cookie);
}

/* Fields that stand side by side and still can be told apart, because they belong together. */
static bool joins_last(struct program_builder *builder, struct slice name,
		       const struct variable *variable)
{
	enum field last = program_last_field(builder);
	if (last == FIELD_HOST && variable->field == FIELD_TARGET) {
		program_change_last(builder, FIELD_HOST_TARGET, variable->rank);
		return true;
	}
	/* $is_args is "?" or nothing: the target then simply has its query on it. */
	return (last == FIELD_TARGET || last == FIELD_HOST_TARGET) &&
	       (slice_is(name, "is_args") || variable->field == FIELD_QUERY);
}

static void add_variable(struct program_builder *builder, struct slice name, const char *cookie)
{
	struct variable variable = variable_of(name, cookie);
	if (joins_last(builder, name, &variable))
		return;
	if (variable.form != STAMP_ANY)
		program_stamp(builder, variable.form, slice_make(NULL, 0), variable.rank, 0, name);
	else
		program_field(builder, variable.field, variable.rank, variable.hints, name);
}

/* `text` is free of the quotes and escapes of the configuration. */
static int build(struct program_builder *builder, struct slice text, const char *cookie,
		 struct error *error)
{
	while (text.n) {
		size_t literal = slice_find(text, '$'), n = 0;
		program_literal(builder, slice_make(text.p, literal));
		text = slice_from_byte(text, literal + 1);
		if (!text.n)
			break;
		bool braces = text.p[0] == '{';
		if (braces)
			text = slice_from_byte(text, 1);
		while (n < text.n && name_byte(text.p[n]))
			n++;
		if (n == 0 || (braces && (n == text.n || text.p[n] != '}')))
			return error_set(error,
					 "nginx log_format: a \"$\" without a variable's name");
		add_variable(builder, slice_make(text.p, n), cookie);
		text = slice_from_byte(text, n + braces);
	}
	return 0;
}

/* Appends a string of nginx.conf without its escapes. */
static size_t append_plain(char *out, struct slice word)
{
	size_t n = 0;
	for (size_t i = 0; i < word.n; i++) {
		char c = word.p[i];
		if (c == '\\' && i + 1 < word.n) {
			char next = word.p[i + 1];
			if (next == '"' || next == '\'' || next == '\\')
				c = next, i++;
			else if (next == 't' || next == 'n' || next == 'r')
				c = next == 't' ? '\t' : next == 'n' ? '\n' : '\r', i++;
		}
		out[n++] = c;
	}
	return n;
}

/* The strings of a statement follow each other without anything between. */
static int join_words(struct slice definition, char *out, size_t *ret_n, struct error *error)
{
	struct slice word;
	bool quoted;
	size_t n = 0;
	while (words_take(&definition, &word, &quoted))
		n += append_plain(out + n, word);
	definition = slice_trim(definition);
	if (definition.n && definition.p[0] != ';')
		return error_set(error, "nginx log_format: a quote is not closed");
	*ret_n = n;
	return 0;
}

/*
 * Is it a string with the configuration's quotes still on it? A log format may itself begin with a
 * double quote, then another follows before the end.
 */
static bool is_quoted_string(struct slice text)
{
	struct slice word;
	bool quoted;
	if (!text.n || text.p[0] == '\'')
		return text.n > 0;
	if (text.p[0] != '"' || !words_take(&text, &word, &quoted))
		return false;
	text = slice_trim(text);
	return text.n == 0 || slice_is(text, ";");
}

/* Takes "log_format name escape=json" off; true when quoted strings follow. */
static bool take_head(struct slice *text, enum escape *escape)
{
	struct slice word;
	bool quoted, statement = words_take_keyword(text, "log_format");
	if (statement)
		words_take(text, &word, &quoted);
	*text = slice_trim(*text);
	if (slice_starts(*text, "escape=")) {
		words_take(text, &word, &quoted);
		*escape = slice_is(word, "escape=json")	  ? ESCAPE_JSON
			  : slice_is(word, "escape=none") ? ESCAPE_NONE
							  : ESCAPE_BACKSLASH;
	}
	while (text->n && (text->p[0] == ' ' || text->p[0] == '\n' || text->p[0] == '\r' ||
			   text->p[0] == '\t'))
		*text = slice_from_byte(*text, 1);
	return statement || is_quoted_string(*text);
}

int format_nginx_compile(struct format *format, struct slice definition, unsigned flags,
			 struct error *error)
{
	enum escape escape = ESCAPE_BACKSLASH;
	size_t n = 0;
	bool words = take_head(&definition, &escape);
	char *text = malloc(definition.n + 1);
	struct program_builder *builder = program_builder_new(definition.n, escape, flags);
	int failed = text && builder ? 0 : error_set(error, "out of memory");
	if (!failed && words)
		failed = join_words(definition, text, &n, error);
	else if (!failed && definition.n)
		memcpy(text, definition.p, n = definition.n);
	/* A log written as JSON without escape=json: \x22 is read either way. */
	if (!failed)
		failed = build(builder, slice_make(text, n), format->cookie, error);
	if (!failed)
		failed = program_finish(builder, &format->program, error);
	program_builder_free(builder);
	free(text);
	format->kind = FORMAT_TEXT;
	return failed;
}
