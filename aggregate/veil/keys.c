#include "aggregate/veil/keys.h"
#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include "base/siphash.h"

enum { SUBKEY_SIZE = 16 };

struct counting_keys {
	uint8_t unit[SUBKEY_SIZE];
	uint8_t visitor[SUBKEY_SIZE];
	bool locked;
};

void *secret_new(size_t size, bool *ret_locked)
{
	void *secret = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (secret == MAP_FAILED)
		return NULL;
	/* All three are tried, whatever becomes of the others. */
	int failed = mlock(secret, size);
	failed |= madvise(secret, size, MADV_DONTDUMP);
	failed |= madvise(secret, size, MADV_WIPEONFORK);
	if (ret_locked)
		*ret_locked = failed == 0;
	return secret;
}

void secret_free(void *secret, size_t size)
{
	if (!secret)
		return;
	OPENSSL_cleanse(secret, size);
	munmap(secret, size);
}

int secret_harden_process(void)
{
	const struct rlimit none = {0, 0};
	int failed = setrlimit(RLIMIT_CORE, &none);
	failed |= prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	return failed ? -1 : 0;
}

/* The library takes its inputs through pointers that are not const, but only reads them. */
static OSSL_PARAM octets(const char *name, struct slice bytes)
{
	static char nothing[1];
	union {
		const char *in;
		char *out;
	} cast = {.in = bytes.n ? bytes.p : nothing};
	return OSSL_PARAM_construct_octet_string(name, cast.out, bytes.n);
}

static int hkdf(struct slice salt, struct slice key, struct slice info, uint8_t *out, size_t n)
{
	int result = -1;
	char digest[] = "SHA256";
	EVP_KDF *method = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *context = method ? EVP_KDF_CTX_new(method) : NULL;
	const OSSL_PARAM inputs[] = {
	    OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
	    octets(OSSL_KDF_PARAM_SALT, salt),
	    octets(OSSL_KDF_PARAM_KEY, key),
	    octets(OSSL_KDF_PARAM_INFO, info),
	    OSSL_PARAM_construct_end(),
	};
	if (context && EVP_KDF_derive(context, out, n, inputs) == 1)
		result = 0;
	else
		OPENSSL_cleanse(out, n);
	EVP_KDF_CTX_free(context); /* clears its copy of the key */
	EVP_KDF_free(method);
	return result;
}

int key_derive(const uint8_t key[KEY_SIZE], const char *label, uint8_t *out, size_t n)
{
	return hkdf(slice_from("veiltally v1"), slice_make((const char *)key, KEY_SIZE),
		    slice_from(label), out, n);
}

struct counting_keys *counting_keys_from(const uint8_t key[KEY_SIZE], struct error *error)
{
	bool locked;
	struct counting_keys *keys = secret_new(sizeof(*keys), &locked);
	if (!keys) {
		error_errno(error, "no memory for the keys");
		return NULL;
	}
	keys->locked = locked;
	if (key_derive(key, "veiltally unit v1", keys->unit, SUBKEY_SIZE) ||
	    key_derive(key, "veiltally visitor v1", keys->visitor, SUBKEY_SIZE)) {
		counting_keys_free(keys);
		error_set(error, "libcrypto could not derive the keys (HKDF with SHA-256)");
		return NULL;
	}
	return keys;
}

static int fill_random(uint8_t *bytes, size_t n)
{
	while (n) {
		ssize_t got = getrandom(bytes, n, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return -1;
		bytes += got;
		n -= (size_t)got;
	}
	return 0;
}

int secret_random(uint8_t *bytes, size_t n)
{
	return fill_random(bytes, n);
}

struct counting_keys *counting_keys_random(struct error *error)
{
	struct counting_keys *keys = NULL;
	uint8_t *key = secret_new(KEY_SIZE, NULL);
	if (!key)
		error_errno(error, "no memory for the keys");
	else if (fill_random(key, KEY_SIZE))
		error_errno(error, "the kernel gives no random numbers");
	else
		keys = counting_keys_from(key, error);
	secret_free(key, KEY_SIZE);
	return keys;
}

void counting_keys_free(struct counting_keys *keys)
{
	secret_free(keys, sizeof(*keys));
}

bool counting_keys_locked(const struct counting_keys *keys)
{
	return keys->locked;
}

static void put_little_endian(uint8_t *out, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)(v >> (8 * i));
}

uint64_t counting_unit_tag(const struct counting_keys *keys, uint8_t kind, struct slice bytes)
{
	uint8_t head[17];
	put_little_endian(head, sizeof(kind), 8);
	head[8] = kind;
	put_little_endian(head + 9, bytes.n, 8);
	struct siphash state;
	siphash_start(&state, keys->unit);
	siphash_add(&state, head, sizeof(head));
	siphash_add(&state, bytes.p, bytes.n);
	return siphash_end(&state);
}

uint64_t counting_visitor_tag(const struct counting_keys *keys, uint64_t unit, uint64_t agent,
			      int32_t day)
{
	return siphash_numbers(keys->visitor, unit, agent, (uint32_t)day);
}
