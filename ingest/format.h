/*
 * format.h: log formats, compiled once into field programs.
 *
 * A format is made from a name of the table in format_names.c, from the server's own definition
 * pasted (nginx log_format, Apache LogFormat, HAProxy log-format), or from "json: field=path, …".
 * It is immutable and may be shared by threads. What changes from line to line lives in a parser,
 * one per thread.
 */
#ifndef INGEST_FORMAT_H
#define INGEST_FORMAT_H

#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "base/slice.h"
#include "ingest/reject.h"
/* struct request can name a person: only who may include ingest/request.h can look into it. */
struct request;

struct format;
struct parser;

struct format_options {
	const char *cookie; /* name of the cookie that is the visitor key, or NULL; copied */
};

/*
 * Compiles `spec`: a name ("combined"; case is ignored, "_" is "-"), a pasted definition (with or
 * without its directive: log_format, LogFormat, log-format, "#Fields: …"), or "json: time=ts,
 * addr=ip, …". In front may stand what is wrapped around each line: "docker:", "cri:", "syslog:",
 * e.g. "syslog:combined"; then the envelope's time serves definitions that have none. On success
 * *ret is a new format to be given to format_free. -1 with a message for an unknown name, a
 * definition without client, time or request, or one that nobody can take apart.
 */
int format_compile(const char *spec, const struct format_options *options, struct format **ret,
		   struct error *error);
void format_free(struct format *format);

/* What to call it in messages: the table's name, or "custom"; with the envelope in front. Lives as
 * long as the format. */
const char *format_name(const struct format *format);

/*
 * Some formats carry their field list inside the file (W3C "#Fields:", a CSV header).
 * format_is_directive says whether a line is such a line of this format; format_redefine makes the
 * format that holds from the next line on (a new handle; the old one stays valid). A directive line
 * that changes nothing sets *ret to NULL. Columns that cannot be used make a format that rejects
 * lines until others come; -1 means that memory is out. Who starts in the middle of such a file
 * must give format_redefine the directives of its head first.
 */
int format_has_directives(const struct format *format);
int format_is_directive(const struct format *format, struct slice line);
int format_redefine(const struct format *format, struct slice line, struct format **ret,
		    struct error *error);

/*
 * Detection: looks at sample lines (without line ends) and makes the format to read their source
 * with, from its first line on. When several formats are needed (a file that mixes formats), the
 * format returned tries each in turn. An alternative enters when it is the best for at least 2
 * lines and 1 % of those that are neither blank nor begin with "#". *ret_readable is how many of
 * the n lines it reads, directives among them. Returns -1 with a message when no format reads any
 * of them.
 */
int format_detect(const struct slice *lines, size_t n, const struct format_options *options,
		  struct format **ret, size_t *ret_readable, struct error *error);

/* The rows of the table of names, for help and tests: NULL past the end. */
const char *format_list(size_t index, const char **ret_summary);

/*
 * A parser owns the scratch buffer for unescaped fields and the memory of the last time stamp.
 * `now` (Unix seconds) gives the year to stamps that have none: the latest year that does not put
 * them more than a day ahead of it. NULL when memory is out.
 */
struct parser *parser_new(int64_t now);
void parser_free(struct parser *parser);

/*
 * Takes one line (without its line end) apart. On REJECT_NONE *ret is filled wholly; its slices
 * live until the next call with this parser and as long as the line's bytes. Never allocates per
 * line, reads no byte outside the line, accepts any bytes.
 */
enum reject parser_line(struct parser *parser, const struct format *format, struct slice line,
			struct request *ret);

#endif
