/*
 * format_render.h: a parsed line as one line of text, so that a test row says all of it: only what
 * is set, strings in angle brackets, bytes outside ASCII as \xHH.
 */
#ifndef TESTS_UNIT_FORMAT_RENDER_H
#define TESTS_UNIT_FORMAT_RENDER_H

#include <stdio.h>
#include <string.h>
#include "ingest/format.h"
#include "ingest/request.h"

#define RENDER_MAX 4096

static inline size_t render_slice(char *out, size_t n, const char *name, struct slice text)
{
	if (!text.n)
		return n;
	n += (size_t)snprintf(out + n, RENDER_MAX - n, " %s=<", name);
	for (size_t i = 0; i < text.n && n < RENDER_MAX - 16; i++) {
		unsigned char c = (unsigned char)text.p[i];
		n += (size_t)snprintf(out + n, RENDER_MAX - n, c < 32 || c > 126 ? "\\x%02x" : "%c",
				      c);
	}
	return n + (size_t)snprintf(out + n, RENDER_MAX - n, ">");
}

static inline const char *render_request(char *out, const struct request *r)
{
	size_t n = (size_t)snprintf(out, RENDER_MAX, "%lld %u", (long long)r->time, r->status);
	if (r->flags & REQUEST_HAS_BYTES)
		n += (size_t)snprintf(out + n, RENDER_MAX - n, " bytes=%llu",
				      (unsigned long long)r->bytes);
	if (r->flags & REQUEST_HAS_DURATION)
		n += (size_t)snprintf(out + n, RENDER_MAX - n, " us=%u", r->duration_us);
	if (r->flags & REQUEST_OPT_OUT)
		n += (size_t)snprintf(out + n, RENDER_MAX - n, " opt-out");
	n = render_slice(out, n, "client", r->client);
	n = render_slice(out, n, "forwarded", r->forwarded);
	n = render_slice(out, n, "user", r->user);
	n = render_slice(out, n, "method", r->method);
	n = render_slice(out, n, "target", r->target);
	n = render_slice(out, n, "query", r->query);
	n = render_slice(out, n, "protocol", r->protocol);
	n = render_slice(out, n, "host", r->host);
	n = render_slice(out, n, "referrer", r->referrer);
	n = render_slice(out, n, "agent", r->agent);
	n = render_slice(out, n, "cookie", r->cookie);
	render_slice(out, n, "country", r->country);
	return out;
}

#endif
