/*
 * keys.h: the secrets of a day and what is derived from them (docs/privacy.md, "Keys, pseudonyms, tags").
 *
 * A day has two independent keys: K_e for the security log, K_v for counting. Here are those of counting; they live
 * in locked memory that is left out of core dumps and wiped by keys_free. Subkeys are never handed out: callers
 * get functions.
 */
#ifndef VEIL_KEYS_H
#define VEIL_KEYS_H

#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "base/slice.h"

enum { KEY_SIZE = 32 };

/* Memory for secrets: mmap, mlock (best effort), MADV_DONTDUMP, MADV_WIPEONFORK; wiped when freed. */
void *secret_new(size_t size);
void secret_free(void *secret, size_t size);

/* No core dumps and no ptrace by others for this process (RLIMIT_CORE 0, PR_SET_DUMPABLE 0). */
void secret_harden_process(void);

/* HKDF-SHA-256 (RFC 5869): PRK = Extract("veiltally v1", key), out = Expand(PRK, label). Returns 0 or -1. */
int key_derive(const uint8_t key[KEY_SIZE], const char *label, uint8_t *out, size_t n);

struct counting_keys; /* K_v of one day, or of one run */

/* From getrandom(2); fails closed. */
struct counting_keys *counting_keys_random(struct error *error);
/* From given bytes, for tests and for a state that kept them; copies, the caller wipes its own. */
struct counting_keys *counting_keys_from(const uint8_t key[KEY_SIZE], struct error *error);
void counting_keys_free(struct counting_keys *keys);

/*
 * Tags: SipHash-2-4-64 under the unit or visitor subkey; every field is preceded by its length (8 bytes, little
 * endian) and the first field is the kind byte, so that no two inputs run into each other. Thread-safe.
 */
uint64_t counting_unit_tag(const struct counting_keys *keys, uint8_t kind, struct slice bytes);
uint64_t counting_visitor_tag(const struct counting_keys *keys, uint64_t unit, uint64_t agent, int32_t day);

#endif
