/*
 * tally_keep.h: hot days from a tally into a store, and back.
 *
 * Integer sums are stored plain; what is keyed by a line's text (names, visitors, units, who was in
 * which cell) is sealed under the day's K_v (seal.h). Only what changed since the last save is
 * written: records carry a mark, sets of pairs a journal. What comes back is the tally as it was,
 * so that a day counted in many runs is the day counted in one.
 *
 * A day whose key is lost is loaded without it: all its cells fold into (other) with their sums,
 * its visitors become sums, and it goes on under a second key.
 */
#ifndef TALLY_TALLY_KEEP_H
#define TALLY_TALLY_KEEP_H

#include "aggregate/tally/store.h"
#include "aggregate/tally/tally.h"
#include "aggregate/veil/seal.h"

/* The day's keys for sealing; NULL with a message when there are none. */
typedef struct sealing_keys *tally_keys_of(void *context, int32_t day, struct error *error);

/*
 * Writes every open day that changed, within the store's transaction; `each` (may be NULL) is told
 * which days those are. -1 with a message: the transaction is to be rolled back and the tally
 * freed.
 */
int tally_save(struct tally *tally, struct store *store, tally_keys_of *keys_of, void *context,
	       int (*each)(void *context, int32_t day, struct error *error), struct error *error);

/*
 * Adds a day's rows to a tally that does not have it yet (from open_day). `keys` NULL: they are
 * lost. Rows that do not open, or were written by another layout, are refused with a message.
 */
int tally_load(struct tally *tally, int32_t day, struct store *store, struct sealing_keys *keys,
	       struct error *error);

/* Asks for a day as its first line would (options.open_day). 0 also when it is not open; -1 with a
 * message. */
int tally_open(struct tally *tally, int32_t day, struct error *error);

/* tally_load as if the key were lost, into a tally that has not asked for the day. */
int tally_load_folded(struct tally *tally, int32_t day, struct store *store, struct error *error);

/* Text of a section, "" for 0; lives as long as the tally. */
const char *tally_site(const struct tally *tally, unsigned section);

#endif
