/*
 * keyring.h: the keys of days: made, kept on disk while the day is hot, destroyed when it closes.
 *
 * A day has K_e (security log) and K_v (counting), 32 random bytes each, in one file of the keys
 * directory. Before a new K_e is used its escrow record is written and synced (escrow.h), then the
 * key file. Thread-safe where noted: workers ask for days while lines are read.
 */
#ifndef VEIL_KEYRING_H
#define VEIL_KEYRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "aggregate/veil/escrow.h"
#include "aggregate/veil/keys.h"
#include "aggregate/veil/pseudonym.h"
#include "aggregate/veil/seal.h"
#include "base/error.h"

struct day_keys { /* lives as long as the keyring, or until its day is destroyed */
	int32_t day;
	uint8_t kid[KID_SIZE]; /* names K_e */
	uint8_t vid[KID_SIZE]; /* names K_v: "veiltally vid v1", so that a state can tell whose rows
				  it has */
	enum address_mode mode;
	const struct counting_keys *counting;
	struct pseudonym_keys *pseudonym; /* NULL in a keyring of one run */
	struct sealing_keys *seal;	  /* NULL in a keyring of one run */
};

struct keyring_options {
	const char *directory;	/* of the key files; made 0700 when missing */
	struct escrow *escrow;	/* where records go; required with a directory */
	enum address_mode mode; /* for days that are new */
	unsigned max_open_days;
	const int32_t *closed; /* days that are closed, ascending; copied */
	size_t closed_n;
	bool read_only; /* no key is made and none destroyed: reports and dry runs */
};

enum keyring_answer {
	KEYRING_OPEN,
	KEYRING_CLOSED,	  /* the day is closed: its lines are late */
	KEYRING_TOO_MANY, /* as many days are open as may be */
	KEYRING_NONE,	  /* read_only, and there is no key */
	KEYRING_FAILED
};

struct keyring;

/*
 * Opens the directory; first destroys key files of closed days and what an interrupted write left.
 * Refuses a directory that others can enter. NULL with a message.
 */
struct keyring *keyring_open(const struct keyring_options *options, struct error *error);
/* One set of counting keys for all days, in memory only: what a one-shot report uses. */
struct keyring *keyring_of_run(struct error *error);
void keyring_free(struct keyring *keyring); /* wipes; key files stay */

/* The keys of a day, read or made now. Thread-safe; *error is written with KEYRING_FAILED only. */
enum keyring_answer keyring_day(struct keyring *keyring, int32_t day, const struct day_keys **ret,
				struct error *error);

/* Days with a key file, ascending: the i-th, false behind the last. */
bool keyring_at(const struct keyring *keyring, size_t i, int32_t *ret_day);

/*
 * The day is closed from now on: file overwritten, synced, unlinked, directory synced; memory
 * wiped. -1 with a message when the file could not be destroyed (memory is wiped all the same).
 */
int keyring_destroy(struct keyring *keyring, int32_t day, struct error *error);

/* Whether the memory of all keys is locked and kept out of core dumps. */
bool keyring_locked(const struct keyring *keyring);

/*
 * K_p: 32 random bytes in a file of their own (0600, written as key files are), made when missing
 * and `create` allows it. *ret_made may be NULL. -1 with a message.
 */
int keyring_position_key(const char *path, bool create, uint8_t ret[KEY_SIZE], bool *ret_made,
			 struct error *error);

#endif
