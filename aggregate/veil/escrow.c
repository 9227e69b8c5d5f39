#include "aggregate/veil/escrow.h"
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "aggregate/veil/escrow_cms.h"
#include "aggregate/veil/escrow_directory.h"
#include "aggregate/veil/escrow_text.h"
#include "aggregate/veil/text.h"

struct escrow {
	struct escrow_directory directory;
	X509 *certificate; /* NULL: records say none */
	char *certificate_path;
	char host[ESCROW_HOST_MAX];
	char warning[256];
};

struct escrow_key {
	EVP_PKEY *key;
};

/* ---- opening ---- */

/* What a record may hold; a host name has nothing else unless someone made it so. */
static void own_host(char ret[ESCROW_HOST_MAX])
{
	if (gethostname(ret, ESCROW_HOST_MAX - 1) || !*ret)
		snprintf(ret, ESCROW_HOST_MAX, "localhost");
	ret[ESCROW_HOST_MAX - 1] = '\0';
	for (char *p = ret; *p; p++)
		if (!text_is_alnum(*p) && !strchr("-_.", *p))
			*p = '_';
}

static int load_certificate(struct escrow *escrow, const char *path, struct error *error)
{
	escrow->certificate = escrow_cms_load(path, error);
	escrow->certificate_path = strdup(path);
	if (!escrow->certificate)
		return -1;
	if (!escrow->certificate_path)
		return error_errno(error, "%s", path);
	const char *why = escrow_cms_out_of_force(escrow->certificate);
	int left = escrow_cms_days_left(escrow->certificate);
	if (why)
		snprintf(escrow->warning, sizeof(escrow->warning), "%.150s: %s", path, why);
	else if (left < ESCROW_WARN_DAYS)
		snprintf(escrow->warning, sizeof(escrow->warning),
			 "%.150s: the escrow certificate ends in %d days; then no new key is "
			 "sealed to it",
			 path, left);
	return 0;
}

struct escrow *escrow_open(const char *directory, const char *certificate, struct error *error)
{
	struct escrow *escrow = calloc(1, sizeof(*escrow));
	if (!escrow) {
		error_errno(error, "%s", directory);
		return NULL;
	}
	escrow->directory.fd = -1;
	own_host(escrow->host);
	if ((certificate && load_certificate(escrow, certificate, error)) ||
	    escrow_directory_open(&escrow->directory, directory, error)) {
		escrow_free(escrow);
		return NULL;
	}
	return escrow;
}

void escrow_free(struct escrow *escrow)
{
	if (!escrow)
		return;
	escrow_directory_release(&escrow->directory);
	X509_free(escrow->certificate);
	free(escrow->certificate_path);
	free(escrow);
}

bool escrow_has_recipient(const struct escrow *escrow)
{
	return escrow->certificate != NULL;
}

const char *escrow_warning(const struct escrow *escrow)
{
	return *escrow->warning ? escrow->warning : NULL;
}

int escrow_list(const struct escrow *escrow, struct escrow_entry **ret, size_t *ret_n,
		struct error *error)
{
	return escrow_directory_list(&escrow->directory, ret, ret_n, error);
}

int escrow_expire(struct escrow *escrow, int32_t day, struct error *error)
{
	return escrow_directory_expire(&escrow->directory, day, error);
}

enum escrow_state escrow_find(const struct escrow *escrow, const uint8_t kid[KID_SIZE],
			      struct escrow_entry *ret)
{
	struct escrow_entry *all = NULL;
	enum escrow_state state = ESCROW_MISSING;
	size_t n = 0;
	if (escrow_list(escrow, &all, &n, NULL))
		return ESCROW_MISSING;
	for (size_t i = 0; i < n && state == ESCROW_MISSING; i++) {
		if (memcmp(all[i].kid, kid, KID_SIZE) == 0) {
			state = all[i].state;
			if (ret)
				*ret = all[i];
		}
	}
	free(all);
	return state;
}

/* ---- recording ---- */

/* Whether a record is what its name says, as far as that can be seen without keys. */
static int check_record(const struct escrow_entry *entry, struct slice bytes)
{
	struct escrow_text text;
	if (entry->state == ESCROW_SEALED)
		return escrow_cms_check(bytes);
	return !escrow_text_read(bytes, &text, NULL) && text.day == entry->day &&
		       memcmp(text.kid, entry->kid, KID_SIZE) == 0
		   ? 0
		   : -1;
}

/* Reads it, and compares with what was written; an empty `wanted` is no promise. */
static int read_back(const struct escrow *escrow, const struct escrow_entry *entry,
		     struct slice wanted, struct error *error)
{
	size_t n;
	uint8_t *bytes = escrow_directory_read(&escrow->directory, entry->name, &n, error);
	if (!bytes)
		return -1;
	struct slice there = slice_make((const char *)bytes, n);
	int failed = (wanted.n && !slice_equal(there, wanted)) || check_record(entry, there);
	free(bytes);
	return failed ? error_set(error, "%s/%s: no escrow record can be read there",
				  escrow->directory.path, entry->name)
		      : 0;
}

/* 1 when there is a readable record of this state, durable; 0 when none; -1 with a message. */
static int has_record(const struct escrow *escrow, struct escrow_entry *entry,
		      enum escrow_state state, struct error *error)
{
	entry->state = state;
	escrow_directory_name(entry);
	int there = escrow_directory_has(&escrow->directory, entry->name, error);
	if (there <= 0 || !read_back(escrow, entry, (struct slice){NULL, 0}, error))
		return there;
	/* Damaged: whoever was promised a sealed record does not get one that says none. */
	return state == ESCROW_SEALED && !escrow->certificate ? -1 : 0;
}

/* The bytes of a new record, for OPENSSL_free. */
static int compose(const struct escrow *escrow, const struct escrow_text *text, const uint8_t *key,
		   uint8_t **ret, size_t *ret_n, struct error *error)
{
	int failed = 0;
	char *content = secret_new(ESCROW_TEXT_MAX, NULL);
	if (!content)
		return error_errno(error, "no memory for the escrow record");
	size_t n = escrow_text_write(text, escrow->certificate ? key : NULL, content);
	if (escrow->certificate) {
		failed =
		    escrow_cms_seal(escrow->certificate, slice_make(content, n), ret, ret_n, error);
	} else {
		*ret = OPENSSL_memdup(content, n);
		*ret_n = n;
		failed = *ret ? 0 : error_set(error, "no memory for the escrow record");
	}
	secret_free(content, ESCROW_TEXT_MAX);
	return failed;
}

int escrow_record(struct escrow *escrow, int32_t day, const uint8_t kid[KID_SIZE],
		  enum address_mode mode, const uint8_t key[KEY_SIZE], struct error *error)
{
	uint8_t *bytes = NULL;
	size_t n = 0;
	struct escrow_entry entry = {.day = day};
	struct escrow_text text = {.day = day, .mode = mode};
	memcpy(entry.kid, kid, KID_SIZE);
	memcpy(text.kid, kid, KID_SIZE);
	memcpy(text.host, escrow->host, sizeof(text.host));
	int there = has_record(escrow, &entry, ESCROW_SEALED, error);
	if (!there)
		there = has_record(escrow, &entry, ESCROW_NONE, error);
	if (there)
		return there > 0 ? 0 : -1;
	entry.state = escrow->certificate ? ESCROW_SEALED : ESCROW_NONE;
	escrow_directory_name(&entry);
	const char *why = escrow->certificate ? escrow_cms_out_of_force(escrow->certificate) : NULL;
	if (why)
		return error_set(error, "%s: %s", escrow->certificate_path, why);
	if (compose(escrow, &text, key, &bytes, &n, error))
		return -1;
	struct slice record = slice_make((const char *)bytes, n);
	int failed = escrow_directory_write(&escrow->directory, entry.name, record, error) ||
		     read_back(escrow, &entry, record, error);
	OPENSSL_free(bytes);
	return failed ? -1 : 0;
}

/* ---- opening records ---- */

/* Content and file name must agree, and the key inside must be the one the kid names. */
static int check_content(const struct escrow_text *text, const struct escrow_entry *entry,
			 const uint8_t key[KEY_SIZE], struct escrow_content *ret,
			 struct error *error)
{
	uint8_t kid[KID_SIZE];
	if (text->day != entry->day)
		return error_set(error, "the content is of another day");
	if (memcmp(text->kid, entry->kid, KID_SIZE) != 0)
		return error_set(error, "the content is of another kid");
	*ret = (struct escrow_content){.day = text->day, .mode = text->mode};
	memcpy(ret->kid, text->kid, KID_SIZE);
	memcpy(ret->host, text->host, sizeof(ret->host));
	if (!key)
		return 0;
	struct pseudonym_keys *keys = pseudonym_keys_from(key, error);
	if (!keys)
		return -1;
	pseudonym_kid(keys, kid);
	if (memcmp(kid, entry->kid, KID_SIZE) != 0) {
		pseudonym_keys_free(keys);
		return error_set(error, "the key inside is not the one the kid names");
	}
	ret->keys = keys;
	return 0;
}

static int open_sealed(struct slice der, const struct escrow_entry *entry, EVP_PKEY *private_key,
		       struct escrow_content *ret, struct error *error)
{
	struct secret {
		char content[ESCROW_TEXT_MAX];
		uint8_t key[KEY_SIZE];
	} *secret = secret_new(sizeof(*secret), NULL);
	struct escrow_text text;
	size_t n;
	if (!secret)
		return error_errno(error, "no memory for the escrow record");
	int failed =
	    escrow_cms_open(der, private_key, secret->content, sizeof(secret->content), &n, error);
	if (!failed && escrow_text_read(slice_make(secret->content, n), &text, secret->key))
		failed = error_set(error, "it opens, but its content is not an escrow record");
	if (!failed)
		failed = check_content(&text, entry, secret->key, ret, error);
	secret_free(secret, sizeof(*secret));
	return failed;
}

/* Finds and reads the record of a kid, which must be in this state. */
static uint8_t *find_record(const struct escrow *escrow, const uint8_t kid[KID_SIZE],
			    enum escrow_state wanted, struct escrow_entry *entry, size_t *ret_n,
			    struct error *error)
{
	char hex[ESCROW_KID_TEXT];
	const char *path = escrow->directory.path;
	escrow_text_hex(kid, KID_SIZE, hex);
	enum escrow_state state = escrow_find(escrow, kid, entry);
	if (state == wanted)
		return escrow_directory_read(&escrow->directory, entry->name, ret_n, error);
	if (state == ESCROW_MISSING)
		error_set(error, "%s: no escrow record of kid %s", path, hex);
	else
		error_set(error, "%s/%s: the key of kid %s was %s", path, entry->name, hex,
			  state == ESCROW_NONE ? "not escrowed" : "escrowed");
	return NULL;
}

struct escrow_key *escrow_key_open(const char *path, struct error *error)
{
	struct escrow_key *key = calloc(1, sizeof(*key));
	if (!key) {
		error_errno(error, "%s", path);
		return NULL;
	}
	key->key = escrow_cms_private_key(path, error);
	if (!key->key) {
		free(key);
		return NULL;
	}
	return key;
}

void escrow_key_free(struct escrow_key *key)
{
	if (!key)
		return;
	EVP_PKEY_free(key->key); /* clears it */
	free(key);
}

int escrow_reveal(const struct escrow *escrow, const uint8_t kid[KID_SIZE],
		  const struct escrow_key *key, struct escrow_content *ret, struct error *error)
{
	struct escrow_entry entry;
	size_t n;
	int failed = 0;
	uint8_t *bytes = find_record(escrow, kid, ESCROW_SEALED, &entry, &n, error);
	if (!bytes)
		return -1;
	if (open_sealed(slice_make((const char *)bytes, n), &entry, key->key, ret, error))
		failed = error_prefix(error, "%s/%s", escrow->directory.path, entry.name);
	free(bytes);
	return failed;
}

int escrow_none(const struct escrow *escrow, const uint8_t kid[KID_SIZE],
		struct escrow_content *ret, struct error *error)
{
	struct escrow_entry entry;
	struct escrow_text text;
	size_t n;
	int failed = 0;
	uint8_t *bytes = find_record(escrow, kid, ESCROW_NONE, &entry, &n, error);
	if (!bytes)
		return -1;
	if (escrow_text_read(slice_make((const char *)bytes, n), &text, NULL))
		failed = error_set(error, "its content is not an escrow record");
	if (failed || check_content(&text, &entry, NULL, ret, error))
		failed = error_prefix(error, "%s/%s", escrow->directory.path, entry.name);
	free(bytes);
	return failed;
}
