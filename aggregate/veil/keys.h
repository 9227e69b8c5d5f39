/*
 * keys.h: the secrets of a day and what is derived from them (docs/privacy.md, "Keys, pseudonyms,
 * tags").
 *
 * A day has two independent keys: K_e for the security log, K_v for counting. Here are those of
 * counting; they live in locked memory that is left out of core dumps and wiped by
 * counting_keys_free. Subkeys are never handed out: callers get functions.
 */
#ifndef VEIL_KEYS_H
#define VEIL_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "base/slice.h"

enum { KEY_SIZE = 32 };

/*
 * Memory for secrets: whole pages of their own, zeroed, locked (mlock), left out of core dumps
 * (MADV_DONTDUMP) and zero in a forked child (MADV_WIPEONFORK). The pages are always there, the
 * three properties are best effort (a small RLIMIT_MEMLOCK, an old kernel): *ret_locked says
 * whether all hold; it may be NULL. NULL when memory is out.
 */
void *secret_new(size_t size, bool *ret_locked);
/* Wipes and gives back; `size` as at secret_new. NULL is allowed. */
void secret_free(void *secret, size_t size);

/* Fills with random bytes of the kernel, getrandom(2) only. 0, or -1 with errno. */
int secret_random(uint8_t *bytes, size_t n);

/* No core dumps and no ptrace by others for this process (RLIMIT_CORE 0, PR_SET_DUMPABLE 0). 0, or
 * -1. */
int secret_harden_process(void);

/*
 * HKDF-SHA-256 (RFC 5869): PRK = Extract("veiltally v1", key), out = Expand(PRK, label without its
 * NUL), n <= 8160. Returns 0, or -1 when the library fails; `out` then holds zeros. The PRK never
 * leaves the library, which wipes it.
 */
int key_derive(const uint8_t key[KEY_SIZE], const char *label, uint8_t *out, size_t n);

struct counting_keys; /* K_v of one day, or of one run: only its subkeys are kept */

/* From getrandom(2); fails closed: NULL and *error when the kernel gives less than was asked for.
 */
struct counting_keys *counting_keys_random(struct error *error);
/* From given bytes, for tests and for a state that kept them; the caller wipes its own. NULL and
 * *error on failure. */
struct counting_keys *counting_keys_from(const uint8_t key[KEY_SIZE], struct error *error);
/* Wipes the subkeys. NULL is allowed. */
void counting_keys_free(struct counting_keys *keys);
/* Whether the memory is locked, not dumped and not inherited; if not, the command may say so once.
 */
bool counting_keys_locked(const struct counting_keys *keys);

/*
 * Tags: SipHash-2-4-64 under a subkey of its own. Thread-safe. Not to be used in a forked child
 * (its keys are zero).
 *
 * Unit tags: "veiltally unit v1" over length ‖ kind ‖ length ‖ bytes, each length 8 bytes, little
 * endian, so that no two inputs run into each other; n is free. About 30 ns for an address.
 */
uint64_t counting_unit_tag(const struct counting_keys *keys, uint8_t kind, struct slice bytes);
/*
 * Visitor tags: "veiltally visitor v1" over unit ‖ agent ‖ day, 8 + 8 + 4 bytes, little endian.
 * Nothing else is hashed under this subkey and all fields have one size, so the lengths would be
 * constants and are left out (they would double the cost of what runs once per line); SipHash
 * itself ends with the total length.
 */
uint64_t counting_visitor_tag(const struct counting_keys *keys, uint64_t unit, uint64_t agent,
			      int32_t day);

#endif
