#include "aggregate/veil/escrow_cms.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/cms.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <unistd.h>
#include "aggregate/veil/keys.h"

enum { PEM_FILE_MAX = 256 << 10, RSA_BITS_LEAST = 2048, RSA_BITS_MOST = 16384 };

/* What libcrypto says of its last failure, for a message; it never quotes data. */
static const char *reason(void)
{
	const char *text = ERR_reason_error_string(ERR_peek_last_error());
	ERR_clear_error();
	return text ? text : "libcrypto gives no reason";
}

/* ---- PEM files ---- */

/*
 * A whole file into wiped memory, because it may be a private key: a FILE or a BIO of the file
 * would leave it in a buffer. secret_free(…, PEM_FILE_MAX). The file may be a pipe.
 */
static char *read_file(const char *path, size_t *ret_n, struct error *error)
{
	char *bytes = NULL;
	size_t n = 0;
	ssize_t got = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		error_errno(error, "%s", path);
		return NULL;
	}
	bytes = secret_new(PEM_FILE_MAX, NULL);
	while (bytes && n < PEM_FILE_MAX) {
		got = read(fd, bytes + n, PEM_FILE_MAX - n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		n += (size_t)got;
	}
	if (!bytes || got < 0)
		error_errno(error, "%s", path);
	else if (n == PEM_FILE_MAX)
		error_set(error, "%s: larger than any key or certificate", path);
	close(fd);
	if (!bytes || got < 0 || n == PEM_FILE_MAX) {
		secret_free(bytes, PEM_FILE_MAX);
		return NULL;
	}
	*ret_n = n;
	return bytes;
}

EVP_PKEY *escrow_cms_private_key(const char *path, struct error *error)
{
	size_t n;
	char *bytes = read_file(path, &n, error);
	if (!bytes)
		return NULL;
	BIO *in = BIO_new_mem_buf(bytes, (int)n);
	EVP_PKEY *key = in ? PEM_read_bio_PrivateKey(in, NULL, NULL, NULL) : NULL;
	if (!key)
		error_set(error, "%s: no private key (PEM) that can be read: %s", path, reason());
	BIO_free(in);
	secret_free(bytes, PEM_FILE_MAX);
	return key;
}

/* ---- certificates ---- */

/* NULL, or why this key cannot be a recipient. */
static const char *unusable_key(EVP_PKEY *key)
{
	char group[80] = "";
	if (!key)
		return "its public key cannot be read";
	if (EVP_PKEY_is_a(key, "EC")) {
		EVP_PKEY_get_group_name(key, group, sizeof(group), NULL);
		int curve = OBJ_txt2nid(group);
		if (curve != NID_X9_62_prime256v1 && curve != NID_secp384r1 &&
		    curve != NID_secp521r1)
			return "its curve is none of P-256, P-384 and P-521";
	} else if (EVP_PKEY_is_a(key, "RSA")) {
		if (EVP_PKEY_get_bits(key) < RSA_BITS_LEAST ||
		    EVP_PKEY_get_bits(key) > RSA_BITS_MOST)
			return "its RSA key does not have 2048 to 16384 bits";
	} else {
		return "its key is neither EC (P-256, P-384, P-521) nor RSA, and records cannot be "
		       "sealed to others";
	}
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	bool valid = context && EVP_PKEY_public_check(context) == 1;
	EVP_PKEY_CTX_free(context);
	return valid ? NULL : "its public key is not valid";
}

/* NULL, or why this certificate can never be a recipient. */
static const char *unusable(X509 *certificate)
{
	EVP_PKEY *key = X509_get0_pubkey(certificate);
	const char *why = unusable_key(key);
	if (why)
		return why;
	/* Without the extension all bits are set. */
	uint32_t usage = X509_get_key_usage(certificate);
	if (EVP_PKEY_is_a(key, "EC") && !(usage & KU_KEY_AGREEMENT))
		return "its key usage does not allow key agreement";
	if (EVP_PKEY_is_a(key, "RSA") && !(usage & KU_KEY_ENCIPHERMENT))
		return "its key usage does not allow key encipherment";
	return NULL;
}

const char *escrow_cms_out_of_force(const X509 *certificate)
{
	if (X509_cmp_current_time(X509_get0_notBefore(certificate)) >= 0)
		return "the escrow certificate is not valid yet";
	if (X509_cmp_current_time(X509_get0_notAfter(certificate)) <= 0)
		return "the escrow certificate has expired; no new key is sealed to it";
	return NULL;
}

X509 *escrow_cms_load(const char *path, struct error *error)
{
	size_t n;
	const char *why = NULL;
	char *bytes = read_file(path, &n, error);
	if (!bytes)
		return NULL;
	BIO *in = BIO_new_mem_buf(bytes, (int)n);
	X509 *certificate = in ? PEM_read_bio_X509(in, NULL, NULL, NULL) : NULL;
	if (memmem(bytes, n, "PRIVATE KEY-----", 16))
		why = "holds a private key, which belongs offline and not on this machine";
	else if (!certificate)
		why = "no certificate (PEM)";
	else
		why = unusable(certificate);
	ERR_clear_error();
	BIO_free(in);
	secret_free(bytes, PEM_FILE_MAX);
	if (why) {
		error_set(error, "%s: the escrow certificate cannot be used: %s", path, why);
		X509_free(certificate);
		return NULL;
	}
	return certificate;
}

X509 *escrow_cms_recipient(const char *path, struct error *error)
{
	X509 *certificate = escrow_cms_load(path, error);
	const char *why = certificate ? escrow_cms_out_of_force(certificate) : NULL;
	if (!why)
		return certificate;
	error_set(error, "%s: %s", path, why);
	X509_free(certificate);
	return NULL;
}

int escrow_cms_days_left(const X509 *certificate)
{
	int days = 0, seconds = 0;
	ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(certificate));
	return seconds < 0 ? days - 1 : days;
}

/* ---- sealing ---- */

/* The defaults of OpenSSL 3.0 are SHA-1 for both. */
static int choose_digests(CMS_RecipientInfo *recipient, X509 *certificate)
{
	EVP_PKEY_CTX *context = CMS_RecipientInfo_get0_pkey_ctx(recipient);
	if (!context)
		return -1;
	/* The KDF is X9.63 by itself, and only if nobody has set it. */
	if (EVP_PKEY_is_a(X509_get0_pubkey(certificate), "EC"))
		return EVP_PKEY_CTX_set_ecdh_kdf_md(context, EVP_sha256()) > 0 ? 0 : -1;
	return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) > 0 &&
		       EVP_PKEY_CTX_set_rsa_oaep_md(context, EVP_sha256()) > 0 &&
		       EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_sha256()) > 0
		   ? 0
		   : -1;
}

/*
 * What CMS_final does, without its copies: that one reads the content through a buffer on the stack
 * and another on the heap and wipes neither. Here it goes straight into the cipher.
 */
static int fill(CMS_ContentInfo *cms, struct slice text)
{
	BIO *chain = CMS_dataInit(cms, NULL);
	int done = chain && BIO_write(chain, text.p, (int)text.n) == (int)text.n &&
		   BIO_flush(chain) > 0 && CMS_dataFinal(cms, chain) > 0;
	BIO_free_all(chain);
	return done ? 0 : -1;
}

int escrow_cms_seal(X509 *certificate, struct slice text, uint8_t **ret, size_t *ret_n,
		    struct error *error)
{
	unsigned char *der = NULL;
	int n = -1;
	CMS_ContentInfo *cms = CMS_encrypt(NULL, NULL, EVP_aes_256_gcm(), CMS_BINARY | CMS_PARTIAL);
	CMS_RecipientInfo *recipient =
	    cms ? CMS_add1_recipient_cert(cms, certificate, CMS_KEY_PARAM) : NULL;
	if (recipient && !choose_digests(recipient, certificate) && !fill(cms, text))
		n = i2d_CMS_ContentInfo(cms, &der);
	if (n <= 0)
		error_set(error, "libcrypto could not seal the escrow record: %s", reason());
	CMS_ContentInfo_free(cms);
	if (n <= 0)
		return -1;
	*ret = der;
	*ret_n = (size_t)n;
	return 0;
}

/* ---- opening ---- */

/* NULL when the bytes are not one whole AuthEnvelopedData for one recipient. */
static CMS_ContentInfo *parse(struct slice der)
{
	const unsigned char *at = (const unsigned char *)der.p;
	if (der.n == 0 || der.n > INT_MAX)
		return NULL;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &at, (long)der.n);
	STACK_OF(CMS_RecipientInfo) *recipients = NULL;
	bool whole = cms && at == (const unsigned char *)der.p + der.n &&
		     OBJ_obj2nid(CMS_get0_type(cms)) == NID_id_smime_ct_authEnvelopedData;
	if (whole)
		recipients = CMS_get0_RecipientInfos(cms);
	if (!recipients || sk_CMS_RecipientInfo_num(recipients) != 1 || !CMS_get0_content(cms) ||
	    !*CMS_get0_content(cms)) {
		CMS_ContentInfo_free(cms);
		cms = NULL;
	}
	ERR_clear_error();
	return cms;
}

int escrow_cms_check(struct slice der)
{
	CMS_ContentInfo *cms = parse(der);
	CMS_ContentInfo_free(cms);
	return cms ? 0 : -1;
}

/* As CMS_decrypt does, without the copy on its stack; the tag is checked when the last byte is
 * read. */
static int drain(CMS_ContentInfo *cms, char *out, size_t size, size_t *ret_n)
{
	size_t n = 0;
	int got = 0;
	BIO *chain = CMS_dataInit(cms, NULL);
	if (!chain)
		return -1;
	while (n < size && (got = BIO_read(chain, out + n, (int)(size - n))) > 0)
		n += (size_t)got;
	bool whole = n < size && got == 0 && BIO_method_type(chain) == BIO_TYPE_CIPHER &&
		     BIO_get_cipher_status(chain) > 0;
	BIO_free_all(chain);
	*ret_n = n;
	return whole ? 0 : -1;
}

int escrow_cms_open(struct slice der, EVP_PKEY *key, char *out, size_t size, size_t *ret_n,
		    struct error *error)
{
	CMS_ContentInfo *cms = parse(der);
	if (!cms)
		return error_set(error, "it is no whole escrow record");
	int failed = CMS_decrypt_set1_pkey(cms, key, NULL) <= 0 || drain(cms, out, size, ret_n);
	CMS_ContentInfo_free(cms);
	ERR_clear_error();
	if (!failed)
		return 0;
	OPENSSL_cleanse(out, size);
	return error_set(error, "this private key does not open it, or it is damaged");
}
