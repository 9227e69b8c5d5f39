#include "ingest/format.h"

#include <stdio.h>
#include <stdlib.h>
#include "ingest/format_type.h"

enum { SPEC_MAX = 64 * 1024 };

void format_free(struct format *format)
{
	if (!format)
		return;
	for (size_t i = 0; i < format->members_n; i++)
		format_free(format->members[i]);
	free(format->members);
	program_free(format->program);
	json_map_free(format->json);
	table_free(format->table);
	free(format->cookie);
	free(format->spec);
	free(format);
}

const char *format_name(const struct format *format)
{
	return format->name;
}

static void name_set(struct format *format, const char *name)
{
	const char *envelope = envelope_name(format->envelope);
	snprintf(format->name, sizeof(format->name), "%s%s%s", envelope ? envelope : "",
		 envelope ? ":" : "", name);
}

static int table_make(struct format *format, enum table_kind kind, struct slice columns,
		      bool milliseconds, struct error *error)
{
	format->kind = FORMAT_TABLE;
	if (format->envelope == ENVELOPE_DOCKER)
		return error_set(error, "a log that names its columns itself cannot be read inside "
					"docker's JSON");
	return table_compile(kind, columns, milliseconds, &format->table, error);
}

static int compile_row(struct format *format, const struct format_row *row, struct error *error)
{
	struct slice definition = slice_from(row->definition);
	unsigned flags = row->flags & 0xffff;
	name_set(format, row->name);
	if (format->envelope == ENVELOPE_NONE)
		format->envelope = row->envelope;
	switch (row->syntax) {
	case SYNTAX_PLAIN:
		return format_plain_compile(format, definition, row->escape, flags, error);
	case SYNTAX_JSON:
		format->kind = FORMAT_JSON;
		return json_map_compile(definition, format->cookie, &format->json, error);
	case SYNTAX_W3C:
	case SYNTAX_CSV:
		return table_make(format, row->syntax == SYNTAX_CSV ? TABLE_CSV : TABLE_W3C,
				  definition, row->flags & ROW_MILLISECONDS, error);
	default:
		return error_set(error, "%s", row->definition);
	}
}

static bool contains(struct slice text, const char *what)
{
	return memmem(text.p, text.n, what, strlen(what)) != NULL;
}

static bool starts_nocase(struct slice text, const char *prefix)
{
	size_t n = strlen(prefix);
	return text.n >= n && slice_equal_nocase(slice_make(text.p, n), prefix);
}

/* Things that stand in HAProxy definitions only. Apache's "%c" and "%i" never come without an
 * argument. */
static bool looks_haproxy(struct slice text)
{
	static const char *const signs[] = {"%ci", "%[",  "%{+", "%{-", "%HM", "%HU",
					    "%HP", "%ST", "%Tt", "%tr", "%si", "%hr"};
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (contains(text, signs[i]))
			return true;
	return starts_nocase(text, "log-format");
}

/* Variables are "$name" or "${name}"; a dollar in an Apache definition is only a character. */
static bool looks_nginx(struct slice text)
{
	for (size_t i = 0; i + 1 < text.n; i++)
		if (text.p[i] == '$' && (text.p[i + 1] == '{' || text.p[i + 1] == '_' ||
					 (text.p[i + 1] >= 'a' && text.p[i + 1] <= 'z')))
			return true;
	return false;
}

/* A definition pasted from the server's configuration. */
static int compile_pasted(struct format *format, struct slice spec, struct error *error)
{
	unsigned flags = format->envelope == ENVELOPE_NONE ? 0 : PROGRAM_TIME_LATER;
	name_set(format, "custom");
	if (starts_nocase(spec, "json:")) {
		format->kind = FORMAT_JSON;
		return json_map_compile(slice_from_byte(spec, 5), format->cookie, &format->json,
					error);
	}
	if (starts_nocase(spec, "#Fields:"))
		return table_make(format, TABLE_W3C, slice_from_byte(spec, 8), false, error);
	if (starts_nocase(spec, "LogFormat") || starts_nocase(spec, "CustomLog"))
		return format_apache_compile(format, spec, flags, error);
	if (starts_nocase(spec, "log_format") || (looks_nginx(spec) && !looks_haproxy(spec)))
		return format_nginx_compile(format, spec, flags, error);
	if (looks_haproxy(spec))
		return format_haproxy_compile(format, spec, flags, error);
	if (contains(spec, "%"))
		return format_apache_compile(format, spec, flags, error);
	return error_set(
	    error,
	    "unknown log format \"%.*s\": neither a name nor a definition with nginx's $, "
	    "Apache's %% or \"json:\"",
	    (int)(spec.n < 60 ? spec.n : 60), spec.p);
}

/* Takes "docker:", "cri:" or "syslog:" off. */
static enum envelope take_envelope(struct slice *spec)
{
	for (int i = ENVELOPE_NONE + 1; i < ENVELOPE__COUNT; i++) {
		const char *name = envelope_name((enum envelope)i);
		size_t n = name ? strlen(name) : 0;
		if (!name || !starts_nocase(*spec, name) || spec->n <= n || spec->p[n] != ':')
			continue;
		*spec = slice_trim(slice_from_byte(*spec, n + 1));
		return (enum envelope)i;
	}
	return ENVELOPE_NONE;
}

static int compile_spec(struct format *format, struct slice spec, struct error *error)
{
	format->envelope = take_envelope(&spec);
	if (!spec.n)
		return error_set(error, "the log format is empty");
	if (spec.n > SPEC_MAX)
		return error_set(error, "the log format is too long");
	format->spec = strndup(spec.p, spec.n);
	if (!format->spec)
		return error_set(error, "out of memory");
	const struct format_row *row = format_row_find(spec);
	int failed = row ? compile_row(format, row, error) : compile_pasted(format, spec, error);
	if (!failed && format->kind == FORMAT_TEXT)
		format->time_outside = !program_has_time(format->program);
	return failed;
}

int format_compile(const char *spec, const struct format_options *options, struct format **ret,
		   struct error *error)
{
	struct format *format = calloc(1, sizeof(*format));
	if (!format)
		return error_set(error, "out of memory");
	if (options && options->cookie && !(format->cookie = strdup(options->cookie))) {
		format_free(format);
		return error_set(error, "out of memory");
	}
	struct slice text = slice_trim(slice_from(spec));
	while (text.n && (text.p[text.n - 1] == '\n' || text.p[text.n - 1] == '\r'))
		text = slice_trim(slice_make(text.p, text.n - 1));
	if (compile_spec(format, text, error)) {
		format_free(format);
		return -1;
	}
	*ret = format;
	return 0;
}

int format_compose(struct format **members, size_t n, struct format **ret, struct error *error)
{
	struct format *format = calloc(1, sizeof(*format));
	struct format **own = calloc(n, sizeof(members[0]));
	if (!format || !own) {
		for (size_t i = 0; i < n; i++)
			format_free(members[i]);
		free(format);
		free(own);
		return error_set(error, "out of memory");
	}
	memcpy(own, members, n * sizeof(own[0]));
	format->kind = FORMAT_COMPOSITE;
	format->members = own;
	format->members_n = n;
	for (size_t i = 0, used = 0; i < n && used < sizeof(format->name); i++)
		used += (size_t)snprintf(format->name + used, sizeof(format->name) - used, "%s%s",
					 i ? " + " : "", own[i]->name);
	*ret = format;
	return 0;
}

int format_has_directives(const struct format *format)
{
	for (size_t i = 0; i < format->members_n; i++)
		if (format_has_directives(format->members[i]))
			return 1;
	return format->kind == FORMAT_TABLE;
}

/* The line inside its envelope; a table is never in docker's, so no scratch is needed. */
static struct slice table_line(const struct format *format, struct slice line)
{
	struct slice inner;
	return envelope_open(format->envelope, NULL, line, &inner, NULL) ? slice_make(NULL, 0)
									 : inner;
}

int format_is_directive(const struct format *format, struct slice line)
{
	for (size_t i = 0; i < format->members_n; i++)
		if (format_is_directive(format->members[i], line))
			return 1;
	return format->kind == FORMAT_TABLE &&
	       table_is_directive(format->table, table_line(format, line));
}

/* A second handle of the same format; `table`, when given, takes the place of its own and is taken
 * over. */
static int format_copy(const struct format *format, struct table *table, struct format **ret,
		       struct error *error)
{
	struct format_options options = {format->cookie};
	char *spec;
	const char *envelope = envelope_name(format->envelope);
	int failed = asprintf(&spec, "%s%s%s", envelope ? envelope : "", envelope ? ":" : "",
			      format->spec) < 0;
	if (!failed) {
		failed = format_compile(spec, &options, ret, error);
		free(spec);
	} else {
		error_set(error, "out of memory");
	}
	if (failed)
		table_free(table);
	if (failed || !table)
		return failed ? -1 : 0;
	table_free((*ret)->table);
	(*ret)->table = table;
	return 0;
}

static int redefine_members(const struct format *format, struct slice line, struct format **ret,
			    struct error *error)
{
	struct format **members = calloc(format->members_n, sizeof(members[0]));
	bool changed = false;
	size_t n = 0;
	int failed = members ? 0 : error_set(error, "out of memory");
	for (; !failed && n < format->members_n; n++) {
		const struct format *member = format->members[n];
		if (format_is_directive(member, line))
			failed = format_redefine(member, line, &members[n], error);
		changed |= !failed && members[n];
		if (!failed && !members[n])
			failed = format_copy(member, NULL, &members[n], error);
		if (failed)
			break;
	}
	if (!failed && changed) {
		failed = format_compose(members, n, ret, error);
		n = 0;
	}
	for (size_t i = 0; i < n; i++)
		format_free(members[i]);
	free(members);
	return failed ? -1 : 0;
}

int format_redefine(const struct format *format, struct slice line, struct format **ret,
		    struct error *error)
{
	struct table *table = NULL;
	*ret = NULL;
	if (format->kind == FORMAT_COMPOSITE)
		return redefine_members(format, line, ret, error);
	if (format->kind != FORMAT_TABLE)
		return 0;
	if (table_redefine(format->table, table_line(format, line), &table, error))
		return -1;
	return table ? format_copy(format, table, ret, error) : 0;
}

static enum reject read_line(struct parser *parser, const struct format *format, struct slice line,
			     struct request *ret)
{
	struct reading reading;
	parser_begin(parser, line.n);
	reading_init(&reading, parser, format->cookie, ret);
	if (format->envelope != ENVELOPE_NONE) {
		enum reject reject = envelope_open(format->envelope, parser, line, &line,
						   format->time_outside ? &reading.moment : NULL);
		if (reject)
			return reject;
		if (!line.n)
			return REJECT_FORMAT;
	}
	if (format->kind == FORMAT_TEXT)
		return program_run(format->program, line, &reading);
	if (format->kind == FORMAT_TABLE)
		return table_run(format->table, line, &reading);
	enum reject reject = json_map_run(format->json, line, &reading);
	return reject ? reject : reading_finish(&reading, false);
}

enum reject parser_line(struct parser *parser, const struct format *format, struct slice line,
			struct request *ret)
{
	if (!line.n)
		return REJECT_FORMAT;
	if (format->kind != FORMAT_COMPOSITE)
		return read_line(parser, format, line, ret);
	/* When nobody reads the line, the first member, which reads most of its kind, says why. */
	enum reject first = REJECT_FORMAT;
	for (size_t i = 0; i < format->members_n; i++) {
		enum reject reject = read_line(parser, format->members[i], line, ret);
		if (reject == REJECT_NONE)
			return REJECT_NONE;
		if (i == 0)
			first = reject;
	}
	return first;
}
