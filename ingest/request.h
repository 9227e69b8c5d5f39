/*
 * request.h: one line of an access log, taken apart. THIS TYPE CAN NAME A PERSON.
 *
 * It may be included by ingest/, aggregate/veil/, aggregate/detect/'s request matcher and the
 * wiring in aggregate/pipeline.c, by nobody else; `make lint` enforces that. Past the veil there is
 * only struct hit.
 *
 * All slices borrow from the chunk that was read or from the parser's scratch buffer; they are
 * valid until the next line is parsed with the same parser, or the chunk is released. They are
 * unescaped (what the server wrote as \x22 or \" is one byte here) and may hold any bytes. A field
 * that the format does not log, or that was logged as "-", is empty.
 */
#ifndef INGEST_REQUEST_H
#define INGEST_REQUEST_H

#include <stdbool.h>
#include <stdint.h>
#include "base/slice.h"

enum {
	REQUEST_HAS_DURATION = 1 << 0,
	REQUEST_HAS_BYTES = 1 << 1, /* off when the format has no size or logged "-" */
	REQUEST_OPT_OUT = 1 << 2,   /* Sec-GPC: 1 or DNT: 1 was logged */
	REQUEST_HAS_AGENT =
	    1 << 3, /* the line has a place for the user agent, also when it is empty */
};

struct request {
	int64_t time; /* Unix seconds */
	uint64_t bytes;
	uint32_t duration_us; /* saturates at UINT32_MAX, 71 minutes */
	uint16_t status;      /* 0 = not logged or "-" */
	uint16_t flags;	      /* REQUEST_… */
	struct slice
	    client; /* address or host name, as logged: port, brackets, zone id still on it */
	struct slice forwarded; /* X-Forwarded-For: the comma-separated list, as logged */
	struct slice user;	/* authenticated user */
	struct slice method;	/* empty when the request line was not one (TLS bytes, "-") */
	struct slice target;	/* the request target, with its query unless `query` holds it */
	struct slice query;	/* the query when the format logs it apart, without "?" */
	struct slice protocol;	/* "HTTP/1.1" */
	struct slice host;	/* virtual host, without scheme; a port may be on it */
	struct slice referrer;
	struct slice agent;
	struct slice cookie;  /* value of the cookie asked for by format_options.cookie */
	struct slice country; /* two letters, when the log itself names it (CDN logs) */
};

#endif
