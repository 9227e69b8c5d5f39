/*
 * ledger.h: what was revealed, destroyed or taken back: an append-only file of rows, each with the
 * hash of the row before it, so that no row can be changed or dropped unnoticed. (Releases will be
 * charged here too.)
 *
 * One JSON object per line: sequence, time, kind, its fields, prev, hash (SHA-256, hex). A row is
 * on disk before what it tells of happens. It holds pseudonyms, days and reasons, never an address.
 */
#ifndef STORE_LEDGER_H
#define STORE_LEDGER_H

#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "base/slice.h"

enum { LEDGER_HASH_TEXT = 65 };

enum ledger_kind { LEDGER_REVEAL, LEDGER_DESTROY, LEDGER_DROP, LEDGER__COUNT };
const char *ledger_kind_name(unsigned kind);

struct ledger_row {
	uint64_t sequence; /* from 1 */
	int64_t time;	   /* Unix seconds */
	enum ledger_kind kind;
	const char *subject; /* pseudonyms, a day, a source */
	const char *reason;
	const char *detail;
	char hash[LEDGER_HASH_TEXT];
};

struct ledger;

/*
 * Opens (makes, 0600) the file and verifies the whole chain. A last row that a crash cut short was
 * never acknowledged and is cut off; any other damage is refused with the number of the row.
 */
struct ledger *ledger_open(const char *path, struct error *error);
void ledger_free(struct ledger *ledger);

/* Appends and syncs; refuses a clock that went back behind the last row by more than a day. Texts
 * are at most 1,000 bytes each and must be valid UTF-8 without control bytes. */
int ledger_append(struct ledger *ledger, int64_t time, enum ledger_kind kind, const char *subject,
		  const char *reason, const char *detail, struct error *error);

/* Hash of the last row, 64 zeros when there is none; how many rows. */
const char *ledger_head(const struct ledger *ledger);
uint64_t ledger_count(const struct ledger *ledger);

/* Rows in order: `each` returns non-zero to stop. Strings are valid during the call. */
int ledger_each(const struct ledger *ledger,
		int (*each)(void *context, const struct ledger_row *row), void *context,
		struct error *error);

#endif
