/*
 * escrow_cms.h: a small text sealed to a certificate and opened with its private key: CMS
 * AuthEnvelopedData (RFC 5083), AES-256-GCM, by libcrypto.
 *
 * EC recipients by ephemeral-static ECDH with the X9.63 KDF over SHA-256 and AES-256 key wrap (RFC
 * 5753), RSA recipients by OAEP with SHA-256 (RFC 3560). `openssl cms -decrypt -inform DER` opens
 * it.
 */
#ifndef VEIL_ESCROW_CMS_H
#define VEIL_ESCROW_CMS_H

#include <openssl/types.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "base/slice.h"

/*
 * Reads the first certificate of a PEM file. Refused, with file and reason: keys other than EC
 * P-256, P-384, P-521 and RSA of 2048 to 16384 bits; a key usage that forbids key agreement (EC) or
 * key encipherment (RSA); a file that also holds a private key, which belongs offline. The chain is
 * not verified: the file itself is what is trusted. X509_free.
 */
X509 *escrow_cms_load(const char *path, struct error *error);
/* The same, and it must be in force now. */
X509 *escrow_cms_recipient(const char *path, struct error *error);

/*
 * NULL, or why nothing may be sealed to it now: its owner has promised to guard the private key
 * from the one date to the other, not longer.
 */
const char *escrow_cms_out_of_force(const X509 *certificate);
/* Whole days until the certificate ends; negative when it has. */
int escrow_cms_days_left(const X509 *certificate);

/*
 * DER of the record, to be freed with OPENSSL_free; it is no secret. `text` is read in place and
 * copied nowhere but into the cipher.
 */
int escrow_cms_seal(X509 *certificate, struct slice text, uint8_t **ret, size_t *ret_n,
		    struct error *error);

/* Whether the bytes are one whole record of this form, for one recipient. */
int escrow_cms_check(struct slice der);

/* Reads a PEM private key; one under a passphrase asks for it on the terminal. EVP_PKEY_free. */
EVP_PKEY *escrow_cms_private_key(const char *path, struct error *error);

/*
 * Opens a record into `out`, at most `size` bytes; what was not authenticated is wiped from there.
 * -1 with the reason alone.
 */
int escrow_cms_open(struct slice der, EVP_PKEY *key, char *out, size_t size, size_t *ret_n,
		    struct error *error);

#endif
