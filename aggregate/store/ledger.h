/*
 * ledger.h: what was revealed, destroyed or taken back: an append-only file of rows, each with the
 * hash of the row before it, so that no row can be changed or dropped unnoticed. (Releases will be
 * charged here too.)
 *
 * One JSON object per line, without blanks, members in this order:
 *
 *   {"sequence":1,"time":1779955200,"kind":"reveal","subject":"…","reason":"…","detail":"…",
 *    "prev":"64 hex","hash":"64 hex"}
 *
 * `hash` is the SHA-256 of the row's own text without its last member: the bytes from { to the
 * quote that ends `prev`, then }. `prev` is the hash of the row before, 64 zeros in the first. So
 * anyone can check a row with jq -cj 'del(.hash)' | sha256sum. Cutting rows off at the end leaves a
 * sound chain: whoever keeps a head hash elsewhere sees that too (ledger_knows).
 *
 * A row is on disk before what it tells of happens. It holds pseudonyms, days and reasons, never an
 * address.
 */
#ifndef STORE_LEDGER_H
#define STORE_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "base/slice.h"

enum { LEDGER_HASH_TEXT = 65, LEDGER_TEXT_MAX = 1000 };

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
 * Several processes may have it open; each takes a lock (flock) while it writes.
 */
struct ledger *ledger_open(const char *path, struct error *error);
/* The same for reading alone: nothing is made, cut or written; no file is a ledger without rows. */
struct ledger *ledger_open_read(const char *path, struct error *error);
void ledger_free(struct ledger *ledger); /* NULL is allowed */

/*
 * Appends and syncs, behind whatever others have appended since. Refuses a clock that went back
 * behind the last row by more than a day. Texts are at most LEDGER_TEXT_MAX bytes each and must be
 * valid UTF-8 without control bytes. -1 with a message; then no row is there, or one without
 * consequence: what it tells of must not happen.
 */
int ledger_append(struct ledger *ledger, int64_t time, enum ledger_kind kind, const char *subject,
		  const char *reason, const char *detail, struct error *error);

/* Hash of the last row, 64 zeros when there is none; how many rows. */
const char *ledger_head(const struct ledger *ledger);
uint64_t ledger_count(const struct ledger *ledger);

/*
 * Rows in order, read again from the file and verified again: `each` returns non-zero to stop,
 * which is then returned. Strings are valid during the call. -1 with a message.
 */
int ledger_each(const struct ledger *ledger,
		int (*each)(void *context, const struct ledger_row *row), void *context,
		struct error *error);

/* Whether this is the hash of one of the rows, or 64 zeros: false says that rows are missing. */
bool ledger_knows(const struct ledger *ledger, const char *hash);

#endif
