/*
 * veil.h: the only place where a request (which can name a person) becomes a hit (which cannot).
 *
 * One veil per worker thread. It owns caches from the distinct strings of the log to what is left
 * of them, so that the work behind the veil is done once per distinct string; the caches live in
 * memory only, under a cap, and are cleared when they reach it.
 */
#ifndef VEIL_VEIL_H
#define VEIL_VEIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "aggregate/veil/address.h"
#include "aggregate/veil/batch.h"
#include "aggregate/veil/geo.h"
#include "aggregate/veil/goal.h"
#include "aggregate/veil/keyring.h"
#include "aggregate/veil/literal.h"
#include "aggregate/veil/path.h"
#include "aggregate/veil/trace.h"
#include "base/error.h"

struct request;

struct veil_source {			      /* what differs from source to source; borrowed */
	const struct address_ranges *trusted; /* --trusted-proxy; NULL: none */
	uint16_t section;		      /* of lines whose host is no declared site */
};

/* All pointers are borrowed and outlive the veil; what is NULL is not used. */
struct veil_options {
	const struct geo *geo;
	const struct routes *routes; /* required */
	const struct goals *goals;
	const struct address_ranges *excluded; /* --exclude address ranges */
	const char *const *excluded_paths;     /* path prefixes */
	size_t excluded_paths_n;
	const char *const *excluded_agents; /* case-insensitive parts of the agent */
	size_t excluded_agents_n;
	const char *site; /* --site: count this host only; a log without hosts is its log */
	const char *const
	    *sections; /* declared sites: a line for sections[i] is of section i + 1 */
	size_t sections_n;
	const struct literal *literal; /* makes traces for the security log; NULL: none are made */
	int64_t since, until;	       /* Unix seconds: since <= time < until */
	int64_t now;		       /* lines stamped more than an hour later are rejected */
	uint32_t visit_timeout;	       /* seconds; the tally's */
	bool visitor_cookie;	       /* request.cookie is the visitor key where it is set */
	size_t memory;		       /* cap of the caches in bytes */
};

struct veil;

/* The keyring is borrowed, shared with other veils, and gives the keys of every day that is met. */
struct veil *veil_new(const struct veil_options *options, struct keyring *keyring,
		      struct error *error);
void veil_free(struct veil *veil);

/*
 * Call before the first request of each batch: clears caches that are full, tells the batch. The
 * lines that follow are of this source. Between two calls ids are stable.
 */
void veil_begin(struct veil *veil, const struct veil_source *source, struct batch *batch);

/*
 * Books one request into the batch: as a hit, as excluded, or as rejected (future). Returns -1 with
 * a message when memory is out or the keys of a day cannot be had. The request is not kept.
 */
int veil_request(struct veil *veil, const struct request *request, struct batch *batch,
		 struct error *error);

/* The trace of the last request, or NULL when it leaves none (late, from the future). Valid until
 * the next call. */
const struct trace *veil_trace(const struct veil *veil);

#endif
