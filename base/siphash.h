/*
 * siphash.h: SipHash-2-4 with 64 bits of output (Aumasson, Bernstein 2012; vectors in the tests).
 */
#ifndef BASE_SIPHASH_H
#define BASE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t siphash(const uint8_t key[16], const void *bytes, size_t n);

#endif
