/*
 * security_line.h: a trace as one line of the security log: `combined`, which every tool that reads
 * access logs understands, or JSON with names of the Elastic Common Schema (docs/security-log.md).
 *
 * Whatever is in the trace, the result is one line of ASCII without control bytes, quotes or
 * backslashes inside of values, and every field stays in its place: what could end a field, and
 * everything beyond ASCII, is percent-encoded, in both formats alike. So a value found in one is
 * found in the other, and JSON needs no escapes.
 */
#ifndef EXPORT_SECURITY_LINE_H
#define EXPORT_SECURITY_LINE_H

#include <stddef.h>
#include "aggregate/veil/trace.h"

enum security_format { SECURITY_COMBINED, SECURITY_JSON };

/* No line is longer, its newline included, whatever the trace holds: what is too long is cut and
 * ends in "{...}". */
enum { SECURITY_LINE_MAX = 16384 };

/*
 * Returns the length with its newline; no NUL. Allocates nothing, calls nothing that formats.
 * Strings of the trace may be NULL, which is the same as empty.
 */
size_t security_line(enum security_format format, const struct trace *trace,
		     char out[SECURITY_LINE_MAX]);

#endif
