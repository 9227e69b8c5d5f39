/*
 * field.h: what a log line can say about a request, and how a piece of text becomes part of struct
 * request.
 *
 * All formats (text programs, JSON, W3C tables) end here: they find the piece, field_put
 * understands it.
 */
#ifndef INGEST_FIELD_H
#define INGEST_FIELD_H

#include <stdint.h>
#include "base/slice.h"
#include "ingest/parser.h"
#include "ingest/reject.h"
#include "ingest/request.h"
#include "ingest/stamp.h"

enum field {
	FIELD_SKIP,
	/* Kept as they are, in the order of struct request. */
	FIELD_CLIENT,
	FIELD_FORWARDED,
	FIELD_USER,
	FIELD_METHOD,
	FIELD_TARGET,
	FIELD_QUERY, /* a leading "?" is dropped */
	FIELD_PROTOCOL,
	FIELD_HOST,
	FIELD_REFERRER,
	FIELD_AGENT,
	FIELD_COOKIE,
	FIELD_COUNTRY,
	FIELD__SLICES, /* so many of them, with FIELD_SKIP */
	/* Taken apart. */
	FIELD_REQUEST = FIELD__SLICES, /* "GET /path HTTP/1.1" */
	FIELD_REQUEST_ABSOLUTE, /* the same with an absolute URL, which also names the host */
	FIELD_URL,		/* scheme://host/path, or only a path: host and target */
	FIELD_HOST_TARGET,	/* host/path */
	FIELD_FORWARDED_CLIENT, /* X-Forwarded-For of a log without a peer: the last entry is the
				   client */
	FIELD_CLIENT_PORT,	/* address:port, the port is dropped */
	FIELD_STATUS,
	FIELD_BYTES,
	FIELD_DURATION_S, /* decimal number; a unit behind it (ms, us, µs, ns, s) overrides */
	FIELD_DURATION_MS,
	FIELD_DURATION_US,
	FIELD_DURATION_NS,
	FIELD_DURATION_ADD_S, /* several of these add up; a negative one says "unknown" */
	FIELD_IDENT,	      /* identd's answer: dropped */
	FIELD_OPT_OUT,	      /* Sec-GPC or DNT */
	FIELD_COOKIES, /* the whole Cookie header: only the one asked for is taken out of it */
	FIELD_TIME,    /* any form, or the one that goes with it */
	FIELD__COUNT
};

/* One line on its way into a request. */
struct reading {
	struct request *request;
	struct parser *parser;
	const char *cookie; /* name of the visitor cookie, or NULL */
	struct moment moment;
};

/* Field by field: for the whole of it compilers choose "rep stos", which takes 10 ns, a tenth of a
 * line. */
static inline void request_clear(struct request *request)
{
	const struct slice none = {NULL, 0};
	request->time = 0;
	request->bytes = 0;
	request->duration_us = 0;
	request->status = request->flags = 0;
	request->client = request->forwarded = request->user = request->method = none;
	request->target = request->query = request->protocol = request->host = none;
	request->referrer = request->agent = request->cookie = request->country = none;
}

/* Empties the request and makes it the one that is read into. */
static inline void reading_init(struct reading *reading, struct parser *parser, const char *cookie,
				struct request *request)
{
	request_clear(request);
	reading->request = request;
	reading->parser = parser;
	reading->cookie = cookie;
	reading->moment.flags = 0;
}

/*
 * Understands one field. `value` is unescaped. FIELD_TIME is read as STAMP_ANY; use stamp_read for
 * a given form.
 * "-" is empty, except as client.
 */
enum reject field_put(struct reading *reading, enum field field, struct slice value);

/*
 * The last step: is there a client, and a possible time? `utc`: stamps without a zone are UTC.
 */
enum reject reading_finish_slow(struct reading *reading, bool utc);

static inline enum reject reading_finish(struct reading *reading, bool utc)
{
	/* A field that was there has a place in the line, also when it is empty. */
	if (reading->request->agent.p)
		reading->request->flags |= REQUEST_HAS_AGENT;
	/* The common case: a whole stamp, and no query of its own. */
	if (reading->request->client.n && (reading->moment.flags & STAMP_HAS_TIME) &&
	    !reading->request->query.n) {
		reading->request->time = reading->moment.time;
		return REJECT_NONE;
	}
	return reading_finish_slow(reading, utc);
}

/* Where a plain slice field lies in struct request. */
struct slice *field_slot(struct request *request, enum field field);

#endif
