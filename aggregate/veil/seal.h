/*
 * seal.h: rows of a hot day that only its counting key opens.
 *
 * AES-256-GCM under K_seal with a random 96-bit nonce per write; a row is found again by its key,
 * an HMAC under K_index. With K_v gone what is left in the database, its journal, free pages and
 * snapshots is noise. Not thread-safe: one thread saves and loads.
 */
#ifndef VEIL_SEAL_H
#define VEIL_SEAL_H

#include <stddef.h>
#include <stdint.h>
#include "aggregate/veil/keys.h"
#include "base/error.h"
#include "base/slice.h"

enum { ROW_KEY_SIZE = 16, SEAL_NONCE = 12, SEAL_TAG = 16, SEAL_BLOCK = 64 };

struct sealing_keys; /* "veiltally index v1" and "veiltally seal v1" of one K_v */

struct sealing_keys *sealing_keys_from(const uint8_t key[KEY_SIZE], struct error *error);
void sealing_keys_free(struct sealing_keys *keys);	   /* wipes; NULL is allowed */
bool sealing_keys_locked(const struct sealing_keys *keys); /* see secret_new */

/*
 * HMAC-SHA-256(K_index, dimension, site, literal)[0..15], each part (the dimension is one byte)
 * behind its length in 8 bytes, little endian. -1 when the library fails.
 */
int seal_row_key(struct sealing_keys *keys, uint8_t dimension, struct slice site,
		 struct slice literal, uint8_t ret[ROW_KEY_SIZE]);

/* What n bytes take when sealed: nonce, 4 bytes of length and the text padded to SEAL_BLOCK, tag.
 */
static inline size_t seal_size(size_t n)
{
	return SEAL_NONCE + (n + 4 + SEAL_BLOCK - 1) / SEAL_BLOCK * SEAL_BLOCK + SEAL_TAG;
}

/*
 * Seals `plain` for its place: day, table and row key are authenticated with it, so that a row
 * moved elsewhere does not open. `out` has seal_size(plain.n) bytes. -1 when the library fails.
 */
int seal_close(struct sealing_keys *keys, int32_t day, uint8_t table, struct slice row_key,
	       struct slice plain, uint8_t *out);

/*
 * Opens into `out` (at least sealed.n bytes, not overlapping). -1 when it is not a row of this key
 * and place, or has been changed; `out` then holds nothing of it.
 */
int seal_open(struct sealing_keys *keys, int32_t day, uint8_t table, struct slice row_key,
	      struct slice sealed, uint8_t *out, size_t *ret_n);

#endif
