/*
 * pseudonym.h: what the security log writes instead of a person, under subkeys of K_e.
 *
 * Addresses by draft-denis-ipcrypt (deterministic and pfx), everything else by HMAC-SHA-256 cut to
 * 8 bytes, each under a subkey of its own, tagged and length-prefixed. Equal within a day,
 * unrelated between days. Whoever holds K_e (the escrow's holder, for as long as it is kept) can
 * turn addresses back and test guesses for the rest.
 */
#ifndef VEIL_PSEUDONYM_H
#define VEIL_PSEUDONYM_H

#include <stddef.h>
#include <stdint.h>
#include "aggregate/veil/address.h"
#include "aggregate/veil/keys.h"
#include "base/error.h"
#include "base/slice.h"

enum {
	KID_SIZE = 8,
	PSEUDONYM_MAX = 48
}; /* PSEUDONYM_MAX: text with its NUL, also of an address */

enum address_mode {			    /* what stands for the client; fixed per day */
		    ADDRESS_MODE_PSEUDONYM, /* "v_" + 32 hex: ipcrypt-deterministic */
		    ADDRESS_MODE_PREFIX,    /* an address again, prefixes kept equal: ipcrypt-pfx */
		    ADDRESS_MODE_MASK,	    /* the address cut to /24 or /48 */
		    ADDRESS_MODE_DROP,	    /* "-" */
		    ADDRESS_MODE__COUNT
};
const char *address_mode_name(unsigned mode); /* "pseudonym" */
/* -1 when there is no mode of that name. */
int address_mode_from(const char *name, enum address_mode *ret);

struct pseudonym_keys; /* the subkeys of one K_e; thread-safe */

/* NULL with a message on failure, also when the two halves of the pfx key are equal. */
struct pseudonym_keys *pseudonym_keys_from(const uint8_t key[KEY_SIZE], struct error *error);
void pseudonym_keys_free(struct pseudonym_keys *keys);	       /* wipes; NULL is allowed */
bool pseudonym_keys_locked(const struct pseudonym_keys *keys); /* see secret_new */
void pseudonym_kid(const struct pseudonym_keys *keys, uint8_t ret[KID_SIZE]);

/*
 * The text for a client. A client that is no address (a host name, junk) is "x_" + 16 hex in the
 * modes pseudonym and prefix, "-" in the others; `text` is what was logged then. Never fails: what
 * the library cannot do is "-". Returns the length without the NUL.
 */
size_t pseudonym_client(struct pseudonym_keys *keys, enum address_mode mode,
			const struct address *address, struct slice text, char out[PSEUDONYM_MAX]);

/* 16 hex of the network (/24, /48) and of the unit (/32, /64); "" for what is no address. These and
 * the following are "" when the library fails. */
void pseudonym_network(struct pseudonym_keys *keys, const struct address *address, char out[17]);
void pseudonym_unit(struct pseudonym_keys *keys, const struct address *address, char out[17]);
/* 16 hex of an authenticated user's name. */
void pseudonym_user(struct pseudonym_keys *keys, struct slice user, char out[17]);
/* 16 hex of a path segment below its prefix, and of a host label or host. */
void pseudonym_path(struct pseudonym_keys *keys, struct slice prefix, struct slice segment,
		    char out[17]);
void pseudonym_host(struct pseudonym_keys *keys, struct slice host, char out[17]);

/*
 * Back from a pseudonym "v_" + 32 hex to the address, for `reveal` alone. -1 when the text is none.
 * Any 16 bytes decrypt to something: the caller checks the kid first.
 */
int pseudonym_reveal(struct pseudonym_keys *keys, const char *text, struct address *ret);

/* The primitives, for known-answer tests: draft-denis-ipcrypt. 0, or -1 when the library fails or
 * (pfx) the halves of the key are equal. */
int ipcrypt_deterministic(const uint8_t key[16], const uint8_t in[16], bool decrypt,
			  uint8_t out[16]);
int ipcrypt_pfx(const uint8_t key[32], const uint8_t in[16], bool decrypt, uint8_t out[16]);

#endif
