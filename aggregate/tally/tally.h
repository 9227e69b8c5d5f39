/*
 * tally.h: counts hits. The hot side of the gate: what is in here is keyed by tags and may name
 * small groups, so only the gate reads it (gate.h), and reports only read what the gate let through
 * (trend.h).
 *
 * A tally counts one or several periods. By default a run is one period and its figures are gated
 * as a whole; by_day makes every day a period of its own, as the state does. Memory is set by the
 * options: tables draw on budgets, what finds no room is folded into (other) with exact sums, and
 * distinct counts turn into estimates (sketch.h); panels then say approximate.
 */
#ifndef TALLY_TALLY_H
#define TALLY_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "aggregate/tally/trend.h"
#include "aggregate/veil/batch.h"
#include "base/error.h"

struct tally;

struct tally_options {
	unsigned min_visitors;	/* k of the gate; at least 1 */
	bool by_day;		/* each day (of each declared site) is gated by itself */
	uint32_t visit_timeout; /* seconds without a hit that end a visit */
	size_t memory;		/* bytes for all tables together */
	unsigned workers;	/* batches come from workers 0 … workers - 1 */
	unsigned max_open_days;
	const char *const *goals; /* names of the goals, borrowed */
	unsigned goals_n;
	const char *const
	    *sites; /* texts of the declared sites: sites[i] is section i + 1; borrowed */
	size_t sites_n;
	bool has_country,
	    has_as; /* a database is there: clients it does not know are "(unknown)" */
	/*
	 * by_day: called once for each day before its first line is counted; may load what a state
	 * keeps of it (tally_load). 1: the day is open; 0: it is closed, its lines are late; -1
	 * with a message. NULL: every day is open.
	 */
	int (*open_day)(void *context, struct tally *tally, int32_t day, struct error *error);
	void *context;
};

struct tally *tally_new(const struct tally_options *options, struct error *error);
void tally_free(struct tally *tally);

/*
 * Counts a batch. Batches come in line order, those of one worker also in the order it made them.
 * `last` is the period of the last readable line of the same source before this batch, or
 * BATCH_BEFORE: where unreadable lines at its beginning are booked. Returns -1 with a message when
 * memory is out or a day cannot be opened.
 */
int tally_add(struct tally *tally, const struct batch *batch, int32_t last, struct error *error);

/* Bytes of input. */
void tally_add_bytes(struct tally *tally, uint64_t bytes);

/* Everything that was added since tally_new (not what was loaded). */
const struct balance *tally_balance(const struct tally *tally);
/* by_day: lines (and bytes) booked on no day: before the first readable line of a source, or behind
 * a line of a day that is closed. */
const struct balance *tally_undated(const struct tally *tally);
/* by_day: lines that came too late for their period, one entry for each. */
struct tally_late {
	int32_t period; /* hit_period */
	uint64_t lines;
};
const struct tally_late *tally_late(const struct tally *tally, size_t *ret_n);

#endif
