/*
 * security_line.h: a trace as one line of the security log: `combined`, which every tool that reads
 * access logs understands, or JSON with names close to the Elastic Common Schema
 * (docs/security-log.md).
 *
 * Whatever is in the trace, the result is one line of valid UTF-8 without control bytes, in which
 * every field stays in its place.
 */
#ifndef EXPORT_SECURITY_LINE_H
#define EXPORT_SECURITY_LINE_H

#include <stddef.h>
#include "aggregate/veil/trace.h"

enum security_format { SECURITY_COMBINED, SECURITY_JSON };

/* No line is longer, its newline included, whatever the trace holds: longer paths and queries are
 * cut. */
enum { SECURITY_LINE_MAX = 16384 };

/* Returns the length with its newline; no NUL. Allocates nothing, calls nothing that formats. */
size_t security_line(enum security_format format, const struct trace *trace,
		     char out[SECURITY_LINE_MAX]);

#endif
