/*
 * trace.h: one request as the security log may know it: pseudonyms, closed lists, and the parts of
 * the path that name nobody. Made by the veil beside the hit; written by export/security_line.h.
 *
 * Slices and strings belong to the veil and are valid until its next call.
 */
#ifndef VEIL_TRACE_H
#define VEIL_TRACE_H

#include <stdbool.h>
#include <stdint.h>
#include "base/slice.h"

enum {
	TRACE_HAS_BYTES = 1 << 0,
	TRACE_HAS_DURATION = 1 << 1,
	TRACE_OPT_OUT = 1 << 2,
	TRACE_CRAWLER = 1 << 3
};

struct trace {
	int64_t time;	/* Unix seconds */
	int32_t day;	/* days since 1970-01-01 in the configured zone: which file it goes to */
	int32_t offset; /* seconds east of UTC at that time, for printing */
	uint64_t bytes;
	uint32_t duration_us;
	uint16_t status;  /* 0 = not logged */
	uint8_t method;	  /* enum method (hit.h) */
	uint8_t protocol; /* enum protocol */
	uint8_t flags;	  /* TRACE_… */
	char country[3];  /* "" when unknown */
	const char *kid;  /* 16 hex: which key the pseudonyms are under */
	const char
	    *client; /* "v_" + 32 hex, "x_" + 16 hex, an address in prefix or mask mode, "-" */
	const char *network, *unit;	 /* 16 hex, or "" */
	const char *user;		 /* 16 hex, or "" */
	struct slice path;		 /* by the literal rule (literal.h) */
	struct slice query;		 /* allowed names, joined by "&"; no values */
	struct slice referrer;		 /* host, by the same rule; empty when there is none */
	const char *agent, *os, *device; /* closed lists, "" or "(unknown)" when not known */
	unsigned version;		 /* of the agent; 0 = unknown */
	struct slice site;		 /* scrubbed host the request was for, or empty */
};

#endif
