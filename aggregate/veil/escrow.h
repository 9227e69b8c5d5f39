/*
 * escrow.h: records from which a holder of the offline private key can open the pseudonyms of a
 * day.
 *
 * One file per kid in the records directory: DAY-KID.cms (CMS AuthEnvelopedData, AES-256-GCM, for
 * an EC or RSA recipient; `openssl cms -decrypt` opens it) or, without a certificate, DAY-KID.none.
 * The record is written, synced with its directory, read back and parsed before its key is used.
 * CMS has no associated data, so the content itself names host, day, kid and mode beside K_e
 * (escrow_text.h). K_v is never in it.
 */
#ifndef VEIL_ESCROW_H
#define VEIL_ESCROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "aggregate/veil/keys.h"
#include "aggregate/veil/pseudonym.h"
#include "base/error.h"

enum { ESCROW_NAME_MAX = 64, ESCROW_WARN_DAYS = 30 };

struct escrow;

/*
 * `directory` of the records, made 0700 when missing; `certificate` is a PEM file or NULL (records
 * then say none). Refuses a certificate it cannot use, with file and reason (escrow_cms.h). One
 * that is not in force is refused by escrow_record, so that days can still be closed and keys
 * destroyed.
 */
struct escrow *escrow_open(const char *directory, const char *certificate, struct error *error);
void escrow_free(struct escrow *escrow);
bool escrow_has_recipient(const struct escrow *escrow);
/* Something to tell the operator (the certificate has ended, or will within ESCROW_WARN_DAYS), or
 * NULL. */
const char *escrow_warning(const struct escrow *escrow);

/*
 * Writes the record of a new key; 0 only once it is durable and was read back. Idempotent: the
 * record that a kid has stays what it is, also when the configuration has changed since, because it
 * says under which promise the day began. Only a record that cannot be read is written again. One
 * writer at a time (the state's lock).
 */
int escrow_record(struct escrow *escrow, int32_t day, const uint8_t kid[KID_SIZE],
		  enum address_mode mode, const uint8_t key[KEY_SIZE], struct error *error);

enum escrow_state { ESCROW_MISSING, ESCROW_NONE, ESCROW_SEALED };

struct escrow_entry { /* a record by its file name; the file was not looked into */
	int32_t day;
	uint8_t kid[KID_SIZE];
	enum escrow_state state;
	char name[ESCROW_NAME_MAX]; /* within the directory */
};
/* All records, by day and kid; the caller frees *ret with free(). -1 with a message. */
int escrow_list(const struct escrow *escrow, struct escrow_entry **ret, size_t *ret_n,
		struct error *error);

/* What there is for a kid; ret may be NULL and is written when there is something. A directory that
 * cannot be read is ESCROW_MISSING: who needs to know the difference asks escrow_list. */
enum escrow_state escrow_find(const struct escrow *escrow, const uint8_t kid[KID_SIZE],
			      struct escrow_entry *ret);

/* A private key (PEM); one under a passphrase asks for it on the terminal. NULL with a message. */
struct escrow_key;
struct escrow_key *escrow_key_open(const char *path, struct error *error);
void escrow_key_free(struct escrow_key *key); /* wipes; NULL is allowed */

struct escrow_content {
	int32_t day;
	uint8_t kid[KID_SIZE];
	enum address_mode mode;
	char host[256];
	struct pseudonym_keys *keys; /* the caller's; NULL from escrow_none */
};
/*
 * Opens the record of a kid. Recomputes the kid from the key inside and refuses a mismatch, another
 * day or a foreign content. -1 with a message.
 */
int escrow_reveal(const struct escrow *escrow, const uint8_t kid[KID_SIZE],
		  const struct escrow_key *key, struct escrow_content *ret, struct error *error);
/* Reads a record that says none: host and mode of a day whose key was not kept. -1 with a message.
 */
int escrow_none(const struct escrow *escrow, const uint8_t kid[KID_SIZE],
		struct escrow_content *ret, struct error *error);

/* Removes records of days before `day` (retention); -1 with a message. */
int escrow_expire(struct escrow *escrow, int32_t day, struct error *error);

#endif
