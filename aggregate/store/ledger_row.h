/*
 * ledger_row.h: a row of the ledger as text (the form is in ledger.h).
 */
#ifndef STORE_LEDGER_ROW_H
#define STORE_LEDGER_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include "aggregate/store/ledger.h"
#include "base/slice.h"

/* Names, numbers and hashes take under 400 bytes; escapes double a text at most. */
enum { LEDGER_ROW_MAX = 3 * 2 * LEDGER_TEXT_MAX + 400 };

struct ledger_record { /* a row with the memory its texts are in */
	struct ledger_row row;
	char prev[LEDGER_HASH_TEXT];
	char texts[3][LEDGER_TEXT_MAX + 1];
};

/* Whether a text may be in a row: at most LEDGER_TEXT_MAX bytes that can be shown anywhere. */
bool ledger_row_allows(const char *text);

/*
 * Writes the row behind `prev` with its newline, sets row->hash, returns the length. The texts are
 * allowed. 0 when libcrypto fails.
 */
size_t ledger_row_write(struct ledger_row *row, const char prev[LEDGER_HASH_TEXT],
			char out[LEDGER_ROW_MAX]);

enum ledger_reading {
	LEDGER_READ_GOOD,
	LEDGER_READ_CUT,   /* the beginning of a row */
	LEDGER_READ_BAD,   /* no row */
	LEDGER_READ_FORGED /* a row whose hash is not its own */
};

/* Reads a line without its newline. Only with GOOD *ret is valid; its texts are in *ret itself. */
enum ledger_reading ledger_row_read(struct slice line, struct ledger_record *ret);

#endif
