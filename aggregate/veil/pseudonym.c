/*
 * Only the subkeys are kept, in one page of secret memory per key. Cipher and MAC contexts, which
 * hold expanded keys on the library's ordinary heap, are made for one call and freed (cleansed) at
 * its end: 0.15 µs more for an address and 0.4 µs more for a digest than a kept context, once per
 * distinct string; in exchange nothing has to be found and wiped when the day closes, threads need
 * no lock, and ten thousand open days cost one page each.
 */
#include "aggregate/veil/pseudonym.h"
#include <arpa/inet.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include "base/hmac.h"

enum { DETERMINISTIC_KEY = 16, PFX_KEY = 32, HMAC_KEY = 32, TEXT_DIGEST = 8 };
enum { BITS = 128, MAPPED_BITS = 96, BLOCK = 16 };

/* What a digest under the network or the host key is of, so that two kinds never meet. */
enum { TAG_UNIT = 1, TAG_NETWORK = 2 };
enum { TAG_CLIENT = 1, TAG_HOST = 2 };

struct pseudonym_keys {
	uint8_t kid[KID_SIZE];
	uint8_t deterministic[DETERMINISTIC_KEY];
	uint8_t pfx[PFX_KEY];
	uint8_t network[HMAC_KEY];
	uint8_t user[HMAC_KEY];
	uint8_t host[HMAC_KEY];
	uint8_t path[HMAC_KEY];
	EVP_CIPHER *aes; /* no secret; NULL in a forked child, whose page is zero: all calls fail */
	bool locked;
};

static const char *const mode_names[ADDRESS_MODE__COUNT] = {"pseudonym", "prefix", "mask", "drop"};

const char *address_mode_name(unsigned mode)
{
	return mode < ADDRESS_MODE__COUNT ? mode_names[mode] : "?";
}

int address_mode_from(const char *name, enum address_mode *ret)
{
	for (unsigned mode = 0; mode < ADDRESS_MODE__COUNT; mode++) {
		if (strcmp(name, mode_names[mode]) == 0) {
			*ret = (enum address_mode)mode;
			return 0;
		}
	}
	return -1;
}

/* ---- the ciphers of draft-denis-ipcrypt ---- */

static EVP_CIPHER *aes_fetch(void)
{
	return EVP_CIPHER_fetch(NULL, "AES-128-ECB", NULL);
}

/* AES-128 on single blocks; freeing it cleanses the round keys. NULL when the library fails. */
static EVP_CIPHER_CTX *aes_new(EVP_CIPHER *method, const uint8_t key[16], bool decrypt)
{
	EVP_CIPHER_CTX *context = method ? EVP_CIPHER_CTX_new() : NULL;
	if (context && EVP_CipherInit_ex2(context, method, key, NULL, decrypt ? 0 : 1, NULL) == 1 &&
	    EVP_CIPHER_CTX_set_padding(context, 0) == 1)
		return context;
	EVP_CIPHER_CTX_free(context);
	return NULL;
}

static bool aes_run(EVP_CIPHER_CTX *context, const uint8_t *in, size_t n, uint8_t *out)
{
	int written = 0;
	return context && EVP_CipherUpdate(context, out, &written, in, (int)n) == 1 &&
	       written == (int)n;
}

/* n bytes, a multiple of the block, each block on its own. */
static int aes(EVP_CIPHER *method, const uint8_t key[16], bool decrypt, const uint8_t *in, size_t n,
	       uint8_t *out)
{
	EVP_CIPHER_CTX *context = aes_new(method, key, decrypt);
	bool done = aes_run(context, in, n, out);
	EVP_CIPHER_CTX_free(context);
	return done ? 0 : -1;
}

static const uint8_t MAPPED[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static bool is_mapped(const uint8_t bytes[16])
{
	return memcmp(bytes, MAPPED, sizeof(MAPPED)) == 0;
}

/* Bits are counted from the front of the address: 0 is the first bit of its first byte. */
static unsigned bit_at(const uint8_t bytes[16], unsigned i)
{
	return (unsigned)bytes[i / 8] >> (7 - i % 8) & 1U;
}

static void flip_bit(uint8_t bytes[16], unsigned i, unsigned by)
{
	bytes[i / 8] = (uint8_t)(bytes[i / 8] ^ by << (7 - i % 8));
}

/* (1 << i) | (A >> (128 - i)): the first i bits of the address, right-aligned behind a one. */
static void pfx_block(const uint8_t address[16], unsigned i, uint8_t block[16])
{
	memset(block, 0, BLOCK);
	flip_bit(block, BITS - 1 - i, 1);
	for (unsigned b = 0; b < i; b++)
		flip_bit(block, BITS - i + b, bit_at(address, b));
}

static void shift_in(uint8_t block[16], unsigned bit)
{
	for (unsigned i = 0; i < BLOCK - 1; i++)
		block[i] = (uint8_t)(block[i] << 1 | block[i + 1] >> 7);
	block[BLOCK - 1] = (uint8_t)((unsigned)block[BLOCK - 1] << 1 | bit);
}

/* The block for each bit depends on the plain bits before it, so all are ciphered in one call. */
static int pfx_encrypt(EVP_CIPHER *method, const uint8_t key[32], const uint8_t in[16],
		       uint8_t out[16])
{
	uint8_t blocks[BITS * BLOCK], first[BITS * BLOCK], second[BITS * BLOCK];
	const unsigned start = is_mapped(in) ? MAPPED_BITS : 0, n = BITS - start;
	pfx_block(in, start, blocks);
	for (size_t i = 1; i < n; i++) {
		memcpy(blocks + i * BLOCK, blocks + (i - 1) * BLOCK, BLOCK);
		shift_in(blocks + i * BLOCK, bit_at(in, start + (unsigned)i - 1));
	}
	if (aes(method, key, false, blocks, (size_t)n * BLOCK, first) ||
	    aes(method, key + 16, false, blocks, (size_t)n * BLOCK, second))
		return -1;
	memcpy(out, in, BLOCK);
	for (unsigned i = 0; i < n; i++) {
		size_t last = (size_t)i * BLOCK + BLOCK - 1;
		flip_bit(out, start + i, (first[last] ^ second[last]) & 1U);
	}
	return 0;
}

/* Here each bit is needed before the next block is known. */
static int pfx_decrypt(EVP_CIPHER *method, const uint8_t key[32], const uint8_t in[16],
		       uint8_t out[16])
{
	uint8_t plain[BLOCK], block[BLOCK], first[BLOCK], second[BLOCK];
	const unsigned start = is_mapped(in) ? MAPPED_BITS : 0;
	EVP_CIPHER_CTX *one = aes_new(method, key, false), *two = aes_new(method, key + 16, false);
	unsigned i;
	memcpy(plain, in, BLOCK);
	pfx_block(in, start, block);
	for (i = start; i < BITS; i++) {
		if (!aes_run(one, block, BLOCK, first) || !aes_run(two, block, BLOCK, second))
			break;
		flip_bit(plain, i, (first[BLOCK - 1] ^ second[BLOCK - 1]) & 1U);
		shift_in(block, bit_at(plain, i));
	}
	EVP_CIPHER_CTX_free(one);
	EVP_CIPHER_CTX_free(two);
	if (i < BITS)
		return -1;
	memcpy(out, plain, BLOCK);
	return 0;
}

/* Equal halves cancel each other: the output would be the input. */
static bool pfx_key_is_good(const uint8_t key[32])
{
	return CRYPTO_memcmp(key, key + 16, 16) != 0;
}

int ipcrypt_deterministic(const uint8_t key[16], const uint8_t in[16], bool decrypt,
			  uint8_t out[16])
{
	EVP_CIPHER *method = aes_fetch();
	int result = aes(method, key, decrypt, in, BLOCK, out);
	EVP_CIPHER_free(method);
	return result;
}

int ipcrypt_pfx(const uint8_t key[32], const uint8_t in[16], bool decrypt, uint8_t out[16])
{
	if (!pfx_key_is_good(key))
		return -1;
	EVP_CIPHER *method = aes_fetch();
	int result = (decrypt ? pfx_decrypt : pfx_encrypt)(method, key, in, out);
	EVP_CIPHER_free(method);
	return result;
}

/* ---- the keys of a day ---- */

static int derive_all(struct pseudonym_keys *keys, const uint8_t key[KEY_SIZE])
{
	const struct {
		const char *label;
		uint8_t *out;
		size_t n;
	} rows[] = {
	    {"veiltally kid v1", keys->kid, sizeof(keys->kid)},
	    {"ipcrypt-deterministic", keys->deterministic, sizeof(keys->deterministic)},
	    {"ipcrypt-pfx", keys->pfx, sizeof(keys->pfx)},
	    {"veiltally net v1", keys->network, sizeof(keys->network)},
	    {"veiltally user v1", keys->user, sizeof(keys->user)},
	    {"veiltally host v1", keys->host, sizeof(keys->host)},
	    {"veiltally path v1", keys->path, sizeof(keys->path)},
	};
	int failed = 0;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows) && !failed; i++)
		failed = key_derive(key, rows[i].label, rows[i].out, rows[i].n);
	return failed;
}

struct pseudonym_keys *pseudonym_keys_from(const uint8_t key[KEY_SIZE], struct error *error)
{
	bool locked;
	struct pseudonym_keys *keys = secret_new(sizeof(*keys), &locked);
	if (!keys) {
		error_errno(error, "no memory for the keys");
		return NULL;
	}
	keys->locked = locked;
	keys->aes = aes_fetch();
	if (!keys->aes || derive_all(keys, key))
		error_set(error, "libcrypto could not derive the keys (HKDF, AES-128)");
	else if (!pfx_key_is_good(keys->pfx))
		error_set(error, "the two halves of the prefix key are equal");
	else
		return keys;
	pseudonym_keys_free(keys);
	return NULL;
}

void pseudonym_keys_free(struct pseudonym_keys *keys)
{
	if (!keys)
		return;
	EVP_CIPHER_free(keys->aes);
	secret_free(keys, sizeof(*keys));
}

bool pseudonym_keys_locked(const struct pseudonym_keys *keys)
{
	return keys->locked;
}

void pseudonym_kid(const struct pseudonym_keys *keys, uint8_t ret[KID_SIZE])
{
	memcpy(ret, keys->kid, KID_SIZE);
}

/* ---- texts ---- */

static void put_hex(const uint8_t *bytes, size_t n, char *out)
{
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digits[bytes[i] >> 4];
		out[2 * i + 1] = digits[bytes[i] & 15];
	}
	out[2 * n] = '\0';
}

/* The first 8 bytes of the digest as 16 hex; "" when the library fails. */
static void put_digest(const struct pseudonym_keys *keys, const uint8_t key[HMAC_KEY],
		       struct slice first, struct slice second, char out[17])
{
	const struct slice parts[] = {first, second};
	uint8_t digest[HMAC_SIZE];
	struct hmac *hmac = keys->aes ? hmac_new(key, HMAC_KEY) : NULL;
	if (hmac && hmac_parts(hmac, parts, 2, digest) == 0)
		put_hex(digest, TEXT_DIGEST, out);
	else
		out[0] = '\0';
	hmac_free(hmac);
}

static void put_tagged(const struct pseudonym_keys *keys, const uint8_t key[HMAC_KEY], char tag,
		       struct slice bytes, char out[17])
{
	put_digest(keys, key, slice_make(&tag, 1), bytes, out);
}

/* A client is shown as an address only when it is one. */
static size_t put_address(const uint8_t bytes[16], char out[PSEUDONYM_MAX])
{
	const char *text = is_mapped(bytes) ? inet_ntop(AF_INET, bytes + 12, out, PSEUDONYM_MAX)
					    : inet_ntop(AF_INET6, bytes, out, PSEUDONYM_MAX);
	return text ? strlen(text) : 0;
}

static size_t put_name(const struct pseudonym_keys *keys, struct slice text,
		       char out[PSEUDONYM_MAX])
{
	char digest[17];
	put_tagged(keys, keys->host, TAG_CLIENT, text, digest);
	if (!digest[0])
		return 0;
	memcpy(out, "x_", 2);
	memcpy(out + 2, digest, sizeof(digest));
	return 2 + 16;
}

static size_t put_pseudonym(const struct pseudonym_keys *keys, const uint8_t bytes[16],
			    char out[PSEUDONYM_MAX])
{
	uint8_t cipher[BLOCK];
	if (aes(keys->aes, keys->deterministic, false, bytes, BLOCK, cipher))
		return 0;
	memcpy(out, "v_", 2);
	put_hex(cipher, BLOCK, out + 2);
	return 2 + 2 * (size_t)BLOCK;
}

static size_t put_prefix(const struct pseudonym_keys *keys, const uint8_t bytes[16],
			 char out[PSEUDONYM_MAX])
{
	uint8_t cipher[BLOCK];
	return pfx_encrypt(keys->aes, keys->pfx, bytes, cipher) ? 0 : put_address(cipher, out);
}

/* How many bytes name the network: /24 (behind the 12 of the mapped form) or /48. */
static size_t network_bytes(const struct address *address)
{
	return address->kind == ADDRESS_V4 ? 15 : 6;
}

static size_t put_mask(const struct address *address, char out[PSEUDONYM_MAX])
{
	uint8_t bytes[BLOCK] = {0};
	memcpy(bytes, address->bytes, network_bytes(address));
	return put_address(bytes, out);
}

static size_t put_client(const struct pseudonym_keys *keys, enum address_mode mode,
			 const struct address *address, struct slice text, char out[PSEUDONYM_MAX])
{
	const bool name = address->kind == ADDRESS_NAME;
	switch (mode) {
	case ADDRESS_MODE_PSEUDONYM:
		return name ? put_name(keys, text, out) : put_pseudonym(keys, address->bytes, out);
	case ADDRESS_MODE_PREFIX:
		return name ? put_name(keys, text, out) : put_prefix(keys, address->bytes, out);
	case ADDRESS_MODE_MASK:
		return name ? 0 : put_mask(address, out);
	default:
		return 0;
	}
}

size_t pseudonym_client(struct pseudonym_keys *keys, enum address_mode mode,
			const struct address *address, struct slice text, char out[PSEUDONYM_MAX])
{
	size_t n = put_client(keys, mode, address, text, out);
	if (n)
		return n;
	memcpy(out, "-", 2);
	return 1;
}

void pseudonym_network(struct pseudonym_keys *keys, const struct address *address, char out[17])
{
	out[0] = '\0';
	if (address->kind != ADDRESS_NAME)
		put_tagged(keys, keys->network, TAG_NETWORK,
			   slice_make((const char *)address->bytes, network_bytes(address)), out);
}

void pseudonym_unit(struct pseudonym_keys *keys, const struct address *address, char out[17])
{
	out[0] = '\0';
	if (address->kind != ADDRESS_NAME)
		put_tagged(keys, keys->network, TAG_UNIT,
			   slice_make((const char *)address->bytes, address_unit_bytes(address)),
			   out);
}

void pseudonym_user(struct pseudonym_keys *keys, struct slice user, char out[17])
{
	put_digest(keys, keys->user, slice_make(NULL, 0), user, out);
}

void pseudonym_path(struct pseudonym_keys *keys, struct slice prefix, struct slice segment,
		    char out[17])
{
	put_digest(keys, keys->path, prefix, segment, out);
}

void pseudonym_host(struct pseudonym_keys *keys, struct slice host, char out[17])
{
	put_tagged(keys, keys->host, TAG_HOST, host, out);
}

/* ---- back ---- */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int from_hex(const char *text, uint8_t out[BLOCK])
{
	for (unsigned i = 0; i < BLOCK; i++) {
		int high = hex_digit(text[2 * i]);
		int low = high < 0 ? -1 : hex_digit(text[2 * i + 1]);
		if (low < 0)
			return -1;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return text[2 * (size_t)BLOCK] == '\0' ? 0 : -1;
}

int pseudonym_reveal(struct pseudonym_keys *keys, const char *text, struct address *ret)
{
	uint8_t cipher[BLOCK];
	if (strncmp(text, "v_", 2) != 0 || from_hex(text + 2, cipher) ||
	    aes(keys->aes, keys->deterministic, true, cipher, BLOCK, ret->bytes))
		return -1;
	ret->kind = is_mapped(ret->bytes) ? ADDRESS_V4 : ADDRESS_V6;
	return 0;
}
