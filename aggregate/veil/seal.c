/*
 * Layout of a sealed row: nonce (12), AES-256-GCM of [length (4, little endian), bytes, zeros up to
 * a multiple of 64], tag (16). Authenticated with it: day (4, little endian), table (1), row key.
 *
 * Contexts of the library are made for one call, as in pseudonym.c: expanded keys exist while a row
 * is being sealed and at no other time. Nonces are random: 2^32 rows may be sealed under one key
 * before a repetition has a chance of 2^-32 (NIST SP 800-38D, 8.3); a day has one key.
 */
#include "aggregate/veil/seal.h"
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include "base/hmac.h"

enum { SUBKEY = 32, LENGTH = 4, NONCES = 32 };

struct sealing_keys {
	uint8_t index[SUBKEY];
	uint8_t seal[SUBKEY];
	EVP_CIPHER *gcm;		     /* NULL in a forked child: all calls fail */
	uint8_t nonces[NONCES * SEAL_NONCE]; /* fetched ahead: a system call for each would cost as
						much as the sealing */
	unsigned nonces_left;
	bool locked;
};

struct sealing_keys *sealing_keys_from(const uint8_t key[KEY_SIZE], struct error *error)
{
	bool locked;
	struct sealing_keys *keys = secret_new(sizeof(*keys), &locked);
	if (!keys) {
		error_errno(error, "no memory for the keys");
		return NULL;
	}
	keys->locked = locked;
	keys->gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	if (keys->gcm && key_derive(key, "veiltally index v1", keys->index, SUBKEY) == 0 &&
	    key_derive(key, "veiltally seal v1", keys->seal, SUBKEY) == 0)
		return keys;
	error_set(error, "libcrypto could not derive the keys (HKDF, AES-256-GCM)");
	sealing_keys_free(keys);
	return NULL;
}

void sealing_keys_free(struct sealing_keys *keys)
{
	if (!keys)
		return;
	EVP_CIPHER_free(keys->gcm);
	secret_free(keys, sizeof(*keys));
}

bool sealing_keys_locked(const struct sealing_keys *keys)
{
	return keys->locked;
}

int seal_row_key(struct sealing_keys *keys, uint8_t dimension, struct slice site,
		 struct slice literal, uint8_t ret[ROW_KEY_SIZE])
{
	const char name = (char)dimension;
	const struct slice parts[] = {slice_make(&name, 1), site, literal};
	uint8_t digest[HMAC_SIZE];
	struct hmac *hmac = keys->gcm ? hmac_new(keys->index, SUBKEY) : NULL;
	int result = hmac ? hmac_parts(hmac, parts, 3, digest) : -1;
	hmac_free(hmac);
	if (result == 0)
		memcpy(ret, digest, ROW_KEY_SIZE);
	return result;
}

static int next_nonce(struct sealing_keys *keys, uint8_t ret[SEAL_NONCE])
{
	if (keys->nonces_left == 0) {
		if (secret_random(keys->nonces, sizeof(keys->nonces)))
			return -1;
		keys->nonces_left = NONCES;
	}
	keys->nonces_left--;
	memcpy(ret, keys->nonces + (size_t)keys->nonces_left * SEAL_NONCE, SEAL_NONCE);
	return 0;
}

static void put_little_endian(uint8_t out[4], uint32_t v)
{
	for (unsigned i = 0; i < 4; i++)
		out[i] = (uint8_t)(v >> (8 * i));
}

/* Tells the cipher the key, the nonce and the row's place. */
static bool start(EVP_CIPHER_CTX *context, const struct sealing_keys *keys, bool encrypt,
		  const uint8_t nonce[SEAL_NONCE], int32_t day, uint8_t table, struct slice row_key)
{
	int n;
	uint8_t place[5];
	put_little_endian(place, (uint32_t)day);
	place[4] = table;
	return EVP_CipherInit_ex2(context, keys->gcm, keys->seal, nonce, encrypt ? 1 : 0, NULL) ==
		   1 &&
	       EVP_CipherUpdate(context, NULL, &n, place, sizeof(place)) == 1 &&
	       (row_key.n == 0 || EVP_CipherUpdate(context, NULL, &n, (const uint8_t *)row_key.p,
						   (int)row_key.n) == 1);
}

int seal_close(struct sealing_keys *keys, int32_t day, uint8_t table, struct slice row_key,
	       struct slice plain, uint8_t *out)
{
	int written = 0, last = 0;
	if (!keys->gcm || plain.n > INT_MAX / 2 || row_key.n > INT_MAX || next_nonce(keys, out))
		return -1;
	const size_t padded = seal_size(plain.n) - SEAL_NONCE - SEAL_TAG;
	uint8_t *text = out + SEAL_NONCE; /* enciphered where it will stay */
	put_little_endian(text, (uint32_t)plain.n);
	if (plain.n)
		memcpy(text + LENGTH, plain.p, plain.n);
	memset(text + LENGTH + plain.n, 0, padded - LENGTH - plain.n);
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	bool done =
	    context && start(context, keys, true, out, day, table, row_key) &&
	    EVP_CipherUpdate(context, text, &written, text, (int)padded) == 1 &&
	    EVP_CipherFinal_ex(context, text + written, &last) == 1 &&
	    (size_t)written + (size_t)last == padded &&
	    EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, SEAL_TAG, text + padded) == 1;
	EVP_CIPHER_CTX_free(context);
	if (!done)
		OPENSSL_cleanse(out, seal_size(plain.n));
	return done ? 0 : -1;
}

/* How many bytes the padded text holds, or SIZE_MAX when no text is padded like this. */
static size_t text_length(const uint8_t *padded, size_t n)
{
	size_t length = 0;
	for (unsigned i = LENGTH; i > 0; i--)
		length = length << 8 | padded[i - 1];
	return seal_size(length) - SEAL_NONCE - SEAL_TAG == n ? length : SIZE_MAX;
}

int seal_open(struct sealing_keys *keys, int32_t day, uint8_t table, struct slice row_key,
	      struct slice sealed, uint8_t *out, size_t *ret_n)
{
	int written = 0, last = 0;
	uint8_t tag[SEAL_TAG];
	if (!keys->gcm || sealed.n < seal_size(0) || sealed.n > INT_MAX || row_key.n > INT_MAX ||
	    (sealed.n - SEAL_NONCE - SEAL_TAG) % SEAL_BLOCK)
		return -1;
	const size_t padded = sealed.n - SEAL_NONCE - SEAL_TAG;
	const uint8_t *nonce = (const uint8_t *)sealed.p, *text = nonce + SEAL_NONCE;
	memcpy(tag, text + padded, SEAL_TAG);
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	bool done = context && start(context, keys, false, nonce, day, table, row_key) &&
		    EVP_CipherUpdate(context, out, &written, text, (int)padded) == 1 &&
		    EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, SEAL_TAG, tag) == 1 &&
		    EVP_CipherFinal_ex(context, out + written, &last) == 1 &&
		    (size_t)written + (size_t)last == padded;
	EVP_CIPHER_CTX_free(context);
	size_t n = done ? text_length(out, padded) : SIZE_MAX;
	if (n == SIZE_MAX) {
		OPENSSL_cleanse(out, padded); /* what is not authentic is not handed out */
		return -1;
	}
	memmove(out, out + LENGTH, n);
	*ret_n = n;
	return 0;
}
