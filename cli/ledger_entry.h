/* ledger_entry.h: how commands write to the ledger of a state. */
#ifndef CLI_LEDGER_ENTRY_H
#define CLI_LEDGER_ENTRY_H

#include "aggregate/store/ledger.h"
#include "base/error.h"

/*
 * Appends a row to the ledger in the directory `state`, with the time and who runs this (uid, and
 * the login behind it, which sudo does not change) as its detail. On disk when it returns 0; -1
 * with a message. `reason` may be NULL.
 */
int ledger_entry(const char *state, enum ledger_kind kind, const char *subject, const char *reason,
		 struct error *error);

#endif
