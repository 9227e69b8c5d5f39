#include "base/hmac.h"
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <pthread.h>

/*
 * Looking a method up by its name costs more than a digest, so it is done once; what is kept is a
 * context without a key, of which every struct hmac is a copy.
 */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static EVP_MAC_CTX *without_key;

static void look_up(void)
{
	char digest[] = "SHA256";
	const OSSL_PARAM inputs[] = {
	    OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
	    OSSL_PARAM_construct_end(),
	};
	EVP_MAC *method = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *context = method ? EVP_MAC_CTX_new(method) : NULL;
	EVP_MAC_free(method);
	if (context && EVP_MAC_CTX_set_params(context, inputs) == 1)
		without_key = context;
	else
		EVP_MAC_CTX_free(context);
}

/* The context is both the key and the computation: starting anew without a key keeps the last one.
 */
struct hmac *hmac_new(const uint8_t *key, size_t n)
{
	static const uint8_t empty[1]; /* NULL would mean "the key as before" */
	pthread_once(&once, look_up);
	EVP_MAC_CTX *context = without_key ? EVP_MAC_CTX_dup(without_key) : NULL;
	if (context && EVP_MAC_init(context, n ? key : empty, n, NULL) == 1)
		return (struct hmac *)context;
	EVP_MAC_CTX_free(context);
	return NULL;
}

static EVP_MAC_CTX *context_of(struct hmac *hmac)
{
	return (EVP_MAC_CTX *)hmac;
}

void hmac_free(struct hmac *hmac)
{
	EVP_MAC_CTX_free(context_of(hmac)); /* cleanses the key */
}

static int add(struct hmac *hmac, struct slice bytes)
{
	return EVP_MAC_update(context_of(hmac), (const unsigned char *)bytes.p, bytes.n) == 1 ? 0
											      : -1;
}

static int finish(struct hmac *hmac, int failed, uint8_t ret[HMAC_SIZE])
{
	size_t n;
	if (!failed && EVP_MAC_final(context_of(hmac), ret, &n, HMAC_SIZE) == 1 && n == HMAC_SIZE)
		return 0;
	OPENSSL_cleanse(ret, HMAC_SIZE);
	return -1;
}

static int start(struct hmac *hmac)
{
	return EVP_MAC_init(context_of(hmac), NULL, 0, NULL) == 1 ? 0 : -1;
}

int hmac_parts(struct hmac *hmac, const struct slice *parts, size_t n, uint8_t ret[HMAC_SIZE])
{
	int failed = start(hmac);
	for (size_t i = 0; i < n && !failed; i++) {
		char length[8];
		for (unsigned b = 0; b < sizeof(length); b++)
			length[b] = (char)(parts[i].n >> (8 * b));
		failed = add(hmac, slice_make(length, sizeof(length))) || add(hmac, parts[i]);
	}
	return finish(hmac, failed, ret);
}

int hmac_bytes(struct hmac *hmac, struct slice bytes, uint8_t ret[HMAC_SIZE])
{
	int failed = start(hmac);
	return finish(hmac, failed || add(hmac, bytes), ret);
}
