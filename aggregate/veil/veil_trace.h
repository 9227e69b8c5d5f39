/*
 * veil_trace.h: request → trace, beside the way to the hit. Inside of the veil.
 *
 * Caches what costs (ciphers, digests, templates) per distinct string and day, for the two days
 * that a log usually has at a time; each is emptied when full or when its place is needed for
 * another day.
 */
#ifndef VEIL_VEIL_TRACE_H
#define VEIL_VEIL_TRACE_H

#include <stddef.h>
#include "aggregate/veil/agent.h"
#include "aggregate/veil/hit.h"
#include "aggregate/veil/keyring.h"
#include "aggregate/veil/literal.h"
#include "aggregate/veil/trace.h"

struct request;
struct veil_trace;

/* `literal` is borrowed; `memory` caps the caches. NULL when memory is out. */
struct veil_trace *veil_trace_new(const struct literal *literal, size_t memory);
void veil_trace_free(struct veil_trace *trace);

struct veil_trace_facts { /* what the veil knows already; borrowed for the call */
	const struct day_keys *keys;
	const struct hit *hit; /* its plain fields and its time */
	int32_t offset;	       /* seconds east of UTC */
	uint16_t country;
	const struct agent *agent;
	const struct address_ranges *trusted;
	struct slice forwarded;
};

/* -1 when memory is out. */
int veil_trace_make(struct veil_trace *trace, const struct request *request,
		    const struct veil_trace_facts *facts);

/* What was made last. */
const struct trace *veil_trace_last(const struct veil_trace *trace);

/* Who is trusted has changed: clients are asked for anew. */
void veil_trace_forget_clients(struct veil_trace *trace);

#endif
