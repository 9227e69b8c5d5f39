/*
 * format_envelope.h: what container runtimes and syslog wrap around a line.
 */
#ifndef INGEST_FORMAT_ENVELOPE_H
#define INGEST_FORMAT_ENVELOPE_H

#include "ingest/parser.h"
#include "ingest/reject.h"

enum envelope {
	ENVELOPE_NONE,
	ENVELOPE_DOCKER,       /* docker's json-file */
	ENVELOPE_CRI,	       /* Kubernetes CRI */
	ENVELOPE_SYSLOG,       /* RFC 3164, RFC 5424, and rsyslog's file form with an ISO stamp */
	ENVELOPE_SYSLOG_MAYBE, /* the same when there is one: HAProxy logs either way */
	ENVELOPE__COUNT
};

/* "docker" …, NULL for those that have no name of their own. */
const char *envelope_name(enum envelope envelope);

/*
 * Takes the line out of its envelope. *ret_line lies in the line or in the parser's scratch. When
 * `moment` is not NULL, the envelope's own time stamp is read into it (needed by formats without
 * one).
 */
enum reject envelope_open(enum envelope envelope, struct parser *parser, struct slice line,
			  struct slice *ret_line, struct moment *moment);

#endif
