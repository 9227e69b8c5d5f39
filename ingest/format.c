#include "ingest/format.h"

#include <stdio.h>
#include <stdlib.h>
#include "ingest/format_type.h"

void format_free(struct format *format)
{
	if (!format)
		return;
	for (size_t i = 0; i < format->members_n; i++)
		format_free(format->members[i]);
	free(format->members);
	program_free(format->program);
	free(format->cookie);
	free(format);
}

const char *format_name(const struct format *format)
{
	return format->name;
}

static int compile_row(struct format *format, const struct format_row *row, struct error *error)
{
	struct slice definition = slice_from(row->definition);
	snprintf(format->name, sizeof(format->name), "%s", row->name);
	format->envelope = row->envelope;
	switch (row->syntax) {
	case SYNTAX_PLAIN:
		return format_plain_compile(format, definition, row->escape, row->flags, error);
	default:
		return error_set(error, "the log format \"%s\" is not built in yet", row->name);
	}
}

static int compile_spec(struct format *format, struct slice spec, struct error *error)
{
	const struct format_row *row = format_row_find(spec);
	if (row)
		return compile_row(format, row, error);
	return error_set(error, "unknown log format \"%.*s\"", (int)(spec.n < 80 ? spec.n : 80),
			 spec.p);
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
	if (compile_spec(format, slice_trim(slice_from(spec)), error)) {
		format_free(format);
		return -1;
	}
	*ret = format;
	return 0;
}

int format_has_directives(const struct format *format)
{
	return format->kind == FORMAT_TABLE;
}

int format_is_directive(const struct format *format, struct slice line)
{
	(void)line;
	return format_has_directives(format);
}

int format_redefine(const struct format *format, struct slice line, struct format **ret,
		    struct error *error)
{
	(void)format, (void)line;
	*ret = NULL;
	return error_set(error, "this log format has no directives");
}

int format_detect(const struct slice *lines, size_t n, const struct format_options *options,
		  struct format **ret, size_t *ret_readable, struct error *error)
{
	(void)lines, (void)n, (void)options, (void)ret, (void)ret_readable;
	return error_set(error, "the log format cannot be detected yet: name it with --log-format");
}

enum reject parser_line(struct parser *parser, const struct format *format, struct slice line,
			struct request *ret)
{
	struct reading reading;
	if (!line.n)
		return REJECT_FORMAT;
	parser_begin(parser, line.n);
	reading_init(&reading, parser, format->cookie, ret);
	return program_run(format->program, line, &reading);
}
