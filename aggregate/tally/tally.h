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

struct tally_options {
	unsigned min_visitors; /* k of the gate; at least 1 */
	bool by_day;
	uint32_t visit_timeout; /* seconds without a hit that end a visit */
	size_t memory;		/* bytes for all tables together */
	unsigned workers;	/* batches come from workers 0 … workers - 1 */
	unsigned max_open_days;
	const char *const *goals; /* names of the goals, borrowed */
	unsigned goals_n;
	bool has_country,
	    has_as; /* a database is there: clients it does not know are "(unknown)" */
};

struct tally;

struct tally *tally_new(const struct tally_options *options, struct error *error);
void tally_free(struct tally *tally);

/*
 * Counts a batch. Batches come in line order, those of one worker also in the order it made them.
 * Returns -1 with a message when memory is out.
 */
int tally_add(struct tally *tally, const struct batch *batch, struct error *error);

/* Lines and bytes that never became part of a batch (dropped for their length). */
void tally_add_rejected(struct tally *tally, unsigned reject, uint64_t lines);
void tally_add_bytes(struct tally *tally, uint64_t bytes);

const struct balance *tally_balance(const struct tally *tally);

#endif
