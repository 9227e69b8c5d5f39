/*
 * escrow.h: records from which a holder of the offline private key can open the pseudonyms of a
 * day.
 *
 * One file per kid in the records directory: DAY-KID.cms (CMS AuthEnvelopedData, AES-256-GCM, for
 * an EC P-256 or RSA recipient; `openssl cms -decrypt` opens it) or, without a certificate,
 * DAY-KID.none. The record is written, synced with its directory, read back and parsed before its
 * key is used. CMS has no associated data, so the content itself names host, day, kid and mode
 * beside K_e. K_v is never in it.
 */
#ifndef VEIL_ESCROW_H
#define VEIL_ESCROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "aggregate/veil/keys.h"
#include "aggregate/veil/pseudonym.h"
#include "base/error.h"

struct escrow;

/*
 * `directory` of the records, made 0700 when missing; `certificate` is a PEM file or NULL (records
 * then say none). Refuses certificates it cannot use (not EC P-256 or RSA >= 2048; X25519 fails in
 * OpenSSL 3.0) with file and reason.
 */
struct escrow *escrow_open(const char *directory, const char *certificate, struct error *error);
void escrow_free(struct escrow *escrow);
bool escrow_has_recipient(const struct escrow *escrow);

/* Writes the record of a new key; 0 only once it is durable and was read back. Idempotent. */
int escrow_record(struct escrow *escrow, int32_t day, const uint8_t kid[KID_SIZE],
		  enum address_mode mode, const uint8_t key[KEY_SIZE], struct error *error);

enum escrow_state { ESCROW_MISSING, ESCROW_NONE, ESCROW_SEALED };
/* What there is for a kid; *ret_path (may be NULL) receives the file's name within the directory.
 */
enum escrow_state escrow_find(const struct escrow *escrow, const uint8_t kid[KID_SIZE],
			      int32_t *ret_day, char ret_name[64]);

struct escrow_content {
	int32_t day;
	uint8_t kid[KID_SIZE];
	enum address_mode mode;
	char host[256];
	struct pseudonym_keys *keys; /* the caller's */
};
/*
 * Opens the record of a kid with a private key (PEM, may ask for its passphrase on the terminal).
 * Recomputes the kid from the key inside and refuses a mismatch, another day or a foreign content.
 * -1 with a message.
 */
int escrow_reveal(const struct escrow *escrow, const uint8_t kid[KID_SIZE], const char *private_key,
		  struct escrow_content *ret, struct error *error);

/* Removes records of days before `day` (retention); -1 with a message. */
int escrow_expire(struct escrow *escrow, int32_t day, struct error *error);

#endif
