/*
 * hmac.h: HMAC-SHA-256 (RFC 2104, FIPS 198-1) by libcrypto, with the key set up once.
 */
#ifndef BASE_HMAC_H
#define BASE_HMAC_H

#include <stddef.h>
#include <stdint.h>
#include "base/slice.h"

enum { HMAC_SIZE = 32 };

struct hmac; /* a key, ready to be used any number of times; not thread-safe */

struct hmac *hmac_new(const uint8_t *key, size_t n); /* NULL when the library fails */
void hmac_free(struct hmac *hmac);		     /* wipes the key; NULL is allowed */

/*
 * Digest of the parts, each behind its length (8 bytes, little endian), so that no two lists of
 * parts run into each other. -1 when the library fails; `ret` then holds zeros.
 */
int hmac_parts(struct hmac *hmac, const struct slice *parts, size_t n, uint8_t ret[HMAC_SIZE]);

/* Digest of the bytes as they are. */
int hmac_bytes(struct hmac *hmac, struct slice bytes, uint8_t ret[HMAC_SIZE]);

#endif
